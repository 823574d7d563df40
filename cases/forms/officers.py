"""What does it take to send an officer away, and to hand over what they have?"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django import forms

from cases.enums import HandOverKind
from cases.forms.reasons import FOR_GOOD, why
from cases.selectors.hand_overs import HELD, LED, SUPERVISED, Line, Sheet

PARTS = (LED, HELD, SUPERVISED)


class WhyForm(forms.Form):
    """An act on an officer says why."""

    reason = why(hint=FOR_GOOD)


class SendForm(WhyForm):
    """Who leaves, from which day; or moves, to which squad."""

    kind = forms.ChoiceField(
        label="What happens",
        widget=forms.RadioSelect,
        error_messages={
            "required": "What happens: choose leaving or moving.",
            "invalid_choice": "What happens: choose from the list.",
        },
    )
    on = forms.DateField(
        label="First day they are gone",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Only for leaving. From this day nothing opens to them; today closes it at once.",
        error_messages={"invalid": "First day: give a day, as in 2026-03-31."},
    )
    squad = forms.TypedChoiceField(
        label="Which squad they move to",
        required=False,
        coerce=UUID,
        empty_value=None,
        help_text="Only for moving. They move when their work is handed over.",
        error_messages={"invalid_choice": "Squad: choose one from the list."},
    )
    field_order: Sequence[str] = ("kind", "on", "squad", "reason")
    says_optional = False

    def __init__(
        self,
        *args: Any,
        kinds: Iterable[HandOverKind],
        squads: Iterable[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        choices = [(kind.value, str(kind.label)) for kind in kinds]
        self.fields["kind"].choices = choices  # type: ignore[attr-defined]
        self.fields["squad"].choices = [("", "Choose"), *squads]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("kind") == HandOverKind.LEAVES and not given.get("on"):
            self._miss("on", "First day: say from which day they are gone.")
        if given.get("kind") == HandOverKind.MOVES and not given.get("squad"):
            self._miss("squad", "Squad: choose where they move to.")
        return given

    def _miss(self, name: str, sentence: str) -> None:
        if name not in self.errors:
            self.add_error(name, sentence)


class HandOverForm(forms.Form):
    """Who takes each line of the sheet; the suggestion stands until somebody changes it."""

    def __init__(self, data: Any, *, sheet: Sheet) -> None:
        super().__init__(data)
        self.sheet = sheet
        for line in sheet.lines:
            self.fields[line.name] = _field(line)

    def choices(self) -> dict[str, str]:
        """Every choice that was sent, by its line's name, also of lines that are gone since."""
        return {
            name: str(value) for name, value in self.data.items() if name.partition("-")[0] in PARTS
        }

    def rows(self, part: str) -> list[dict[str, Any]]:
        """The lines of a part, each with its field."""
        return [{"line": line, "field": self[line.name]} for line in self.sheet.part(part)]

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The parts that have lines, in the order of the page."""
        words = {
            LED: ("Squads they lead", "Squad", "New sergeant"),
            HELD: ("Cases they have", "Case", "Who takes it"),
            SUPERVISED: ("Cases they supervise", "Case", "New supervisor"),
        }
        return [
            {"part": part, "title": title, "what": what, "who": who, "rows": self.rows(part)}
            for part, (title, what, who) in words.items()
            if self.sheet.part(part)
        ]


def _field(line: Line) -> forms.ChoiceField:
    words = f"Who takes {line.label}"
    field = forms.ChoiceField(
        label=words,
        choices=[("", "Choose"), *line.options],
        initial=line.suggested,
        error_messages={
            "required": f"{line.label}: choose who takes it.",
            "invalid_choice": f"{line.label}: whom you chose can't take it. Choose again.",
        },
    )
    field.widget.attrs = {"class": "usa-select", "aria-label": words}
    return field

"""What may a supervisor narrow the dashboard to, and ask for in bulk?"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import QueryDict

from cases.rules.ranking import CONCERNS, LABELS
from cases.selectors.charts import IN_TIME, LATE, WAITING
from cases.selectors.dashboard import LAST_PAGE, Choices
from cases.selectors.ranked import ACKNOWLEDGED, NEEDS, NOBODY, PAGE_SIZE, Filters

ACKNOWLEDGE = "acknowledge"
ASK = "ask"
ASSIGN = "assign"
ACTIONS = (ACKNOWLEDGE, ASK, ASSIGN)

KINDS = [("", "Any reason"), *((concern, LABELS[concern]) for concern in CONCERNS)]
SHOWN = [(NEEDS, "Cases that need you"), (ACKNOWLEDGED, "Acknowledged, not yet put right")]
COMMENT_LENGTH = 1000


class FilterForm(forms.Form):
    """The filter of the ranked table, as a URL carries it. What does not parse is not applied."""

    squad = forms.UUIDField(required=False)
    detective = forms.CharField(required=False, max_length=36)
    division = forms.CharField(required=False, max_length=80)
    kind = forms.ChoiceField(required=False, choices=KINDS)
    show = forms.ChoiceField(required=False, choices=SHOWN)
    page = forms.IntegerField(required=False, min_value=1, max_value=LAST_PAGE)

    def filters(self) -> Filters:
        self.is_valid()
        given = self.cleaned_data
        return Filters(
            squad=given.get("squad"),
            detective=_detective(given.get("detective", "")),
            division=given.get("division", ""),
            kind=given.get("kind", ""),
            show=given.get("show") or NEEDS,
            page=given.get("page") or 1,
        )


def _detective(text: str) -> UUID | Literal["none"] | None:
    if text == NOBODY:
        return NOBODY
    try:
        return UUID(text)
    except ValueError:
        return None


def query_of(filters: Filters, **changes: object) -> str:
    """The filter as a URL carries it, with `changes` applied; a change begins at the first page."""
    given: dict[str, object] = {
        "squad": filters.squad,
        "detective": filters.detective,
        "division": filters.division,
        "kind": filters.kind,
        "show": filters.show if filters.show != NEEDS else "",
    }
    given |= {"page": filters.page} if not changes and filters.page > 1 else {}
    given |= changes
    return urlencode({name: str(value) for name, value in given.items() if value})


class PlainSelect(forms.Select):
    """A select of hundreds of officers: flat, and no attributes of its own for each of them."""

    def optgroups(
        self, name: str, value: list[str], attrs: dict[str, Any] | None = None
    ) -> list[tuple[str | None, list[dict[str, Any]], int | None]]:
        options = [
            {"value": key, "label": label, "selected": str(key) in value}
            for key, label in self.choices
        ]
        return [(None, options, 0)]


class ChoosingForm(forms.Form):
    """The filter panel: the same names, shown as lists."""

    squad = forms.ChoiceField(required=False)
    detective = forms.ChoiceField(required=False, widget=PlainSelect)
    division = forms.ChoiceField(required=False)
    kind = forms.ChoiceField(label="Reason", required=False, choices=KINDS)
    show = forms.ChoiceField(required=False, choices=SHOWN)

    def __init__(self, filters: Filters, choices: Choices, divisions: Sequence[str]) -> None:
        super().__init__(
            initial={
                "squad": str(filters.squad or ""),
                "detective": str(filters.detective or ""),
                "division": filters.division,
                "kind": filters.kind,
                "show": filters.show,
            }
        )
        named = [(division, division) for division in divisions if division]
        self._offer("squad", "All squads", choices.squads)
        self._offer("detective", "Anybody", [(NOBODY, "Nobody"), *choices.detectives])
        self._offer("division", "All divisions", named)
        if len(choices.squads) <= 1:
            del self.fields["squad"]

    def _offer(self, name: str, empty: str, choices: Sequence[tuple[str, str]]) -> None:
        self.fields[name].choices = [("", empty), *choices]  # type: ignore[attr-defined]


class BulkForm(forms.Form):
    """What is to be done with the chosen cases, and why."""

    action = forms.ChoiceField(
        choices=[(action, action) for action in ACTIONS],
        error_messages={
            "required": "Choose what to do: acknowledge, ask for an update, or assign.",
            "invalid_choice": "That can't be done in bulk. Cases are closed one by one.",
        },
    )
    comment = forms.CharField(
        max_length=COMMENT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        label="Comment",
        help_text="What you saw and what happens next. It stands on each case; no names.",
        error_messages={
            "required": "Write a comment: it says on each case why you acted.",
            "max_length": f"Comment: at most {COMMENT_LENGTH} characters.",
        },
    )
    officer = forms.ChoiceField(required=False, label="Assign to", widget=PlainSelect)
    back = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None, choices: Choices, back: str = "") -> None:
        super().__init__(data, initial={"back": back})
        self.fields["officer"].choices = [("", "Choose a detective"), *choices.takers]  # type: ignore[attr-defined]

    @property
    def case_ids(self) -> tuple[UUID, ...]:
        return self._ids("case")

    @property
    def flag_ids(self) -> tuple[UUID, ...]:
        return self._ids("flag")

    def _ids(self, name: str) -> tuple[UUID, ...]:
        values = self.data.getlist(name) if isinstance(self.data, QueryDict) else []
        try:
            ids = [UUID(value) for value in values]
        except ValueError:
            return ()
        return tuple(dict.fromkeys(ids))[: PAGE_SIZE * 2]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.case_ids and not (self.flag_ids and cleaned.get("action") == ACKNOWLEDGE):
            raise forms.ValidationError("Choose at least one case in the table first.")
        if cleaned.get("action") == ASSIGN and not cleaned.get("officer"):
            self.add_error("officer", "Assign to: choose the detective who gets these cases.")
        return cleaned

    def back_filters(self) -> Filters:
        """Where the supervisor came from, as far as it is a filter of this page."""
        came_from = str(self.data.get("back", ""))[:500]
        return FilterForm(QueryDict(came_from)).filters()

    def back_query(self) -> str:
        return query_of(self.back_filters())


class FlagListForm(FilterForm):
    """Which mark of the weekly chart the list stands behind."""

    week = forms.DateField(input_formats=["%Y-%m-%d"])
    answer = forms.ChoiceField(
        required=False,
        choices=[("", "All"), (IN_TIME, "In time"), (LATE, "Late"), (WAITING, "Still within time")],
    )

    def week_starts_on(self) -> date | None:
        self.is_valid()
        week: date | None = self.cleaned_data.get("week")
        return week

"""What may somebody type to find a person, or to decide on a link?

Nothing here logs, caches or puts it into a URL.
"""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.timezone import localdate

from cases.enums import LinkState
from cases.forms.reasons import FOR_GOOD, why
from cases.rules.finding import probes
from cases.rules.reasons import LEAST_VISIBLE, says_enough, visible

PRIVATE = {"autocomplete": "off", "spellcheck": "false"}
OLDEST = timedelta(days=120 * 366)
LOOKED_FOR = ("first_name", "last_name", "birth_date", "address", "phone")


class SeenField(forms.CharField):
    """A line of text without what no reader sees; what is left decides whether it was given."""

    def __init__(self, label: str, *, limit: int, hint: str = "") -> None:
        super().__init__(
            label=label,
            max_length=limit,
            required=False,
            help_text=hint,
            widget=forms.TextInput(attrs=PRIVATE),
            error_messages={"max_length": f"{label}: at most {limit} characters."},
        )

    def clean(self, value: Any) -> str:
        return visible(super().clean(value))


class FindForm(forms.Form):
    """Somebody looked for, by any of these."""

    says_optional = False

    first_name = SeenField("First name", limit=80)
    last_name = SeenField("Last name", limit=80)
    birth_date = forms.DateField(
        label="Birth date",
        required=False,
        widget=forms.DateInput(attrs={"type": "date", **PRIVATE}, format="%Y-%m-%d"),
        error_messages={"invalid": "Birth date: give a day, as in 2017-05-31."},
    )
    phone = SeenField("Telephone", limit=40, hint="Ten digits.")
    address = SeenField("Address", limit=160, hint="Number and street, as in 12 Main Street.")

    def clean_birth_date(self) -> date | None:
        born: date | None = self.cleaned_data["birth_date"]
        if born and not localdate() - OLDEST <= born <= localdate():
            raise forms.ValidationError("Birth date: this can't be right. Check the year.")
        return born

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not probes(self.identity()):
            raise forms.ValidationError(
                "Give a first and a last name, a birth date, a telephone number, or an address "
                "with its number. A first or last name by itself finds nobody."
            )
        return cleaned

    def identity(self) -> dict[str, str]:
        """What was typed, as the search takes it."""
        given = {name: self.cleaned_data.get(name) for name in LOOKED_FOR}
        return {
            name: value.isoformat() if isinstance(value, date) else str(value)
            for name, value in given.items()
            if value
        }


class LinkForm(forms.Form):
    """A decision on a link between two cases, and why."""

    decision = forms.ChoiceField(
        choices=[(state.value, state.label) for state in LinkState],
        widget=forms.HiddenInput,
        error_messages={
            "required": "Choose what to do with the link.",
            "invalid_choice": "Choose what to do with the link.",
        },
    )
    reason = why(hint=f"{FOR_GOOD} No names.")

    def clean_reason(self) -> str:
        reason = visible(self.cleaned_data["reason"])
        if not says_enough(reason):
            raise forms.ValidationError(f"Why: say it in at least {LEAST_VISIBLE} letters.")
        return reason

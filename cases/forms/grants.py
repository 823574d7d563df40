"""What does it take to let somebody in to a case, or to shut somebody out?"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.timezone import localdate, make_aware

from cases.access import GRANT_VIEW, GRANT_WORK
from cases.forms.reasons import why
from cases.models import UNCHOSEN_PURPOSES, GrantPurpose

LONGEST = timedelta(days=365)
USUAL = timedelta(days=30)
# A choice, or a named group of choices.
Choice = tuple[str, "str | Sequence[tuple[str, str]]"]
PURPOSES = [(one.value, one.label) for one in GrantPurpose if one not in UNCHOSEN_PURPOSES]


class ReasonForm(forms.Form):
    """Every change of who sees a case says why."""

    reason = why()


class AccountForm(ReasonForm):
    """The same, about one account, or whoever else is among the choices."""

    account = forms.ChoiceField(
        label="Who",
        error_messages={
            "required": "Who: choose a person.",
            "invalid_choice": "Who: choose a person from the list.",
        },
    )
    field_order: Sequence[str] = ("account",)

    def __init__(self, *args: Any, accounts: Sequence[Choice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].choices = [("", "Choose"), *accounts]  # type: ignore[attr-defined]


class TermsForm(forms.Form):
    """To do what, for what, and until the end of which day."""

    may = forms.ChoiceField(
        label="They may",
        choices=[(GRANT_VIEW, "See the case"), (GRANT_WORK, "See it and work on it")],
        widget=forms.RadioSelect,
        initial=GRANT_VIEW,
        error_messages={
            "required": "They may: choose seeing or working.",
            "invalid_choice": "They may: choose seeing or working.",
        },
    )
    purpose = forms.ChoiceField(
        label="What for",
        choices=[("", "Choose"), *PURPOSES],
        error_messages={
            "required": "What for: choose a purpose.",
            "invalid_choice": "What for: choose a purpose from the list.",
        },
    )
    until = forms.DateField(
        label="Until the end of",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="At most a year; give it again if it is still needed.",
        error_messages={
            "required": "Until: every grant has an end; give a day.",
            "invalid": "Until: give a day, as in 2026-03-31.",
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["until"].initial = localdate() + USUAL

    def clean_until(self) -> date:
        until: date = self.cleaned_data["until"]
        if until < localdate():
            raise forms.ValidationError("Until: this day is over. Give one that lies ahead.")
        if until > localdate() + LONGEST:
            raise forms.ValidationError("Until: at most a year from now.")
        return until

    def expires_at(self) -> datetime:
        """The first moment after the last day."""
        next_day = self.cleaned_data["until"] + timedelta(days=1)
        return make_aware(datetime.combine(next_day, time.min))


class GrantForm(TermsForm, AccountForm):
    """Access to one case for a person or a squad."""

    field_order = ("account", "may", "purpose", "until", "reason")


class ApproveForm(TermsForm):
    """An answer to a request: yes, on these terms. The reason is the asker's."""


class AskForm(ReasonForm):
    """A case that the asker doesn't see, and why they need it."""

    number = forms.CharField(
        label="Case number",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={
            "required": "Case number: give one.",
            "max_length": "Case number: at most 40 characters.",
        },
    )
    field_order = ("number", "reason")


class PersonForm(forms.Form):
    """Whose access is to be explained."""

    account = forms.UUIDField(required=False)

"""What do the steps on a case ask: to assign, close or reopen it, to answer a sender?"""

from collections.abc import Sequence
from typing import Any

from django import forms

from cases.selectors.responses import Choice


def _words(label: str, hint: str = "", *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=1000,
        required=required,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class AssignForm(forms.Form):
    officer = forms.ChoiceField(label="Detective")
    reason = _words(
        "Reason", "What the new detective should know about the hand-over.", required=False
    )

    def __init__(self, *args: Any, officers: Sequence[Choice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "officer", officers)


def _offer(form: forms.Form, name: str, choices: Sequence[Choice]) -> None:
    form.fields[name].choices = [("", "Choose…"), *choices]  # type: ignore[attr-defined]


class CloseForm(forms.Form):
    disposition = forms.ChoiceField()
    closing_officer = forms.ChoiceField(
        label="Closing detective", help_text="Somebody else than you: you sign for the closure."
    )
    reason = _words("Reason", "Why the case ends like this. It stays on the case.")

    def __init__(
        self, *args: Any, officers: Sequence[Choice], dispositions: Sequence[Choice], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "closing_officer", officers)
        _offer(self, "disposition", dispositions)


class ReopenForm(forms.Form):
    reason = _words("Reason", "What came up. The next entry is due anew.")


class AcknowledgeReferralForm(forms.Form):
    how = forms.CharField(
        label="How the sender was answered",
        help_text="By phone, in writing, to whom. No names of a child or a family.",
        max_length=200,
    )

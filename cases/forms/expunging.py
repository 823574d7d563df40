"""What does it take to ask for an expunge, and to confirm one?"""

from collections.abc import Sequence
from typing import Any

from django import forms

from cases.forms.grants import ReasonForm
from cases.services.expunging import ORDER_MOST


class ExpungeForm(ReasonForm):
    """Whom, by which court's order, and why."""

    pseudonym = forms.ChoiceField(
        label="Whose identity",
        error_messages={
            "required": "Whose identity: choose a person.",
            "invalid_choice": "Whose identity: choose a person from the list.",
        },
    )
    court_order = forms.CharField(
        label="Court order's reference",
        max_length=ORDER_MOST,
        help_text="As it stands on the order. No names.",
        error_messages={
            "required": "Court order's reference: give it.",
            "max_length": f"Court order's reference: at most {ORDER_MOST} characters.",
        },
    )
    field_order: Sequence[str] = ("pseudonym", "court_order", "reason")

    def __init__(self, *args: Any, people: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pseudonym"].choices = [("", "Choose"), *people]  # type: ignore[attr-defined]


class ConfirmForm(ReasonForm):
    """The order's reference again, read from the order, and the confirmer's own password."""

    court_order = forms.CharField(
        label="Court order's reference, read from the order itself",
        max_length=ORDER_MOST,
        error_messages={"required": "Court order's reference: give it."},
    )
    password = forms.CharField(
        label="Your password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Your password: give it."},
    )
    field_order: Sequence[str] = ("court_order", "reason", "password")

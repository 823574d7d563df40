"""What does it take to give a machine a key, and to take it away?"""

from typing import Any
from uuid import UUID

from django import forms
from django.core.validators import RegexValidator

from cases.enums import ServiceScope
from cases.forms.reasons import FOR_GOOD, why

NAME_RULE = "Which machine: small letters, figures and dashes, from 3 to 40."


class MakeKeyForm(forms.Form):
    name = forms.CharField(
        label="Which machine",
        max_length=40,
        help_text="As in: monitoring. Small letters, figures and dashes.",
        validators=[RegexValidator(r"\A[a-z0-9][a-z0-9-]{2,39}\Z", NAME_RULE)],
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": "Which machine: give its name."},
    )
    scope = forms.ChoiceField(
        label="What it may ask",
        choices=ServiceScope.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "What it may ask: choose one."},
    )
    until = forms.DateField(
        help_text="The last day on which the key is good; within a year.",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": "Until: every key ends. Give a day."},
    )
    reason = why(hint=f"Who asked, and what for. {FOR_GOOD}")


class RevokeKeyForm(forms.Form):
    key = forms.TypedChoiceField(
        label="Which key",
        coerce=UUID,
        error_messages={
            "required": "Which key: choose one.",
            "invalid_choice": "Which key: choose one from the list.",
        },
    )
    reason = why(hint=f"How you know that it should go. {FOR_GOOD}")

    def __init__(self, *args: Any, keys: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].choices = [("", "Choose"), *keys]  # type: ignore[attr-defined]

"""What does a second factor ask?"""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

CREDENTIAL_LENGTH = 20_000


class CredentialField(forms.CharField):
    """What a passkey answered, as the page's script puts it into a hidden field: a JSON object."""

    widget = forms.HiddenInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=CREDENTIAL_LENGTH, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            answer = json.loads(text)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise ValidationError("The passkey's answer can't be read. Try again.")
        return answer


class CodeInput(forms.TextInput):
    """Comes back empty: no code opens twice, and the next one is typed into an empty field."""

    def format_value(self, value: Any) -> None:
        """Nothing, whatever was typed."""


def code_field(label: str, hint: str, *, required: bool = True) -> forms.CharField:
    """Digits that a person types; blanks and dashes among them don't matter."""
    return forms.CharField(
        label=label,
        max_length=32,
        required=required,
        help_text=hint,
        widget=CodeInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
        ),
        error_messages={"required": f"{label}: type it."},
    )


class SecondForm(forms.Form):
    """A code, or a passkey's answer in its place."""

    says_optional = False
    code = code_field(
        "Code",
        "The six digits that your authenticator app shows, or one of your recovery codes.",
        required=False,
    )
    credential = CredentialField(required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors and not given.get("code") and given.get("credential") is None:
            self.add_error("code", "Code: type it.")
        return given


class AppForm(forms.Form):
    code = code_field("Code", "The six digits that the app shows now.")


class PasskeyForm(forms.Form):
    name = forms.CharField(
        label="What you call it",
        max_length=60,
        help_text="As in: key on my ring, the squad room's phone.",
        error_messages={"required": "What you call it: give it a name."},
    )
    credential = CredentialField(error_messages={"required": "The passkey has not answered yet."})


class FactorForm(forms.Form):
    factor = forms.IntegerField(min_value=1)

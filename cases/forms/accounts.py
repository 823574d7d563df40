"""What does it take to invite somebody, and to help or close an account?"""

from typing import Any
from uuid import UUID

from django import forms
from django.core.validators import RegexValidator

from cases.enums import Discipline
from cases.forms.reasons import FOR_GOOD, why

NAME_RULE = "Username: small letters, figures, dots and dashes."
LINK, FACTORS, UNLINK, CLOSE, OPEN = "link", "factors", "unlink", "close", "open"
ACTS = (
    (LINK, "New link: the password is lost, or the invitation"),
    (FACTORS, "Take the second factors away: the phone or the key is lost"),
    (UNLINK, "End the link to the identity provider: they are somebody else there now"),
    (CLOSE, "Close the account"),
    (OPEN, "Open the account again"),
)


class InviteForm(forms.Form):
    username = forms.CharField(
        max_length=80,
        help_text="What they type to sign in: small letters, figures, dots and dashes.",
        validators=[RegexValidator(r"\A[a-z0-9][a-z0-9.-]+\Z", NAME_RULE)],
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": "Username: give one."},
    )
    display_name = forms.CharField(
        label="Name",
        max_length=120,
        help_text="As colleagues know them.",
        error_messages={"required": "Name: give one."},
    )
    role = forms.ChoiceField(error_messages={"required": "Role: choose one."})
    discipline = forms.ChoiceField(
        required=False,
        choices=[("", "None"), *Discipline.choices],
        help_text="A partner's: it decides which parts of a case they read.",
    )
    organization = forms.CharField(
        required=False, max_length=120, help_text="A partner's: the agency that they work for."
    )
    officer = forms.TypedChoiceField(
        label="Which officer they are",
        required=False,
        coerce=UUID,
        empty_value=None,
        help_text="Cases come to officers: a detective's or a sergeant's account needs theirs.",
    )

    def __init__(
        self,
        *args: Any,
        roles: list[tuple[str, str]],
        officers: list[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["officer"].choices = [("", "None"), *officers]  # type: ignore[attr-defined]
        self.fields["role"].choices = [("", "Choose"), *roles]  # type: ignore[attr-defined]


class AccountForm(forms.Form):
    account = forms.TypedChoiceField(
        label="Which account",
        coerce=UUID,
        error_messages={
            "required": "Which account: choose one.",
            "invalid_choice": "Which account: choose one from the list.",
        },
    )
    act = forms.ChoiceField(
        label="What to do",
        choices=ACTS,
        widget=forms.RadioSelect,
        error_messages={"required": "What to do: choose one."},
    )
    reason = why(hint=f"How you know who asked. {FOR_GOOD}")

    def __init__(self, *args: Any, accounts: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].choices = [("", "Choose"), *accounts]  # type: ignore[attr-defined]

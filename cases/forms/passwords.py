"""What does a password have to be, and what does it take to set one?"""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from cases.forms.breached import is_listed
from cases.models import Account
from cases.rules.passwords import says_too_little


class GuessableValidator:
    """Refuses what guessers try first; named in AUTH_PASSWORD_VALIDATORS."""

    def validate(self, password: str, user: Account | None = None) -> None:
        known = [settings.UNIT_NAME]
        if user is not None:
            known += [user.username, user.display_name, user.organization]
        if says_too_little(password, known):
            raise ValidationError(
                "Too easy to guess: take out names, common words and rows of keys, and enough "
                "must be left. Four or five words that don't belong together do well."
            )

    def get_help_text(self) -> str:
        return "Not made of common words, your name, the unit's, or rows of keys."


class BreachedValidator:
    """Refuses what was stolen elsewhere, where the agency has put a list of it."""

    def validate(self, password: str, user: Account | None = None) -> None:
        if settings.BREACHED_PASSWORDS and is_listed(password, settings.BREACHED_PASSWORDS):
            raise ValidationError(
                "This password is on a list of stolen ones, which guessers try first. Take another."
            )

    def get_help_text(self) -> str:
        return "Not on a list of stolen passwords."


class NewPasswordForm(forms.Form):
    """A new password, typed twice, held to the rules for `account`."""

    password = forms.CharField(
        label="New password",
        strip=False,
        max_length=1000,
        help_text="At least 14 characters. Four or five words that don't belong together do well.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "New password: type one."},
    )
    again = forms.CharField(
        label="The same again",
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "The same again: type it a second time."},
    )

    field_order = ("current", "password", "again")

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        password = given.get("password")
        if password and "again" in given and given["again"] != password:
            self.add_error("again", "The same again: the two differ.")
        if password:
            try:
                validate_password(password, self.account)
            except ValidationError as refused:
                self.add_error("password", refused)
        return given


class OwnPasswordForm(NewPasswordForm):
    """The same, with the password that is to be replaced; whether it is right the caller asks."""

    current = forms.CharField(
        label="Your password now",
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Your password now: type it too."},
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if given.get("password") and given["password"] == given.get("current"):
            self.add_error("password", "New password: type another than the one you have now.")
        return given

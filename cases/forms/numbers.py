"""Is a number one that a text can be searched for? Redaction passes over what is too short."""

from collections.abc import Callable

from django import forms

from cases.rules.redaction_numbers import LOCAL_DIGITS

PRIVATE = {"autocomplete": "off", "spellcheck": "false"}
PHONE_DIGITS = range(LOCAL_DIGITS, 16)
SSN_DIGITS = range(9, 10)
PHONE_LENGTH = 40


def counted(digits: range, sentence: str) -> Callable[[str], None]:
    """Refuses, with this sentence, what has another count of digits."""

    def check(value: str) -> None:
        if sum(char.isdigit() for char in value) not in digits:
            raise forms.ValidationError(sentence)

    return check


check_ssn = counted(SSN_DIGITS, "Social security number: give all nine digits, or leave it empty.")


class PhoneField(forms.CharField):
    """Somebody's telephone, with or without its area code."""

    default_validators = [
        counted(
            PHONE_DIGITS,
            "Telephone: give seven digits or more, with the area code, or leave it empty.",
        )
    ]

    def __init__(self) -> None:
        super().__init__(
            label="Telephone",
            max_length=PHONE_LENGTH,
            required=False,
            widget=forms.TextInput(attrs=PRIVATE),
            error_messages={"max_length": f"Telephone: at most {PHONE_LENGTH} characters."},
        )

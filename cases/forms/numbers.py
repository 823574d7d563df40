"""Is a number one that a text can be searched for? Redaction passes over what is too short."""

from collections.abc import Callable

from django.core.exceptions import ValidationError

PHONE_DIGITS = range(7, 16)
SSN_DIGITS = range(9, 10)


def counted(digits: range, sentence: str) -> Callable[[str], None]:
    """Refuses, with this sentence, what has another count of digits."""

    def check(value: str) -> None:
        if sum(char.isdigit() for char in value) not in digits:
            raise ValidationError(sentence)

    return check


check_phone = counted(
    PHONE_DIGITS, "Telephone: give seven digits or more, with the area code, or leave it empty."
)
check_ssn = counted(SSN_DIGITS, "Social security number: give all nine digits, or leave it empty.")

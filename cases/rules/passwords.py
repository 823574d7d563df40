"""Does a password hold anything that a guesser doesn't try first?

Made from rules, no list of leaked passwords: words that everybody tries, the person's and the
unit's own, rows of a keyboard, letters or figures in order are taken out; what is left has to have
enough different signs.
"""

import re
from collections.abc import Iterable

LEAST_LEFT = 6
ROW = 4
ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
)
TRIED = (
    "password", "passwort", "passphrase", "passcode", "letmein", "welcome", "changeme", "change",
    "default", "secret", "login", "signin", "admin", "administrator", "master", "access", "system",
    "user", "guest", "test", "demo", "temp", "initial", "hello", "iloveyou", "monkey", "dragon",
    "football", "baseball", "sunshine", "princess", "superman", "batman", "shadow", "trustno",
    "police", "officer", "detective", "sergeant", "captain", "sheriff", "deputy", "badge", "unit",
    "squad", "crime", "crimes", "children", "child", "case", "cases", "cases", "missouri", "kansas",
    "city", "spring", "summer", "autumn", "winter", "fall", "january", "february", "march", "april",
    "may", "june", "july", "august", "september", "october", "november", "december", "monday",
    "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "the", "for", "and", "my",
)  # fmt: skip
# Signs that stand for letters in words that everybody writes so.
LETTERS = str.maketrans("@4310$57!|", "aaeiosstil")


def says_too_little(password: str, known: Iterable[str] = ()) -> bool:
    """Whether too little is left; `known` are words that belong to the person or the unit."""
    own = [part for text in known for part in re.findall(r"\w{3,}", text.casefold())]
    words = sorted({*TRIED, *own}, key=len, reverse=True)
    plain = password.casefold()
    return min(_left(plain, words), _left(plain.translate(LETTERS), words)) < LEAST_LEFT


def _left(text: str, words: Iterable[str]) -> int:
    """How many different signs remain, beside figures and punctuation."""
    for word in words:
        text = text.replace(word, " ")
    for row in ROWS:
        text = _without_row(_without_row(text, row), row[::-1])
    return len(set(re.sub(r"[\W\d_]", "", text)))


def _without_row(text: str, row: str) -> str:
    for length in range(len(row), ROW - 1, -1):
        for at in range(len(row) - length + 1):
            text = text.replace(row[at : at + length], " ")
    return text

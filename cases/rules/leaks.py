"""Does a text still hold something of these identities, in any way it is usually written?

Tests run it over whatever leaves the process; `manage.py leak_scan` over what is stored in clear.
Redaction works out what is meant; this looks for the very values, and knows nothing of redaction.
"""

import html
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from urllib.parse import unquote_plus

from cases.rules.redaction_words import COMMON, ORDINARY

Identity = Mapping[str, str]
Form = tuple[str, re.Pattern[str]]
LEAST_TELLING = 4


def leaks(text: str, identities: Iterable[Identity]) -> frozenset[str]:
    """The kinds of value that the text holds, never the values."""
    return found(text, [form for identity in identities for form in forms(identity)])


def found(text: str, wanted: Iterable[Form]) -> frozenset[str]:
    variants = decoded(text)
    return frozenset(
        kind for kind, pattern in wanted if any(pattern.search(variant) for variant in variants)
    )


def telling(identity: Identity) -> dict[str, str]:
    """What of an identity is no ordinary word, so that finding it in a text means something."""
    return {
        kind: value
        for kind, value in identity.items()
        if not (plain(value) in ORDINARY | COMMON or len(value.strip()) < LEAST_TELLING)
    }


def forms(identity: Identity) -> Iterator[Form]:
    """What to look for, by kind of thing: every way in which a value is usually written."""
    for kind, value in identity.items():
        if value.strip():
            yield kind, _pattern(kind, value.strip())


def _pattern(kind: str, value: str) -> re.Pattern[str]:
    return re.compile("|".join(sorted(_written(kind, value))))


def _written(kind: str, value: str) -> set[str]:
    if "birth" in kind or "dob" in kind:
        return {_whole(written) for written in date_forms(date.fromisoformat(value))}
    return {_digits(value)} if "phone" in kind or kind == "ssn" else {_whole(value)}


def date_forms(day: date) -> set[str]:
    """A date as people and machines write it."""
    month, short = day.strftime("%B"), day.strftime("%b")
    m, d, y, yy = day.month, day.day, day.year, day.year % 100
    numeric = {
        f"{first}{mark}{second}{mark}{year}"
        for mark in "/-."
        for year in (f"{y}", f"{yy:02}")
        for first, second in ((f"{m}", f"{d}"), (f"{m:02}", f"{d:02}"), (f"{d:02}", f"{m:02}"))
    }
    worded = {
        written
        for name in (month, short, f"{short}.")
        for written in (
            f"{name} {d}, {y}",
            f"{name} {d} {y}",
            f"{d} {name} {y}",
            f"{d:02} {name} {y}",
        )
    }
    return {day.isoformat(), f"{y}/{m:02}/{d:02}", f"{y}{m:02}{d:02}"} | numeric | worded


def decoded(text: str) -> set[str]:
    """The text as it stands, and with each common encoding undone; accents and case set aside."""
    variants = {text, html.unescape(text), unquote_plus(text), _json_unescaped(text)}
    return {plain(variant) for variant in variants}


def plain(text: str) -> str:
    split = unicodedata.normalize("NFKD", text.replace("\u2019", "'"))
    kept = "".join(char for char in split if not unicodedata.combining(char))
    return re.sub(r"\s+", " ", kept).casefold()


def _json_unescaped(text: str) -> str:
    def replace(match: re.Match[str]) -> str:
        return str(json.loads(f'"{match.group()}"'))

    return re.sub(r"\\u[0-9a-fA-F]{4}", replace, text)


def _whole(value: str) -> str:
    """As a whole word: no letter or digit touches it. Underscores and hyphens may."""
    return rf"(?<![^\W_]){re.escape(plain(value))}(?![^\W_])"


def _digits(value: str) -> str:
    digits = re.sub(r"\D", "", value)
    return r"(?<!\d)" + r"[\s().\-]*".join(digits) + r"(?!\d)"

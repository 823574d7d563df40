"""Does a text still hold something of these identities, in any way it is usually written?

Tests run it over whatever leaves the process; `manage.py leak_scan` over what is stored in clear.
Redaction works out what is meant; this looks for the very values, and knows nothing of redaction.
"""

import base64
import binascii
import html
import json
import quopri
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from urllib.parse import unquote_plus

from cases.rules.redaction_common import COMMON
from cases.rules.redaction_words import ORDINARY

Identity = Mapping[str, str]
Form = tuple[str, re.Pattern[str]]
LEAST_TELLING = 4
NOTHING = r"(?!)"
_PACKED = re.compile(r"[A-Za-z0-9+/\n\r]{11,}={0,2}")
_STREETS = {
    "avenue": "ave", "boulevard": "blvd", "circle": "cir", "court": "ct", "drive": "dr",
    "highway": "hwy", "lane": "ln", "parkway": "pkwy", "place": "pl", "road": "rd",
    "street": "st", "terrace": "ter",
}  # fmt: skip
_LOCAL = 7


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
    if "phone" in kind:
        return {_digits(value), *_local(value)}
    if "address" in kind:
        return {_whole(written) for written in _shortened(value)}
    return {_digits(value)} if kind == "ssn" else {_whole(value)}


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
    if "=" in text:
        variants |= {_header_decoded(text), _unquoted(text)}
    variants |= {_unpacked(found[0]) for found in _PACKED.finditer(text)}
    return {plain(variant) for variant in variants}


def plain(text: str) -> str:
    split = unicodedata.normalize("NFKD", text.replace("\u2019", "'"))
    kept = "".join(char for char in split if not unicodedata.combining(char))
    return re.sub(r"\s+", " ", kept).casefold()


def _json_unescaped(text: str) -> str:
    def replace(match: re.Match[str]) -> str:
        return str(json.loads(f'"{match.group()}"'))

    return re.sub(r"\\u[0-9a-fA-F]{4}", replace, text)


def _header_decoded(text: str) -> str:
    """As mail programs show a header: =?utf-8?q?…?=."""
    if "=?" not in text:
        return ""
    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, LookupError, UnicodeDecodeError):
        return ""


def _unquoted(text: str) -> str:
    """Quoted-printable, as mail bodies travel."""
    return quopri.decodestring(text.encode()).decode("utf-8", errors="replace")


def _unpacked(packed: str) -> str:
    """Base64, whatever line breaks stand in it; "" for what only looks like it."""
    try:
        return base64.b64decode(re.sub(r"\s", "", packed), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _whole(value: str) -> str:
    """As a whole word: no letter or digit touches it. Underscores and hyphens may.

    What must not stand before it is asked after it: a pattern that begins with letters is searched
    for ten times as fast.
    """
    letters = re.escape(plain(value))
    return rf"{letters}(?<![^\W_]{letters})(?![^\W_])"


def _digits(value: str) -> str:
    digits = re.sub(r"\D", "", value)
    if not digits:
        return NOTHING
    first, rest = digits[:1], "".join(rf"[\s().\-]*{digit}" for digit in digits[1:])
    return rf"{first}(?<!\d{first}){rest}(?!\d)"


def _local(phone: str) -> set[str]:
    """The number without its area, when something parts it: seven digits alone may be any count."""
    digits = re.sub(r"\D", "", phone)[-_LOCAL:]
    if len(digits) < _LOCAL:
        return set()
    return {rf"{digits[:3]}(?<!\d{digits[:3]})[\s.\-]{{1,3}}{digits[3:]}(?!\d)"}


def _shortened(address: str) -> set[str]:
    """The address, and its street alone with the kind of street long and short."""
    street = address.split(",", maxsplit=1)[0].strip()
    *named, kind = street.split() or [""]
    short = _STREETS.get(kind.casefold(), kind)
    if len(named) < 1 + 1:
        return {address}
    return {address, street, " ".join((*named, short)), " ".join((*named, f"{short}."))}

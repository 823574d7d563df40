"""Where does a text give a known telephone or social security number, however it is written?"""

import re
from collections.abc import Iterator

from cases.rules.redaction_known import KnownPerson, Mention

_LAST_FOUR = re.compile(
    r"\b(?:end(?:s|ed|ing)?(?: (?:in|with))?|last (?:four|4)(?: (?:digits|numbers|of))*"
    r"(?: (?:is|are|were|as|being|reads?))?|x{2,3}-x{2}-|\*{2,3}-\*{2}-|[x*]{3}[ \-][x*]{3}[ \-])"
    r"[ :#(\-.\u2026]{0,3}(?P<four>\d{4})(?!\d)",
    re.IGNORECASE,
)
_BETWEEN = r"[ \n,().\-/\u2010-\u2014\u00b7\u00a0]{0,3}"
_READ_AS = {"0": "[0oO]", "1": "[1lI]"}
_NO_DIGIT_AFTER = r"(?!-?\d)(?!(?!x\d|ext)\w)"
# An extension leads to one desk.
_EXT = r"(?:ext(?:ension)?\b\.?|ext(?=\d)|x(?= ?\d))[ :#]{0,2}\d{1,6}\b"
_EXTENSION = rf"(?:[ ,]{{0,2}}{_EXT}|[ ]?\({_EXT}\))?"
_NO_AREA_BEFORE = r"(?<![\w.])(?<!(?<!\d)\d{3}[ \-./)])(?<!\d{3}\) )"
_DIGIT_WORDS = {
    word: str(digit)
    for digit, words in enumerate(
        ("zero oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    )
    for word in words.split()
}
_WORD = f"(?:{'|'.join(_DIGIT_WORDS)})"
_SPOKEN = re.compile(rf"\b{_WORD}(?:[ ,.\-]{{1,3}}{_WORD}){{6,14}}\b", re.IGNORECASE)
_NO_DIGIT = re.compile(r"\D")
_AS_DIGITS = str.maketrans("oOlI", "0011")
_TELLING = 4
# What is shorter could be any number, and is passed over: forms ask for as many.
LOCAL_DIGITS = 7
_FULL_DIGITS = 10


class Numbers:
    """The telephones and social security numbers of one case's people."""

    def __init__(self) -> None:
        self._known: list[tuple[str, str, str]] = []
        self._patterns: dict[tuple[str, str], re.Pattern[str]] = {}
        self._phones: dict[str, str] = {}
        self._fours: dict[str, tuple[str, str]] = {}

    def __bool__(self) -> bool:
        return bool(self._known)

    def take(self, person: KnownPerson) -> None:
        for kind in ("phone", "ssn"):
            digits = re.sub(r"\D", "", person.identity.get(kind, ""))
            if len(digits) < LOCAL_DIGITS:
                continue
            if kind == "phone":
                digits = digits.removeprefix("1") if len(digits) > _FULL_DIGITS else digits
                self._phones.setdefault(digits, person.pseudonym)
            self._known.append((digits, person.pseudonym, kind))
            self._fours.setdefault(digits[-4:], (person.pseudonym, kind))

    def mentions(self, text: str) -> Iterator[Mention]:
        digits = _NO_DIGIT.sub("", text.translate(_AS_DIGITS))
        for known, pseudonym, kind in self._known:
            if known[-_TELLING:] not in digits:
                continue
            pattern = self._patterns.get((kind, known)) or _pattern(kind, known)
            self._patterns[(kind, known)] = pattern
            for found in pattern.finditer(text):
                yield Mention(*found.span(), pseudonym, kind)
        for found in _LAST_FOUR.finditer(text):
            if known_four := self._fours.get(found["four"]):
                yield Mention(*found.span("four"), *known_four)

    def spoken(self, text: str) -> Iterator[Mention]:
        """As in "five five five, zero one four two"."""
        for found in _SPOKEN.finditer(text) if self._phones else ():
            words = re.findall(r"[a-z]+", found[0].casefold())
            digits = "".join(_DIGIT_WORDS[word] for word in words)
            for known, pseudonym in self._phones.items():
                if known.endswith(digits) or digits.endswith(known):
                    yield Mention(*found.span(), pseudonym, "phone")
                    break


def _pattern(kind: str, digits: str) -> re.Pattern[str]:
    """A telephone may stand without its country or area; a social security number may not."""
    more = _EXTENSION if kind == "phone" else ""
    if kind == "ssn" or len(digits) < _FULL_DIGITS:
        return re.compile(rf"(?<![\w.]){_spaced(digits)}{_NO_DIGIT_AFTER}{more}")
    area, local = digits[:-LOCAL_DIGITS], digits[-LOCAL_DIGITS:]
    whole = (
        rf"(?<![\w.])(?:\+?\d{{1,3}}{_BETWEEN})?(?:\((?=[\d ]{{3,5}}\)))?{_spaced(area)}{_BETWEEN}"
    )
    return re.compile(rf"(?:{whole}|{_NO_AREA_BEFORE}){_spaced(local)}{_NO_DIGIT_AFTER}{more}")


def _spaced(digits: str) -> str:
    """Anything usual between the digits; a scan reads a nought as an O, a one as an l."""
    return _BETWEEN.join(_READ_AS.get(digit, digit) for digit in digits)

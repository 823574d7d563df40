"""What does a text say without saying who? What tells who somebody is becomes their pseudonym."""

import re
import unicodedata
from bisect import insort
from collections.abc import Callable, Iterable, Sequence

from cases.rules.redaction_known import FIELDS, KnownPerson, Mention, overlaps
from cases.rules.redaction_marks import Marks, unknown
from cases.rules.redaction_names import Names

__all__ = ("FIELDS", "KnownPerson", "Mention", "Redactor", "mentions", "redact", "redactor")

_DONE = re.compile(
    r"\[(?:[VP]-\w{1,10} )?(?:name|phone|e-mail|ssn|birth date|address|school|handle)\]"
    r"|\b[VP]-\w{1,10}"
)


class Redactor:
    """Finds what names or tells these people, made ready for many texts.

    Names: whole or in part, in any case, with or without accents, possessive, as initials, short
    forms, a letter wrong. The other fields: however they are usually written. Where two people
    share a part of their names, the first stands for both. A name that is a word as well counts
    when it is used like a name.
    """

    def __init__(self, people: Sequence[KnownPerson]) -> None:
        self._names, self._marks = Names(people), Marks(people)
        self._handles = self._names.handles()

    def __call__(self, text: str) -> str:
        """The text without them; a telephone, e-mail, number or birth date of nobody known, too."""
        return _replaced(text, self.mentions(text, strangers=True)) if text else ""

    def without_them(self, text: str) -> str:
        """The same, of these people only: for codes, in which a number is no telephone."""
        return _replaced(text, self.mentions(text)) if text else ""

    def mentions(self, text: str, *, strangers: bool = False) -> tuple[Mention, ...]:
        """Where they are mentioned, in order, no two overlapping; offsets into `text` as given."""
        done = (
            [found.span() for found in _DONE.finditer(text)] if "-" in text or "[" in text else []
        )
        found = list(self._marks.mentions(text)) if self._marks else []
        found += self._handles.mentions(text)
        if strangers:
            found += unknown(text)
        kept = _apart(found, done) if found else []
        if self._names:
            taken = sorted([*done, *((mention.start, mention.end) for mention in kept)])
            kept += self._names.mentions(text, taken)
        return tuple(sorted(kept, key=lambda mention: mention.start))


def _apart(found: Iterable[Mention], done: Sequence[tuple[int, int]]) -> list[Mention]:
    """The longer of two that overlap, and of two alike the known one."""
    kept: list[Mention] = []
    taken = sorted(done)
    for mention in sorted(found, key=lambda one: (one.start - one.end, not one.pseudonym)):
        if not overlaps(mention.start, mention.end, taken):
            kept.append(mention)
            insort(taken, (mention.start, mention.end))
    return kept


def _replaced(text: str, found: Sequence[Mention]) -> str:
    parts: list[str] = []
    end = 0
    for mention in found:
        parts += (text[end : mention.start], mention.replacement)
        end = mention.end
    return unicodedata.normalize("NFC", "".join((*parts, text[end:])))


def redactor(people: Sequence[KnownPerson]) -> Callable[[str], str]:
    """For whoever redacts many texts about the same people."""
    return Redactor(people)


def redact(text: str, people: Sequence[KnownPerson]) -> str:
    """The text with everything that tells who these people are replaced by their pseudonyms."""
    return Redactor(people)(text)


def mentions(text: str, people: Sequence[KnownPerson]) -> tuple[Mention, ...]:
    """Where a text mentions these people; offsets into `text` as given."""
    return Redactor(people).mentions(text)

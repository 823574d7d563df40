"""What does a text say without saying who? Known names become pseudonyms; nothing else changes."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

# Short names ("An", "Bo") are everyday words too: only a capital makes them a name.
_LEAST_LETTERS = 4
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person of the case: the pseudonym that stands for them, and the full names they go by."""

    pseudonym: str
    forms: tuple[str, ...]


def redact(text: str, people: Sequence[KnownPerson]) -> str:
    """The text with every known name, whole or in part, replaced by its owner's pseudonym.

    Whole words in any case, with or without accents, longest first; a possessive ending stays.
    Where two people share a part of their names, the first of `people` stands for both.
    """
    return redactor(people)(text)


def redactor(people: Sequence[KnownPerson]) -> Callable[[str], str]:
    """The same for whoever redacts many texts about the same people."""
    owners = _owners(people)
    if not owners:
        return _unchanged
    ordered = sorted(owners, key=lambda form: (-len(form), form))
    pattern = re.compile(
        r"(?<!\w)(?:" + "|".join(map(_pattern, ordered)) + r")(?!\w)", re.IGNORECASE
    )

    def replaced(match: re.Match[str]) -> str:
        found = match.group()
        if len(found) < _LEAST_LETTERS and not found[0].isupper():
            return found
        return owners[_normal(found)]

    return lambda text: pattern.sub(replaced, unicodedata.normalize("NFC", text))


def _unchanged(text: str) -> str:
    return text


def _owners(people: Sequence[KnownPerson]) -> dict[str, str]:
    """Every way to write a known name, in normal form, and whose pseudonym replaces it."""
    owners: dict[str, str] = {}
    for person in people:
        for form in _whole(person):
            owners.setdefault(form, person.pseudonym)
    for person in people:
        for form in _parts(person):
            owners.setdefault(form, person.pseudonym)
    return owners


def _whole(person: KnownPerson) -> Iterator[str]:
    for form in person.forms:
        tokens = _normal(form).split()
        if not tokens:
            continue
        yield from _spellings(" ".join(tokens))
        if len(tokens) > 1:
            first, last = tokens[0], tokens[-1]
            yield from _spellings(f"{first} {last}")
            yield from _spellings(f"{last} {first}")
            yield from _spellings(f"{last}, {first}")


def _parts(person: KnownPerson) -> Iterator[str]:
    for form in person.forms:
        for token in _normal(form).split():
            for part in (token, *token.split("-")):
                if len(part) > 1:
                    yield from _spellings(part)


def _spellings(form: str) -> tuple[str, ...]:
    plain = "".join(
        char for char in unicodedata.normalize("NFD", form) if not unicodedata.combining(char)
    )
    return (form, plain)


def _normal(form: str) -> str:
    return _SPACE.sub(" ", unicodedata.normalize("NFC", form)).strip().casefold()


def _pattern(form: str) -> str:
    return r"\s+".join(map(re.escape, form.split()))

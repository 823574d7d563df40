"""Is a word a known name with one letter wrong, left out, added, or two swapped?"""

import re
from collections import defaultdict
from collections.abc import Iterable

from cases.rules.nicknames import alike, known_names
from cases.rules.redaction_common import COMMON
from cases.rules.redaction_known import Word
from cases.rules.redaction_words import ORDINARY

LEAST = 5
LEAST_SWAPPED = 4
LEAST_IN_LOWER_CASE = 6
_NAMES = known_names()
_VOWELS = frozenset("aeiouy")
_ENDING = re.compile("(?:ie|ey|ee|i)$")
_SOME_VOWELS = re.compile("[aeiouy]+")
_REPEATED = re.compile(r"(.)\1+")


class Slips:
    """The names of one case, to be looked up by what may be a slip.

    A slip spares the first letter or the last; only names that share one with a word are compared.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._by_end: defaultdict[str, list[str]] = defaultdict(list)
        for name in names:
            if len(name) >= LEAST_SWAPPED:
                self._by_end[name[0]].append(name)
                self._by_end[f"-{name[-1]}"].append(name)

    def meant(self, word: Word, text: str) -> str:
        """The name that `text`, the plain form of `word`, was meant to be; "" when it is none."""
        if len(text) < LEAST_SWAPPED or text in COMMON:
            return ""
        if not word.is_capital and len(text) < LEAST_IN_LOWER_CASE:
            return ""
        near = (*self._by_end.get(text[0], ()), *self._by_end.get(f"-{text[-1]}", ()))
        return next((name for name in near if _is_slip(word, text, name)), "")


def _is_slip(word: Word, text: str, name: str) -> bool:
    if abs(len(text) - len(name)) > 1 or min(len(text), len(name)) < LEAST_SWAPPED:
        return False
    if not word.is_capital:
        return name not in ORDINARY and _may_be(text, name) and one_apart(text, name)
    return _is_swapped(text, name) or (_may_be(text, name) and _is_near(text, name))


def _may_be(text: str, name: str) -> bool:
    """Whether nobody is called so but who is called `name`."""
    return text not in _NAMES or text in alike(name)


def _is_near(text: str, name: str) -> bool:
    if is_same_ending(text, name) or _sounds_alike(text, name):
        return True
    if len(name) < LEAST:
        return text[0] == name[0] and text not in ORDINARY and _has_another_vowel(text, name)
    return one_apart(text, name)


def _has_another_vowel(text: str, name: str) -> bool:
    """Of a short name, one vowel for another: "Rumy", but not "Mark" for "Mary"."""
    if len(text) != len(name) or not one_apart(text, name):
        return False
    return all(
        one == other or {one, other} <= _VOWELS for one, other in zip(text, name, strict=True)
    )


def _is_swapped(text: str, name: str) -> bool:
    return len(text) == len(name) and sorted(text) == sorted(name) and one_apart(text, name)


def is_same_ending(text: str, name: str) -> bool:
    """As in "Reggy", "Reggie" and "Reggi"."""
    return _ENDING.sub("y", text) == _ENDING.sub("y", name) and text != name


def _sounds_alike(text: str, name: str) -> bool:
    """The same consonants, with some vowel wherever the other has one: "Haleema", "Benjiman"."""
    if min(len(text), len(name)) < LEAST or text[0] != name[0]:
        return False
    return _sound(text) == _sound(name)


def _sound(text: str) -> str:
    for written, read in (("ph", "f"), ("ck", "k"), ("c", "k"), ("z", "s"), ("kh", "k")):
        text = text.replace(written, read)
    return _REPEATED.sub(r"\1", _SOME_VOWELS.sub("a", text))


def one_apart(one: str, other: str) -> bool:
    """Whether one letter added, left out or changed, or two swapped, leads to the other."""
    if one == other:
        return False
    start = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        start += 1
    left, right = one[start:], other[start:]
    return (
        left[1:] == right[1:]
        or left[1:] == right
        or left == right[1:]
        or (left[:2] == right[1::-1] and left[2:] == right[2:])
    )

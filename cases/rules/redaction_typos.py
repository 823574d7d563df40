"""Is a word a known name with one letter wrong, left out, added, or two swapped?"""

from collections import defaultdict
from collections.abc import Iterable

from cases.rules.nicknames import alike, known_names
from cases.rules.redaction_known import Word
from cases.rules.redaction_words import COMMON, ORDINARY

LEAST = 5
LEAST_SWAPPED = 4
LEAST_IN_LOWER_CASE = 6
_NAMES = known_names()


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
    if abs(len(text) - len(name)) > 1 or (not word.is_capital and name in ORDINARY):
        return False
    if len(name) < LEAST:
        return word.is_capital and _is_swapped(text, name)
    if text in _NAMES and text not in alike(name):
        return False
    return one_apart(text, name) and min(len(text), len(name)) >= LEAST_SWAPPED


def _is_swapped(text: str, name: str) -> bool:
    return len(text) == len(name) and sorted(text) == sorted(name) and one_apart(text, name)


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

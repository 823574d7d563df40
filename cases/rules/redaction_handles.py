"""Which word that isn't one is somebody's name on a screen, as in "@nate_fitz08"?"""

import re
from collections.abc import Iterator, Mapping, Sequence, Set

from cases.rules.redaction_common import COMMON
from cases.rules.redaction_known import Mention, plain
from cases.rules.redaction_words import LITTLE, ORDINARY, table

_HANDLE = re.compile(r"(?<![\w@.])@?[^\W_]+(?:[._\-][^\W_]+)*_?(?![\w@])")
_MARKED = re.compile(r"[@_]|\w\.\w|\d\d")
_LETTERS = re.compile(r"[^\W\d_]+")
_ENDS_IN_DIGITS = re.compile(r"\d\d_?$")
_LIKE_A_FILE = re.compile(
    r"\.(?:jpe?g|png|gif|heic|pdf|docx?|xlsx?|txt|csv|mp[34]|mov|wav|zip)$", re.IGNORECASE
)
_AFFIXES = table(
    """
    coach mr mrs ms miss dr papa mama real its im official big lil little the team uncle aunt tia
    tio queen king baby itz not just only mister madame daddy mommy x xo xx
    """
)
_LEAST = 2
_LEAST_ALONE = 3
_LEAST_GLUED = 5


class Handles:
    """The names of one case's people as they stand in handles."""

    def __init__(self, pseudonyms: Sequence[str], names: Mapping[str, Set[int]]) -> None:
        """`names` are whole parts of names, in plain form, and the indexes of whom they name."""
        self._pseudonyms = pseudonyms
        self._names = {word: people for word, people in names.items() if len(word) >= _LEAST}
        self._glued = [name for name in self._names if len(name) >= _LEAST_GLUED]

    def mentions(self, text: str) -> Iterator[Mention]:
        lower = plain(text)
        glued = [name for name in self._glued if name in lower]
        if not glued and not _MARKED.search(text):
            return
        for found in _HANDLE.finditer(text):
            written = found[0]
            if written.isalpha() and not (glued and _holds(plain(written), glued)):
                continue
            who = self._whose(written)
            if who is not None:
                yield Mention(found.start(), found.end(), self._pseudonyms[who], "handle")

    def _whose(self, written: str) -> int | None:
        """Whose handle it is; None when it is no handle, or nobody's here."""
        words = [plain(word) for word in _LETTERS.findall(written)]
        marked = "_" in written or written[-1].isdigit()
        named = [self._named(word, marked=marked) for word in words]
        owners = [people for people in named if people]
        if not owners or _LIKE_A_FILE.search(written):
            return None
        telling = any(
            people and len(word) >= _LEAST_ALONE and not _is_a_word(word)
            for word, people in zip(words, named, strict=True)
        )
        if not self._is_handle(written, words, several=len(owners) > 1, telling=telling):
            return None
        return min(owners[0] & owners[-1] or owners[0])

    def _is_handle(self, written: str, words: list[str], *, several: bool, telling: bool) -> bool:
        if written[0] == "@":
            return max(map(len, words)) >= _LEAST_ALONE
        numbered = bool(_ENDS_IN_DIGITS.search(written))
        if "_" in written or ("." in written and written[0].islower()):
            return several or (telling and (numbered or len(words) > 1))
        return (
            len(words) == 1
            and len(words[0]) >= _LEAST_ALONE
            and (numbered or words[0] not in self._names)
        )

    def _named(self, word: str, *, marked: bool) -> Set[int]:
        """Whom a word names, whole or with something put before or behind it.

        In what is `marked` as no word a letter stands for another name: "tyrellb_10".
        """
        if word in self._names:
            return self._names[word]
        for name in self._glued:
            rest = word.removeprefix(name) if word.startswith(name) else word.removesuffix(name)
            if rest != word and (
                rest in _AFFIXES or rest in self._names or (marked and len(rest) == 1)
            ):
                return self._names[name]
        return frozenset()


def _holds(word: str, names: Sequence[str]) -> bool:
    return any(name in word for name in names)


def _is_a_word(word: str) -> bool:
    return word in ORDINARY or word in COMMON or word in LITTLE

"""Where in a text is a person of the case named? For texts that nobody has redacted yet."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from cases.models import Case
from cases.rules.redaction import redactor
from cases.services.narratives import known_people

WORD = re.compile(r"\s+|[^\s]+")
Places = tuple[tuple[int, int], ...]


class People:
    """The case's people, opened once, to be found in many texts."""

    def __init__(self, case: Case) -> None:
        self._redact = redactor(known_people(case))

    def named_in(self, text: str) -> Places:
        """From where to where somebody is named, in the order of the text: whole words."""
        return tuple(_differing(text, self._redact(text)))


def _differing(text: str, redacted: str) -> Iterator[tuple[int, int]]:
    if text == redacted:
        return
    before, after = WORD.findall(text), WORD.findall(redacted)
    starts = [0]
    for word in before:
        starts.append(starts[-1] + len(word))
    for tag, first, last, _, _ in SequenceMatcher(
        None, before, after, autojunk=False
    ).get_opcodes():
        if tag != "equal" and first < last:
            yield starts[first], starts[last]

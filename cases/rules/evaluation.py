"""What share of mentions does redaction find, and what share of what it takes is a mention?"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cases.rules.redaction import KnownPerson, Mention, Redactor

_LABEL = re.compile(r"\[\[(?P<owner>[VP]-\w+|-):(?P<form>\w+)\|(?P<words>[^\]|]*)\]\]")
_SURROUND = 24
NOBODY = "-"


@dataclass(frozen=True, slots=True)
class Label:
    """A stretch of text and whose it is; of a hard negative, nobody's."""

    start: int
    end: int
    owner: str
    form: str


@dataclass(frozen=True, slots=True)
class Narrative:
    key: str
    people: tuple[KnownPerson, ...]
    text: str
    labels: tuple[Label, ...]


@dataclass(slots=True)
class Measured:
    """`found` and `all` count labelled mentions by form; `taken` and `right` what was replaced."""

    all: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    taken: int = 0
    right: int = 0
    owned: int = 0
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.found.total() / max(1, self.all.total())

    @property
    def precision(self) -> float:
        return self.right / max(1, self.taken)

    @property
    def right_owner(self) -> float:
        return self.owned / max(1, self.found.total())


def read(lines: Iterable[str]) -> Iterator[Narrative]:
    """Narratives from JSON lines, their labels taken out of the text."""
    for line in lines:
        given = json.loads(line)
        people = tuple(_known(name, who) for name, who in given["people"].items())
        text, labels = _unlabelled(given["text"])
        yield Narrative(given["id"], people, text, labels)


def _known(pseudonym: str, identity: dict[str, str]) -> KnownPerson:
    full = f"{identity.get('first_name', '')} {identity.get('last_name', '')}".strip()
    return KnownPerson(pseudonym, (full,), identity)


def _unlabelled(marked: str) -> tuple[str, tuple[Label, ...]]:
    text, labels, at = "", [], 0
    for found in _LABEL.finditer(marked):
        text += marked[at : found.start()]
        labels.append(
            Label(len(text), len(text) + len(found["words"]), found["owner"], found["form"])
        )
        text += found["words"]
        at = found.end()
    return text + marked[at:], tuple(labels)


def measure(narratives: Iterable[Narrative]) -> Measured:
    """Every labelled mention must be covered whole; everything covered must be labelled."""
    measured = Measured()
    for narrative in narratives:
        _add(measured, narrative, Redactor(narrative.people).mentions(narrative.text))
    return measured


def _add(measured: Measured, narrative: Narrative, found: tuple[Mention, ...]) -> None:
    theirs = [label for label in narrative.labels if label.owner != NOBODY]
    for label in theirs:
        measured.all[label.form] += 1
        cover = [mention for mention in found if _overlap(mention, label)]
        if _is_covered(narrative.text, label, cover):
            measured.found[label.form] += 1
            measured.owned += any(mention.pseudonym == label.owner for mention in cover)
        else:
            measured.missed.append(_shown(narrative, label.start, label.end, label.form))
    for mention in found:
        measured.taken += 1
        if any(_overlap(mention, label) for label in theirs):
            measured.right += 1
        else:
            measured.wrong.append(_shown(narrative, mention.start, mention.end, mention.kind))


def _overlap(mention: Mention, label: Label) -> bool:
    return mention.start < label.end and label.start < mention.end


def _is_covered(text: str, label: Label, cover: list[Mention]) -> bool:
    """No letter or digit of the mention stays, but for a possessive ending."""
    left = [
        text[at]
        for at in range(label.start, label.end)
        if not any(mention.start <= at < mention.end for mention in cover)
        and (text[at].isalnum() or unicodedata.combining(text[at]))
    ]
    return bool(cover) and "".join(left).casefold() in ("", "s")


def _shown(narrative: Narrative, start: int, end: int, form: str) -> str:
    text = narrative.text
    around = (
        f"{text[max(0, start - _SURROUND) : start]}<{text[start:end]}>{text[end : end + _SURROUND]}"
    )
    return f"{narrative.key} {form}: …{around}…".replace("\n", "⏎")

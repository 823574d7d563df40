"""What is left of a text when what was marked is removed? Spans in, pieces out."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

WORDS = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` to before `end`; why it goes; `key` tells which mark it is."""

    start: int
    end: int
    category: str
    exemption: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text, and the spans that lie over it. None: nobody marked it."""

    text: str
    over: tuple[Span, ...] = ()


def pieces(text: str, spans: Iterable[Span]) -> Iterator[Piece]:
    """The whole text, cut wherever a span begins or ends."""
    known = sorted(spans, key=lambda span: (span.start, span.end, span.category, span.key))
    edges = sorted({0, len(text), *(_within(text, edge) for span in known for edge in _ends(span))})
    for start, end in pairwise(edges):
        over = tuple(span for span in known if span.start < end and start < span.end)
        yield Piece(text[start:end], over)


def remaining(text: str, spans: Iterable[Span]) -> tuple[Piece, ...]:
    """What stays, and in place of each removed stretch one empty piece that says why.

    Stretches that touch or overlap are one; a gap of mere spaces between two of them goes too. The
    length of what was removed does not show.
    """
    left: list[Piece] = []
    for piece in pieces(text, spans):
        _add(left, piece)
    return tuple(left)


def _add(left: list[Piece], piece: Piece) -> None:
    if not piece.over:
        left.append(piece)
        return
    if len(left) > 1 and left[-2].over and not left[-1].over and not left[-1].text.strip(" "):
        left.pop()
    if left and left[-1].over:
        left[-1] = Piece("", tuple(dict.fromkeys((*left[-1].over, *piece.over))))
    else:
        left.append(Piece("", piece.over))


def quoted(text: str, phrase: str) -> list[tuple[int, int]]:
    """Everywhere that `phrase` stands in the text, whatever its spaces and its case."""
    words = WORDS.findall(phrase)
    if not words:
        return []
    pattern = re.compile(r"\s+".join(map(re.escape, words)), re.IGNORECASE)
    return [match.span() for match in pattern.finditer(text)]


def uncovered(text: str, spans: Sequence[Span]) -> str:
    """The text with every removed character replaced by a space: same offsets, nothing told."""
    kept = list(text)
    for span in spans:
        for at in range(max(0, span.start), min(len(text), span.end)):
            kept[at] = " "
    return "".join(kept)


def _ends(span: Span) -> tuple[int, int]:
    return span.start, span.end


def _within(text: str, edge: int) -> int:
    return min(max(edge, 0), len(text))

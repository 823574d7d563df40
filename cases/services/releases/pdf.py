"""How does a release become a PDF? Made anew from what remains: nothing removed is ever put in.

Texts are set from their remaining words, pages from their blackened pictures. The same content
gives the same bytes: no clock, no random number, no name of whoever runs this goes in.
"""

import io
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import reportlab
from reportlab.lib.pagesizes import LETTER
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

FONTS = Path(reportlab.__file__).parent / "fonts"
PLAIN, BOLD = "Vera", "VeraBd"
WIDTH, HEIGHT = LETTER
MARGIN, FOOT = 56, 40
SIZE, LEADING = 9.5, 13.5
UNSHOWN = "\ufffd"
Beat = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Run:
    """Words that stay, or (`removed`) the note that stands where others stood."""

    text: str
    removed: bool = False


@dataclass(frozen=True, slots=True)
class TextPart:
    title: str
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class PicturePart:
    """A page as a JPEG, blackened already; `draw` gives it when its turn comes."""

    title: str
    draw: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Cover:
    """What stands on the first page: lines of label and value, and the redaction log."""

    unit: str
    number: str
    lines: tuple[tuple[str, str], ...]
    log: tuple[tuple[str, str, str, str], ...]


def make_pdf(
    cover: Cover, parts: Sequence[TextPart | PicturePart], beat: Beat = lambda: None
) -> tuple[bytes, int]:
    """The PDF's bytes and how many pages it has. `beat` is called after each part."""
    _register_fonts()
    out = io.BytesIO()
    sheet = _Sheet(out, cover)
    sheet.cover()
    for part in parts:
        if isinstance(part, TextPart):
            sheet.text(part)
        else:
            sheet.picture(part)
        beat()
    sheet.log()
    pages = sheet.finish()
    return out.getvalue(), pages


class _Sheet:
    """Where the pen stands."""

    def __init__(self, out: io.BytesIO, cover: Cover) -> None:
        self._cover = cover
        self._canvas = Canvas(out, pagesize=LETTER, invariant=1, pageCompression=1, lang="en-US")
        self._canvas.setTitle(f"Release {cover.number}")
        for silent in (
            self._canvas.setAuthor,
            self._canvas.setCreator,
            self._canvas.setProducer,
            self._canvas.setSubject,
            self._canvas.setKeywords,
        ):
            silent("")
        self._page = 1
        self._y = HEIGHT - MARGIN

    def cover(self) -> None:
        self._line([(self._cover.unit, PLAIN)], size=SIZE)
        self._line([(f"Release {self._cover.number}", BOLD)], size=18)
        self._y -= 10
        for label, value in self._cover.lines:
            self._flow([Run(f"{label}: {value}")])
        self._y -= LEADING

    def text(self, part: TextPart) -> None:
        self._room(4)
        self._line([(part.title, BOLD)], size=11)
        self._flow(part.runs)
        self._y -= LEADING

    def picture(self, part: PicturePart) -> None:
        self._turn()
        self._line([(part.title, BOLD)], size=11)
        image = ImageReader(io.BytesIO(part.draw()))
        wide, high = image.getSize()
        room = (WIDTH - 2 * MARGIN, self._y - FOOT - LEADING)
        scale = min(room[0] / wide, room[1] / high)
        size = (wide * scale, high * scale)
        self._canvas.drawImage(image, MARGIN, self._y - size[1], *size)
        self._y = FOOT

    def log(self) -> None:
        self._room(6)
        self._line([("Redaction log", BOLD)], size=11)
        if not self._cover.log:
            self._flow([Run("Nothing was removed.")])
        for category, exemption, who, count in self._cover.log:
            self._flow([Run(f"{category}: {count} removed, {exemption}, by {who}.")])

    def finish(self) -> int:
        self._footer()
        self._canvas.showPage()
        self._canvas.save()
        return self._page

    def _flow(self, runs: Sequence[Run]) -> None:
        for words in _lines(runs):
            self._line(words)

    def _line(self, words: Sequence[tuple[str, str]], size: float = SIZE) -> None:
        leading = LEADING * size / SIZE
        self._y -= leading
        if self._y < FOOT + LEADING:
            self._turn()
            self._y -= leading
        x = float(MARGIN)
        for text, font in _joined(words):
            self._canvas.setFont(font, size)
            self._canvas.drawString(x, self._y, text)
            x += pdfmetrics.stringWidth(text, font, size)

    def _room(self, lines: int) -> None:
        if self._y < FOOT + lines * LEADING:
            self._turn()

    def _turn(self) -> None:
        self._footer()
        self._canvas.showPage()
        self._page += 1
        self._y = HEIGHT - MARGIN

    def _footer(self) -> None:
        self._canvas.setFont(PLAIN, 7.5)
        self._canvas.drawString(MARGIN, FOOT - 10, f"{self._cover.number}, page {self._page}")


def _lines(runs: Sequence[Run]) -> Iterator[list[tuple[str, str]]]:
    """Words broken to the width of a page; a line break in a text stays one."""
    line: list[tuple[str, str]] = []
    used = 0.0
    for word, font, breaks in _words(runs):
        width = pdfmetrics.stringWidth(word, font, SIZE)
        if breaks or (used + width > WIDTH - 2 * MARGIN and line):
            yield line
            line, used = [], 0.0
            word = word.lstrip(" ")  # noqa: PLW2901
            width = pdfmetrics.stringWidth(word, font, SIZE)
        if word:
            line.append((word, font))
            used += width
    if line:
        yield line


def _joined(words: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Neighbours in one font as one string, so that a reader copies sentences, not words."""
    for font, group in groupby(words, key=itemgetter(1)):
        yield "".join(text for text, _ in group), font


def _words(runs: Sequence[Run]) -> Iterator[tuple[str, str, bool]]:
    """Each word with its font; the third says that a new line begins before it."""
    for run in runs:
        font = BOLD if run.removed else PLAIN
        for at, paragraph in enumerate(_drawable(run.text, font).split("\n")):
            if at:
                yield "", font, True
            for word in _split(paragraph):
                yield word, font, False


LONGEST_WORD = 60


def _split(paragraph: str) -> Iterator[str]:
    """Words with the space before them; one that no line could hold is cut."""
    start = 0
    for at in range(1, len(paragraph) + 1):
        ends = at == len(paragraph) or (paragraph[at] == " " and paragraph[at - 1] != " ")
        if ends or at - start >= LONGEST_WORD:
            yield paragraph[start:at]
            start = at


def _drawable(text: str, font: str) -> str:
    """What the font can draw; other characters become a sign that one stood here."""
    drawn: Any = pdfmetrics.getFont(font)
    known = drawn.face.charToGlyph
    composed = unicodedata.normalize("NFC", text.replace("\t", "    ").replace("\r", ""))
    return "".join(
        char if char == "\n" or ord(char) in known else _nearest(char, known) for char in composed
    )


def _nearest(char: str, known: dict[int, int]) -> str:
    plain = unicodedata.normalize("NFKD", char)
    kept = "".join(one for one in plain if ord(one) in known)
    if kept or unicodedata.category(char).startswith("C"):
        return kept
    return UNSHOWN if ord(UNSHOWN) in known else "?"


def _register_fonts() -> None:
    for name in (PLAIN, BOLD):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, str(FONTS / f"{name}.ttf")))

"""What does a page of an uploaded file show? A program of its own, since the file is not trusted.

Run as `python -m cases.services.releases.rasterising KIND PAGE`, the file on standard input, with
little memory and time: a file made to break a reader breaks this process only. It writes one line
of JSON and, for a page, the JPEG after it. It knows neither the database nor any key, and keeps
nothing. PAGE `-` asks how many pages there are.
"""

import ctypes
import io
import json
import resource
import sys
from typing import Any

import pypdfium2 as pdfium
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError
from pypdfium2 import raw

MEMORY = 1 << 30
SECONDS = 40
SCALE = 150 / 72
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 2200
MOST_LETTERS = 40_000
QUALITY = 90
SURROGATES = (0xD800, 0xDFFF)

ENCRYPTED = "encrypted"
MALFORMED = "malformed"
TOO_LARGE = "too large"


def main() -> None:
    kind, page = sys.argv[1:3]
    _limit()
    try:
        head, body = _answer(sys.stdin.buffer.read(), kind, page)
    except MemoryError:
        head, body = {"refused": TOO_LARGE}, b""
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + body)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(content: bytes, kind: str, page: str) -> tuple[dict[str, Any], bytes]:
    if kind != "pdf":
        return _picture(content, kind, page)
    try:
        document = pdfium.PdfDocument(content)
    except pdfium.PdfiumError:
        refused = raw.FPDF_GetLastError() == raw.FPDF_ERR_PASSWORD
        return {"refused": ENCRYPTED if refused else MALFORMED}, b""
    if page == "-":
        # Security handlers with an empty password open too, but what they say is not theirs to say.
        secured = raw.FPDF_GetSecurityHandlerRevision(document.raw) != -1
        return ({"refused": ENCRYPTED} if secured else {"pages": len(document)}), b""
    return _page(document, int(page))


def _page(document: pdfium.PdfDocument, number: int) -> tuple[dict[str, Any], bytes]:
    try:
        page = document[number]
    except (pdfium.PdfiumError, IndexError):
        return {"refused": MALFORMED}, b""
    width, height = page.get_size()
    scale = min(SCALE, LONGEST_SIDE / max(width, height, 1))
    if width * scale < 1 or height * scale < 1:
        return {"refused": MALFORMED}, b""
    bitmap = page.render(scale=scale, may_draw_forms=True, draw_annots=True)
    picture = bitmap.to_pil().convert("RGB")
    text, boxes = _letters(page, picture.size)
    if len(text) > MOST_LETTERS:
        return {"refused": TOO_LARGE}, b""
    return _told(picture, text, boxes)


Boxes = list[list[int]]


def _letters(page: pdfium.PdfPage, size: tuple[int, int]) -> tuple[str, Boxes]:
    """Each character that the file says is on the page, and where it is drawn, in pixels."""
    told = page.get_textpage()
    text, boxes = [], []
    for at in range(min(told.count_chars(), MOST_LETTERS + 1)):
        text.append(_letter(raw.FPDFText_GetUnicode(told.raw, at)))
        boxes.append(_box(page, told, at, size))
    return "".join(text), boxes


def _letter(code: int) -> str:
    """Half of a pair of surrogates, or nothing, is no letter."""
    usable = 0 < code <= sys.maxunicode and not SURROGATES[0] <= code <= SURROGATES[1]
    return chr(code) if usable else " "


def _box(
    page: pdfium.PdfPage, told: pdfium.PdfTextPage, at: int, size: tuple[int, int]
) -> list[int]:
    try:
        left, bottom, right, top = told.get_charbox(at, loose=True)
    except pdfium.PdfiumError:
        return [0, 0, 0, 0]
    one, other = _device(page, left, top, size), _device(page, right, bottom, size)
    xs, ys = sorted((one[0], other[0])), sorted((one[1], other[1]))
    return [xs[0], ys[0], xs[1] + 1, ys[1] + 1] if left != right else [0, 0, 0, 0]


def _device(page: pdfium.PdfPage, x: float, y: float, size: tuple[int, int]) -> tuple[int, int]:
    """From the page's own measure, turned and cropped as it may be, to the picture's pixels."""
    across, down = ctypes.c_int(), ctypes.c_int()
    raw.FPDF_PageToDevice(
        page.raw, 0, 0, size[0], size[1], 0, x, y, ctypes.byref(across), ctypes.byref(down)
    )
    return across.value, down.value


def _picture(content: bytes, kind: str, page: str) -> tuple[dict[str, Any], bytes]:
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(io.BytesIO(content), formats=[kind.upper()]) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                return {"refused": TOO_LARGE}, b""
            if page == "-":
                return {"pages": 1}, b""
            turned = ImageOps.exif_transpose(opened)
            picture = _on_white(turned)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return {"refused": MALFORMED}, b""
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return _told(picture, "", [])


def _on_white(picture: Image.Image) -> Image.Image:
    """Only what shows: nothing that stands behind transparent pixels."""
    shown = picture.convert("RGBA")
    page = Image.new("RGB", shown.size, "white")
    page.paste(shown, mask=shown.getchannel("A"))
    return page


def _told(picture: Image.Image, text: str, boxes: Boxes) -> tuple[dict[str, Any], bytes]:
    out = io.BytesIO()
    plain = Image.new("RGB", picture.size)
    plain.paste(picture)
    plain.save(out, "JPEG", quality=QUALITY, subsampling=0)
    head = {"width": picture.width, "height": picture.height, "text": text, "boxes": boxes}
    return head, out.getvalue()


if __name__ == "__main__":
    main()

"""Which files does a test of releases add? Those that hide an invented child everywhere.

What is hidden: in white, tiny and invisible text, under a black box, off the page, in a note, in a
form field, an attachment, a bookmark, the metadata, the history of changes, a comment of the file.
"""

import io
from collections.abc import Iterable

import pikepdf
from PIL import Image, ImageDraw, PngImagePlugin
from reportlab.lib.colors import black, white
from reportlab.pdfgen.canvas import Canvas

from tests.leaks import Identity

Page = tuple[str, ...]


def plain_pdf(pages: Iterable[Page]) -> bytes:
    """Each page's lines, in black on white."""
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    for lines in pages:
        for at, line in enumerate(lines):
            canvas.drawString(72, 760 - 20 * at, line)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def hiding_pdf(child: Identity) -> bytes:
    """A page that shows the child's name once, and hides it wherever a PDF can."""
    name = f"{child['first_name']} {child['last_name']}"
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    canvas.setAuthor(name)
    canvas.setTitle(f"About {name}")
    canvas.setSubject(child["address"])
    canvas.setKeywords(child["phone"])
    canvas.drawString(72, 760, f"The child is {name}. The door was locked.")
    canvas.setFillColor(white)
    canvas.drawString(72, 700, f"{name}, {child['address']}")
    canvas.setFillColor(black)
    canvas.drawString(72, 660, f"{name} under a box")
    canvas.rect(60, 650, 400, 30, fill=1)
    canvas.drawString(-900, 500, f"{name} off the page")
    hidden = canvas.beginText(72, 600)
    hidden.setTextRenderMode(3)
    hidden.textLine(f"{name} {child['phone']}")
    canvas.drawText(hidden)
    canvas.bookmarkPage("here")
    canvas.addOutlineEntry(name, "here")
    canvas.textAnnotation(f"{name} said so", (300, 300, 320, 320))
    canvas.acroForm.textfield(name="about", value=name, x=72, y=400, width=200, height=20)
    canvas.showPage()
    canvas.save()
    return _changed_later(_filled(out.getvalue(), child), child)


def _filled(content: bytes, child: Identity) -> bytes:
    name = f"{child['first_name']} {child['last_name']}"
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        pdf.attachments[f"{child['last_name']}.txt"] = name.encode()
        with pdf.open_metadata(set_pikepdf_as_editor=False) as metadata:
            metadata["dc:creator"] = [name]
            metadata["dc:description"] = child["birth_date"]
        pdf.save(out)
    return out.getvalue()


def _changed_later(content: bytes, child: Identity) -> bytes:
    """A change that was appended: the earlier state stays in the file before it."""
    comment = f"\n% {child['first_name']} {child['last_name']}, {child['address']}\n"
    return content + comment.encode("latin-1") + content[content.rindex(b"startxref") :]


def scan(child: Identity, kind: str = "jpeg") -> bytes:
    """A picture with the name in it, and more about the child in its metadata."""
    page = Image.new("RGB", (850, 1100), "white")
    ImageDraw.Draw(page).text((100, 100), child["first_name"] * 3, fill="black")
    out = io.BytesIO()
    if kind == "png":
        info = PngImagePlugin.PngInfo()
        info.add_text("Comment", f"{child['first_name']} {child['last_name']}")
        page.save(out, "PNG", pnginfo=info)
    else:
        exif = Image.Exif()
        exif[0x010E] = f"{child['first_name']} {child['last_name']}"
        exif[0x013B] = child["last_name"]
        page.save(out, "JPEG", exif=exif, comment=child["address"].encode())
    return out.getvalue()


def encrypted_pdf(*, user: str = "secret") -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(plain_pdf([("Hello.",)]))) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(user=user, owner="owner"))
    return out.getvalue()


def huge_picture() -> bytes:
    """Small as a file, more pixels than anybody scans."""
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    return out.getvalue()

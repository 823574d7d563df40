"""What is inside a file or a message that left? Opened as whoever gets it would open it."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator

from django.core.mail import EmailMessage
from pypdf import PdfReader
from pypdf.errors import PyPdfError

Parts = Iterator[tuple[str, object]]


def inside(content: bytes, where: str) -> Parts:
    """The parts of a PDF, a zip or a gzip, by its first bytes; nothing of anything else."""
    if content.startswith(b"%PDF"):
        yield from _pdf(content, where)
    elif content.startswith(b"PK\x03\x04"):
        yield from _zip(content, where)
    elif content.startswith(b"\x1f\x8b"):
        try:
            yield f"{where} unzipped", gzip.decompress(content)
        except (OSError, EOFError, zlib.error):
            return


def _pdf(content: bytes, where: str) -> Parts:
    try:
        reader = PdfReader(io.BytesIO(content))
        yield f"{where} metadata", dict(reader.metadata or {})
        for page in reader.pages:
            yield f"{where} page", page.extract_text()
    except PyPdfError:
        return


def _zip(content: bytes, where: str) -> Parts:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield f"{where} file name", name
                yield f"{where} file", archive.read(name)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return


def mail_parts(message: EmailMessage, where: str) -> Parts:
    """What the program that sends it is given, and the same as it travels."""
    yield f"{where} subject", message.subject
    yield f"{where} body", message.body
    yield f"{where} recipients", [message.from_email, *message.recipients(), *message.reply_to]
    yield f"{where} headers", message.extra_headers
    yield f"{where} other bodies", getattr(message, "alternatives", None) or []
    for attachment in message.attachments:
        yield f"{where} attachment", attachment
    yield f"{where} as sent", message.message().as_bytes()

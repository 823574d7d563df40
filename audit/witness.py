"""Who else keeps the checkpoints, so that rewriting the log needs a second accomplice?

A file (on a disk that the log's administrators can't write to otherwise), an HTTP endpoint, or an
e-mail address; any number of them. A witness that can't be reached is logged, written down, shown
on the audit page, and tried again.
"""

import logging
import os
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from smtplib import SMTPException
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction

from audit.models import Checkpoint, Witnessing

TIMEOUT_SECONDS = 10
EVERY = {"file": timedelta(minutes=1), "http": timedelta(minutes=1), "email": timedelta(days=1)}
# A witness that failed is asked again after this, however rarely it is asked otherwise.
AGAIN_AFTER = timedelta(minutes=5)
LINKS = {"https": HTTPSConnection, "http": HTTPConnection}

logger = logging.getLogger(__name__)


class Refused(RuntimeError):
    """The witness answered, but did not take the checkpoint."""


def configured() -> Mapping[str, str]:
    """Witness → where it is, of those that the settings name."""
    places = {
        "file": settings.AUDIT_WITNESS_FILE,
        "http": settings.AUDIT_WITNESS_URL,
        "email": settings.AUDIT_WITNESS_EMAIL,
    }
    return {name: place for name, place in places.items() if place}


def publish(*, now: datetime) -> list[Witnessing]:
    """Hand the newest checkpoint to each witness whose turn it is; what came of it."""
    newest = Checkpoint.objects.order_by("-size").first()
    if newest is None:
        return []
    due = [name for name in configured() if _is_due(name, newest.size, now)]
    return [tell(name, newest, now=now) for name in due]


def tell(name: str, checkpoint: Checkpoint, *, now: datetime) -> Witnessing:
    """Hand one checkpoint to one witness, and write down whether it took it."""
    problem = ""
    try:
        WITNESSES[name](configured()[name], checkpoint.note)
    except (OSError, HTTPException, SMTPException, Refused, ValueError) as error:
        problem = type(error).__name__
        logger.error("A witness did not take a checkpoint: %s, %s", name, problem)  # noqa: TRY400
    with transaction.atomic():
        return Witnessing.objects.create(
            at=now, size=checkpoint.size, witness=name, problem=problem
        )


def _is_due(name: str, size: int, now: datetime) -> bool:
    tries = Witnessing.objects.filter(witness=name).order_by("-at")
    last = tries.first()
    if last is None:
        return True
    if last.problem:
        return now - last.at >= min(AGAIN_AFTER, EVERY[name])
    return last.size < size and now - last.at >= EVERY[name]


def _to_file(place: str, note: str) -> None:
    """Append, and return only when it rests on the disk."""
    descriptor = os.open(place, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        os.write(descriptor, f"{note}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _to_url(place: str, note: str) -> None:
    parts = urlsplit(place)
    if parts.scheme not in LINKS:
        raise ValueError("The address must start with https:// or http://.")
    link = LINKS[parts.scheme](parts.netloc, timeout=TIMEOUT_SECONDS)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        link.request("POST", target, body=note.encode(), headers=headers)
        status = link.getresponse().status
    finally:
        link.close()
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        raise Refused(str(status))


def _to_email(place: str, note: str) -> None:
    if not send_mail("Audit checkpoint", note, None, [place]):
        raise Refused("not sent")


WITNESSES: Mapping[str, Callable[[str, str], None]] = {
    "file": _to_file,
    "http": _to_url,
    "email": _to_email,
}


def kept_notes() -> str:
    """What the file witness has kept; empty without one. Raises OSError when it can't be read."""
    place = settings.AUDIT_WITNESS_FILE
    return Path(place).read_text(encoding="utf-8") if place else ""

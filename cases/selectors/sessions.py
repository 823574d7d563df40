"""Where is somebody signed in, and from which device for the first time?

Django's own rows tell the first: their number is the unit's people and their devices, so they are
read one by one. The audit log tells the second.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session

from audit.events import Event
from audit.middleware import session_digest
from audit.models import Entry
from cases.models import Account
from cases.rules.sessions import why_over

BEGAN, SEEN, DEVICE, NEW = "began", "seen", "device", "new"


@dataclass(frozen=True, slots=True)
class OpenSession:
    """`id` is the one that audit entries carry; it opens nothing."""

    id: str
    device: str
    began: datetime | None
    seen: datetime | None
    is_this: bool
    is_new: bool


def session_rows(account_id: UUID, now: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
    """Key and content of each session that the account has open."""
    for row in Session.objects.filter(expire_date__gt=now).iterator():
        data = row.get_decoded()
        if data.get(SESSION_KEY) == str(account_id):
            yield row.session_key, data


def sessions_of(account_id: UUID, now: datetime, this_key: str | None) -> tuple[OpenSession, ...]:
    """Those that stand, last used first. A window that was closed leaves one that idles out."""
    found = [
        OpenSession(
            session_digest(key),
            data.get(DEVICE, ""),
            moment_of(data.get(BEGAN)),
            moment_of(data.get(SEEN)),
            key == this_key,
            bool(data.get(NEW)),
        )
        for key, data in session_rows(account_id, now)
        if not _is_over(data, now)
    ]
    return tuple(sorted(found, key=lambda one: (one.seen or now, one.id), reverse=True))


def _is_over(data: dict[str, Any], now: datetime) -> bool:
    began, seen = moment_of(data.get(BEGAN)), moment_of(data.get(SEEN))
    return bool(began and seen and why_over(began=began, seen=seen, now=now))


def moment_of(stamp: float | None) -> datetime | None:
    return None if stamp is None else datetime.fromtimestamp(stamp, UTC)


def sign_ins(account_id: UUID) -> Any:
    """Entries of the account's sign-ins, newest first; a password given again is none."""
    entries = Entry.objects.filter(
        subject_type="account", subject_id=str(account_id), event=Event.SIGNED_IN
    )
    return entries.exclude(details__has_key="again").order_by("-at", "-id")


def knows_device(account_id: UUID, device: str) -> bool:
    """Whether the account signed in from the device before."""
    return bool(sign_ins(account_id).filter(details__contains={"device": device}).exists())


def is_known_device(username: str, device: str) -> bool:
    """The same for whoever signs in by this name, if anybody does."""
    account = Account.objects.filter(username=username).first()
    return account is not None and knows_device(account.pk, device)


def new_elsewhere(account_id: UUID, device: str) -> Entry | None:
    """The last sign-in from a new device since the one before this from `device`."""
    here = sign_ins(account_id).filter(details__contains={"device": device})[1:2]
    since = next(iter(here), None)
    if since is None:
        return None
    new: Entry | None = (
        sign_ins(account_id).filter(id__gt=since.pk, details__contains={"new_device": True}).first()
    )
    return new

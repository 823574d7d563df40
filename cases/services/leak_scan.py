"""Does anything that is stored in clear still name somebody? Looked for by value, not by rule."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.events import Event
from audit.models import Entry
from audit.recorder import record
from cases import seal
from cases.access import NotPermitted, Viewer
from cases.models import Case, ElementAnswer, Response, Review
from cases.models.base import Sealed
from cases.models.sealing import open_identity_of
from cases.rules.leaks import Form, forms, found, telling
from cases.rules.redaction import FIELDS
from cases.services.rewriting import WRITTEN

BATCH = 100


@dataclass(frozen=True, slots=True)
class Scan:
    """`places`: (column, kind of value) → how many texts. `cases`: where, by id."""

    looked_at: int
    places: Counter[tuple[str, str]] = field(default_factory=Counter)
    cases: tuple[UUID, ...] = ()


@transaction.atomic
def scan_for_leaks(*, viewer: Viewer, now: datetime, limit: int) -> Scan:
    """Look through the texts of the newest cases, and the audit entries about them.

    What is found is told by column and kind, never shown. For the system alone: it opens
    identities. Names that are ordinary words are not looked for.
    """
    if viewer.account_id is not None:
        raise NotPermitted("Only the machinery looks for leaks.")
    looked_at, places, cases = 0, Counter[tuple[str, str]](), []
    for case in Case.objects.order_by("-last_entry_at", "-pk")[:limit].iterator(chunk_size=BATCH):
        wanted = list(_wanted(case))
        leaks = list(_leaks(case, wanted)) if wanted else []
        looked_at += 1
        places.update(leaks)
        if leaks:
            cases.append(case.pk)
    scan = Scan(looked_at, places, tuple(cases))
    record(
        Event.LEAKS_LOOKED_FOR,
        at=now,
        subject_type="leak_scan",
        details={"looked_at": looked_at, "leaking": [str(key) for key in cases]},
    )
    return scan


def _wanted(case: Case) -> Iterator[Form]:
    for person in (*case.victims.all(), *case.people.all()):
        yield from forms(telling(_identity(person)))


def _identity(person: Sealed) -> dict[str, str]:
    try:
        opened = open_identity_of(person)
    except seal.SealError:
        return {}
    return {name: opened[name] for name in FIELDS if opened.get(name)}


def _leaks(case: Case, wanted: Iterable[Form]) -> Iterator[tuple[str, str]]:
    wanted = list(wanted)
    for column, text in _texts(case):
        for kind in sorted(found(text, wanted)) if text else ():
            yield column, kind


def _texts(case: Case) -> Iterator[tuple[str, str]]:
    for narrative in Response.objects.filter(case=case).values_list("narrative", flat=True):
        yield "Response.narrative", narrative
    for text in ElementAnswer.objects.filter(response__case=case).values_list("text", flat=True):
        yield "ElementAnswer.text", text
    for comments in Review.objects.filter(case=case).values_list("comments", flat=True):
        yield "Review.comments", " ".join(comments.values())
    for written in WRITTEN:
        for row in written.model._default_manager.filter(case=case).values(*written.columns):
            yield from ((f"{written.model.__name__}.{name}", row[name]) for name in row)
    for reason in case.grants.values_list("reason", flat=True):
        yield "Grant.reason", reason
    entries = Entry.objects.filter(subject_type="case", subject_id=str(case.pk))
    for reason in entries.exclude(reason="").values_list("reason", flat=True):
        yield "Entry.reason", reason

"""Does anything that is stored in clear still name somebody? Looked for by value, not by rule."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from audit.events import Event
from audit.models import Checkpoint, Entry
from audit.recorder import record
from cases import seal
from cases.access import NotPermitted, Viewer
from cases.models import (
    AuditReview,
    Case,
    ElementAnswer,
    Flag,
    ImportRejection,
    Policy,
    ReleaseItem,
    Response,
    Review,
    SavedFilter,
    SavedMapping,
)
from cases.models.base import Sealed
from cases.models.sealing import open_identity_of
from cases.rules.leaks import Form, decoded, forms, found, telling
from cases.rules.redaction import FIELDS
from cases.services.rewriting import WRITTEN

BATCH = 100
NAME_PARTS = ("first_name", "last_name", "middle_name", "nickname", "school")
CASELESS = ("account", "audit_week", "flag", "import", "role", "search")


@dataclass(frozen=True, slots=True)
class Scan:
    """`places`: (column, kind of value) → how many texts. `cases`: where, by id.

    `elsewhere`: the rows that belong to no case, as in "SavedFilter 5".
    """

    looked_at: int
    places: Counter[tuple[str, str]] = field(default_factory=Counter)
    cases: tuple[UUID, ...] = ()
    elsewhere: tuple[str, ...] = ()


@transaction.atomic
def scan_for_leaks(*, viewer: Viewer, now: datetime, limit: int) -> Scan:
    """Look through the texts of the newest cases and the audit entries about them.

    Then through the texts that belong to no case, for all of those cases' people. What is found is
    told by column and kind, never shown. For the system alone: it opens identities. Names that are
    ordinary words are not looked for.
    """
    if viewer.account_id is not None:
        raise NotPermitted("Only the machinery looks for leaks.")
    looked_at, places, cases = 0, Counter[tuple[str, str]](), []
    everybody: list[Form] = []
    for case in Case.objects.order_by("-last_entry_at", "-pk")[:limit].iterator(chunk_size=BATCH):
        wanted, whole = _wanted(case)
        leaks = list(_leaks(case, wanted)) if wanted else []
        everybody += whole
        looked_at += 1
        places.update(leaks)
        if leaks:
            cases.append(case.pk)
    loose = list(_loose_leaks(everybody))
    places.update((column, kind) for column, _, kind in loose)
    elsewhere = sorted({f"{column.partition('.')[0]} {key}" for column, key, _ in loose})
    scan = Scan(looked_at, places, tuple(cases), tuple(elsewhere))
    record(
        Event.LEAKS_LOOKED_FOR,
        at=now,
        subject_type="leak_scan",
        details={
            "looked_at": looked_at,
            "leaking": [str(key) for key in cases],
            "elsewhere": elsewhere,
        },
    )
    return scan


def _wanted(case: Case) -> tuple[list[Form], list[Form]]:
    """What to look for in the texts of the case, and what in those that belong to no case.

    There a part of a name says nothing: somebody on the staff may have it.
    """
    own: list[Form] = []
    whole: list[Form] = []
    for person in (*case.victims.all(), *case.people.all()):
        identity = telling(_identity(person))
        own += forms(identity)
        parts = [identity.pop(part, "") for part in NAME_PARTS]
        names = {f"name{at}": name for at, name in enumerate(_whole_names(*parts[:2]))}
        whole += ((kind.rstrip("01"), form) for kind, form in forms(identity | names))
    return own, whole


def _whole_names(first: str, last: str) -> tuple[str, ...]:
    return (f"{first} {last}", f"{last}, {first}") if first and last else ()


def _identity(person: Sealed) -> dict[str, str]:
    try:
        opened = open_identity_of(person)
    except seal.SealError:
        return {}
    return {name: opened[name] for name in FIELDS if opened.get(name)}


def _leaks(case: Case, wanted: Iterable[Form]) -> Iterator[tuple[str, str]]:
    texts = [(column, text) for column, text in _texts(case) if text]
    # Most cases are clean: all of their texts at once first.
    wanted = _present("\n".join(text for _, text in texts), wanted)
    for column, text in texts if wanted else ():
        yield from ((column, kind) for kind in sorted(found(text, wanted)))


def _present(text: str, wanted: Iterable[Form]) -> list[Form]:
    """Those of the forms that stand in a text."""
    variants = decoded(text)
    return [form for form in wanted if any(form[1].search(variant) for variant in variants)]


def _texts(case: Case) -> Iterator[tuple[str, str]]:
    for narrative in Response.objects.filter(case=case).values_list("narrative", flat=True):
        yield "Response.narrative", narrative
    for text in ElementAnswer.objects.filter(response__case=case).values_list("text", flat=True):
        yield "ElementAnswer.text", text
    for comments in Review.objects.filter(case=case).values_list("comments", flat=True):
        yield "Review.comments", " ".join(comments.values())
    yield from (("Case.number", case.number), ("Case.division", case.division))
    # The whole of what an export of the log says of the case; its reasons are told by themselves.
    for changes, details in _about(case).values_list("changes", "details"):
        yield "Entry.changes", json.dumps(changes, ensure_ascii=False)
        yield "Entry.details", json.dumps(details, ensure_ascii=False)
    for rows, columns in _tables(case):
        for row in rows.values(*columns):
            yield from ((f"{rows.model.__name__}.{name}", row[name]) for name in row)


def _tables(case: Case) -> Iterator[tuple[Any, tuple[str, ...]]]:
    yield from ((written.rows(case), written.columns) for written in WRITTEN)
    yield case.grants.all(), ("reason",)
    yield case.evidence.all(), ("item",)
    yield case.referrals.all(), ("organization", "reference")
    yield _about(case).exclude(reason=""), ("reason",)
    yield ReleaseItem.objects.filter(release__case=case), ("label",)


def _about(case: Case) -> QuerySet[Entry]:
    own = Q(subject_type="case", subject_id=str(case.pk))
    return Entry.objects.filter(own | Q(details__contains={"case": str(case.pk)}))


def _loose_leaks(everybody: list[Form]) -> Iterator[tuple[str, object, str]]:
    """(column, row, kind). Most identities are in none of them: all texts at once come first."""
    texts = list(_loose_texts())
    wanted = _present("\n".join(text for _, _, text in texts), everybody)
    for column, key, text in texts if wanted else ():
        yield from ((column, key, kind) for kind in sorted(found(text, wanted)))


def _loose_texts() -> Iterator[tuple[str, object, str]]:
    """What people typed that belongs to no case."""
    tables: tuple[tuple[QuerySet[Any], str], ...] = (
        (SavedFilter.objects.all(), "name"),
        (SavedFilter.objects.all(), "query"),
        (AuditReview.objects.all(), "comment"),
        (Policy.objects.all(), "reason"),
        (SavedMapping.objects.all(), "name"),
        (ImportRejection.objects.all(), "reason"),
        (Flag.objects.filter(case__isnull=True), "comment"),
        (Entry.objects.filter(subject_type__in=CASELESS), "reason"),
        (Checkpoint.objects.all(), "note"),
    )
    for rows, column in tables:
        name = f"{rows.model.__name__}.{column}"
        for key, text in rows.exclude(**{column: ""}).values_list("pk", column):
            yield name, key, text

"""How does an upload become an import? Sealed as it arrives, mapped, previewed, committed.

The preview reads and decides exactly as the import will, and writes nothing but what it found.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from celery import current_app
from django.conf import settings
from django.db import transaction

from audit.events import Event, Outcome
from audit.recorder import record, record_key_use
from cases.access import Hidden, Viewer
from cases.enums import (
    AgeBand,
    CaseState,
    Channel,
    Disposition,
    ImportState,
    OffenseClass,
    Permission,
    PersonRole,
    Sex,
)
from cases.models import ImportChunk, ImportRejection, ImportRun, SavedMapping, Squad
from cases.services.importing.bundle import Reader, read_file
from cases.services.importing.engine import Job
from cases.services.importing.errors import ImportRefused
from cases.services.importing.guessing import Look, distinct_codes, look_at
from cases.services.importing.mapping import FieldMap, mapping_file, mapping_of, shipped
from cases.services.importing.officers import OfficerBook
from cases.services.importing.one_file import read_mapped
from cases.services.importing.rows import CASES, CaseRow, EventRow, PersonRow
from cases.services.importing.runs import run_mapping
from cases.services.importing.sources import Opener, Source
from cases.services.importing.staging import Staging
from cases.services.importing.uploads import (
    NotScanned,
    SealedUpload,
    drop_upload,
    keep_mapping,
    kept_mapping,
    uploaded,
)

PREVIEW_ROWS = 100_000
FIRST_ROWS = 10
SMALL_CHUNKS = 2
RUN_TASK = "cases.tasks.run_import"
PREVIEW_TASK = "cases.tasks.check_upload"


class NotPreviewed(ImportRefused):
    """The import has been committed or discarded already."""


@transaction.atomic
def open_upload(*, viewer: Viewer, now: datetime) -> SealedUpload:
    """A place for a file that begins to arrive. Raises Hidden."""
    _require(viewer)
    run = ImportRun(source="csv", requested_by_id=viewer.account_id, created_at=now)
    upload = SealedUpload(run)
    upload.begin()
    details = {"step": "upload"}
    record(
        Event.IMPORT_PREVIEWED, at=now, subject_type="import", subject_id=run.pk, details=details
    )
    return upload


@transaction.atomic
def refuse_upload(*, viewer: Viewer, now: datetime, refused: NotScanned) -> None:
    """Put on record that the scanner kept a file out; nothing else of it stays. Raises Hidden."""
    _require(viewer)
    record(
        Event.IMPORT_FAILED,
        at=now,
        outcome=Outcome.DENIED,
        subject_type="import",
        reason=str(refused),
        details=refused.told,
    )


@transaction.atomic
def accept_upload(*, viewer: Viewer, now: datetime, run_id: UUID) -> ImportRun:
    """Find out what was uploaded: a bundle or one file. Raises Hidden, ImportRefused."""
    run = _previewed(viewer, run_id)
    with uploaded(run) as source:
        run.source = source.kind
        if source.kind == "csv":
            look_at(source.files["file"])
    run.save(update_fields=["source"])
    _note(run, now, "accepted")
    return run


@transaction.atomic
def choose_mapping(*, viewer: Viewer, now: datetime, run_id: UUID, name: str) -> None:
    """Take a saved or shipped mapping for this upload. Raises Hidden, ImportRefused."""
    run = _previewed(viewer, run_id)
    saved = SavedMapping.objects.filter(name=name).first()
    path = shipped().get(name)
    if saved is None and path is None:
        raise ImportRefused("There is no such mapping any more. Choose another, or draw one.")
    chosen = mapping_of(saved.body) if saved else mapping_file(path) if path else None
    if chosen is not None:
        keep_mapping(run, chosen.body)
    run.mapping = saved
    run.save(update_fields=["mapping"])
    _note(run, now, "mapping chosen")


@transaction.atomic
def draw_mapping(
    *, viewer: Viewer, now: datetime, run_id: UUID, body: Mapping[str, Any]
) -> FieldMap:
    """Keep the mapping that was drawn for this upload. Raises Hidden, MappingRefused."""
    run = _previewed(viewer, run_id)
    drawn = mapping_of(body)
    keep_mapping(run, drawn.body)
    run.mapping = None
    run.save(update_fields=["mapping"])
    _note(run, now, "mapping drawn")
    return drawn


@transaction.atomic
def ask_for_preview(*, viewer: Viewer, now: datetime, run_id: UUID) -> None:
    """Preview a small file at once; a large one and a bundle in the background.

    Raises Hidden, NotPreviewed, and for a small file ImportRefused.
    """
    run = _previewed(viewer, run_id)
    if run.source == "csv" and ImportChunk.objects.filter(run=run).count() <= SMALL_CHUNKS:
        preview_import(viewer=viewer, now=now, run_id=run_id)
        return
    run.counts = {"checking": True}
    run.save(update_fields=["counts"])
    _note(run, now, "preview asked for")
    transaction.on_commit(
        lambda: current_app.signature(PREVIEW_TASK, kwargs={"run_id": str(run_id)}).apply_async(),
        robust=True,
    )


@transaction.atomic
def check_upload(*, viewer: Viewer, now: datetime, run_id: UUID) -> None:
    """Preview an upload in the background; the preview's page says what can't be read."""
    run = _found(viewer, run_id, lock=True)
    if run.state != ImportState.PREVIEWED or not run.counts.get("checking"):
        return
    try:
        with transaction.atomic():
            preview_import(viewer=viewer, now=now, run_id=run_id)
    except ImportRefused as refused:
        run.counts = {"refused": str(refused)}
        run.save(update_fields=["counts"])
        _note(run, now, "refused")


def unchecked_uploads() -> list[UUID]:
    """Uploads whose preview was asked for and has not been made."""
    waiting = ImportRun.objects.filter(state=ImportState.PREVIEWED, counts__checking=True)
    return list(waiting.order_by("created_at").values_list("pk", flat=True))


@transaction.atomic
def preview_import(*, viewer: Viewer, now: datetime, run_id: UUID) -> ImportRun:
    """Read everything and decide about each row, keeping reasons. Raises Hidden, ImportRefused."""
    run = _previewed(viewer, run_id)
    ImportRejection.objects.filter(run=run).delete()
    with uploaded(run) as source:
        job = Job(run, source, run_mapping(run), now, most_rows=PREVIEW_ROWS)
        book = OfficerBook.loaded(run)
        staging = Staging()
        try:
            job.read(book, staging)
            job.decide(book, staging)
            job.keep_rejections()
        finally:
            staging.drop()
    tally = job.tally
    run.rows_total, run.blank, run.rejected = job.total, job.blank, tally.rejections_count
    run.landed, run.changed, run.unchanged = tally.landed, tally.changed, tally.unchanged
    run.counts = {"previewed": True, "cut": job.was_cut, "rows": dict(job.kinds)}
    run.save()
    _note(run, now, "previewed", rows=job.total, rejected=run.rejected)
    return run


@transaction.atomic
def commit_import(
    *, viewer: Viewer, now: datetime, run_id: UUID, squad_id: UUID | None, save_as: str = ""
) -> None:
    """Let the import run. It starts at once, or within a minute of the broker's return.

    Raises Hidden, NotPreviewed, ImportRefused.
    """
    run = _previewed(viewer, run_id)
    if not run.counts.get("previewed"):
        raise ImportRefused("Look at the preview first.")
    run.squad = Squad.objects.filter(pk=squad_id).first() if squad_id else None
    if save_as:
        run.mapping = _saved(viewer, now, run, save_as)
    run.state, run.counts = ImportState.QUEUED, {}
    run.rows_total = run.landed = run.changed = run.unchanged = run.rejected = run.blank = 0
    run.save()
    ImportRejection.objects.filter(run=run).delete()
    details = {"source": run.source, "from": "page", "squad": str(squad_id or "")}
    record(
        Event.IMPORT_COMMITTED, at=now, subject_type="import", subject_id=run.pk, details=details
    )
    transaction.on_commit(
        lambda: current_app.signature(RUN_TASK, kwargs={"run_id": str(run.pk)}).apply_async(),
        robust=True,
    )


def _saved(viewer: Viewer, now: datetime, run: ImportRun, name: str) -> SavedMapping:
    body = kept_mapping(run)
    if body is None:
        raise ImportRefused("A bundle has no mapping to save.")
    if SavedMapping.objects.filter(name=name).exists() or name in shipped():
        raise ImportRefused("A mapping of this name exists. Choose another name.")
    saved = SavedMapping.objects.create(
        name=name, body=body, author_id=viewer.account_id, created_at=now
    )
    record(Event.MAPPING_SAVED, at=now, subject_type="mapping", subject_id=saved.pk)
    return saved


@transaction.atomic
def discard_import(*, viewer: Viewer, now: datetime, run_id: UUID) -> None:
    """Forget an upload that was not committed. Raises Hidden, NotPreviewed."""
    run = _previewed(viewer, run_id)
    drop_upload(run)
    ImportRejection.objects.filter(run=run).delete()
    run.state, run.finished_at, run.error = (
        ImportState.FAILED,
        now,
        "Discarded before it was committed.",
    )
    run.save(update_fields=["state", "finished_at", "error"])
    record(
        Event.IMPORT_FAILED, at=now, subject_type="import", subject_id=run.pk, reason="discarded"
    )


# -- looking ------------------------------------------------------------------------------------


def upload_look(*, viewer: Viewer, run_id: UUID) -> Look:
    """What the uploaded file looks like, column by column. Raises Hidden, ImportRefused."""
    with uploaded(_found(viewer, run_id)) as source:
        return look_at(_one_file(source))


def code_values(
    *, viewer: Viewer, run_id: UUID, columns: Mapping[str, str]
) -> dict[str, list[tuple[str, int]]]:
    """field → the codes in its column, counted. Raises Hidden, ImportRefused."""
    with uploaded(_found(viewer, run_id)) as source:
        opener = _one_file(source)
        return {name: distinct_codes(opener, column) for name, column in columns.items()}


def upload_mapping(*, viewer: Viewer, run_id: UUID) -> FieldMap | None:
    """The mapping that was chosen or drawn for the upload so far."""
    body = kept_mapping(_found(viewer, run_id))
    return None if body is None else mapping_of(body)


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row as the preview shows it: nothing in it says who anybody is."""

    line: int
    number: str
    received_at: datetime
    channel: str
    offense_class: str
    state: str
    disposition: str
    badge: str
    child: str
    people: str
    report: str


def first_rows(*, viewer: Viewer, now: datetime, run_id: UUID) -> list[PreviewRow]:
    """The first rows that can land. Raises Hidden, ImportRefused."""
    run = _found(viewer, run_id)
    with uploaded(run) as source:
        rows = list(islice(_shown_rows(run, source, now), FIRST_ROWS))
    record_key_use(at=now)
    return rows


def _shown_rows(run: ImportRun, source: Source, now: datetime) -> Iterator[PreviewRow]:
    if source.kind == "bundle":
        reader = Reader(ZoneInfo(settings.TIME_ZONE), now)
        for row, made, _ in read_file(CASES, source.files[CASES], reader):
            if isinstance(made, CaseRow):
                yield _shown(row.line, made, None)
    elif (mapping := run_mapping(run)) is not None:
        for row, pair, _ in read_mapped(_one_file(source), mapping, now):
            if pair is not None:
                yield _shown(row.line, *pair)


def _shown(line: int, case: CaseRow, report: EventRow | None) -> PreviewRow:
    child = next(one for one in case.people if not one.role)
    others = [PersonRole(one.role).label + _named(one) for one in case.people if one.role]
    about = [AgeBand(child.age_band).label, Sex(child.sex).label if child.sex else ""]
    return PreviewRow(
        line=line,
        number=case.number,
        received_at=case.received_at,
        channel=Channel(case.channel).label,
        offense_class=OffenseClass(case.offense_class).label,
        state=CaseState(case.state).label,
        disposition=Disposition(case.disposition).label if case.disposition else "",
        badge=case.assigned_badge,
        child=", ".join(filter(None, ["name given" if child.named else "no name", *about])),
        people="; ".join(others),
        report=f"{len(report.text):,} characters" if report else "",
    )


def _named(one: PersonRow) -> str:
    return ", name given" if one.named else ", no name"


def _one_file(source: Source) -> Opener:
    if source.kind != "csv":
        raise ImportRefused("This is a bundle; it needs no mapping.")
    return source.files["file"]


def _previewed(viewer: Viewer, run_id: UUID) -> ImportRun:
    run = _found(viewer, run_id, lock=True)
    if run.state != ImportState.PREVIEWED:
        raise NotPreviewed("This import has been committed or discarded already.")
    return run


def _found(viewer: Viewer, run_id: UUID, *, lock: bool = False) -> ImportRun:
    _require(viewer)
    runs = ImportRun.objects.select_for_update(of=("self",)) if lock else ImportRun.objects
    run = runs.filter(pk=run_id).first()
    if run is None:
        raise Hidden
    return run


def _note(run: ImportRun, now: datetime, step: str, **numbers: int) -> None:
    details = {"step": step, **numbers}
    record(
        Event.IMPORT_PREVIEWED, at=now, subject_type="import", subject_id=run.pk, details=details
    )


def _require(viewer: Viewer) -> None:
    if not viewer.can(Permission.IMPORT_CASELOAD):
        raise Hidden

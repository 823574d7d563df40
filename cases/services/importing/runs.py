"""How does an import begin, get on and end? At once by command, by way of a preview from a page.

One import lands at a time: a lock of the database's session says so, and is gone with its holder,
so that an import whose worker was killed is free to be taken up again at once.
"""

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection, transaction

from audit.events import Event
from audit.recorder import record
from cases.access import Hidden, Viewer
from cases.enums import ImportState, Permission
from cases.models import ImportChunk, ImportRejection, ImportRun, SavedMapping, Squad
from cases.models.sealing import give_key
from cases.services.clocks import refresh_officers
from cases.services.importing.engine import Job, Tell, silent
from cases.services.importing.errors import ImportRefused
from cases.services.importing.mapping import FieldMap, mapping_file, mapping_of, shipped
from cases.services.importing.officers import OfficerBook, save_officers
from cases.services.importing.sources import Source, source_at
from cases.services.importing.staging import Staging
from cases.services.importing.uploads import drop_upload, kept_mapping, uploaded
from cases.services.sweep import run_sweep

LOCK = 4_202
MOST_ATTEMPTS = 5
PREVIEW_KEPT = timedelta(days=1)
STOPPED = (
    "The import was stopped before its end. What has landed stays; import the same file again and "
    "it goes on where it stopped."
)
UNFINISHED = (ImportState.QUEUED, ImportState.RUNNING)

Clock = Callable[[], datetime]


class NoSuchMapping(ImportRefused):
    """Neither a saved mapping nor a file of this name."""


class NoSuchSquad(ImportRefused):
    """There is no squad of this name."""


class ImportBusy(ImportRefused):
    """Another import is landing."""


class ImportBroke(RuntimeError):
    """An unexpected fault stopped the import. Says of what kind and where, never about whom."""


@contextmanager
def _without_words() -> Iterator[None]:
    """Faults lose their message: it may quote a cell."""
    try:
        yield
    except (ImportRefused, SoftTimeLimitExceeded):
        raise
    except Exception as fault:  # noqa: BLE001
        last = traceback.extract_tb(fault.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        raise ImportBroke(f"{type(fault).__name__} in {where}") from None


@contextmanager
def _only_one() -> Iterator[bool]:
    """Whether this is the only import that lands now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,))
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", (LOCK,))


# -- from a command -----------------------------------------------------------------------------


def import_path(
    *,
    viewer: Viewer,
    now: datetime,
    path: Path,
    clock: Clock,
    mapping: str = "",
    squad_name: str = "",
    tell: Tell = silent,
) -> ImportRun:
    """Import the bundle or the one file at `path` at once, and say how it went.

    Raises Hidden, and ImportRefused with a sentence for what can't be read at all: nothing has
    landed then.
    """
    _require(viewer)
    chosen = named_mapping(mapping) if mapping else None
    squad = _squad(squad_name)
    with source_at(path) as source, _only_one() as mine:
        _check_kind(source, chosen)
        if not mine:
            raise ImportBusy("Another import is landing. Try again when it has ended.")
        with transaction.atomic():
            run = _begin(viewer, source, squad, now)
            record(
                Event.IMPORT_COMMITTED,
                at=now,
                subject_type="import",
                subject_id=run.pk,
                details={"source": run.source, "from": "command"},
            )
        job = Job(run, source, chosen, now, squad, tell)
        try:
            _carry_out(job, viewer, clock)
        except ImportBroke:
            _fail(viewer, run, STOPPED, clock())
            raise
    run.refresh_from_db()
    return run


def _begin(viewer: Viewer, source: Source, squad: Squad | None, now: datetime) -> ImportRun:
    run = ImportRun(
        source=source.kind,
        squad=squad,
        digest=source.digest,
        state=ImportState.RUNNING,
        requested_by_id=viewer.account_id,
        created_at=now,
        started_at=now,
        heartbeat_at=now,
    )
    give_key(run)
    run.save(force_insert=True)
    return run


def _check_kind(source: Source, mapping: FieldMap | None) -> None:
    if source.kind == "csv" and mapping is None:
        raise ImportRefused(
            "This is one file and no bundle. Import it with a mapping (import_csv)."
        )
    if source.kind == "bundle" and mapping is not None:
        raise ImportRefused("This is a bundle, and a bundle needs no mapping (import_caseload).")


def named_mapping(name: str) -> FieldMap:
    """The saved mapping, the shipped one or the TOML file of this name. Raises ImportRefused."""
    saved = SavedMapping.objects.filter(name=name).first()
    if saved is not None:
        return mapping_of(saved.body)
    path = shipped().get(name, Path(name))
    if not path.is_file():
        known = [*SavedMapping.objects.values_list("name", flat=True), *shipped()]
        raise NoSuchMapping(
            f"There is no mapping and no file of this name. Mappings: {', '.join(sorted(known))}."
        )
    return mapping_file(path)


def _squad(name: str) -> Squad | None:
    if not name:
        return None
    squad = Squad.objects.select_related("sergeant").filter(name=name).first()
    if squad is None:
        known = ", ".join(Squad.objects.values_list("name", flat=True)) or "none yet"
        raise NoSuchSquad(f"There is no squad of this name. Squads: {known}.")
    return squad


# -- in the background --------------------------------------------------------------------------


def run_import(*, viewer: Viewer, now: datetime, run_id: UUID, clock: Clock) -> None:
    """Carry out an import that a page has committed. Called again after a kill, it goes on.

    Raises ImportBroke for a fault; the run is then taken up again, a few times.
    """
    with _only_one() as mine:
        if not mine:
            return
        with transaction.atomic():
            run = _claim(run_id, now)
        if run is None:
            return
        try:
            mapping = run_mapping(run)
            with uploaded(run) as source:
                job = Job(run, source, mapping, now, run.squad)
                _carry_out(job, viewer, clock)
        except ImportRefused as refused:
            _fail(viewer, run, str(refused), clock())


def _claim(run_id: UUID, now: datetime) -> ImportRun | None:
    """The run, if it is to be carried out: queued, or left behind by a worker that is gone."""
    run = (
        ImportRun.objects.select_for_update(of=("self",))
        .select_related("squad__sergeant")
        .filter(pk=run_id, state__in=UNFINISHED)
        .first()
    )
    if run is None:
        return None
    attempts = int(run.counts.get("attempts", 0)) + 1
    run.counts = {**run.counts, "attempts": attempts}
    run.state = ImportState.RUNNING
    run.started_at = run.started_at or now
    run.heartbeat_at = now
    run.save(update_fields=["counts", "state", "started_at", "heartbeat_at"])
    return run


def run_mapping(run: ImportRun) -> FieldMap | None:
    """The mapping that a page gave the run; None for a bundle. Raises ImportRefused."""
    if run.source == "bundle":
        return None
    body = kept_mapping(run)
    if body is None:
        raise ImportRefused("No mapping was chosen. Upload the file again and choose one.")
    return mapping_of(body)


def resume_imports(*, viewer: Viewer, now: datetime, clock: Clock) -> None:
    """Take up what waits or was left behind, oldest first, and drop what nobody committed."""
    _drop_stale_previews(viewer, now)
    waiting = ImportRun.objects.filter(state__in=UNFINISHED).order_by("created_at")
    for run in waiting:
        if _is_hopeless(run):
            _give_up(viewer, run.pk, now)
        else:
            run_import(viewer=viewer, now=now, run_id=run.pk, clock=clock)


def _is_hopeless(run: ImportRun) -> bool:
    attempts = int(run.counts.get("attempts", 0))
    return attempts >= MOST_ATTEMPTS or not ImportChunk.objects.filter(run=run).exists()


def _give_up(viewer: Viewer, run_id: UUID, now: datetime) -> None:
    with _only_one() as mine:
        if not mine:
            return
        run = ImportRun.objects.get(pk=run_id)
        _fail(viewer, run, STOPPED, now)


def _drop_stale_previews(viewer: Viewer, now: datetime) -> None:
    stale = ImportRun.objects.filter(state=ImportState.PREVIEWED, created_at__lt=now - PREVIEW_KEPT)
    for run in stale:
        _fail(viewer, run, "Nobody committed the preview within a day. Upload the file again.", now)


# -- carrying out -------------------------------------------------------------------------------


def _carry_out(job: Job, viewer: Viewer, clock: Clock) -> None:
    """Read, land, look at the result. Raises ImportRefused (nothing has landed) and ImportBroke."""
    before = _start_over(job.run)
    staging = Staging()
    try:
        with _without_words():
            _read_and_land(job, viewer, staging, before, clock)
    except ImportRefused as refused:
        _fail(viewer, job.run, str(refused), clock())
        raise
    finally:
        staging.drop()


def _read_and_land(
    job: Job, viewer: Viewer, staging: Staging, before: "_Before", clock: Clock
) -> None:
    book = OfficerBook.loaded(job.run)
    job.read(book, staging)
    with transaction.atomic():
        save_officers(viewer=viewer, now=job.now, book=book)
        job.count_officers(clock())
    job.land(book, staging, clock)
    _finish(job, viewer, book, before, clock())


@dataclass(frozen=True, slots=True)
class _Before:
    """What an earlier attempt at the same run had landed; the rows now count as unchanged."""

    landed: int
    changed: int


def _start_over(run: ImportRun) -> _Before:
    with transaction.atomic():
        ImportRejection.objects.filter(run=run).delete()
        before = _Before(run.landed, run.changed)
        ImportRun.objects.filter(pk=run.pk).update(rows_done=0, unchanged=0, rejected=0, error="")
    return before


@transaction.atomic
def _finish(job: Job, viewer: Viewer, book: OfficerBook, before: _Before, at: datetime) -> None:
    """Count, forget the upload, and look: flags stand before the run says that it is done."""
    tally, run = job.tally, ImportRun.objects.select_for_update(of=("self",)).get(pk=job.run.pk)
    run.state, run.finished_at, run.heartbeat_at = ImportState.DONE, at, at
    run.rows_total, run.rows_done, run.blank = job.total, job.total, job.blank
    run.landed, run.changed = before.landed + tally.landed, before.changed + tally.changed
    run.unchanged = max(0, tally.unchanged - before.landed - before.changed)
    run.rejected = tally.rejections_count
    run.counts = {**run.counts, "rows": dict(job.kinds)}
    run.save()
    drop_upload(run)
    officers = {officer.pk for officer in book.officers.values()}
    refresh_officers(officer_ids=officers, now=job.now)
    run_sweep(now=job.now, viewer=viewer)
    details = {"rows": run.rows_total, "landed": run.landed, "changed": run.changed}
    details |= {"unchanged": run.unchanged, "rejected": run.rejected}
    record(Event.IMPORT_COMMITTED, at=at, subject_type="import", subject_id=run.pk, details=details)


@transaction.atomic
def _fail(viewer: Viewer, run: ImportRun, sentence: str, at: datetime) -> None:
    del viewer
    ImportRun.objects.filter(pk=run.pk).update(
        state=ImportState.FAILED, finished_at=at, heartbeat_at=at, error=sentence
    )
    drop_upload(run)
    record(Event.IMPORT_FAILED, at=at, subject_type="import", subject_id=run.pk, reason=sentence)


def _require(viewer: Viewer) -> None:
    if not viewer.can(Permission.IMPORT_CASELOAD):
        raise Hidden

"""Which imports were there, how far is one, and which of its rows did not land?"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cases.access import Hidden, Viewer
from cases.enums import ImportState, Permission
from cases.models import ImportRejection, ImportRun, SavedMapping, Squad

LISTED = 50
PAGE = 100
RUNNING = frozenset({ImportState.QUEUED, ImportState.RUNNING})


@dataclass(frozen=True, slots=True)
class RunCard:
    """One import as pages show it. No file name: it can name a child."""

    id: UUID
    kind: str
    source: str
    state_code: str
    state: str
    by: str
    squad: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    rows_total: int
    rows_done: int
    landed: int
    changed: int
    unchanged: int
    blank: int
    rejected: int
    error: str
    is_previewed: bool
    is_checking: bool
    is_cut: bool
    refused: str
    saves_mapping: bool

    @property
    def is_running(self) -> bool:
        return self.state_code in RUNNING

    @property
    def waits(self) -> bool:
        """Whether it is an upload that nobody has committed."""
        return self.state_code == ImportState.PREVIEWED

    @property
    def tone(self) -> str:
        tones = {ImportState.DONE: "ok", ImportState.FAILED: "alert"}
        return tones.get(ImportState(self.state_code), "info")


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that did not land: where, and why."""

    file: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class RejectionPage:
    rows: tuple[Rejected, ...]
    after: int | None


def import_runs(viewer: Viewer) -> list[RunCard]:
    """The latest imports of the unit. Raises Hidden."""
    _require(viewer)
    runs = ImportRun.objects.select_related("requested_by", "squad")[:LISTED]
    return [_card(run) for run in runs]


def import_run(viewer: Viewer, run_id: UUID) -> RunCard:
    """Raises Hidden."""
    _require(viewer)
    run = ImportRun.objects.select_related("requested_by", "squad").filter(pk=run_id).first()
    if run is None:
        raise Hidden
    return _card(run)


def same_file_landed_at(viewer: Viewer, run_id: UUID) -> datetime | None:
    """When an import landed this very file before, if one did."""
    _require(viewer)
    this = ImportRun.objects.filter(pk=run_id).values("digest")
    done = ImportRun.objects.filter(digest__in=this, state=ImportState.DONE).exclude(pk=run_id)
    return done.order_by("-finished_at").values_list("finished_at", flat=True).first()


def rejections(viewer: Viewer, run_id: UUID, after: int = 0) -> RejectionPage:
    """Rows that did not land, with line and reason, a page at a time, as they were found."""
    _require(viewer)
    found = ImportRejection.objects.filter(run=run_id, pk__gt=after).order_by("pk")
    rows = list(found[: PAGE + 1])
    shown = tuple(Rejected(row.file, row.line, row.reason) for row in rows[:PAGE])
    return RejectionPage(shown, rows[PAGE - 1].pk if len(rows) > PAGE else None)


def saved_mappings(viewer: Viewer) -> list[tuple[str, str]]:
    """Mappings that were saved here: name, and what they call themselves."""
    _require(viewer)
    rows = SavedMapping.objects.values_list("name", "body__title")
    return [(name, title or name) for name, title in rows]


def squad_choices(viewer: Viewer) -> list[tuple[str, str]]:
    _require(viewer)
    return [(str(pk), name) for pk, name in Squad.objects.values_list("pk", "name")]


def _card(run: ImportRun) -> RunCard:
    told = run.counts
    return RunCard(
        id=run.pk,
        kind=run.source,
        source=run.get_source_display(),
        state_code=run.state,
        state=run.get_state_display(),
        by=run.requested_by.display_name if run.requested_by else "a command",
        squad=run.squad.name if run.squad else "",
        created_at=run.created_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        rows_total=run.rows_total,
        rows_done=run.rows_done,
        landed=run.landed,
        changed=run.changed,
        unchanged=run.unchanged,
        blank=run.blank,
        rejected=run.rejected,
        error=run.error,
        is_previewed=bool(told.get("previewed")),
        is_checking=bool(told.get("checking")),
        is_cut=bool(told.get("cut")),
        refused=str(told.get("refused", "")),
        saves_mapping=run.source == "csv" and run.mapping_id is None,
    )


def _require(viewer: Viewer) -> None:
    if not viewer.can(Permission.IMPORT_CASELOAD):
        raise Hidden

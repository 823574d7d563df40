"""Which imports were there, how far is one, and which of its rows did not land?"""

from dataclasses import dataclass
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

    run: ImportRun
    source: str
    state: str
    by: str
    squad: str

    @property
    def is_running(self) -> bool:
        return self.run.state in RUNNING

    @property
    def tone(self) -> str:
        tones = {ImportState.DONE: "ok", ImportState.FAILED: "alert"}
        return tones.get(ImportState(self.run.state), "info")


@dataclass(frozen=True, slots=True)
class RejectionPage:
    rows: list[ImportRejection]
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


def same_file_landed(viewer: Viewer, run: ImportRun) -> ImportRun | None:
    """The import that landed this very file before, if there was one."""
    _require(viewer)
    done = ImportRun.objects.filter(digest=bytes(run.digest), state=ImportState.DONE)
    return done.exclude(pk=run.pk).first()


def rejections(viewer: Viewer, run_id: UUID, after: int = 0) -> RejectionPage:
    """Rows that did not land, with line and reason, a page at a time, as they were found."""
    _require(viewer)
    found = ImportRejection.objects.filter(run=run_id, pk__gt=after).order_by("pk")
    rows = list(found[: PAGE + 1])
    return RejectionPage(rows[:PAGE], rows[PAGE - 1].pk if len(rows) > PAGE else None)


def saved_mappings(viewer: Viewer) -> list[tuple[str, str]]:
    """Mappings that were saved here: name, and what they call themselves."""
    _require(viewer)
    rows = SavedMapping.objects.values_list("name", "body__title")
    return [(name, title or name) for name, title in rows]


def squad_choices(viewer: Viewer) -> list[tuple[str, str]]:
    _require(viewer)
    return [(str(pk), name) for pk, name in Squad.objects.values_list("pk", "name")]


def _card(run: ImportRun) -> RunCard:
    return RunCard(
        run=run,
        source=run.get_source_display(),
        state=run.get_state_display(),
        by=run.requested_by.display_name if run.requested_by else "command",
        squad=run.squad.name if run.squad else "",
    )


def _require(viewer: Viewer) -> None:
    if not viewer.can(Permission.IMPORT_CASELOAD):
        raise Hidden

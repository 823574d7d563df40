"""Which files do the import's tests read? Made here, about invented people."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from cases.access import system_viewer
from cases.models import (
    Assignment,
    BlindToken,
    Case,
    CaseStateChange,
    Flag,
    ImportRejection,
    ImportRun,
    InvolvedPerson,
    Officer,
    Referral,
    Response,
    Review,
    Squad,
    Victim,
)
from cases.services.importing.bundle import HEADERS
from cases.services.importing.rows import CASES, EVENTS, OFFICERS, REFERRALS
from cases.services.importing.runs import import_path

LAPD = Path(__file__).resolve().parents[1] / "data" / "lapd_child_victim_reports.csv"
CHILD = {
    "first_name": "Zephyrine",
    "last_name": "Quillfeather",
    "birth_date": "2018-02-09",
}
CAREGIVER = {"first_name": "Odalys", "last_name": "Brackwater"}
SUSPECT = {"first_name": "Thaddeus", "last_name": "Mirecroft"}
PEOPLE = (CHILD, CAREGIVER, SUSPECT)
REPORT = (
    "I met Odalys Brackwater at the door. Zephyrine was seen apart and asked only for the minimal "
    "facts. Quillfeather, Zephyrine appeared well; no injury was seen. Ms. Brackwater said that "
    "Thaddeus Mirecroft has no access to the home. The scene was photographed and video is on "
    "file. The agency was notified and gave a call id. No other children live there. Two "
    "neighbors are listed as witnesses. Next action: the forensic interview, by the assigned "
    "detective, within three days."
)

OFFICER: Mapping[str, str] = {
    "badge": "3001",
    "name": "Ines Invented",
    "rank": "detective",
    "squad": "Squad 1",
    "active_from": "2020-01-06",
    "active_to": "",
}
SERGEANT = {**OFFICER, "badge": "2001", "name": "Sol Invented", "rank": "sergeant"}
CASE: Mapping[str, str] = {
    "case_number": "26-0001",
    "received_at": "2026-02-02T09:00-06:00",
    "channel": "hospital",
    "offense_class": "molestation",
    "nibrs": "11D",
    "statute": "566.067",
    "patrol_division": "Central",
    "victim_first_name": CHILD["first_name"],
    "victim_last_name": CHILD["last_name"],
    "victim_dob": CHILD["birth_date"],
    "victim_sex": "F",
    "caregiver_name": "Odalys Brackwater",
    "suspect_status": "named",
    "suspect_name": "Thaddeus Mirecroft",
    "assigned_badge": "3001",
    "assigned_at": "2026-02-02T15:00-06:00",
    "supervisor_badge": "2001",
    "status": "open",
    "closed_at": "",
    "disposition": "",
}
CLOSED_CASE = {
    **CASE,
    "status": "closed",
    "closed_at": "2026-02-20T15:00-06:00",
    "disposition": "unfounded",
}
REFERRAL: Mapping[str, str] = {
    "reference": "H-77",
    "case_number": "26-0001",
    "channel": "hospital",
    "organization": "Invented Children's Hospital",
    "received_at": "2026-02-02T09:00-06:00",
    "acknowledged_at": "2026-02-02T11:00-06:00",
    "priority_level": "2",
}

Rows = Sequence[Mapping[str, str]]
IMPORTER = system_viewer("test import")
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def imported(
    path: Path, *, at: datetime = NOW, mapping: str = "", squad_name: str = ""
) -> ImportRun:
    """Import what is at `path`, as the command does."""
    return import_path(
        viewer=IMPORTER,
        now=at,
        path=path,
        clock=lambda: at,
        mapping=mapping,
        squad_name=squad_name,
    )


def rejected(run: ImportRun) -> list[tuple[str, int, str]]:
    """File, line and reason of each row that did not land."""
    rows = ImportRejection.objects.filter(run=run).order_by("file", "line", "pk")
    return list(rows.values_list("file", "line", "reason"))


def numbers(run: ImportRun) -> tuple[int, int, int, int, int]:
    """Landed, changed, unchanged, blank, rejected; together they are all rows."""
    return (run.landed, run.changed, run.unchanged, run.blank, run.rejected)


def event(kind: str, at: str, text: str = "", **more: str) -> dict[str, str]:
    """An event of case 26-0001 by badge 3001, entered when it happened."""
    told = {
        "case_number": "26-0001",
        "occurred_at": at,
        "entered_at": at,
        "badge": "2001" if kind == "sergeant_review" else "3001",
        "kind": kind,
        "text": text,
    }
    return {**told, **more}


REPORTED = event("initial_report", "2026-02-02T12:00-06:00", REPORT)
SEEN = event("victim_seen", "2026-02-02T10:00-06:00")
REVIEWED = event("sergeant_review", "2026-02-02T18:00-06:00")
SIGNED = event("sergeant_review", "2026-02-20T13:00-06:00", "Closure approved.")
CLOSED = event("closed", "2026-02-20T15:00-06:00", "unfounded")


def table(header: Sequence[str], rows: Rows) -> str:
    """CSV text with this header."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def bundle(
    folder: Path,
    *,
    officers: Rows = (SERGEANT, OFFICER),
    cases: Rows = (CASE,),
    events: Rows = (),
    referrals: Rows = (),
) -> Path:
    """A bundle folder with these rows."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (
        (OFFICERS, officers),
        (CASES, cases),
        (EVENTS, events),
        (REFERRALS, referrals),
    ):
        (folder / name).write_text(table(HEADERS[name], rows), encoding="utf-8", newline="")
    return folder


def zipped(folder: Path, *, inside: str = "") -> bytes:
    """The same folder as a zip, optionally in a folder inside it."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"{inside}{path.name}")
    return data.getvalue()


def everything() -> dict[str, list[tuple[object, ...]]]:
    """Every row of what an import writes, but for the record of the import itself."""
    models = (
        Assignment, BlindToken, Case, CaseStateChange, Flag, InvolvedPerson, Officer, Referral,
        Response, Review, Squad, Victim,
    )  # fmt: skip
    return {
        model.__name__: sorted(map(_plain, model._default_manager.values_list()))
        for model in models
    }


def _plain(row: tuple[object, ...]) -> tuple[str, ...]:
    return tuple(str(bytes(cell) if isinstance(cell, memoryview) else cell) for cell in row)

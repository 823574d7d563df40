"""How do the import's tests bring a file in as the pages do?"""

from datetime import datetime

from cases.access import Viewer
from cases.models import ImportRun
from cases.services.importing import previews, runs
from tests.cases.importing_files import CASE, IMPORTER, NOW, REPORTED, SEEN


def uploaded_file(viewer: Viewer, data: bytes, *, at: datetime = NOW) -> ImportRun:
    upload = previews.open_upload(viewer=viewer, now=at)
    upload.write(data)
    run = upload.finish()
    return previews.accept_upload(viewer=viewer, now=at, run_id=run.pk)


def committed(viewer: Viewer, data: bytes, mapping: str = "lapd") -> ImportRun:
    run = uploaded_file(viewer, data)
    if run.source == "csv":
        previews.choose_mapping(viewer=viewer, now=NOW, run_id=run.pk, name=mapping)
    previews.preview_import(viewer=viewer, now=NOW, run_id=run.pk)
    previews.commit_import(viewer=viewer, now=NOW, run_id=run.pk, squad_id=None)
    return run


def carried_out(run: ImportRun, at: datetime = NOW) -> ImportRun:
    runs.run_import(viewer=IMPORTER, now=at, run_id=run.pk, clock=lambda: at)
    run.refresh_from_db()
    return run


def caseload(count: int) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    cases = [{**CASE, "case_number": f"26-{at:04d}"} for at in range(1, count + 1)]
    events = [
        {**one, "case_number": case["case_number"]} for case in cases for one in (SEEN, REPORTED)
    ]
    return cases, events

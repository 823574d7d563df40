"""What does the machinery do on its own? Each task binds who acts and calls one service.

Beat starts these on a schedule, once however many processes ask; running one twice does no harm.
"""

import logging
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from audit.context import acting_as_system
from cases.access import system_viewer
from cases.figures.keeping import count_ahead
from cases.services import departures, expunging, sessions
from cases.services.importing import previews, runs
from cases.services.leak_scan import scan_for_leaks
from cases.services.reconcile import reconcile as reconcile_cases
from cases.services.releases import making, reading
from cases.services.sweep import run_sweep

NEWEST = 1_000

logger = logging.getLogger(__name__)


@shared_task
def sweep() -> None:
    """Raise what has fallen due, every five minutes. Leaves a heartbeat row that pages read."""
    with acting_as_system("sweep"):
        run_sweep(now=timezone.now())


@shared_task
def count_figures() -> None:
    """Count the figures of every supervisor's page each minute, so that no page waits for them."""
    with acting_as_system("figures"):
        count_ahead(clock=timezone.now)


@shared_task
def reconcile() -> None:
    """Recompute every open case at night, and repair what had drifted."""
    with acting_as_system("reconcile"):
        reconcile_cases(now=timezone.now())


@shared_task
def disable_unused_accounts() -> None:
    """Close, once a day, the accounts of who is gone, and those not used for 90 days."""
    with acting_as_system("accounts"):
        viewer, now = system_viewer("accounts"), timezone.now()
        departures.close_departed_accounts(viewer=viewer, now=now)
        sessions.disable_unused_accounts(viewer=viewer, now=now)


@shared_task
def look_for_leaks() -> None:
    """Look at night for identities that stand in clear; `manage.py leak_scan` says where."""
    with acting_as_system("leak scan"):
        scan = scan_for_leaks(viewer=system_viewer("leak scan"), now=timezone.now(), limit=NEWEST)
    if scan.places:
        logger.error("Identities stand in clear: %s cases, run leak_scan", len(scan.cases))


@shared_task
def resume_imports() -> None:
    """Take up imports that wait or whose worker is gone."""
    with acting_as_system("import"):
        viewer = system_viewer("import")
        for run_id in previews.unchecked_uploads():
            previews.check_upload(viewer=viewer, now=timezone.now(), run_id=run_id)
        runs.resume_imports(viewer=viewer, now=timezone.now(), clock=timezone.now)


@shared_task
def run_import(*, run_id: str) -> None:
    """Land an import that a page has committed. Started again after a kill, it goes on."""
    with acting_as_system("import"):
        runs.run_import(
            viewer=system_viewer("import"),
            now=timezone.now(),
            run_id=UUID(run_id),
            clock=timezone.now,
        )


@shared_task
def check_upload(*, run_id: str) -> None:
    """Make the preview of a large upload."""
    with acting_as_system("import"):
        previews.check_upload(
            viewer=system_viewer("import"), now=timezone.now(), run_id=UUID(run_id)
        )


@shared_task
def make_release(*, release_id: str) -> None:
    """Make the PDF of a release that was submitted. Started again after a kill, it begins anew."""
    with acting_as_system("release"):
        making.make_release(
            viewer=system_viewer("release"),
            now=timezone.now(),
            release_id=UUID(release_id),
            clock=timezone.now,
        )


@shared_task
def read_release_file(*, file_id: str) -> None:
    """Read a file that was added to a release, page by page. Started again, it goes on."""
    with acting_as_system("release"):
        reading.read_file(
            viewer=system_viewer("release"),
            now=timezone.now(),
            file_id=UUID(file_id),
            clock=timezone.now,
        )


@shared_task
def resume_releases() -> None:
    """Take up what was to be read or made and lost whoever did it."""
    with acting_as_system("release"):
        viewer, now = system_viewer("release"), timezone.now()
        for file_id in reading.unread_files(now):
            reading.read_file(viewer=viewer, now=now, file_id=file_id, clock=timezone.now)
        for release_id in making.unmade_releases(now):
            making.make_release(viewer=viewer, now=now, release_id=release_id, clock=timezone.now)


@shared_task
def finish_expunges() -> None:
    """Destroy the keys of what was expunged, if a crash or a full disk had left it undone."""
    with acting_as_system("expunge"):
        expunging.finish_expunges(now=timezone.now())

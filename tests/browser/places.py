"""What stands behind the addresses that the browser's tests open? One case with all of it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from audit.events import Event
from cases.access import system_viewer, viewer_for
from cases.enums import (
    Channel,
    OffenseClass,
    PersonRole,
    ReleaseState,
    ResponseKind,
    RoleCode,
)
from cases.models import Account, Case, ImportRun, Squad
from cases.services.assignments import assign_case
from cases.services.cases import Intake, create_case
from cases.services.importing import previews
from cases.services.importing.runs import import_path
from cases.services.linking import suggest_links
from cases.services.responses import ResponseInput, log_response
from cases.services.sweep import run_sweep
from cases.services.victims import PersonInput
from tests.caseload import Caseload
from tests.cases.importing_files import LAPD
from tests.factories import (
    DAY,
    NARRATIVE,
    AccessRequestFactory,
    AccountFactory,
    AssignmentFactory,
    BrokenGlassFactory,
    CaseFactory,
    EntryFactory,
    ExpungeFactory,
    GrantFactory,
    HandOverFactory,
    InvolvedPersonFactory,
    OfficerFactory,
    ReferralFactory,
    ReleaseFactory,
    ReleaseItemFactory,
    ReleaseMarkFactory,
    RoleChangeFactory,
    SquadFactory,
    SquadGrantFactory,
    VictimFactory,
    WallFactory,
)
from tests.leaks import Identity

SYSTEM = system_viewer("test")
SUSPECT = {"first_name": "Ombertine", "last_name": "Vantrellis"}
WEEK = timedelta(weeks=1)


@dataclass
class Places:
    """`ids` fill the addresses; `accounts`, by role, open them."""

    accounts: dict[str, Account]
    ids: dict[str, object] = field(default_factory=dict)


def make_places(caseload: Caseload, child: Identity) -> Places:
    """A squad's people, a case about an invented child with whatever can stand on one, an import,
    and what the log knows of all that.
    """
    now = timezone.now()
    places = Places(_accounts(SquadFactory.create()))
    run = import_path(viewer=SYSTEM, now=now, path=caseload.folder, clock=timezone.now)
    case = _case_about(child, now - 3 * DAY, places.accounts)
    places.ids |= {"run": run.pk, "case": case.pk, "report": _report(case, child, now)}
    places.ids |= _people(case, child, now)
    places.ids |= _doors(case, places.accounts, now)
    places.ids |= _releases(case, places.accounts[RoleCode.RECORDS], now)
    places.ids |= {"upload": _upload(places.accounts[RoleCode.CAPTAIN], now)}
    places.ids |= _log(places.accounts, now)
    places.ids |= _leaver(places.accounts, now)
    _a_year(now)
    run_sweep(now=now)
    return places


def _accounts(squad: Squad) -> dict[str, Account]:
    sworn = (RoleCode.SERGEANT, RoleCode.DETECTIVE)
    accounts: dict[str, Account] = {
        role: AccountFactory.create(role=role, officer__squad=squad) for role in sworn
    }
    others = (RoleCode.CAPTAIN, RoleCode.RECORDS, RoleCode.ADMINISTRATOR, RoleCode.AUDITOR)
    accounts |= {role: AccountFactory.create(role=role) for role in others}
    accounts[RoleCode.PARTNER] = AccountFactory.create(partner=True)
    squad.refresh_from_db()
    return accounts


def _case_about(child: Identity, at: datetime, accounts: dict[str, Account]) -> Case:
    officer = accounts[RoleCode.DETECTIVE].officer
    assert officer is not None
    intake = Intake(
        channel=Channel.WALK_IN,
        received_at=at,
        offense_class=OffenseClass.MOLESTATION,
        victims=(PersonInput(child),),
        people=(PersonInput(SUSPECT, PersonRole.SUSPECT),),
        squad_id=officer.squad_id,
    )
    case = create_case(viewer=SYSTEM, now=at, intake=intake)
    assign_case(viewer=SYSTEM, now=at, case_id=case.pk, officer_id=officer.pk, reason="")
    return case


def _report(case: Case, child: Identity, now: datetime) -> UUID:
    name = f"{child['first_name']} {child['last_name']}"
    entry = ResponseInput(
        kind=ResponseKind.INITIAL_REPORT,
        occurred_at=now - 2 * DAY,
        narrative=f"{name} was seen. {NARRATIVE}",
        incomplete_reason="End of shift.",
    )
    report = log_response(viewer=SYSTEM, now=now - 2 * DAY, case_id=case.pk, entry=entry)
    return report.pk


def _people(case: Case, child: Identity, now: datetime) -> dict[str, object]:
    """The child, also on a second case that is to be linked, and expunged from; a third is over."""
    other = CaseFactory.create(received_at=now - 40 * DAY)
    VictimFactory.create(case=other, identity=child)
    person = InvolvedPersonFactory.create(case=case, identity=SUSPECT)
    with transaction.atomic():
        assert suggest_links(case_ids=[case.pk], now=now)
    return {
        "victim": case.victims.get().pk,
        "person": person.pk,
        "referral": ReferralFactory.create(case=case, received_at=now - DAY).pk,
        "other": other.pk,
        "expunge": ExpungeFactory.create(case=other, requested_at=now - DAY).pk,
        "closed": CaseFactory.create(closed=True).pk,
    }


def _doors(case: Case, accounts: dict[str, Account], now: datetime) -> dict[str, object]:
    """Who was let in, and who was shut out."""
    until, partner = now + WEEK, accounts[RoleCode.PARTNER]
    grants = [
        GrantFactory.create(user=user, content_object=case, granted_at=now, expires_at=until)
        for user in (partner, accounts[RoleCode.RECORDS])
    ]
    share = SquadGrantFactory.create(case=case, granted_at=now, expires_at=until)
    BrokenGlassFactory.create(case=case, broken_at=now, ends_at=now + DAY / 24)
    request = AccessRequestFactory.create(number=case.number, asked_at=now - DAY)
    AccessRequestFactory.create(account=accounts[RoleCode.DETECTIVE], asked_at=now)
    return {
        "share": share.pk,
        "request": request.pk,
        "grant": grants[0].pk,
        "partner": partner.pk,
        "wall": WallFactory.create(case=case, set_at=now).pk,
    }


def _releases(case: Case, clerk: Account, now: datetime) -> dict[str, object]:
    """One that is being marked, and one that somebody else prepared and waits for approval."""
    release = ReleaseFactory.create(case=case, prepared_by=clerk, created_at=now)
    text = ReleaseItemFactory.create(release=release)
    for start, end in ((0, 3), (4, 8)):
        ReleaseMarkFactory.create(item=text, start=start, end=end)
    waiting = ReleaseFactory.create(
        case=case,
        state=ReleaseState.WAITING,
        submitted_at=now,
        version="1" * 64,
        result_sha256="2" * 64,
    )
    return {
        "release": release.pk,
        "text": text.pk,
        "picture": ReleaseItemFactory.create(release=release, page=True).pk,
        "waiting": waiting.pk,
    }


def _upload(captain: Account, now: datetime) -> UUID:
    """An export whose columns and codes are known, looked over and not yet committed."""
    viewer = viewer_for(captain)
    upload = previews.open_upload(viewer=viewer, now=now)
    upload.write(LAPD.read_bytes())
    run: ImportRun = upload.finish()
    run = previews.accept_upload(viewer=viewer, now=now, run_id=run.pk)
    previews.choose_mapping(viewer=viewer, now=now, run_id=run.pk, name="lapd")
    previews.preview_import(viewer=viewer, now=now, run_id=run.pk)
    return run.pk


def _log(accounts: dict[str, Account], now: datetime) -> dict[str, object]:
    """A week that waits for its signature, somebody who was refused, and somebody locked out."""
    detective = accounts[RoleCode.DETECTIVE]
    acting = {"actor_id": str(detective.pk), "actor_label": detective.username}
    for hours in range(6):
        EntryFactory.create(at=now - WEEK - hours * DAY / 24, outcome="denied", **acting)
    refused = {"event": Event.ACCESS_DENIED, "outcome": "denied", "subject_type": "route"}
    refusal = EntryFactory.create(
        **refused, **acting, subject_id="roles", details={"status": 404, "method": "GET"}
    )
    locked = EntryFactory.create(
        at=now, event=Event.ACCOUNT_LOCKED, subject_type="account", subject_id=str(detective.pk)
    )
    return {
        "entry": locked.pk,
        "refusal": refusal.pk,
        "detective": detective.username,
        "week": (now - WEEK).date(),
    }


def _leaver(accounts: dict[str, Account], now: datetime) -> dict[str, object]:
    """A detective who leaves, with cases to hand over, and a colleague who stays."""
    detective = accounts[RoleCode.DETECTIVE].officer
    assert detective is not None
    leaver = OfficerFactory.create(squad=detective.squad)
    for _ in range(3):
        case = CaseFactory.create(open_and_held=True, detective=leaver, squad=leaver.squad)
        AssignmentFactory.create(case=case, officer=leaver)
    HandOverFactory.create(officer=leaver, asked_at=now, due_at=now + 3 * DAY)
    change = RoleChangeFactory.create(proposed_by=accounts[RoleCode.CAPTAIN], proposed_at=now)
    return {
        "leaver": leaver.pk,
        "stayer": detective.pk,
        "change": change.pk,
        "reached": accounts[RoleCode.DETECTIVE].pk,
    }


def _a_year(now: datetime) -> None:
    """Enough cases for a year's figures."""
    CaseFactory.create_batch(12, received_at=now - 366 * DAY)

"""Does each thing a user does write what it says, refuse what it must, and leave its entry?"""

import uuid
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils.timezone import localdate

from audit.events import Event
from audit.models import Entry
from cases import access, seal
from cases.access import Viewer
from cases.enums import (
    AnswerStatus,
    CaseState,
    Channel,
    ClockKind,
    Disposition,
    FlagKind,
    FlagStatus,
    OffenseClass,
    Permission,
    PersonRole,
    ResponseKind,
    ReviewDecision,
    RoleCode,
)
from cases.models import Case, Draft, Flag, Officer, Response, Victim
from cases.models.response import NARRATIVE_FIELD
from cases.models.sealing import case_key, open_identity_of, open_text
from cases.services import responses
from cases.services.assignments import OfficerGone, acknowledge_assignment, assign_case
from cases.services.cases import Intake, ReferralInput, ReferralKnown, ReportFromFuture, create_case
from cases.services.closing import ClosingRefused, close_case, reopen_case
from cases.services.finding import search_identities
from cases.services.officers import deactivate_officer
from cases.services.referrals import acknowledge_referral
from cases.services.responses import (
    AnswerInput,
    DraftConflict,
    IncompleteWithoutReason,
    ResponseFromFuture,
    ResponseInput,
    log_response,
    open_draft,
    save_draft,
)
from cases.services.reviews import AlreadyReviewed, ReturnedWithoutComment, review_report
from cases.services.sweep import run_sweep
from cases.services.victims import PersonInput
from tests.factories import NOW, AccountFactory, OfficerFactory, SquadFactory, WallFactory

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
CHILD = {"first_name": "Zephyrine", "last_name": "Quillfeather", "birth_date": "2018-02-09"}
SUSPECT = {"first_name": "Ombert", "last_name": "Vantrell"}


class Unit:
    """One squad with a sergeant and a detective, as viewers."""

    def __init__(self) -> None:
        self.squad = SquadFactory.create()
        self.sergeant_account = AccountFactory.create(
            role=RoleCode.SERGEANT, officer__squad=self.squad
        )
        self.detective_account = AccountFactory.create(
            role=RoleCode.DETECTIVE, officer__squad=self.squad
        )
        self.sergeant = access.viewer_for(self.sergeant_account)
        self.detective = access.viewer_for(self.detective_account)
        self.detective_id: UUID = self.detective_account.officer_id or UUID(int=0)
        self.captain = access.viewer_for(AccountFactory.create(role=RoleCode.CAPTAIN))

    def open_case(self, *, now: Any = NOW, viewer: Viewer | None = None, **fields: Any) -> Case:
        intake = {
            "channel": Channel.SCENE,
            "received_at": now - HOUR,
            "offense_class": OffenseClass.NON_ABUSE,
            "victims": (PersonInput(identity=CHILD, sex="F"),),
        }
        case = create_case(
            viewer=viewer or self.sergeant, now=now, intake=Intake(**{**intake, **fields})
        )
        assign_case(viewer=self.sergeant, now=now, case_id=case.pk, officer_id=self.detective_id)
        case.refresh_from_db()
        return case

    def log(self, case: Case, kind: ResponseKind, *, now: Any = NOW, **fields: Any) -> Response:
        entry = ResponseInput(kind=kind, occurred_at=now, **fields)
        return log_response(viewer=self.detective, now=now, case_id=case.pk, entry=entry)


@pytest.fixture
def unit() -> Unit:
    return Unit()


def full_answers(case: Case) -> dict[str, AnswerInput]:
    missing = responses.score(case, {}).missing
    return {one.element: AnswerInput(AnswerStatus.ANSWERED, "Said.") for one in missing}


def standing(case: Case, kind: FlagKind, clock: str = "") -> bool:
    flags = Flag.objects.filter(case=case, kind=kind).exclude(status=FlagStatus.RESOLVED)
    return flags.filter(clock_kind=clock).exists() if clock else flags.exists()


def test_a_new_case_is_sealed_numbered_supervised_and_on_the_clock(unit: Unit) -> None:
    case = unit.open_case()

    victim = case.victims.get()
    assert open_identity_of(victim) == CHILD
    assert victim.age_band == "6-9"
    assert case.number.endswith("-000001")
    assert case.supervisor_id == unit.sergeant.officer_id
    assert case.clocks.filter(kind=ClockKind.VICTIM_SEEN, met_at=None).exists()
    assert Entry.objects.filter(event=Event.CASE_CREATED, subject_id=str(case.pk)).count() == 1


def test_the_same_submission_twice_is_one_case(unit: Unit) -> None:
    key = uuid.uuid4()

    first = create_case(viewer=unit.sergeant, now=NOW, intake=_intake(submission_key=key))
    second = create_case(viewer=unit.sergeant, now=NOW, intake=_intake(submission_key=key))

    assert first.pk == second.pk
    assert Case.objects.count() == 1


def test_numbers_run_on_within_the_year(unit: Unit) -> None:
    numbers = [
        create_case(viewer=unit.sergeant, now=NOW, intake=_intake()).number for _ in range(3)
    ]

    assert [number[-6:] for number in numbers] == ["000001", "000002", "000003"]


def _intake(**fields: Any) -> Intake:
    return Intake(
        **{
            "channel": Channel.WALK_IN,
            "received_at": NOW - HOUR,
            "offense_class": OffenseClass.NEGLECT,
            **fields,
        }
    )


def test_a_report_can_come_in_now_but_not_later(unit: Unit) -> None:
    create_case(viewer=unit.sergeant, now=NOW, intake=_intake(received_at=NOW))

    with pytest.raises(ReportFromFuture):
        create_case(
            viewer=unit.sergeant, now=NOW, intake=_intake(received_at=NOW + timedelta(seconds=1))
        )


def test_a_reference_on_record_is_not_taken_twice(unit: Unit) -> None:
    referral = ReferralInput(organization="Invented Hospital", reference="H-1")
    create_case(viewer=unit.sergeant, now=NOW, intake=_intake(referral=referral))

    with pytest.raises(ReferralKnown):
        create_case(viewer=unit.sergeant, now=NOW, intake=_intake(referral=referral))


def test_a_referral_is_answered_once(unit: Unit) -> None:
    case = unit.open_case(
        channel=Channel.HOSPITAL, referral=ReferralInput("Invented Hospital", "H-1", "1")
    )
    referral = case.referrals.get()

    for how in ("By phone.", "Again."):
        acknowledge_referral(viewer=unit.detective, now=NOW, referral_id=referral.pk, how=how)

    referral.refresh_from_db()
    assert referral.acknowledged_how == "By phone."
    assert Entry.objects.filter(event=Event.REFERRAL_ACKNOWLEDGED).count() == 1


def test_a_narrative_is_kept_sealed_and_redacted(unit: Unit) -> None:
    people = (PersonInput(identity=SUSPECT, role=PersonRole.SUSPECT),)
    case = unit.open_case(people=people)
    original = "Zephyrine was seen; Vantrell's car was outside. Zephyrine Quillfeather is safe."

    response = unit.log(case, ResponseKind.SUPPLEMENT, narrative=original)

    response.refresh_from_db()
    for name in (*CHILD.values(), *SUSPECT.values()):
        assert name not in response.narrative
    assert case.victims.get().pseudonym in response.narrative
    opened = open_text(
        case_key(case),
        response.pk,
        NARRATIVE_FIELD,
        bytes(response.sealed_narrative or b""),
    )
    assert opened == original
    assert response.narrative_length == len(original)


def test_a_sealed_narrative_moved_to_another_entry_does_not_open(unit: Unit) -> None:
    case = unit.open_case()
    one = unit.log(case, ResponseKind.SUPPLEMENT, narrative="One.")
    other = unit.log(case, ResponseKind.SUPPLEMENT, narrative="Other.")

    with pytest.raises(seal.Tampered):
        open_text(case_key(case), one.pk, NARRATIVE_FIELD, bytes(other.sealed_narrative or b""))


def test_an_identity_moved_to_another_row_does_not_open(unit: Unit) -> None:
    one = unit.open_case().victims.get()
    other = unit.open_case().victims.get()

    Victim.objects.filter(pk=one.pk).update(
        sealed=other.sealed, wrapped_key=other.wrapped_key, key_id=other.key_id
    )

    one.refresh_from_db()
    with pytest.raises(seal.Tampered):
        open_identity_of(one)


def test_logging_meets_the_clock_and_settles_the_flag(unit: Unit) -> None:
    case = unit.open_case(now=NOW)
    late = NOW + 2 * DAY
    run_sweep(now=late)
    assert standing(case, FlagKind.STALLED, ClockKind.VICTIM_SEEN)

    unit.log(case, ResponseKind.VICTIM_SEEN, now=late)

    assert not standing(case, FlagKind.STALLED, ClockKind.VICTIM_SEEN)
    assert Entry.objects.filter(event=Event.FLAG_RESOLVED).exists()


def test_an_entry_can_happen_now_but_not_later(unit: Unit) -> None:
    case = unit.open_case()
    later = ResponseInput(kind=ResponseKind.SUPPLEMENT, occurred_at=NOW + timedelta(seconds=1))

    unit.log(case, ResponseKind.SUPPLEMENT)
    with pytest.raises(ResponseFromFuture):
        log_response(viewer=unit.detective, now=NOW, case_id=case.pk, entry=later)


def test_submitting_twice_makes_one_entry(unit: Unit) -> None:
    case, key = unit.open_case(), uuid.uuid4()

    first = unit.log(case, ResponseKind.SUPPLEMENT, narrative="Once.", submission_key=key)
    second = unit.log(case, ResponseKind.SUPPLEMENT, narrative="Once.", submission_key=key)

    assert first.pk == second.pk


def test_an_incomplete_report_needs_a_reason_and_is_flagged(unit: Unit) -> None:
    case = unit.open_case()

    with pytest.raises(IncompleteWithoutReason):
        unit.log(case, ResponseKind.INITIAL_REPORT, narrative="Short.")
    unit.log(
        case, ResponseKind.INITIAL_REPORT, narrative="Short.", incomplete_reason="Called away."
    )

    assert standing(case, FlagKind.UNDER_DOCUMENTED)


def test_a_complete_report_is_not_flagged_and_can_be_reviewed(unit: Unit) -> None:
    case = unit.open_case()
    report = unit.log(
        case,
        ResponseKind.INITIAL_REPORT,
        narrative="Seen and done. " * 40,
        answers=full_answers(case),
    )

    case.refresh_from_db()
    assert case.settled == case.required
    assert not standing(case, FlagKind.UNDER_DOCUMENTED)
    review_report(
        viewer=unit.sergeant,
        now=NOW,
        response_id=report.pk,
        decision=ReviewDecision.APPROVED,
        comments={},
    )
    with pytest.raises(AlreadyReviewed):
        review_report(
            viewer=unit.sergeant,
            now=NOW,
            response_id=report.pk,
            decision=ReviewDecision.APPROVED,
            comments={},
        )


def test_a_report_goes_back_with_words_and_never_by_its_author(unit: Unit) -> None:
    case = unit.open_case()
    report = unit.log(
        case, ResponseKind.INITIAL_REPORT, narrative="Short.", incomplete_reason="Called away."
    )
    returned = ReviewDecision.RETURNED

    with pytest.raises(ReturnedWithoutComment):
        review_report(
            viewer=unit.sergeant,
            now=NOW,
            response_id=report.pk,
            decision=returned,
            comments={"": " "},
        )
    with pytest.raises(access.NotPermitted):
        review_report(
            viewer=unit.detective,
            now=NOW,
            response_id=report.pk,
            decision=returned,
            comments={"": "More."},
        )
    review_report(
        viewer=unit.sergeant,
        now=NOW,
        response_id=report.pk,
        decision=returned,
        comments={"narrative": "What did Zephyrine see?"},
    )
    assert "Zephyrine" not in str(report.reviews.get().comments)


def test_a_draft_is_sealed_versioned_and_shows_what_was_changed_elsewhere(unit: Unit) -> None:
    case = unit.open_case()
    kind = ResponseKind.SUPPLEMENT
    saved = save_draft(
        viewer=unit.detective,
        now=NOW,
        case_id=case.pk,
        version=0,
        kind=kind,
        payload={"narrative": "Zephyrine said"},
    )
    save_draft(
        viewer=unit.detective,
        now=NOW,
        case_id=case.pk,
        version=saved.version,
        kind=kind,
        payload={"narrative": "second"},
    )

    with pytest.raises(DraftConflict) as conflict:
        save_draft(
            viewer=unit.detective,
            now=NOW,
            case_id=case.pk,
            version=saved.version,
            kind=kind,
            payload={"narrative": "mine"},
        )

    assert conflict.value.theirs == {"narrative": "second"}
    assert b"second" not in bytes(Draft.objects.get().sealed or b"")
    opened = open_draft(viewer=unit.detective, now=NOW, case_id=case.pk)
    assert opened is not None
    assert opened.payload == {"narrative": "second"}
    assert open_draft(viewer=unit.sergeant, now=NOW, case_id=case.pk) is None


def test_logging_takes_the_draft_with_it(unit: Unit) -> None:
    case = unit.open_case()
    save_draft(
        viewer=unit.detective,
        now=NOW,
        case_id=case.pk,
        version=0,
        kind=ResponseKind.SUPPLEMENT,
        payload={"narrative": "x"},
    )

    unit.log(case, ResponseKind.SUPPLEMENT, narrative="x")

    assert not Draft.objects.exists()


def test_only_the_assignee_acknowledges(unit: Unit) -> None:
    case = unit.open_case()

    with pytest.raises(access.NotPermitted):
        acknowledge_assignment(viewer=unit.sergeant, now=NOW, case_id=case.pk)
    acknowledge_assignment(viewer=unit.detective, now=NOW, case_id=case.pk)

    assert case.assignments.get().acknowledged_at == NOW


def test_nobody_gone_is_given_a_case(unit: Unit) -> None:
    case = unit.open_case()
    gone = OfficerFactory.create(departed=True, squad=unit.squad)

    with pytest.raises(OfficerGone):
        assign_case(viewer=unit.sergeant, now=NOW, case_id=case.pk, officer_id=gone.pk)


def test_an_officer_who_leaves_hands_over_or_the_case_is_orphaned(unit: Unit) -> None:
    handed, left = unit.open_case(), unit.open_case()
    successor = OfficerFactory.create(squad=unit.squad)
    admin = access.viewer_for(AccountFactory.create(role=RoleCode.ADMINISTRATOR))

    assign_case(viewer=unit.sergeant, now=NOW, case_id=handed.pk, officer_id=successor.pk)
    deactivate_officer(
        viewer=admin,
        now=NOW,
        officer_id=unit.detective_id,
        on=localdate(NOW),
        reason="Their last day was told by the captain.",
    )

    handed.refresh_from_db()
    assert handed.detective_id == successor.pk
    assert not standing(handed, FlagKind.ORPHANED)
    assert standing(left, FlagKind.ORPHANED)


def test_a_case_closes_only_when_its_facts_allow_and_another_signs(unit: Unit) -> None:
    people = (PersonInput(identity=SUSPECT, role=PersonRole.SUSPECT),)
    case = unit.open_case(people=people)
    close: dict[str, Any] = {
        "now": NOW + HOUR,
        "case_id": case.pk,
        "disposition": Disposition.CLEARED_ARREST,
        "closing_officer_id": unit.detective_id,
    }
    with pytest.raises(ClosingRefused) as refused:
        close_case(viewer=unit.sergeant, **close)
    assert {one.code for one in refused.value.obstacles} == {"suspect_not_interviewed", "no_report"}

    unit.log(
        case,
        ResponseKind.INITIAL_REPORT,
        narrative="Seen and done. " * 40,
        answers=full_answers(case),
    )
    unit.log(case, ResponseKind.SUSPECT_INTERVIEW, suspect_id=case.people.get().pk)
    with pytest.raises(access.NotPermitted):
        close_case(viewer=unit.detective, **close)
    close_case(viewer=unit.sergeant, **close)

    case.refresh_from_db()
    assert case.state == CaseState.CLOSED
    assert not case.clocks.filter(met_at=None, stopped_at=None).exists()
    assert not standing(case, FlagKind.CLOSED_INCOMPLETE)
    with pytest.raises(responses.CaseEnded):
        unit.log(case, ResponseKind.SUPPLEMENT, now=NOW + 2 * HOUR)

    reopen_case(viewer=unit.sergeant, now=NOW + DAY, case_id=case.pk, reason="New information.")
    case.refresh_from_db()
    assert case.state == CaseState.REOPENED
    assert case.clocks.filter(kind=ClockKind.NEXT_SUPPLEMENT, met_at=None, stopped_at=None).exists()


def test_a_search_names_only_what_the_viewer_may_see(unit: Unit) -> None:
    case = unit.open_case()
    stranger = access.viewer_for(AccountFactory.create(role=RoleCode.DETECTIVE))

    seen = search_identities(viewer=unit.sergeant, now=NOW, identity=CHILD)
    unseen = search_identities(viewer=stranger, now=NOW, identity=CHILD)

    assert [one.number for one in seen.seen] == [case.number]
    assert seen.seen[0].sure == "very likely"
    assert not seen.beyond_reach
    assert unseen.seen == ()
    assert unseen.beyond_reach
    entry = Entry.objects.filter(event=Event.IDENTITY_SEARCHED).latest("pk")
    assert "Quillfeather" not in str(entry.details)


def test_a_wall_leaves_no_hint_in_a_search(unit: Unit) -> None:
    case = unit.open_case()
    walled = AccountFactory.create(role=RoleCode.CAPTAIN)
    WallFactory.create(case=case, account=walled)

    found = search_identities(viewer=access.viewer_for(walled), now=NOW, identity=CHILD)

    assert found.seen == ()
    assert not found.beyond_reach


def test_a_birth_date_alone_hints_at_nothing_beyond_reach(unit: Unit) -> None:
    unit.open_case()
    stranger = access.viewer_for(AccountFactory.create(role=RoleCode.DETECTIVE))

    found = search_identities(
        viewer=stranger, now=NOW, identity={"birth_date": CHILD["birth_date"]}
    )

    assert not found.beyond_reach


def test_a_write_that_fails_leaves_no_row_and_no_entry(unit: Unit) -> None:
    case = unit.open_case()
    before = Entry.objects.count(), Response.objects.count()

    with pytest.raises(responses.UnknownSuspect):
        unit.log(case, ResponseKind.SUSPECT_INTERVIEW, suspect_id=uuid.uuid4())

    assert (Entry.objects.count(), Response.objects.count()) == before


def test_a_flag_never_lies_on_a_desk_that_cannot_open_its_case(unit: Unit) -> None:
    """A unit without a captain: whoever the flag falls to becomes the case's supervisor."""
    Officer.objects.filter(account=unit.captain.account_key).update(active_to=NOW.date())
    case = create_case(viewer=access.system_viewer("test"), now=NOW, intake=_intake())
    assert case.supervisor_id is None

    run_sweep(now=NOW + 10 * DAY)

    case.refresh_from_db()
    holders = set(Flag.objects.filter(case=case).values_list("supervisor_id", flat=True))
    assert holders == {unit.sergeant.officer_id} == {case.supervisor_id}
    assert access.find_case(unit.sergeant, case.pk, NOW) == case
    assert case.pk in access.supervised_cases(unit.sergeant, NOW).values_list("pk", flat=True)
    assert Entry.objects.filter(event=Event.CASE_CHANGED, subject_id=str(case.pk)).count() == 1


def test_a_captain_takes_what_has_no_squad_without_becoming_its_supervisor(unit: Unit) -> None:
    case = create_case(viewer=access.system_viewer("test"), now=NOW, intake=_intake())

    run_sweep(now=NOW + 10 * DAY)

    case.refresh_from_db()
    holders = set(Flag.objects.filter(case=case).values_list("supervisor_id", flat=True))
    assert holders == {unit.captain.officer_id}
    assert case.supervisor_id is None


@pytest.mark.parametrize(
    ("later", "sees"),
    [(12 * HOUR - timedelta(seconds=1), True), (12 * HOUR, False)],
)
def test_a_detective_can_work_the_case_they_opened_until_its_report_is_due(
    unit: Unit, later: timedelta, sees: bool
) -> None:
    case = create_case(viewer=unit.detective, now=NOW, intake=_intake())

    allowed = access.decide(unit.detective, case, Permission.LOG_RESPONSE, NOW + later).allowed

    assert allowed is sees
    assert Entry.objects.filter(event=Event.GRANT_GIVEN, subject_id=str(case.pk)).count() == 1

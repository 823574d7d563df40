"""Does a child's name, typed wherever one can type, stay sealed? (law 3)

Each act below is done by somebody who names the child in every free text they are asked for. After
it, no column of any table (the audit log included, from which nothing can be taken back), no log
line, task, cache key or mail may hold the name; birth date, telephone and address neither.
"""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from cases.access import Viewer, viewer_for
from cases.enums import (
    AnswerStatus,
    Channel,
    Disposition,
    LinkState,
    OffenseClass,
    PersonRole,
    ResponseKind,
    RevealReason,
    ReviewDecision,
    RoleCode,
    Scope,
)
from cases.models import Case, GrantPurpose, Role
from cases.selectors.lockout import MOST_FAILURES
from cases.services.assignments import assign_case
from cases.services.audit_reviews import sign_week
from cases.services.bulk import assign_cases
from cases.services.cases import Intake, ReferralInput, create_case
from cases.services.closing import close_case, reopen_case
from cases.services.filters import NamesSomebody, save_filter
from cases.services.finding import search_identities
from cases.services.flags import acknowledge_flag, request_update, waive_flag
from cases.services.grants import Terms, give_grant, lift_wall, set_wall
from cases.services.linking import decide_link
from cases.services.lockout import admit, release_account
from cases.services.referrals import acknowledge_referral
from cases.services.releases.approving import withdraw_release
from cases.services.releases.marking import Choice, decide_marks
from cases.services.releases.preparing import start_release
from cases.services.responses import (
    AnswerInput,
    EvidenceInput,
    ResponseInput,
    log_response,
    save_draft,
)
from cases.services.reveals import RevealAsk, reveal_identity
from cases.services.reviews import review_report
from cases.services.roles import change_role
from cases.services.victims import PersonInput, add_person, add_victim
from tests.factories import (
    DAY,
    NOW,
    AccountFactory,
    CaseFactory,
    CaseLinkFactory,
    EntryFactory,
    FlagFactory,
    GrantFactory,
    OfficerFactory,
    ReferralFactory,
    ReleaseMarkFactory,
    ResponseFactory,
    SquadFactory,
    VictimFactory,
    WallFactory,
)
from tests.leaks import Identity, Leaked, Watch, assert_database_is_clean

pytestmark = pytest.mark.django_db

CHILD: Identity = {
    "first_name": "Zephyrine",
    "last_name": "Quillfeather",
    "birth_date": "2018-02-09",
    "phone": "816-555-0143",
    "address": "4117 Invented Hollow Lane",
}
NAMED = "Zephyrine Quillfeather said so; QUILLFEATHER, Zephyrine was there. Zephyrine's words."

Act = Callable[[Viewer, Case], object]


def open_case(viewer: Viewer, case: Case) -> object:
    intake = Intake(
        channel=Channel.HOSPITAL,
        received_at=NOW - DAY,
        offense_class=OffenseClass.ABUSE,
        submission_key=uuid4(),
        victims=(PersonInput(identity=dict(CHILD), sex="F"),),
        people=(_caregiver(),),
        referral=ReferralInput("Invented General Hospital", "R-1"),
    )
    return create_case(viewer=viewer, now=NOW, intake=intake)


def name_a_caregiver(viewer: Viewer, case: Case) -> object:
    return add_person(viewer=viewer, now=NOW, case_id=case.pk, person=_caregiver())


def _caregiver() -> PersonInput:
    return PersonInput(
        identity={"first_name": "Ombert", "last_name": "Quillfeather"},
        role=PersonRole.CAREGIVER,
        relation="parent of Zephyrine",
        description=NAMED,
    )


def log_a_report(viewer: Viewer, case: Case) -> object:
    entry = ResponseInput(
        kind=ResponseKind.INITIAL_REPORT,
        occurred_at=NOW - timedelta(hours=1),
        narrative=NAMED,
        answers={"intake": AnswerInput(AnswerStatus.ANSWERED, NAMED)},
        incomplete_reason=NAMED,
        next_action=NAMED,
        next_action_owner_id=viewer.officer_id,
        next_action_due_on=NOW.date(),
    )
    return log_response(viewer=viewer, now=NOW, case_id=case.pk, entry=entry)


def keep_a_draft(viewer: Viewer, case: Case) -> object:
    return save_draft(
        viewer=viewer,
        now=NOW,
        case_id=case.pk,
        version=0,
        kind=ResponseKind.SUPPLEMENT,
        payload={"narrative": NAMED},
    )


def return_a_report(viewer: Viewer, case: Case) -> object:
    report = ResponseFactory.create(case=case, initial_report=True)
    return review_report(
        viewer=viewer,
        now=NOW,
        response_id=report.pk,
        decision=ReviewDecision.RETURNED,
        comments={"": NAMED, "suspect": NAMED},
    )


def assign(viewer: Viewer, case: Case) -> object:
    other = OfficerFactory.create(squad=case.squad)
    return assign_case(viewer=viewer, now=NOW, case_id=case.pk, officer_id=other.pk, reason=NAMED)


def close_and_reopen(viewer: Viewer, case: Case) -> object:
    report = ResponseFactory.create(case=case, initial_report=True)
    assert case.detective_id
    assert report.pk
    close_case(
        viewer=viewer,
        now=NOW,
        case_id=case.pk,
        disposition=Disposition.INACTIVE,
        closing_officer_id=case.detective_id,
        reason=NAMED,
    )
    return reopen_case(viewer=viewer, now=NOW, case_id=case.pk, reason=NAMED)


def give_access(viewer: Viewer, case: Case) -> object:
    return give_grant(
        viewer=viewer,
        now=NOW,
        case_id=case.pk,
        account_id=AccountFactory.create(partner=True).pk,
        terms=Terms("view_case", GrantPurpose.REVIEW, NAMED, NOW + DAY),
    )


def wall_off(viewer: Viewer, case: Case) -> object:
    account = AccountFactory.create()
    return set_wall(viewer=viewer, now=NOW, case_id=case.pk, account_id=account.pk, reason=NAMED)


def unwall(viewer: Viewer, case: Case) -> object:
    return lift_wall(viewer=viewer, now=NOW, wall_id=WallFactory.create(case=case).pk, reason=NAMED)


def answer_a_referral(viewer: Viewer, case: Case) -> object:
    referral = ReferralFactory.create(case=case)
    return acknowledge_referral(viewer=viewer, now=NOW, referral_id=referral.pk, how=NAMED)


def look_for_the_child(viewer: Viewer, case: Case) -> object:
    return search_identities(viewer=viewer, now=NOW, identity=dict(CHILD))


def acknowledge_a_flag(viewer: Viewer, case: Case) -> object:
    flag = FlagFactory.create(case=case)
    return acknowledge_flag(viewer=viewer, now=NOW, flag_id=flag.pk, comment=NAMED)


def waive_a_flag(viewer: Viewer, case: Case) -> object:
    flag = FlagFactory.create(case=case)
    return waive_flag(viewer=viewer, now=NOW, flag_id=flag.pk, reason=NAMED, until=NOW + DAY)


def ask_for_an_update(viewer: Viewer, case: Case) -> object:
    return request_update(viewer=viewer, now=NOW, case_ids=[case.pk], comment=NAMED)


def assign_in_bulk(viewer: Viewer, case: Case) -> object:
    other = OfficerFactory.create(squad=case.squad)
    return assign_cases(
        viewer=viewer, now=NOW, case_ids=[case.pk], officer_id=other.pk, reason=NAMED
    )


def note_evidence(viewer: Viewer, case: Case) -> object:
    entry = ResponseInput(
        kind=ResponseKind.SUPPLEMENT,
        occurred_at=NOW - timedelta(hours=1),
        narrative=NAMED,
        evidence=(EvidenceInput("E-1", NAMED),),
    )
    return log_response(viewer=viewer, now=NOW, case_id=case.pk, entry=entry)


def decide_on_a_link(viewer: Viewer, case: Case) -> object:
    other = CaseFactory.create(squad=case.squad, open_and_held=True)
    first, second = sorted((case, other), key=lambda one: one.pk)
    link = CaseLinkFactory.create(first=first, second=second)
    return decide_link(
        viewer=viewer, now=NOW, link_id=link.pk, decision=LinkState.DISMISSED, reason=NAMED
    )


def reveal_who_it_is(viewer: Viewer, case: Case) -> object:
    ask = RevealAsk(RevealReason.INTERVIEW, NAMED, "0" * 32, uuid4())
    person = case.victims.get()
    return reveal_identity(viewer=viewer, now=NOW, person_id=person.pk, ask=ask)


def release_records(viewer: Viewer, case: Case) -> object:
    account = AccountFactory.create(role=RoleCode.RECORDS)
    GrantFactory.create(content_object=case, user=account)
    clerk = viewer_for(account)
    release = start_release(
        viewer=clerk,
        now=NOW,
        case_id=case.pk,
        profile="public",
        reason=NAMED,
        submission_key=uuid4(),
    )
    mark = ReleaseMarkFactory.create(item=release.items.all()[0], drawn=True)
    choices = {mark.pk: Choice("rejected", mark.exemption, NAMED)}
    decide_marks(viewer=clerk, now=NOW, item_id=mark.item_id, choices=choices)
    return withdraw_release(viewer=clerk, now=NOW, release_id=release.pk, reason=NAMED)


def type_the_name_into_a_code(viewer: Viewer, case: Case) -> object:
    intake = Intake(
        channel=Channel.HOSPITAL,
        received_at=NOW - DAY,
        offense_class=OffenseClass.ABUSE,
        submission_key=uuid4(),
        division="Zephyrine Quillfeather",
        victims=(PersonInput(identity=dict(CHILD), sex="F"),),
        referral=ReferralInput("Quillfeather, Zephyrine", "Zephyrine-1"),
    )
    opened = create_case(viewer=viewer, now=NOW, intake=intake)
    entry = ResponseInput(
        kind=ResponseKind.SUPPLEMENT,
        occurred_at=NOW - timedelta(hours=1),
        narrative="Seen.",
        evidence=(EvidenceInput("Zephyrine-1", "A drawing"),),
    )
    return log_response(viewer=viewer, now=NOW, case_id=opened.pk, entry=entry)


# These belong to no case: nobody knows whom a text may name.


def keep_a_filter(viewer: Viewer, case: Case) -> object:
    for name, query in (("Zephyrine's cases", ""), ("Mine", "division=Zephyrine")):
        with pytest.raises(NamesSomebody):
            save_filter(viewer=viewer, now=NOW, screen="cases", name=name, query=query, shared=True)
    return None


def waive_a_flag_on_an_officer(viewer: Viewer, case: Case) -> object:
    flag = FlagFactory.create(on_officer=True, officer__squad=case.squad)
    return waive_flag(viewer=viewer, now=NOW, flag_id=flag.pk, reason=NAMED, until=NOW + DAY)


def sign_a_week_of_the_log(viewer: Viewer, case: Case) -> object:
    EntryFactory.create(at=NOW - 8 * DAY)
    auditor = viewer_for(AccountFactory.create(role=RoleCode.AUDITOR))
    return sign_week(viewer=auditor, now=NOW, day=(NOW - 7 * DAY).date(), comment=NAMED)


def change_what_a_role_allows(viewer: Viewer, case: Case) -> object:
    administrator = viewer_for(AccountFactory.create(role=RoleCode.ADMINISTRATOR))
    role = Role.objects.get(code=RoleCode.PARTNER)
    return change_role(
        viewer=administrator,
        now=NOW,
        code=role.code,
        version=role.version,
        scope=Scope.NONE,
        permissions=(),
        reason=NAMED,
    )


def release_a_locked_account(viewer: Viewer, case: Case) -> object:
    administrator = viewer_for(AccountFactory.create(role=RoleCode.ADMINISTRATOR))
    locked = AccountFactory.create()
    for _ in range(MOST_FAILURES):
        admit(now=NOW, username=locked.username, verified=None)
    return release_account(viewer=administrator, now=NOW, account_id=locked.pk, reason=NAMED)


def name_the_child_before_the_child_is_known(viewer: Viewer, case: Case) -> object:
    """The log keeps what was said then for good, so it says no name to begin with."""
    fresh = CaseFactory.create(squad=case.squad, open_and_held=True)
    set_wall(
        viewer=viewer,
        now=NOW,
        case_id=fresh.pk,
        account_id=AccountFactory.create().pk,
        reason=NAMED,
    )
    person = PersonInput(identity=dict(CHILD))
    return add_victim(viewer=viewer, now=NOW, case_id=fresh.pk, person=person)


ACTS: list[Act] = [
    decide_on_a_link,
    reveal_who_it_is,
    release_records,
    type_the_name_into_a_code,
    keep_a_filter,
    waive_a_flag_on_an_officer,
    sign_a_week_of_the_log,
    change_what_a_role_allows,
    release_a_locked_account,
    name_the_child_before_the_child_is_known,
    acknowledge_a_flag,
    waive_a_flag,
    ask_for_an_update,
    assign_in_bulk,
    note_evidence,
    open_case,
    name_a_caregiver,
    log_a_report,
    keep_a_draft,
    return_a_report,
    assign,
    close_and_reopen,
    give_access,
    wall_off,
    unwall,
    answer_a_referral,
    look_for_the_child,
]


@pytest.fixture
def sergeant() -> Viewer:
    squad = SquadFactory.create()
    return viewer_for(AccountFactory.create(role=RoleCode.SERGEANT, officer__squad=squad))


@pytest.fixture
def case(sergeant: Viewer) -> Case:
    (squad_id,) = sergeant.squad_ids
    case = CaseFactory.create(squad_id=squad_id, open_and_held=True)
    VictimFactory.create(case=case, identity=dict(CHILD))
    return case


@pytest.mark.parametrize("act", ACTS)
def test_what_is_typed_about_a_child_stays_sealed(
    act: Act, sergeant: Viewer, case: Case, watch: Watch
) -> None:
    act(sergeant, case)

    assert_database_is_clean([CHILD])
    watch.nothing_leaked([CHILD])


def test_the_scan_would_notice(case: Case) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_case SET division = %s", ["Zephyrine"])

    with pytest.raises(Leaked, match=r"first_name in cases_case\[\]\[division\]"):
        assert_database_is_clean([CHILD])

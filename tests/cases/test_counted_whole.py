"""What is counted, compared or numbered across all cases: is it whole for somebody who sees few?

Each act is done as the application, in the name of somebody whom row-level security keeps from what
counts. What is counted for their own eyes is elsewhere: lists, figures and pages of officers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from audit.context import acting_as
from cases.access import viewer_for
from cases.enums import Channel, FlagKind, OffenseClass, RoleCode
from cases.models import Account, Assignment, Case, CaseLink, Flag, Referral, Release
from cases.policy_default import default_policy
from cases.selectors.intake import referral_is_known
from cases.services.assignments import assign_case
from cases.services.cases import Intake, ReferralInput, ReferralKnown, create_case
from cases.services.releases.preparing import start_release
from cases.services.victims import PersonInput
from tests.cases.pages import Desk
from tests.factories import (
    NOW,
    AccountFactory,
    AssignmentFactory,
    CaseFactory,
    GrantFactory,
    ReferralFactory,
    ReleaseFactory,
    ResponseFactory,
    SquadFactory,
    VictimFactory,
)
from tests.leaks import Identity

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

LIMIT = default_policy().overloaded.open_cases


@contextmanager
def alone(account: Account, *hidden: Case) -> Iterator[None]:
    """In their name, as the application; what counts is really hidden from them."""
    with acting_as(str(account.pk), account.username):
        assert not Case.objects.filter(pk__in=[case.pk for case in hidden]).exists()
        yield


def taken(account: Account, **more: Any) -> Case:
    intake = Intake(
        channel=Channel.HOSPITAL, received_at=NOW, offense_class=OffenseClass.ABUSE, **more
    )
    return create_case(viewer=viewer_for(account), now=NOW, intake=intake)


def test_a_new_case_takes_the_next_number_of_all(desk: Desk) -> None:
    other = CaseFactory.create(number="26-000041")

    with alone(desk.detective, other):
        case = taken(desk.detective)

    assert case.number == "26-000042"


def test_a_reference_is_on_record_once_in_the_unit(desk: Desk) -> None:
    other = CaseFactory.create()
    sent = ReferralFactory.create(case=other, channel=Channel.HOSPITAL)
    referral = ReferralInput(reference=sent.reference, organization=sent.organization)

    with alone(desk.detective, other):
        assert referral_is_known(Channel.HOSPITAL, sent.organization, sent.reference)
        with pytest.raises(ReferralKnown):
            taken(desk.detective, referral=referral)

    assert Referral.objects.count() == 1


def test_a_release_takes_the_next_number_of_all(desk: Desk) -> None:
    other = ReleaseFactory.create(number="R-26-00041")
    case, clerk = desk.held_case(), AccountFactory.create(role=RoleCode.RECORDS)
    ResponseFactory.create(case=case, initial_report=True)
    GrantFactory.create(user=clerk, content_object=case)

    with alone(clerk, other.case):
        assert not Release.objects.exists()
        release = start_release(
            viewer=viewer_for(clerk),
            now=NOW,
            case_id=case.pk,
            profile="court",
            reason="Asked for by the court on Monday.",
            submission_key=uuid4(),
        )

    assert release.number == "R-26-00042"


def test_who_has_too_much_elsewhere_is_overloaded_by_one_more_from_here(desk: Desk) -> None:
    officer = desk.detective.officer
    elsewhere = CaseFactory.create_batch(
        LIMIT, open_and_held=True, detective=officer, squad=SquadFactory.create()
    )
    case = CaseFactory.create(squad=desk.squad, supervisor=desk.sergeant.officer)
    assert officer is not None

    with alone(desk.sergeant, *elsewhere):
        assign_case(
            viewer=viewer_for(desk.sergeant), now=NOW, case_id=case.pk, officer_id=officer.pk
        )

    flag = Flag.objects.get(officer=officer, kind=FlagKind.OVERLOADED)
    assert flag.reasons[0]["params"] == {"count": LIMIT + 1, "limit": LIMIT}


def test_handing_over_is_counted_although_the_giver_sees_none_of_it(desk: Desk) -> None:
    officer, rule = desk.detective.officer, default_policy().overloaded
    elsewhere = CaseFactory.create_batch(rule.handed_over, squad=SquadFactory.create())
    for one in elsewhere:
        AssignmentFactory.create(case=one, officer=officer, assigned_at=NOW, ended_at=NOW)
    case = CaseFactory.create(squad=desk.squad, supervisor=desk.sergeant.officer)
    assert officer is not None

    with alone(desk.sergeant, *elsewhere):
        assign_case(
            viewer=viewer_for(desk.sergeant), now=NOW, case_id=case.pk, officer_id=officer.pk
        )

    flag = Flag.objects.get(officer=officer, kind=FlagKind.OVERLOADED)
    assert flag.reasons[0]["params"]["count"] == Assignment.objects.count() == rule.handed_over + 1


def test_the_same_child_on_a_case_out_of_reach_is_linked(desk: Desk, child: Identity) -> None:
    other = VictimFactory.create(case=CaseFactory.create(), identity=child).case

    with alone(desk.detective, other):
        case = taken(desk.detective, victims=(PersonInput(identity=child),))

    linked = CaseLink.objects.values_list("first", "second")
    assert {frozenset(pair) for pair in linked} == {frozenset((case.pk, other.pk))}
    page = desk.as_detective.get(reverse("case-detail", args=[case.pk]))
    assert other.number not in page.content.decode()

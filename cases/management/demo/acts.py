"""What can somebody do in a story? One act per service call, done at its own past moment."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.utils.timezone import localdate

from audit.context import acting_as_system
from cases.access import GRANT_VIEW, Viewer
from cases.enums import Disposition, FlagStatus, PersonRole, ResponseKind, ReviewDecision, Sex
from cases.management.demo import wording
from cases.management.demo.story import Act, Stage, Story
from cases.models import Case, Flag, GrantPurpose, InvolvedPerson, Referral
from cases.models.flag import STANDING
from cases.rules.policy import Circumstances, Element
from cases.services.access_requests import ask_for_access
from cases.services.assignments import acknowledge_assignment, assign_case
from cases.services.audit_reviews import sign_week
from cases.services.cases import Intake, ReferralInput, create_case
from cases.services.closing import close_case, reopen_case
from cases.services.flags import acknowledge_flags, request_update, waive_flag
from cases.services.grants import Terms, give_grant, set_wall, share_with_squad
from cases.services.officers import deactivate_officer
from cases.services.referrals import acknowledge_referral
from cases.services.responses import (
    ResponseInput,
    log_response,
    save_draft,
)
from cases.services.reviews import review_report
from cases.services.victims import PersonInput, add_person

MOMENTS_AGO = timedelta(minutes=15)


@dataclass(frozen=True)
class Written:
    """How a report is written. `text` replaces the narrative; `leave_out` names elements."""

    thin: bool = False
    leave_out: Sequence[str] = ()
    text: str = field(default="", repr=False)


FULL = Written()


def opens(story: Story) -> Act:
    def act(stage: Stage, viewer: Viewer, now: datetime) -> None:
        case = create_case(viewer=viewer, now=now, intake=_intake(stage, story))
        story.case_id = case.pk
        referral = Referral.objects.filter(case=case).first()
        story.referral_id = referral.pk if referral else None
        suspect = InvolvedPerson.objects.filter(case=case, role=PersonRole.SUSPECT).first()
        story.suspect_id = suspect.pk if suspect and suspect.named else None

    return act


def _intake(stage: Stage, story: Story) -> Intake:
    victim = PersonInput(story.child, sex=stage.dice.pick([Sex.FEMALE, Sex.FEMALE, Sex.MALE]))
    referral = ReferralInput(story.organization, story.reference, story.priority)
    return Intake(
        channel=story.channel,
        received_at=story.received_at,
        offense_class=story.offense_class,
        priority=story.priority,
        division=story.division,
        serious_injury=story.serious_injury,
        child_witness=story.child_witness,
        victims=(victim,),
        people=tuple(_people(story)),
        referral=referral if story.organization else None,
        squad_id=stage.unit.squads[story.squad].pk,
    )


def _people(story: Story) -> Sequence[PersonInput]:
    unidentified = "Adult, medium height, seen twice near the address in a light-colored car."
    return [
        PersonInput(story.caregiver, PersonRole.CAREGIVER, relation="parent"),
        PersonInput(story.reporter, PersonRole.REPORTER, relation="mandated reporter"),
        PersonInput(story.suspect, PersonRole.SUSPECT, relation="known to the family")
        if story.suspect
        else PersonInput({}, PersonRole.SUSPECT, description=unidentified),
    ]


def assigns(story: Story, to: str, reason: str = "") -> Act:
    def act(stage: Stage, viewer: Viewer, now: datetime) -> None:
        officer = stage.unit.officers[to]
        assign_case(
            viewer=viewer, now=now, case_id=story.case, officer_id=officer.pk, reason=reason
        )

    return act


def accepts(story: Story) -> Act:
    def act(stage: Stage, viewer: Viewer, now: datetime) -> None:
        acknowledge_assignment(viewer=viewer, now=now, case_id=story.case)

    return act


def answers_referral(story: Story) -> Act:
    def act(stage: Stage, viewer: Viewer, now: datetime) -> None:
        if story.referral_id is not None:
            how = stage.dice.pick(["By telephone, name on file", "In writing, by secure mail"])
            acknowledge_referral(viewer=viewer, now=now, referral_id=story.referral_id, how=how)

    return act


def logs(story: Story, kind: ResponseKind, *, ago: timedelta = MOMENTS_AGO) -> Act:
    """An entry of something that happened `ago`."""

    def act(stage: Stage, viewer: Viewer, now: datetime) -> None:
        is_interview = kind == ResponseKind.SUSPECT_INTERVIEW
        entry = ResponseInput(
            kind=kind,
            occurred_at=max(now - ago, story.received_at),
            narrative=wording.entry(stage.dice, kind, story.people()),
            suspect_id=story.suspect_id if is_interview else None,
        )
        log_response(viewer=viewer, now=now, case_id=story.case, entry=entry)

    return act


def reports(story: Story, written: Written = FULL) -> Act:
    def act(stage: Stage, viewer: Viewer, now: datetime) -> None:
        entry = _report(stage, story, viewer, now, written)
        report = log_response(viewer=viewer, now=now, case_id=story.case, entry=entry)
        story.report_id = report.pk

    return act


def _report(
    stage: Stage, story: Story, viewer: Viewer, now: datetime, written: Written
) -> ResponseInput:
    dice, people = stage.dice, story.people()
    narrative = wording.thin_report(dice, people) if written.thin else wording.report(dice, people)
    leave_out = (*written.leave_out, "next_action") if written.thin else written.leave_out
    return ResponseInput(
        kind=ResponseKind.INITIAL_REPORT,
        occurred_at=max(now - MOMENTS_AGO, story.received_at),
        narrative=written.text or narrative,
        answers=wording.answers(dice, elements(stage, story), people, leave_out=leave_out),
        incomplete_reason=wording.INCOMPLETE if leave_out else "",
        supersedes_id=story.report_id,
        next_action="" if written.thin else "Forensic interview and records",
        next_action_owner_id=None if written.thin else viewer.officer_id,
        next_action_due_on=_in_days(now, dice.number(3, 9)),
    )


def elements(stage: Stage, story: Story) -> Sequence[Element]:
    """What a report on this case must say."""
    case = Circumstances(
        story.channel, story.offense_class, story.serious_injury, story.child_witness
    )
    return stage.policy.elements_for(case)


def _in_days(now: datetime, days: int) -> date:
    return localdate(now) + timedelta(days=days)


def reviews(
    story: Story,
    decision: ReviewDecision = ReviewDecision.APPROVED,
    comments: Mapping[str, str] | None = None,
) -> Act:
    def act(stage: Stage, viewer: Viewer, now: datetime) -> None:
        if story.report_id is None:
            raise LookupError("There is no report to review in this story.")
        review_report(
            viewer=viewer,
            now=now,
            response_id=story.report_id,
            decision=decision,
            comments=comments or {},
        )

    return act


def closes(story: Story, disposition: Disposition) -> Act:
    def act(stage: Stage, viewer: Viewer, now: datetime) -> None:
        close_case(
            viewer=viewer,
            now=now,
            case_id=story.case,
            disposition=disposition,
            closing_officer_id=stage.unit.officers[story.lead].pk,
            reason="Work on this case is complete.",
        )

    return act


def reopens(story: Story, reason: str) -> Act:
    def act(stage: Stage, viewer: Viewer, now: datetime) -> None:
        reopen_case(viewer=viewer, now=now, case_id=story.case, reason=reason)

    return act


def names_suspect(story: Story, identity: Mapping[str, str]) -> Act:
    """Somebody is named who was not on record before."""

    def act(stage: Stage, viewer: Viewer, now: datetime) -> None:
        person = PersonInput(identity, PersonRole.SUSPECT, relation="known to the family")
        add_person(viewer=viewer, now=now, case_id=story.case, person=person)

    return act


def grants(story: Story, to: str, purpose: str, reason: str, until: timedelta) -> Act:
    def act(stage: Stage, viewer: Viewer, now: datetime) -> None:
        give_grant(
            viewer=viewer,
            now=now,
            case_id=story.case,
            account_id=stage.unit.accounts[to].pk,
            terms=Terms(GRANT_VIEW, purpose, reason, now + until),
        )

    return act


def shares(story: Story, squad: str, reason: str, until: timedelta) -> Act:
    """With a whole squad."""

    def act(stage: Stage, viewer: Viewer, now: datetime) -> None:
        share_with_squad(
            viewer=viewer,
            now=now,
            case_id=story.case,
            squad_id=stage.unit.squads[squad].pk,
            terms=Terms(GRANT_VIEW, GrantPurpose.JOINT_WORK, reason, now + until),
        )

    return act


def asks(story: Story, reason: str) -> Act:
    """For a case that they know by its number alone."""

    def act(stage: Stage, viewer: Viewer, now: datetime) -> None:
        with acting_as_system("demo"):
            number = Case.objects.get(pk=story.case).number
        ask_for_access(viewer=viewer, now=now, number=number, reason=reason)

    return act


def walls(story: Story, out: str, reason: str) -> Act:
    def act(stage: Stage, viewer: Viewer, now: datetime) -> None:
        account = stage.unit.accounts[out]
        set_wall(viewer=viewer, now=now, case_id=story.case, account_id=account.pk, reason=reason)

    return act


def drafts(story: Story, kind: ResponseKind) -> Act:
    """Begins an entry and is called away."""

    def act(stage: Stage, viewer: Viewer, now: datetime) -> None:
        text = wording.entry(stage.dice, kind, story.people())
        save_draft(
            viewer=viewer,
            now=now,
            case_id=story.case,
            version=0,
            kind=kind,
            payload={"kind": kind.value, "narrative": text},
        )

    return act


def departs(key: str) -> Act:
    """An officer leaves today; what nobody took over waits to be handed over."""

    def act(stage: Stage, viewer: Viewer, now: datetime) -> None:
        deactivate_officer(
            viewer=viewer,
            now=now,
            officer_id=stage.unit.officers[key].pk,
            on=localdate(now),
            reason="Their last day was told by the captain.",
        )

    return act


def reads_flags(share: float, ignored: Iterable[Story]) -> Act:
    """A supervisor acknowledges a share of the open flags on their desk; none of ignored cases."""
    ignored = tuple(ignored)

    def act(stage: Stage, viewer: Viewer, now: datetime) -> None:
        left = [story.case_id for story in ignored if story.case_id]
        desk = Flag.objects.filter(supervisor_id=viewer.officer_id, status=FlagStatus.OPEN)
        unread = (
            desk.exclude(case_id__in=left).order_by("raised_at", "pk").values_list("pk", flat=True)
        )
        read = [flag for flag in unread if stage.dice.chance(share)]
        if read:
            comment = stage.dice.pick(wording.COMMENTS)
            acknowledge_flags(viewer=viewer, now=now, comment=comment, flag_ids=read)

    return act


def signs_week(on: date) -> Act:
    """An auditor has gone through a week of the log."""

    def act(stage: Stage, viewer: Viewer, now: datetime) -> None:
        comment = wording.WEEKS[on.toordinal() // 7 % len(wording.WEEKS)]
        sign_week(viewer=viewer, now=now, day=on, comment=comment)

    return act


def waives(story: Story, reason: str, until: timedelta) -> Act:
    """A supervisor sets aside whatever stands against the case."""

    def act(stage: Stage, viewer: Viewer, now: datetime) -> None:
        for flag_id in list(
            Flag.objects.filter(STANDING, case=story.case).values_list("pk", flat=True)
        ):
            waive_flag(viewer=viewer, now=now, flag_id=flag_id, reason=reason, until=now + until)

    return act


def asks_for_update(story: Story) -> Act:
    def act(stage: Stage, viewer: Viewer, now: datetime) -> None:
        comment = "Where does this stand, and what is next?"
        request_update(viewer=viewer, now=now, case_ids=[story.case], comment=comment)

    return act

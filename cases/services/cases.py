"""How does a case begin? With a report that came in through one of four channels."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils.timezone import localtime

from audit.events import Event
from audit.recorder import record
from cases.access import GRANT_WORK, NotPermitted, Viewer
from cases.enums import CaseState, Channel, ClockKind, OffenseClass, Permission, Scope
from cases.models import Account, Case, CaseStateChange, GrantPurpose, Officer, Referral, Squad
from cases.models.sealing import new_case_key
from cases.row_security import Span, reading_as
from cases.rules.facts import CARRIES
from cases.rules.redaction import Redactor
from cases.selectors.policy import current_policy, unit_calendar
from cases.selectors.versions import changes_since, differences, values_of_referral
from cases.services.clocks import refresh_cases
from cases.services.grants import Terms, save_grant
from cases.services.linking import suggest_links
from cases.services.locking import led_squad
from cases.services.narratives import redactor
from cases.services.victims import PersonInput, record_added, save_everybody

NUMBER_LOCK = 4_201
DIVISION_LENGTH = 80
ORGANIZATION_LENGTH = 160
REFERENCE_LENGTH = 60


class ReportFromFuture(ValueError):
    """A report can't have come in later than now."""


class ReferralKnown(ValueError):
    """The organization's reference is on record already."""


@dataclass(frozen=True, slots=True)
class ReferralInput:
    organization: str
    reference: str
    priority: str = ""


@dataclass(frozen=True, slots=True)
class Intake:
    """Everything the first form asks. `submission_key` makes a double submit one case."""

    channel: Channel
    received_at: datetime
    offense_class: OffenseClass
    submission_key: UUID | None = None
    number: str = ""
    priority: str = ""
    nibrs: str = ""
    statute: str = ""
    division: str = ""
    serious_injury: bool = False
    child_witness: bool = False
    victims: tuple[PersonInput, ...] = field(default=(), repr=False)
    people: tuple[PersonInput, ...] = field(default=(), repr=False)
    referral: ReferralInput | None = None
    squad_id: UUID | None = None


@reading_as(Span.INTAKE)
@transaction.atomic
def create_case(*, viewer: Viewer, now: datetime, intake: Intake) -> Case:
    """Open a case and start its clocks. The same `submission_key` twice returns the first case.

    Raises NotPermitted, ReportFromFuture, ReferralKnown.
    """
    if not viewer.can(Permission.CREATE_CASE):
        raise NotPermitted("Your role does not allow you to open a case.")
    if intake.received_at > now:
        raise ReportFromFuture("A report can't have come in later than now. Check date and time.")
    _lock_numbers()
    existing = _already_opened(intake.submission_key)
    if existing is not None:
        return existing
    case = _save_case(viewer, now, intake)
    everybody = save_everybody(case, intake.victims, intake.people, now)
    words = redactor(case)
    _clear_division(case, words)
    _save_referral(case, intake, words, now)
    suggest_links(case_ids=[case.pk], now=now)
    record(
        Event.CASE_CREATED,
        at=now,
        subject_type="case",
        subject_id=case.pk,
        changes=changes_since({}, case),
        details={"number": case.number, "channel": case.channel},
    )
    record_added(everybody, now)
    _let_opener_work(viewer, case, now)
    refresh_cases(case_ids=[case.pk], now=now)
    case.refresh_from_db()
    return case


def _let_opener_work(viewer: Viewer, case: Case, now: datetime) -> None:
    """Whoever took the report can write it down before a sergeant has assigned the case.

    The grant lasts as long as the initial report may take, and shows like any other.
    """
    if viewer.account_id is None or viewer.scope != Scope.OWN:
        return
    until = current_policy().clocks[ClockKind.INITIAL_REPORT].limit.after(now, unit_calendar())
    terms = Terms(GRANT_WORK, GrantPurpose.INTAKE, "Opened the case.", until)
    save_grant(viewer, case, Account.objects.get(pk=viewer.account_id), terms, now)


def _already_opened(submission_key: UUID | None) -> Case | None:
    if submission_key is None:
        return None
    return Case.objects.filter(submission_key=submission_key).first()


def _save_case(viewer: Viewer, now: datetime, intake: Intake) -> Case:
    squad = _squad(viewer, intake)
    case = Case(
        number=intake.number or _next_number(now),
        received_at=intake.received_at,
        entered_at=now,
        channel=intake.channel,
        priority=intake.priority,
        offense_class=intake.offense_class,
        nibrs=intake.nibrs,
        statute=intake.statute,
        division=intake.division,
        serious_injury=intake.serious_injury,
        child_witness=intake.child_witness,
        state=CaseState.RECEIVED,
        squad=squad,
        supervisor=squad.sergeant if squad else None,
        carries=sorted(CARRIES),
        last_entry_at=intake.received_at,
        submission_key=intake.submission_key,
    )
    new_case_key(case)
    case.save(force_insert=True)
    CaseStateChange.objects.create(
        case=case,
        state=CaseState.RECEIVED,
        occurred_at=intake.received_at,
        entered_at=now,
        officer_id=viewer.officer_id,
    )
    return case


def _squad(viewer: Viewer, intake: Intake) -> Squad | None:
    """The chosen squad, else that of whoever opens the case: somebody supervises at once."""
    if intake.squad_id:
        return led_squad(intake.squad_id)
    if viewer.officer_id is None:
        return None
    own = Officer.objects.get(pk=viewer.officer_id).squad_id
    return led_squad(own) if own else None


def _clear_division(case: Case, words: Redactor) -> None:
    """A division that no other case has may be somebody's name, typed into the wrong field."""
    cleared = words.without_them(case.division)[:DIVISION_LENGTH]
    others = Case.objects.filter(division=case.division).exclude(pk=case.pk)
    if cleared != case.division and not others.exists():
        case.division = cleared
        case.save(update_fields=["division"])


def _institution(name: str, words: Redactor) -> str:
    """Whoever sent the report, as it is unless nobody ever sent one under this name."""
    if Referral.objects.filter(organization=name).exists():
        return name
    return words.without_them(name)[:ORGANIZATION_LENGTH]


def _save_referral(case: Case, intake: Intake, words: Redactor, now: datetime) -> None:
    if intake.referral is None:
        return
    known = Referral.objects.filter(
        channel=intake.channel,
        organization=intake.referral.organization,
        reference=intake.referral.reference,
    )
    if known.exists():
        raise ReferralKnown("This reference is on record already. Look for its case first.")
    referral = Referral.objects.create(
        case=case,
        reference=words.without_them(intake.referral.reference)[:REFERENCE_LENGTH],
        channel=intake.channel,
        organization=_institution(intake.referral.organization, words),
        priority=intake.referral.priority,
        received_at=intake.received_at,
        entered_at=now,
    )
    record(
        Event.REFERRAL_RECEIVED,
        at=now,
        subject_type="referral",
        subject_id=referral.pk,
        changes=differences({}, values_of_referral(referral)),
        details={"case": str(case.pk)},
    )


def _lock_numbers() -> None:
    """One intake at a time takes the next number; held until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [NUMBER_LOCK])


def _next_number(now: datetime) -> str:
    """As in 26-000123: the unit's year, then a running number within it."""
    year = localtime(now).strftime("%y")
    prefix = f"{year}-"
    taken = (
        Case.objects.filter(
            number__gte=prefix, number__lt=f"{year}.", number__regex=rf"^{prefix}\d{{6}}$"
        )
        .order_by("-number")
        .values_list("number", flat=True)
        .first()
    )
    following = int(taken.removeprefix(prefix)) + 1 if taken else 1
    return f"{prefix}{following:06d}"

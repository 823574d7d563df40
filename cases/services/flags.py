"""What does a supervisor do about a flag? Say that they have it, set it aside for a while, or ask.

None of this makes the flag go away: only the facts do. Comments are kept with the names of the
case's people replaced, like everything that is shown.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.events import Event
from audit.recorder import Note, record, record_many
from cases import access
from cases.access import Hidden, NotPermitted, Viewer
from cases.enums import FlagStatus, Permission, Scope
from cases.models import Case, Flag
from cases.models.flag import STANDING
from cases.selectors.staff_names import clear_of_names
from cases.services.clocks import refresh_cases
from cases.services.narratives import redactor


class NoComment(ValueError):
    """Acting on flags says what was done or will be."""


class NoReason(ValueError):
    """Setting a flag aside needs a reason."""


class WaiverNotAhead(ValueError):
    """A waiver ends at some later time; none is for good."""


class NotStanding(ValueError):
    """The flag resolved meanwhile; there is nothing left to act on."""


@dataclass(frozen=True, slots=True)
class BulkResult:
    """How many of the chosen it was done for. `refused` does not tell hidden from not permitted."""

    done: int
    refused: tuple[UUID, ...] = ()

    @property
    def words(self) -> str:
        """As in "12 of 13 done; 1 not permitted."."""
        done = f"{self.done} of {self.done + len(self.refused)} done"
        return f"{done}; {len(self.refused)} not permitted." if self.refused else f"{done}."


@transaction.atomic
def acknowledge_flag(*, viewer: Viewer, now: datetime, flag_id: UUID, comment: str = "") -> Flag:
    """Say that one has seen it and acts on it. Saying so twice changes nothing.

    Raises Hidden, NotPermitted, NotStanding.
    """
    flag, words = _open_flag(viewer, flag_id, Permission.ACKNOWLEDGE_FLAG, now)
    if flag.status == FlagStatus.OPEN:
        _acknowledge([flag], viewer, now, words(comment))
    return flag


@transaction.atomic
def acknowledge_flags(
    *,
    viewer: Viewer,
    now: datetime,
    comment: str,
    case_ids: Iterable[UUID] = (),
    flag_ids: Iterable[UUID] = (),
) -> BulkResult:
    """Acknowledge every open flag of these cases, raising what is past due first; and these flags.

    One that is refused stops none of the others. Raises NoComment.
    """
    if not comment.strip():
        raise NoComment("Say what you will do about these flags.")

    def on_case(case_id: UUID) -> None:
        case = _supervised(viewer, case_id, now)
        refresh_cases(case_ids=[case.pk], now=now)
        _acknowledge(_flags_of(case, FlagStatus.OPEN), viewer, now, redactor(case)(comment))

    def on_flag(flag_id: UUID) -> None:
        acknowledge_flag(viewer=viewer, now=now, flag_id=flag_id, comment=comment)

    first, second = _each(case_ids, on_case), _each(flag_ids, on_flag)
    return BulkResult(first.done + second.done, first.refused + second.refused)


@transaction.atomic
def request_update(
    *, viewer: Viewer, now: datetime, case_ids: Iterable[UUID], comment: str
) -> BulkResult:
    """Ask the detectives of these cases where things stand.

    The question stands as the comment on the case's flags, which the supervisor thereby
    acknowledges, and in the audit log. Raises NoComment.
    """
    if not comment.strip():
        raise NoComment("Say what you want to know.")

    def ask(case_id: UUID) -> None:
        case = _supervised(viewer, case_id, now)
        refresh_cases(case_ids=[case.pk], now=now)
        words = redactor(case)(comment)
        _acknowledge(_flags_of(case, FlagStatus.OPEN), viewer, now, words)
        Flag.objects.filter(case=case, status=FlagStatus.ACKNOWLEDGED).update(comment=words)
        details = {"detective": str(case.detective_id or "")}
        record(
            Event.UPDATE_REQUESTED,
            at=now,
            subject_type="case",
            subject_id=case.pk,
            reason=words,
            details=details,
        )

    return _each(case_ids, ask)


@transaction.atomic
def waive_flag(
    *, viewer: Viewer, now: datetime, flag_id: UUID, reason: str, until: datetime
) -> Flag:
    """Set a flag aside until a named moment, at which it returns if the facts have not changed.

    Raises Hidden, NotPermitted, NoReason, WaiverNotAhead, NotStanding.
    """
    if not reason.strip():
        raise NoReason("Say why this flag can wait.")
    if until <= now:
        raise WaiverNotAhead("A waiver ends at a later time. Choose one that is still to come.")
    flag, words = _open_flag(viewer, flag_id, Permission.WAIVE_FLAG, now)
    before = flag.status
    flag.status, flag.waived_until, flag.comment = FlagStatus.WAIVED, until, words(reason)
    flag.save(update_fields=["status", "waived_until", "comment"])
    record(
        Event.FLAG_WAIVED,
        at=now,
        subject_type="flag",
        subject_id=flag.pk,
        reason=flag.comment,
        changes={"status": [before, flag.status]},
        details=_details(flag) | {"until": until.isoformat()},
    )
    return flag


def _each(ids: Iterable[UUID], act: Callable[[UUID], None]) -> BulkResult:
    """Do it for each, in the order of ids, which is the order in which everybody locks."""
    done, refused = 0, []
    for one in sorted(set(ids)):
        try:
            with transaction.atomic():
                act(one)
        except (Hidden, NotPermitted):
            refused.append(one)
        except NotStanding:
            done += 1
        else:
            done += 1
    return BulkResult(done, tuple(refused))


def _supervised(viewer: Viewer, case_id: UUID, now: datetime) -> Case:
    case = access.find_case(viewer, case_id, now)
    access.require(viewer, case, Permission.ACKNOWLEDGE_FLAG, now)
    return Case.objects.select_for_update(of=("self",)).get(pk=case.pk)


def _open_flag(
    viewer: Viewer, flag_id: UUID, permission: Permission, now: datetime
) -> tuple[Flag, Callable[[str], str]]:
    """The flag, locked with its subject and still standing, and what redacts a comment on it."""
    found = Flag.objects.select_related("officer").filter(pk=flag_id).first()
    if found is None:
        raise Hidden
    words: Callable[[str], str] = clear_of_names
    if found.case_id is not None:
        case = access.find_case(viewer, found.case_id, now)
        access.require(viewer, case, permission, now)
        words = redactor(Case.objects.select_for_update(of=("self",)).get(pk=case.pk))
    else:
        _require_beyond_cases(viewer, found, permission)
    flag = Flag.objects.select_for_update().filter(STANDING, pk=flag_id).first()
    if flag is None:
        raise NotStanding("This flag has resolved meanwhile.")
    return flag, words


def _require_beyond_cases(viewer: Viewer, flag: Flag, permission: Permission) -> None:
    """Whether the viewer may act on a flag about an officer or about a referral without a case."""
    if not _reaches(viewer, flag):
        raise Hidden
    if not viewer.can(permission):
        raise NotPermitted(f"Your role does not allow you to: {permission.label.lower()}.")


def _reaches(viewer: Viewer, flag: Flag) -> bool:
    """A supervisor of all, or of the officer's squad; nobody acts on a flag about themselves."""
    if flag.officer is None:
        return viewer.scope in (Scope.ALL, Scope.SQUAD)
    if flag.officer_id == viewer.officer_id:
        return False
    return viewer.scope == Scope.ALL or flag.officer.squad_id in viewer.squad_ids


def _flags_of(case: Case, status: FlagStatus) -> list[Flag]:
    flags = Flag.objects.select_for_update().filter(case=case, status=status)
    return list(flags.order_by("pk"))


def _acknowledge(flags: list[Flag], viewer: Viewer, now: datetime, comment: str) -> None:
    """Raises NotPermitted for the system: only a person can say that they have seen something."""
    if viewer.account_id is None:
        raise NotPermitted("A flag is acknowledged by a person.")
    for flag in flags:
        flag.status, flag.comment = FlagStatus.ACKNOWLEDGED, comment
        flag.acknowledged_at, flag.acknowledged_by_id = now, viewer.account_id
    fields = ["status", "comment", "acknowledged_at", "acknowledged_by"]
    Flag.objects.bulk_update(flags, fields)
    notes = (Note("flag", flag.pk, reason=comment, details=_details(flag)) for flag in flags)
    record_many(Event.FLAG_ACKNOWLEDGED, notes, at=now)


def _details(flag: Flag) -> dict[str, str]:
    subject = {"case": flag.case_id, "officer": flag.officer_id, "referral": flag.referral_id}
    known = {name: str(key) for name, key in subject.items() if key is not None}
    return known | {"kind": flag.kind, "clock": flag.clock_kind}

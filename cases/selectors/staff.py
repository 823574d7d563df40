"""Which officers may this viewer manage, and who is there to take over from one?"""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils.timezone import localdate

from cases.access import Hidden, Viewer
from cases.enums import HandOverKind, HandOverState, Permission, Rank, Scope
from cases.models import HandOver, Officer

SUPERVISING = (Rank.SERGEANT, Rank.CAPTAIN)


def on_duty(today: date) -> Q:
    """Officers who are there on that day."""
    return Q(active_from__lte=today) & (Q(active_to__isnull=True) | Q(active_to__gt=today))


def manages_officers(viewer: Viewer) -> bool:
    """Whether officers are theirs to manage, without seeing their cases."""
    return viewer.can(Permission.MANAGE_ACCOUNTS)


def supervises(viewer: Viewer, officer: Officer) -> bool:
    """Whether this officer's cases are the viewer's to give to others; nobody's own are.

    Whoever supervises is handed over by those who reach all cases.
    """
    if not viewer.can(Permission.ASSIGN_CASE) or officer.pk == viewer.officer_id:
        return False
    if viewer.scope == Scope.ALL:
        return True
    in_squad = officer.squad_id is not None and officer.squad_id in viewer.squad_ids
    return viewer.scope == Scope.SQUAD and in_squad and officer.rank not in SUPERVISING


def known_officers(viewer: Viewer) -> QuerySet[Officer]:
    """The officers that a viewer's pages name. Raises Hidden for whoever manages none."""
    officers = Officer.objects.select_related("squad")
    if manages_officers(viewer):
        return officers
    if not viewer.can(Permission.ASSIGN_CASE) or viewer.scope not in (Scope.ALL, Scope.SQUAD):
        raise Hidden
    if viewer.scope == Scope.ALL:
        return officers
    return officers.filter(squad__in=viewer.squad_ids)


def known_officer(viewer: Viewer, officer_id: UUID) -> Officer:
    """One of them. Raises Hidden."""
    officer = known_officers(viewer).filter(pk=officer_id).first()
    if officer is None:
        raise Hidden
    return officer


def handed_over() -> QuerySet[HandOver, UUID]:
    """Officers who leave and have given all away already: nothing comes to them any more."""
    done = HandOver.objects.filter(state=HandOverState.DONE, kind=HandOverKind.LEAVES)
    return done.filter(officer__active_to=F("effective_on")).values_list("officer", flat=True)


def takes_nothing() -> QuerySet[Officer, UUID]:
    """To whom nothing is given: those, and whose account is closed: they can't come to it."""
    closed = Q(account__closed_at__isnull=False)
    return Officer.objects.filter(closed | Q(pk__in=handed_over())).values_list("pk", flat=True)


def stays(officer_id: UUID, now: datetime) -> bool:
    """Whether they are there, can come to a case, and have handed nothing over for good."""
    there = Officer.objects.filter(on_duty(localdate(now)), pk=officer_id)
    return there.exclude(pk__in=takes_nothing()).exists()


def takers(now: datetime, *, ranks: Iterable[Rank], without: UUID) -> list[Officer]:
    """Officers of these ranks who are there, stay, and are not the one who hands over; by badge."""
    leaving = HandOver.objects.filter(state=HandOverState.WAITING).values("officer")
    there = Officer.objects.filter(on_duty(localdate(now)), rank__in=list(ranks))
    stay = there.exclude(pk=without).exclude(pk__in=leaving).exclude(pk__in=takes_nothing())
    return list(stay.select_related("squad").order_by("badge"))

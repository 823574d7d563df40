"""What can be chosen when a report comes in?"""

from datetime import date, datetime
from uuid import UUID

from django.db.models import Q

from cases.access import Viewer, visible_cases, visible_page
from cases.enums import Channel
from cases.models import OffenseCode, Officer, Referral, Squad
from cases.row_security import Span, reading_as

RECENT = 300


def squads() -> list[tuple[str, str]]:
    """Every squad with its sergeant: a report is opened for whichever will work it."""
    rows = Squad.objects.values_list("pk", "name", "sergeant__name")
    return [(str(pk), f"{name} ({sergeant})" if sergeant else name) for pk, name, sergeant in rows]


def own_squad_id(viewer: Viewer) -> UUID | None:
    """The squad of whoever opens the report."""
    if viewer.officer_id is None:
        return None
    return Officer.objects.filter(pk=viewer.officer_id).values_list("squad_id", flat=True).first()


def offense_codes(on: date) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """NIBRS codes and statutes that are in force on a day, as choices."""
    codes: dict[str, list[tuple[str, str]]] = {"nibrs": [], "statute": []}
    in_force = Q(valid_to__isnull=True) | Q(valid_to__gte=on)
    rows = OffenseCode.objects.filter(in_force, valid_from__lte=on)
    for scheme, code, label in rows.values_list("scheme", "code", "label"):
        codes[scheme].append((code, f"{code} {label}"))
    return codes["nibrs"], codes["statute"]


def recent_divisions(viewer: Viewer, now: datetime) -> list[str]:
    """Divisions of the latest cases that the viewer may see, to choose from while typing."""
    divisions = visible_page(viewer, now, size=RECENT).values_list("division", flat=True)
    return sorted({division for division in divisions if division})


def case_of_referral(
    viewer: Viewer, now: datetime, channel: Channel, organization: str, reference: str
) -> str:
    """The number of the case that has this referral, of those that the viewer sees; or ""."""
    found = visible_cases(viewer, now).filter(
        referrals__channel=channel,
        referrals__organization=organization,
        referrals__reference=reference,
    )
    return found.values_list("number", flat=True).first() or ""


@reading_as(Span.INTAKE)
def referral_is_known(channel: Channel, organization: str, reference: str) -> bool:
    """Whether what this organization sent under this reference is on record."""
    return Referral.objects.filter(
        channel=channel, organization=organization, reference=reference
    ).exists()

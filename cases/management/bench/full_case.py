"""What does a case look like on which much was done? Nobody in it is real."""

from datetime import timedelta
from uuid import UUID, uuid4

from cases.access import Viewer
from cases.enums import AgeBand, ResponseKind, Sex
from cases.models import Case, Response, Victim

VICTIMS = 3
NARRATIVES = 20
NARRATIVE = (
    "Synthetic entry; nobody in it is real. V-BENCH was seen at home; the caregiver was present. "
    "What was alleged, seen and done is set down here, and so is what comes next. "
) * 5
SEALED = b"\x00" * 480


def full_case(viewer: Viewer) -> UUID:
    """A case of the viewer's, topped up to so many victims and narratives."""
    *_, case = Case.objects.filter(detective=viewer.officer_id).order_by("-last_entry_at")[:2]
    Victim.objects.bulk_create(
        _victim(case, place) for place in range(case.victims.count(), VICTIMS)
    )
    Response.objects.bulk_create(
        _response(case, place) for place in range(case.responses.count(), NARRATIVES)
    )
    return case.pk


def _victim(case: Case, place: int) -> Victim:
    return Victim(
        case=case,
        pseudonym=f"V-{case.number[-7:]}-{place}",
        age_band=AgeBand.FROM_6,
        sex=Sex.FEMALE,
        entered_at=case.received_at,
        key_id="bench",
        wrapped_key=SEALED[:60],
        sealed=SEALED[:160],
    )


def _response(case: Case, place: int) -> Response:
    at = case.received_at + timedelta(hours=place)
    return Response(
        id=uuid4(),
        case=case,
        kind=ResponseKind.SUPPLEMENT,
        occurred_at=at,
        entered_at=at,
        officer_id=case.detective_id,
        narrative=NARRATIVE,
        sealed_narrative=SEALED,
        narrative_length=len(NARRATIVE),
    )

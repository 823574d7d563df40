"""In what does a row differ from the case on record? Named by its parts, never by what they say."""

from collections.abc import Iterator
from datetime import datetime

from cases.enums import PersonRole
from cases.models import Case
from cases.services.importing.errors import RowRefused
from cases.services.importing.known import KnownCase
from cases.services.importing.rows import CaseRow, PersonRow
from cases.services.narratives import former_of

COMPARED = {
    "received_at": "when it was received",
    "happened_at": "when it happened",
    "channel": "the channel",
    "priority": "the priority",
    "offense_class": "the offense class",
    "nibrs": "the NIBRS code",
    "statute": "the statute",
    "division": "the division",
    "serious_injury": "serious injury",
    "child_witness": "child witness",
}
PEOPLE = {
    "": "who the child is",
    PersonRole.CAREGIVER: "the caregiver",
    PersonRole.SUSPECT: "the suspect",
    PersonRole.REPORTER: "the reporter",
    PersonRole.WITNESS: "the witness",
}


def differing_parts(case: Case, row: CaseRow) -> Iterator[str]:
    """What the row says otherwise than the case on record, in words."""
    for name, words in COMPARED.items():
        if getattr(case, name) != getattr(row, name):
            yield words


def strangers(known: KnownCase, row: CaseRow) -> list[str]:
    """The people of the row who are not on record."""
    return [
        PEOPLE[one.role]
        for one in row.people
        if not any(_is_same(one, who.row) for who in known.people)
    ]


def _is_same(told: PersonRow, known: PersonRow) -> bool:
    """Whether the row tells of this person, as they are on record or as they were once."""
    if told.role != known.role:
        return False
    before = tuple(former_of(known.identity))
    born = told.identity.get("birth_date")
    corrected = any(was.get("birth_date") == born for was in before) if born else False
    if not told.role and (
        told.sex != known.sex or (told.age_band != known.age_band and not corrected)
    ):
        return False
    return all(
        known.identity.get(name) == value or any(was.get(name) == value for was in before)
        for name, value in told.identity.items()
    )


def refuse_if_gone_on(known: KnownCase, closed_at: datetime | None) -> None:
    """Raises RowRefused when somebody here has worked on the case's state since it closed there."""
    later = [
        one
        for one in known.states
        if not one.imported and (closed_at is None or one.occurred_at > closed_at)
    ]
    if later:
        raise RowRefused("The case has gone on here since. Close it here.")

"""How is free text kept? Twice: the original sealed, and a redacted text in the clear."""

from collections.abc import Mapping
from datetime import date, datetime

from cases.enums import AgeBand
from cases.models import Case, InvolvedPerson, Victim
from cases.models.sealing import open_identity_of
from cases.rules.redaction import KnownPerson, Redactor

AGE_BANDS = (
    (3, AgeBand.UNDER_3),
    (6, AgeBand.FROM_3),
    (10, AgeBand.FROM_6),
    (13, AgeBand.FROM_10),
    (16, AgeBand.FROM_13),
    (18, AgeBand.FROM_16),
)


def known_people(case: Case) -> tuple[KnownPerson, ...]:
    """The case's people with the forms their names take, opened for redaction only."""
    sealed: list[Victim | InvolvedPerson] = [*case.victims.all(), *case.people.all()]
    return tuple(known_person(one.pseudonym, open_identity_of(one)) for one in sealed)


def known_person(pseudonym: str, identity: Mapping[str, str]) -> KnownPerson:
    """Somebody as redaction knows them; it works out the forms their names take in a text."""
    full = f"{identity.get('first_name', '')} {identity.get('last_name', '')}".strip()
    named = (full, identity.get("name", ""), identity.get("nickname", ""))
    return KnownPerson(pseudonym, tuple(name for name in named if name), identity)


def redactor(case: Case) -> Redactor:
    """Replaces what tells who the case's people are; opens their identities once for many texts."""
    return Redactor(known_people(case))


def age_band(birth_on: date | None, at: datetime) -> AgeBand:
    """The band of somebody born on `birth_on`, on the day of `at`."""
    if birth_on is None:
        return AgeBand.UNKNOWN
    return band_of_years(full_years(birth_on, at.date()))


def full_years(birth_on: date, on: date) -> int:
    return on.year - birth_on.year - ((on.month, on.day) < (birth_on.month, birth_on.day))


def band_of_years(years: int) -> AgeBand:
    """Negative years are an error in the source and say nothing."""
    if years < 0:
        return AgeBand.UNKNOWN
    return next((band for limit, band in AGE_BANDS if years < limit), AgeBand.ADULT)

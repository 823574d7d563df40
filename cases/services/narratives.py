"""How is free text kept? Twice: the original sealed, and a redacted text in the clear."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime

from cases.enums import AgeBand
from cases.models import Case, InvolvedPerson, Victim
from cases.models.sealing import Expunged, open_identity_of
from cases.rules.redaction import FIELDS, KnownPerson, Redactor

AGE_BANDS = (
    (3, AgeBand.UNDER_3),
    (6, AgeBand.FROM_3),
    (10, AgeBand.FROM_6),
    (13, AgeBand.FROM_10),
    (16, AgeBand.FROM_13),
    (18, AgeBand.FROM_16),
)


FORMER = "former"


def known_people(case: Case) -> tuple[KnownPerson, ...]:
    """The case's people with the forms their names take, opened for redaction only.

    Then once more as they were written down before a correction. Whose key was destroyed is known
    no longer.
    """
    sealed: list[Victim | InvolvedPerson] = [*case.victims.all(), *case.people.all()]
    return known_as((one.pseudonym, identity) for one in sealed if (identity := _opened(one)))


def known_as(people: Iterable[tuple[str, Mapping[str, str]]]) -> tuple[KnownPerson, ...]:
    """Pseudonyms and identities, as redaction knows them: as they are, then as they were."""
    opened = tuple(people)
    former = [(name, was) for name, identity in opened for was in former_of(identity)]
    return tuple(known_person(name, identity) for name, identity in (*opened, *former))


def _opened(person: Victim | InvolvedPerson) -> dict[str, str]:
    try:
        return open_identity_of(person)
    except Expunged:
        return {}


def known_person(pseudonym: str, identity: Mapping[str, str]) -> KnownPerson:
    """Somebody as redaction knows them; it works out the forms their names take in a text."""
    full = f"{identity.get('first_name', '')} {identity.get('last_name', '')}".strip()
    named = (full, identity.get("name", ""), identity.get("nickname", ""))
    return KnownPerson(pseudonym, tuple(name for name in named if name), identity)


def keep_former(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """The corrected identity, with what was corrected away: texts may still use it."""
    gone = {
        name: before[name]
        for name in FIELDS
        if before.get(name) and before[name] != after.get(name)
    }
    if {"first_name", "last_name"} & gone.keys():
        gone |= {name: before.get(name, "") for name in ("first_name", "last_name")}
    lines = "\n".join(f"{name}: {' '.join(text.split())}" for name, text in gone.items() if text)
    return {**after, FORMER: "\n\n".join(filter(None, (lines, before.get(FORMER, ""))))}


def former_of(identity: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """What a person was written down as before each correction, the latest first."""
    for block in filter(None, identity.get(FORMER, "").split("\n\n")):
        yield dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)


def redactor(case: Case) -> Redactor:
    """Replaces what tells who the case's people are; opens their identities once for many texts."""
    return Redactor(known_people(case))


def birth_on(identity: Mapping[str, str]) -> date | None:
    given = identity.get("birth_date", "")
    return date.fromisoformat(given) if given else None


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

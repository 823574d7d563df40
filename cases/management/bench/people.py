"""How fast is somebody found among a million people, beside a look-up in a plain index?

The product's statement is the one that a search sends: a probe of the blind index for each form
that was asked for, and who the hits are of. Beside it stand as many probes of a b-tree over text in
a table of the same rows, joined to the same people. So the ratio is what blindness costs: digests
for words. The digests are hashes of a counter, spread as real ones are; nobody is real and
nothing is sealed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.db import connection

from cases.enums import Channel, OffenseClass
from cases.management.bench.measures import Measure
from cases.management.bench.timing import Statement
from cases.models import BlindToken, Case, Victim
from cases.models.blinding import version
from cases.rules.finding import Form, probes
from cases.services.finding import token_rows
from cases.services.importing.copying import copy_rows

PEOPLE = 1_000_000
PEOPLE_A_CASE = 100
CHUNK = 50_000
# The forms of a child with one first name, one last name and a birth date.
KEPT = (
    Form.NAME, Form.NAME_PAIR, Form.NAME_SOUND, Form.BIRTH_DATE, Form.LAST_NAME_BIRTH,
    Form.LAST_SOUND_BIRTH, Form.FIRST_NAME_BIRTH,
)  # fmt: skip
# Days on which children of eighteen years can be born.
BIRTHDAYS = 6_570
ASKED = {"first_name": "William", "last_name": "Quillfeather", "birth_date": "2015-03-04"}

_PLAIN = """
CREATE TABLE bench_plain AS
SELECT victim_id, person_id, kind, encode(digest, 'hex') AS value FROM cases_blindtoken;
CREATE INDEX bench_plain_value ON bench_plain (value, kind)"""

_PLAIN_LOOKUP = """
SELECT plain.value, victim.case_id, victim.pseudonym,
       person.case_id, person.pseudonym, person.role
FROM bench_plain AS plain
LEFT JOIN cases_victim AS victim ON victim.id = plain.victim_id
LEFT JOIN cases_involvedperson AS person ON person.id = plain.person_id
WHERE plain.value = ANY (%(values)s)"""


@dataclass(frozen=True, slots=True)
class _Person:
    """The `number`th of the people: key, pseudonym and digests follow from it."""

    number: int

    @property
    def key(self) -> UUID:
        return UUID(int=self.number + 1)

    def digest(self, form: Form) -> bytes:
        shared = self.number % BIRTHDAYS if form == Form.BIRTH_DATE else self.number
        return sha256(f"{form}:{shared}".encode()).digest()


def build_people(people: int, now: datetime) -> None:
    """Fill a blank scratch database with this many people and their tokens, by COPY."""
    Case.objects.bulk_create(
        [_case(number, now) for number in range(people // PEOPLE_A_CASE + 1)], batch_size=5_000
    )
    for start in range(0, people, CHUNK):
        _copy_people(range(start, min(people, start + CHUNK)), now)
    with connection.cursor() as cursor:
        cursor.execute(_PLAIN)


def _case(number: int, now: datetime) -> Case:
    return Case(
        id=UUID(int=number + 1),
        number=f"P{number:08}",
        channel=Channel.SCENE,
        offense_class=OffenseClass.ABUSE,
        received_at=now,
        entered_at=now,
        last_entry_at=now,
    )


def _copy_people(numbers: range, now: datetime) -> None:
    people = [_Person(number) for number in numbers]
    columns = ("id", "case_id", "pseudonym", "age_band", "sex", "entered_at")
    rows = (
        (one.key, UUID(int=one.number // PEOPLE_A_CASE + 1), f"V-{one.number}", "6-9", "F", now)
        for one in people
    )
    copy_rows(Victim, columns, rows)
    made_with = version()
    tokens = ((one.key, form, one.digest(form), made_with) for one in people for form in KEPT)
    copy_rows(BlindToken, ("victim_id", "kind", "digest", "made_with"), tokens)


def people_measures(people: int) -> Iterator[Measure]:
    """One probe; the probes of a whole search; and a birth date that many children share."""
    somebody = _Person(people // 2)
    yield _lookup(f"one name among {people:,} people", [somebody.digest(Form.NAME)])
    forms = [form for form in KEPT if form != Form.BIRTH_DATE]
    hits = [somebody.digest(form) for form in forms]
    misses = [
        sha256(f"nobody {number}".encode()).digest()
        for number in range(len(probes(ASKED)) - len(hits))
    ]
    yield _lookup(f"a whole search, {len(hits + misses)} forms", hits + misses)
    yield _lookup("a birth date by itself", [somebody.digest(Form.BIRTH_DATE)])


def _lookup(name: str, digests: list[bytes]) -> Measure:
    values = {"values": [digest.hex() for digest in digests]}
    return Measure(
        f"find: {name}",
        act=lambda: list(token_rows(digests)),
        answer=lambda rows: sorted((bytes(row[0]).hex(), row[2]) for row in rows),
        best=[Statement(_PLAIN_LOOKUP, values)],
        best_answer=lambda rows: sorted((row[0], row[2]) for row in rows),
    )

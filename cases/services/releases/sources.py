"""Which texts of a case can leave? Its facts, its people by pseudonym, and what was written down.

Always the redacted texts, redacted once more with what is known of the people today. Whoever
reported is left out: they are never released to parties.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.utils.timezone import localtime

from cases.enums import (
    AgeBand,
    CaseState,
    Channel,
    Disposition,
    OffenseClass,
    PersonRole,
    ResponseKind,
    Sex,
)
from cases.models import Case, Response, Victim
from cases.models.sealing import blind
from cases.selectors.policy import current_policy
from cases.services.narratives import redactor

CHUNK = 500


@dataclass(frozen=True, slots=True)
class SourceText:
    """One text: where it comes from, what it is called, what it says."""

    source: str
    label: str
    text: str


def case_texts(case: Case) -> tuple[SourceText, ...]:
    """Everything of the case that a release can hold, oldest first."""
    redact = redactor(case)
    return (
        SourceText("case", "The case", _facts(case)),
        SourceText("people", "People on the case", redact(_people(case))),
        *_responses(case, redact),
    )


def texts_digest(texts: tuple[SourceText, ...]) -> bytes:
    """Tells whether the case says the same as when it was copied."""
    return blind("release", "\0".join(f"{one.source}\1{one.text}" for one in texts))


def _facts(case: Case) -> str:
    lines = (
        ("Case", case.number),
        ("Received", f"{localtime(case.received_at):%-d %b %Y}"),
        ("How it came in", Channel(case.channel).label),
        ("Offense class", OffenseClass(case.offense_class).label),
        ("NIBRS code", case.nibrs),
        ("Statute", case.statute),
        ("Division", case.division),
        ("State", CaseState(case.state).label),
        ("Outcome", Disposition(case.disposition).label if case.disposition else ""),
    )
    return "\n".join(f"{label}: {value}" for label, value in lines if value)


def _people(case: Case) -> str:
    lines = [_victim(one) for one in case.victims.all()]
    for person in case.people.exclude(role=PersonRole.REPORTER):
        about = f"{PersonRole(person.role).label} {person.pseudonym}"
        lines.append(f"{about}: {person.description}" if person.description else f"{about}.")
    return "\n".join(lines)


def _victim(one: Victim) -> str:
    age = AgeBand(one.age_band)
    words = str(age.label) if age == AgeBand.UNKNOWN else f"age {age.label}"
    return f"Victim {one.pseudonym}: {words}, {Sex(one.sex).alone}."


def _responses(case: Case, redact: Callable[[str], str]) -> Iterator[SourceText]:
    elements = {element.code: element.label for element in current_policy().elements}
    responses = (
        Response.objects.filter(case=case)
        .prefetch_related("answers")
        .defer("bands", "sealed_narrative")
        .order_by("entered_at", "id")
    )
    corrected = _corrected(case)
    for one in responses.iterator(chunk_size=CHUNK):
        answers = [f"{elements.get(a.element, a.element)}: {a.text}" for a in one.answers.all()]
        text = "\n\n".join(part for part in (one.narrative, "\n".join(answers)) if part.strip())
        if text:
            label = f"{ResponseKind(one.kind).label}, {localtime(one.occurred_at):%-d %b %Y %H:%M}"
            label += " (corrected later)" if one.pk in corrected else ""
            yield SourceText(f"response:{one.pk}", label, redact(text))


def _corrected(case: Case) -> set[UUID | None]:
    kept = Response.objects.filter(case=case, supersedes__isnull=False)
    return set(kept.values_list("supersedes_id", flat=True))

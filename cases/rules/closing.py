"""What stands in the way of closing a case with this disposition?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from cases.enums import Disposition, ResponseKind
from cases.rules.clocks import submitted_reports
from cases.rules.documentation import completeness
from cases.rules.facts import CaseFacts
from cases.rules.flags import current_closing, signed_by_review, suspects_not_interviewed
from cases.rules.policy import NAMED_SUSPECT, Policy


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing to do before the case may close, as a sentence for whoever wants to close it."""

    code: str
    sentence: str


def closing_obstacles(
    facts: CaseFacts,
    disposition: Disposition,
    closing_officer_key: str | None,
    policy: Policy,
    *,
    now: datetime,
    signed_by_key: str | None = None,
) -> tuple[Obstacle, ...]:
    """Everything that forbids closing at `now`; empty if the case may close.

    `closing_officer_key` is the detective whose case closes. `signed_by_key` is the sergeant who
    signs in the same act; without one, a closure approved shortly before by somebody else counts.
    """
    if current_closing(facts) is not None:
        return (Obstacle("already_closed", "The case is closed already."),)
    signed = signed_by_key not in (None, closing_officer_key) or signed_by_review(
        facts, closing_officer_key, now, policy
    )
    return tuple(
        chain(
            _disposition(facts, disposition, policy),
            _suspects(facts),
            _evidence(facts),
            _report(facts, policy),
            () if signed else (_UNSIGNED,),
        )
    )


def allowed_dispositions(facts: CaseFacts, policy: Policy) -> tuple[Disposition, ...]:
    """The dispositions that the case's facts allow."""
    return tuple(
        disposition
        for disposition in Disposition
        if not any(True for _ in _disposition(facts, disposition, policy))
    )


_UNSIGNED = Obstacle(
    "unsigned", "A sergeant who is not the closing detective must sign the closure."
)


def _disposition(facts: CaseFacts, disposition: Disposition, policy: Policy) -> Iterator[Obstacle]:
    if disposition not in policy.dispositions:
        text = f"“{disposition.label}” can't be chosen; only an import brings it along."
        yield Obstacle("disposition_not_allowed", text)
    for need in policy.dispositions.get(disposition, ()):
        if need == NAMED_SUSPECT:
            if not any(suspect.named for suspect in facts.suspects):
                text = f"“{disposition.label}” needs a named suspect."
                yield Obstacle("disposition_not_allowed", text)
        elif not any(item.kind == need and item.submitted for item in facts.responses):
            entry = ResponseKind(need).label
            text = f"“{disposition.label}” needs an entry “{entry}”."
            yield Obstacle("disposition_not_allowed", text)


def _suspects(facts: CaseFacts) -> Iterator[Obstacle]:
    count = len(suspects_not_interviewed(facts))
    if count:
        who = "A named suspect was" if count == 1 else f"{count} named suspects were"
        text = f"{who} never interviewed, and no reason is on record."
        yield Obstacle("suspect_not_interviewed", text)


def _evidence(facts: CaseFacts) -> Iterator[Obstacle]:
    count = sum(item.dispositioned_at is None for item in facts.evidence)
    if count:
        items = "1 item of evidence has" if count == 1 else f"{count} items of evidence have"
        yield Obstacle("evidence_open", f"{items} no disposition.")


def _report(facts: CaseFacts, policy: Policy) -> Iterator[Obstacle]:
    """No open critical element; an imported report has no answers to judge."""
    reports = submitted_reports(facts.responses)
    if not reports:
        if not facts.imported or "responses" in facts.carries:
            yield Obstacle("no_report", "No initial report was submitted.")
        return
    answers = reports[-1].answers
    if answers is None:
        return
    result = completeness(
        facts.channel,
        facts.offense_class,
        facts.serious_injury,
        facts.child_witness,
        answers,
        policy,
    )
    for item in result.critical_missing:
        yield Obstacle("critical_element", f"The report leaves open: {item.label}. {item.why}")

"""Who takes each case of an officer who leaves or moves? Whoever has least, where they may.

A suggestion only: whoever hands over changes it. Loads count up while cases are given out, so that
twenty cases don't all go to the one who had the fewest.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from cases.rules.policy import OverloadedRule


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could take a case: open cases held, and cases handed over to them of late."""

    key: str
    open_cases: int
    handed_over: int = 0


def suggest(
    cases: Iterable[str],
    candidates: Sequence[Candidate],
    walled: Mapping[str, frozenset[str]],
    rule: OverloadedRule,
) -> dict[str, str | None]:
    """Case → candidate, by key; None for a case that a wall hides from all of them.

    The least loaded takes the next case; nobody goes over the unit's limits while another is free;
    of equals, whoever stands first among `candidates`. `walled`: case → candidates shut out of it.
    """
    standing = {candidate.key: candidate for candidate in candidates}
    order = {candidate.key: number for number, candidate in enumerate(candidates)}
    given: dict[str, str | None] = {}
    for case in cases:
        free = standing.keys() - walled.get(case, frozenset())
        taker = min(free, key=lambda key: _rank(standing[key], order[key], rule), default=None)
        given[case] = taker
        if taker is not None:
            standing[taker] = _with_one_more(standing[taker])
    return given


def _rank(candidate: Candidate, order: int, rule: OverloadedRule) -> tuple[bool, int, int]:
    return _would_be_too_much(candidate, rule), candidate.open_cases, order


def _would_be_too_much(candidate: Candidate, rule: OverloadedRule) -> bool:
    return candidate.open_cases >= rule.open_cases or candidate.handed_over >= rule.handed_over


def _with_one_more(candidate: Candidate) -> Candidate:
    return replace(
        candidate, open_cases=candidate.open_cases + 1, handed_over=candidate.handed_over + 1
    )

"""Does a supervisor read plain words, true at the moment of reading?"""

from datetime import timedelta

import pytest

from cases.enums import ClockKind, FlagKind
from cases.rules.flags import Finding, Reason, findings, overdue_reason
from cases.rules.words import explanation, sentence, span_in_words
from tests.rules.building import (
    CALENDAR,
    DAY,
    HOUR,
    POLICY,
    SECOND,
    T0,
    assignment,
    case,
    supplement,
)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(), "0 minutes"),
        (timedelta(minutes=1), "1 minute"),
        (HOUR - SECOND, "59 minutes"),
        (HOUR, "1 hour"),
        (2 * DAY - SECOND, "47 hours"),
        (2 * DAY, "2 days"),
        (42 * DAY - SECOND, "41 days"),
    ],
)
def test_a_span_is_never_rounded_up(span: timedelta, words: str) -> None:
    assert span_in_words(span) == words


def test_a_case_at_rest_reads_as_the_dashboard_says_it() -> None:
    facts = case(responses=(supplement(T0),), assignments=(assignment(T0),))
    now = T0 + 41 * DAY
    (finding,) = (
        item
        for item in findings(facts, POLICY, CALENDAR, now)
        if item.clock_kind == ClockKind.NEXT_SUPPLEMENT
    )

    assert explanation(finding, now) == (
        "41 days since a substantive entry; limit 14 days; no interview"
    )
    assert explanation(finding, now + DAY).startswith("42 days")


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (
            overdue_reason(ClockKind.VICTIM_SEEN, T0 - 5 * HOUR, T0 - 2 * HOUR),
            "5 hours since the report came in and the child has not been seen; limit 3 hours",
        ),
        (
            overdue_reason(ClockKind.ASSIGNMENT, T0 - 6 * DAY, T0 - 3 * DAY),
            "6 days and nobody is assigned; due 3 days ago",
        ),
        (
            overdue_reason(ClockKind.ASSIGNMENT, T0 - 6 * DAY, T0 - 6 * DAY),
            "6 days since the assigned detective left and nobody else has the case",
        ),
        (Reason("no_interview"), "no interview"),
        (
            Reason("thin", {"length": 40, "least": 400}),
            "narrative of 40 characters; at least 400 expected",
        ),
        (
            Reason("left_out", {"missing": 3, "required": 19, "labels": "Reporter; Witnesses"}),
            "the report leaves out 3 of 19 elements: Reporter; Witnesses",
        ),
        (
            Reason("copied", {"percent": 97}),
            "narrative 97% the same as one on another case",
        ),
        (
            Reason("suspect_not_interviewed", {"count": 1}),
            "closed with 1 named suspect never interviewed and no reason",
        ),
        (
            Reason("evidence_open", {"count": 2}),
            "closed with 2 items of evidence without a disposition",
        ),
        (Reason("unsigned"), "closed without another sergeant's signature"),
        (
            Reason("backfilled", {"entries": 4, "days": 7}),
            "4 entries written down together, each more than 7 days after it happened",
        ),
        (Reason("open_cases", {"count": 72, "limit": 20}), "72 open cases; limit 20"),
        (
            Reason("handed_over", {"count": 80, "limit": 20, "days": 30}),
            "80 cases handed over in 30 days; limit 20",
        ),
    ],
    ids=lambda value: value.code if isinstance(value, Reason) else "",
)
def test_a_reason_in_words(reason: Reason, words: str) -> None:
    assert sentence(reason, T0) == words


@pytest.mark.parametrize("kind", list(ClockKind))
def test_every_clock_has_words(kind: ClockKind) -> None:
    assert "3 days" in sentence(overdue_reason(kind, T0 - 3 * DAY, T0 - DAY), T0)


def test_reasons_are_joined_into_one_line() -> None:
    reasons = (Reason("unsigned"), Reason("no_interview"))
    finding = Finding(FlagKind.CLOSED_INCOMPLETE, "", "", T0, 5, reasons)

    assert explanation(finding, T0) == ("Closed without another sergeant's signature; no interview")

"""Does each flag rise when its facts are there, and only then?"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from cases.enums import ClockKind, FlagKind, ResponseKind, ReviewDecision, Step
from cases.rules.facts import (
    CARRIES,
    CaseFacts,
    EvidenceFact,
    OfficerFacts,
    ReferralFact,
    SuspectFact,
)
from cases.rules.flags import (
    CLOCK_FLAGS,
    Finding,
    findings,
    flag_acknowledged_due,
    next_step,
    officer_findings,
)
from tests.rules.building import (
    CALENDAR,
    DAY,
    HOUR,
    POLICY,
    SECOND,
    T0,
    assignment,
    case,
    closed,
    flag_kinds,
    found_at,
    reopened,
    report,
    response,
    signature_of,
    span,
    supplement,
    table,
)

Row = dict[str, str]
MINUTE = timedelta(minutes=1)


def describe(row: Row) -> str:
    return " ".join(value for value in row.values() if value)


def finding_of(facts: CaseFacts, kind: FlagKind, now: datetime) -> Finding:
    (found,) = (item for item in findings(facts, POLICY, CALENDAR, now) if item.kind == kind)
    return found


# What a clock past due raises


@pytest.mark.parametrize(
    ("clock", "flag"),
    [
        (ClockKind.ASSIGNMENT, FlagKind.ORPHANED),
        (ClockKind.REFERRAL_ACKNOWLEDGED, FlagKind.REFERRAL_UNANSWERED),
        (ClockKind.VICTIM_SEEN, FlagKind.STALLED),
        (ClockKind.NEXT_SUPPLEMENT, FlagKind.STALLED),
        (ClockKind.REASSIGNMENT_ACKNOWLEDGED, FlagKind.STALLED),
    ],
)
def test_a_clock_raises_its_flag(clock: ClockKind, flag: FlagKind) -> None:
    assert CLOCK_FLAGS[clock] == flag


def test_every_clock_of_a_case_raises_a_flag() -> None:
    assert set(ClockKind) - set(CLOCK_FLAGS) == {ClockKind.FLAG_ACKNOWLEDGED}


def test_one_flag_for_each_case_and_clock() -> None:
    facts = case(
        referrals=(ReferralFact("one", T0, T0), ReferralFact("two", T0, T0)),
        assignments=(assignment(T0),),
    )

    assert found_at(facts, T0 + 25 * HOUR) == {
        ("stalled", "initial_report", ""),
        ("stalled", "victim_seen", ""),
        ("stalled", "agency_notified", ""),
        ("referral_unanswered", "referral_acknowledged", "one"),
        ("referral_unanswered", "referral_acknowledged", "two"),
    }


def test_a_finding_says_since_when_and_how_grave() -> None:
    finding = finding_of(case(), FlagKind.ORPHANED, T0 + 2 * DAY)

    assert finding.since == T0 + DAY
    assert finding.severity == POLICY.clocks[ClockKind.ASSIGNMENT].severity
    assert finding.reasons[0].params == {
        "clock": "assignment",
        "starts_at": T0.isoformat(),
        "due_at": (T0 + DAY).isoformat(),
    }


def test_a_child_not_seen_is_as_grave_as_can_be() -> None:
    severities = {kind: rule.severity for kind, rule in POLICY.clocks.items()}

    assert max(severities.values()) == severities[ClockKind.VICTIM_SEEN]


def test_nothing_is_found_before_the_case_was_entered() -> None:
    facts = case(received_at=T0, entered_at=T0 + 30 * DAY)

    assert not found_at(facts, T0 + 30 * DAY - SECOND)
    assert found_at(facts, T0 + 30 * DAY)


@pytest.mark.parametrize(
    ("entries", "mentioned"),
    [
        ((), True),
        ((ResponseKind.SUSPECT_INTERVIEW,), False),
        ((ResponseKind.FORENSIC_INTERVIEW_HELD,), False),
        ((ResponseKind.FORENSIC_INTERVIEW_REQUESTED,), True),
    ],
)
def test_a_case_at_rest_mentions_that_nobody_was_interviewed(
    entries: tuple[ResponseKind, ...], *, mentioned: bool
) -> None:
    facts = case(responses=tuple(response(kind, T0) for kind in entries))
    stalled = next(
        item
        for item in findings(facts, POLICY, CALENDAR, T0 + 60 * DAY)
        if item.clock_kind == ClockKind.NEXT_SUPPLEMENT
    )

    assert ("no_interview" in {reason.code for reason in stalled.reasons}) is mentioned


# Copied narratives


def copied(**changes: object) -> CaseFacts:
    facts = {"copied_at": T0 + HOUR, "copied_similarity": 0.9, "narrative_length": 326}
    return case(responses=(report(T0, **{**facts, **changes}),))


@pytest.mark.parametrize(
    ("changes", "flagged"),
    [
        ({}, True),
        ({"copied_similarity": 0.89}, False),
        ({"copied_similarity": 1.0}, True),
        ({"narrative_length": 100}, True),
        ({"narrative_length": 99}, False),
        ({"copied_at": None}, False),
        ({"submitted": False}, False),
    ],
)
def test_a_narrative_nearly_the_same_as_another_is_flagged(
    changes: Mapping[str, object], *, flagged: bool
) -> None:
    assert (FlagKind.COPIED_NARRATIVE in flag_kinds(copied(**changes), T0 + HOUR)) is flagged


def test_a_copy_is_flagged_from_when_it_was_known() -> None:
    assert FlagKind.COPIED_NARRATIVE not in flag_kinds(copied(), T0 + HOUR - SECOND)
    assert finding_of(copied(), FlagKind.COPIED_NARRATIVE, T0 + HOUR).since == T0 + HOUR


def test_routine_wording_of_a_supplement_is_no_copy() -> None:
    entry = supplement(T0, copied_at=T0, copied_similarity=1.0)

    assert FlagKind.COPIED_NARRATIVE not in flag_kinds(case(responses=(entry,)), T0)


def test_a_report_written_again_in_its_own_words_resolves_it() -> None:
    facts = copied()
    facts = replace(facts, responses=(*facts.responses, report(T0 + DAY)))

    assert FlagKind.COPIED_NARRATIVE in flag_kinds(facts, T0 + DAY - SECOND)
    assert FlagKind.COPIED_NARRATIVE not in flag_kinds(facts, T0 + DAY)


# Closed incomplete


def ended(row: Row) -> CaseFacts:
    native = row["carried"] == "native"
    closing_at = T0 + 9 * DAY
    count, reasons = int(row["named suspects"]), int(row["with a reason"])
    suspects = [
        SuspectFact(f"s{index}", True, T0, not_interviewed_reason=index >= count - reasons)
        for index in range(count)
    ]
    interviews = [
        response(ResponseKind.SUSPECT_INTERVIEW, T0 + index * HOUR, suspect_key=f"s{index}")
        for index in range(int(row["interviewed"]))
    ]
    signatures = [
        signature_of(closing_at - span(row["approved before closing"]), reviewer_key=by)
        for by in row["approved by"].split()
    ]
    return case(
        imported=not native,
        carries=CARRIES if native else frozenset(row["carried"].split()),
        suspects=tuple(suspects),
        responses=tuple(interviews),
        evidence=tuple(EvidenceFact(f"e{n}", T0) for n in range(int(row["evidence left"]))),
        reviews=tuple(signatures),
        states=(closed(closing_at, imported=not native),),
    )


@pytest.mark.parametrize("row", table("closed_incomplete.csv"), ids=describe)
def test_a_case_closed_with_work_left_is_flagged(row: Row) -> None:
    found = [
        item
        for item in findings(ended(row), POLICY, CALENDAR, T0 + 10 * DAY)
        if item.kind == FlagKind.CLOSED_INCOMPLETE
    ]

    assert [reason.code for item in found for reason in item.reasons] == row["reasons"].split()


def test_an_unidentified_suspect_need_not_be_interviewed() -> None:
    facts = case(
        suspects=(SuspectFact("s", False, T0),),
        reviews=(signature_of(T0 + DAY),),
        states=(closed(T0 + DAY),),
    )

    assert FlagKind.CLOSED_INCOMPLETE not in flag_kinds(facts, T0 + DAY)


@pytest.mark.parametrize(("imported", "flagged"), [(True, False), (False, True)])
def test_an_interview_that_names_nobody(*, imported: bool, flagged: bool) -> None:
    facts = case(
        imported=imported,
        suspects=(SuspectFact("one", True, T0), SuspectFact("two", True, T0)),
        responses=(response(ResponseKind.SUSPECT_INTERVIEW, T0 + HOUR),),
        reviews=(signature_of(T0 + DAY),),
        states=(closed(T0 + DAY),),
    )

    assert (FlagKind.CLOSED_INCOMPLETE in flag_kinds(facts, T0 + DAY)) is flagged


@pytest.mark.parametrize(
    ("signer", "flagged"), [("sergeant", False), ("detective", True), (None, True)]
)
def test_a_signature_in_the_same_act_counts_unless_it_is_ones_own(
    signer: str | None, *, flagged: bool
) -> None:
    facts = case(states=(closed(T0 + DAY, signed_by_key=signer),))

    assert (FlagKind.CLOSED_INCOMPLETE in flag_kinds(facts, T0 + DAY)) is flagged


@pytest.mark.parametrize(
    ("approved_at", "flagged"),
    [
        (T0 + 9 * DAY - DAY - SECOND, True),
        (T0 + 9 * DAY - DAY, False),
        (T0 + 9 * DAY, False),
        (T0 + 9 * DAY + SECOND, True),
    ],
)
def test_a_closure_is_approved_within_the_day_before(
    approved_at: datetime, *, flagged: bool
) -> None:
    facts = case(reviews=(signature_of(approved_at),), states=(closed(T0 + 9 * DAY),))

    assert (FlagKind.CLOSED_INCOMPLETE in flag_kinds(facts, T0 + 10 * DAY)) is flagged


def test_a_returned_closure_is_no_signature() -> None:
    returned = signature_of(T0 + DAY, decision=ReviewDecision.RETURNED)
    facts = case(reviews=(returned,), states=(closed(T0 + DAY),))

    assert FlagKind.CLOSED_INCOMPLETE in flag_kinds(facts, T0 + DAY)


def test_reopening_resolves_it() -> None:
    facts = case(states=(closed(T0 + DAY), reopened(T0 + 2 * DAY)))

    assert FlagKind.CLOSED_INCOMPLETE in flag_kinds(facts, T0 + 2 * DAY - SECOND)
    assert FlagKind.CLOSED_INCOMPLETE not in flag_kinds(facts, T0 + 2 * DAY)


def test_giving_the_evidence_a_disposition_resolves_it() -> None:
    facts = case(
        evidence=(EvidenceFact("e", T0, T0 + 5 * DAY),),
        reviews=(signature_of(T0 + DAY),),
        states=(closed(T0 + DAY),),
    )

    assert FlagKind.CLOSED_INCOMPLETE in flag_kinds(facts, T0 + 5 * DAY - SECOND)
    assert FlagKind.CLOSED_INCOMPLETE not in flag_kinds(facts, T0 + 5 * DAY)


# Backfilled


def written_late(*entered_at: datetime, late_by: timedelta = 8 * DAY) -> CaseFacts:
    entries = tuple(
        supplement(at - late_by, entered_at=at, key=str(index))
        for index, at in enumerate(entered_at)
    )
    return case(received_at=T0 - 60 * DAY, entered_at=T0 - 60 * DAY, responses=entries)


@pytest.mark.parametrize(
    ("facts", "flagged"),
    [
        (written_late(T0, T0 + MINUTE, T0 + HOUR), True),
        (written_late(T0, T0 + MINUTE, T0 + HOUR + SECOND), False),
        (written_late(T0, T0 + MINUTE), False),
        (written_late(T0, T0, T0, late_by=7 * DAY + SECOND), True),
        (written_late(T0, T0, T0, late_by=7 * DAY), False),
        (written_late(T0 - DAY, T0, T0 + 30 * MINUTE, T0 + HOUR), True),
    ],
    ids=["in an hour", "a second over", "only two", "a second late", "in time", "a run inside"],
)
def test_a_run_of_entries_written_down_long_after_is_flagged(
    facts: CaseFacts, *, flagged: bool
) -> None:
    assert (FlagKind.BACKFILLED in flag_kinds(facts, T0 + 2 * HOUR)) is flagged


def test_a_run_is_flagged_by_the_entry_that_completes_it() -> None:
    facts = written_late(T0, T0 + MINUTE, T0 + 2 * MINUTE, T0 + 3 * MINUTE)
    finding = finding_of(facts, FlagKind.BACKFILLED, T0 + HOUR)

    assert FlagKind.BACKFILLED not in flag_kinds(facts, T0 + 2 * MINUTE - SECOND)
    assert finding.since == T0 + 2 * MINUTE
    assert finding.reasons[0].params == {"entries": 4, "days": 7}


# A detective's load


def load(open_cases: int = 0, *handed_over_at: datetime) -> tuple[Finding, ...]:
    return officer_findings(OfficerFacts(open_cases, handed_over_at), POLICY, T0)


def test_twenty_open_cases_are_a_load_and_one_more_is_too_many() -> None:
    assert not load(20)
    (finding,) = load(21)
    assert finding.kind == FlagKind.OVERLOADED
    assert finding.reasons[0].params == {"count": 21, "limit": 20}


def test_twenty_handed_over_in_thirty_days_are_the_most() -> None:
    assert not load(0, *[T0 - DAY] * 20)
    assert load(0, *[T0 - DAY] * 21)


def test_what_was_handed_over_thirty_days_ago_no_longer_counts() -> None:
    assert not load(0, *[T0 - DAY] * 20, T0 - 30 * DAY)
    assert load(0, *[T0 - DAY] * 20, T0 - 30 * DAY + SECOND)
    assert not load(0, *[T0 - DAY] * 20, T0 + SECOND)


def test_both_reasons_make_one_finding() -> None:
    (finding,) = load(72, *[T0] * 72)

    assert [reason.code for reason in finding.reasons] == ["open_cases", "handed_over"]


# A flag's own clock


def test_a_flag_is_acknowledged_within_a_day() -> None:
    assert flag_acknowledged_due(T0, POLICY, CALENDAR) == T0 + DAY


def test_a_flag_climbs_to_the_commander_and_no_further() -> None:
    assert next_step(Step.SERGEANT, POLICY) == Step.CAPTAIN
    assert next_step(Step.CAPTAIN, POLICY) == Step.COMMANDER
    assert next_step(Step.COMMANDER, POLICY) is None


def test_a_step_that_the_policy_dropped_climbs_to_its_first() -> None:
    shorter = replace(POLICY, escalation=(Step.CAPTAIN, Step.COMMANDER))

    assert next_step(Step.SERGEANT, shorter) == Step.CAPTAIN

"""Is an imported case judged on what its import carries, and never quiet?"""

from cases.enums import (
    ClockKind,
    OffenseClass,
    ResponseKind,
)
from cases.rules.facts import CARRIES, CaseFacts
from tests.rules.building import (
    DAY,
    HOUR,
    LONG_AGO,
    SECOND,
    T0,
    assignment,
    case,
    clock_of,
    closed,
    late,
    report,
    response,
    running,
)


def imported(*carries: str, **changes: object) -> CaseFacts:
    """A case from long ago, imported at T0 with what the import carries."""
    return case(received_at=LONG_AGO, imported=True, carries=frozenset(carries), **changes)


def test_an_import_without_responses_starts_no_clock_it_could_not_have_met() -> None:
    kinds = {clock.kind for clock in running(imported(), T0)}

    assert kinds == {ClockKind.ASSIGNMENT, ClockKind.NEXT_SUPPLEMENT}


def test_an_import_on_the_day_it_was_received_is_judged_no_harder() -> None:
    facts = case(imported=True, carries=frozenset())

    assert {clock.kind for clock in running(facts, T0)} == {
        ClockKind.ASSIGNMENT,
        ClockKind.NEXT_SUPPLEMENT,
    }


def test_an_import_without_responses_does_not_go_quiet() -> None:
    facts = imported()

    assert late(facts, T0 + SECOND) == {("assignment", "")}
    assert late(facts, T0 + 10 * DAY) == {("assignment", "")}
    assert late(facts, T0 + 10 * DAY + SECOND) == {("assignment", ""), ("next_supplement", "")}


def test_an_import_that_carries_everything_is_judged_like_any_case() -> None:
    facts = imported(*CARRIES)

    assert ("victim_seen", "") in late(facts, T0)
    assert ("next_supplement", "") in late(facts, T0)


def test_what_is_logged_after_the_import_is_judged() -> None:
    facts = imported(
        offense_class=OffenseClass.RAPE,
        responses=(
            response(ResponseKind.MEDICAL_EXAM, LONG_AGO + DAY, entered_at=T0, key="old"),
            response(ResponseKind.MEDICAL_EXAM, T0 + DAY, key="new"),
            report(T0 + DAY, key="report"),
        ),
    )
    found = late(facts, T0 + 30 * DAY)

    assert {("kit_collected", "new"), ("sergeant_review", "report")} <= found
    assert ("kit_collected", "old") not in found


def test_imported_reports_without_reviews_await_none() -> None:
    facts = imported("responses", responses=(report(LONG_AGO + HOUR, key="old"),))

    assert ("sergeant_review", "old") not in late(facts, T0 + DAY)


def test_imported_assignments_count_as_acknowledged() -> None:
    handed = assignment(LONG_AGO + DAY, reassignment=True, imported=True)
    facts = imported("assignments", assignments=(handed,))

    clock = clock_of(facts, ClockKind.REASSIGNMENT_ACKNOWLEDGED, "to detective")

    assert clock.met_at == LONG_AGO + DAY


def test_a_closed_import_is_quiet() -> None:
    ended = closed(LONG_AGO + 30 * DAY, entered_at=T0, imported=True)

    assert not late(imported(states=(ended,)), T0 + 999 * DAY)

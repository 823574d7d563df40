"""How does a case fail? Twelve ways, each with the flag that must appear for it."""

import random
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import NamedTuple

from tests.caseload import words
from tests.caseload.life import Event, Life, Maker
from tests.caseload.shape import DAY, HOUR

Break = Callable[[Life, random.Random], None]


class Mode(NamedTuple):
    """`flag` must appear, of this `clock` where it has one; `given` makes the failure possible."""

    flag: str
    clock: str
    breaks: Break
    given: Mapping[str, object]


def thin_report(case: Life, chance: random.Random) -> None:
    case.of("initial_report")[0].text = words.thin(chance)


def no_report(case: Life, chance: random.Random) -> None:
    no_supervisor_review(case, chance)
    case.without("initial_report")


def idle(case: Life, chance: random.Random) -> None:
    """Nothing of substance for five weeks, once the first month is over."""
    begin = case.received_at + 29 * DAY
    end = begin + chance.randint(30, 40) * DAY
    case.events = [
        event
        for event in case.events
        if event.kind == "sergeant_review" or not begin < event.entered_at < end
    ]


def unassigned(case: Life, chance: random.Random) -> None:
    """Never, or a week late."""
    never = chance.random() < 0.5
    case.assigned_at = None if never else case.received_at + 7 * DAY


def departed_officer(case: Life, chance: random.Random) -> None:
    """The detective is gone in the third week; whatever is still done, the sergeant does."""
    case.detective = f"08{case.number[-3:]}"
    gone_at = case.received_at + 16 * DAY
    for event in case.events:
        by_sergeant = event.kind == "sergeant_review" or event.entered_at > gone_at
        event.badge = case.sergeant if by_sergeant else case.detective


def closed_without_suspect_interview(case: Life, chance: random.Random) -> None:
    case.without("suspect_interview")


def referral_unanswered(case: Life, chance: random.Random) -> None:
    """Never, or some hours late."""
    if case.referral is None:
        raise ValueError("This case has no referral to leave unanswered.")
    never = chance.random() < 0.6
    late = case.received_at + timedelta(hours=24, minutes=chance.randint(1, 900))
    case.referral.acknowledged_at = None if never else late


def no_forensic_interview(case: Life, chance: random.Random) -> None:
    case.without("forensic_interview_requested", "forensic_interview_held")


def kit_not_submitted(case: Life, chance: random.Random) -> None:
    case.without("kit_to_lab")


def no_supervisor_review(case: Life, chance: random.Random) -> None:
    """The closure may still be signed; the report was never looked at."""
    first = case.of("sergeant_review")[0]
    if case.closed_at is None or first.occurred_at < case.closed_at - 24 * HOUR:
        case.events.remove(first)


def backfilled(case: Life, chance: random.Random) -> None:
    """Three or more entries within the hour, about things more than a week old."""
    written_at = case.received_at + 40 * DAY
    for nth in range(chance.randint(3, 5)):
        happened_at = written_at - (8 + 2 * nth) * DAY
        entered_at = written_at + timedelta(minutes=11 * nth)
        case.events.append(Event("supplement", happened_at, entered_at, "", case.detective))


def copied_narrative(case: Life, chance: random.Random) -> None:
    """Done to two cases at once by `copy_narrative`."""


def copy_narrative(source: Life, target: Life) -> None:
    """The same report under another number, with only the names changed."""
    text = source.of("initial_report")[0].text
    for old, new in zip(source.names, target.names, strict=False):
        text = text.replace(old, new)
    target.of("initial_report")[0].text = text


LONG = {"days": 80.0}
MODES: dict[str, Mode] = {
    "thin_report": Mode("under_documented", "", thin_report, {}),
    "no_report": Mode("stalled", "initial_report", no_report, {}),
    "idle": Mode("stalled", "next_supplement", idle, LONG),
    "unassigned": Mode("orphaned", "assignment", unassigned, {}),
    "departed_officer": Mode("orphaned", "assignment", departed_officer, LONG),
    "closed_without_suspect_interview": Mode(
        "closed_incomplete", "", closed_without_suspect_interview, {"named": True, "days": 45.0}
    ),
    "referral_unanswered": Mode(
        "referral_unanswered", "referral_acknowledged", referral_unanswered, {"channel": "hospital"}
    ),
    "no_forensic_interview": Mode(
        "stalled", "forensic_interview_requested", no_forensic_interview,
        {"offense_class": "exploitation"},
    ),
    "kit_not_submitted": Mode(
        "stalled", "kit_to_lab", kit_not_submitted, {"offense_class": "sodomy", **LONG}
    ),
    "copied_narrative": Mode("copied_narrative", "", copied_narrative, {"named": True}),
    "no_supervisor_review": Mode("stalled", "sergeant_review", no_supervisor_review, {}),
    "backfilled": Mode("backfilled", "", backfilled, LONG),
}  # fmt: skip
# Pairs that a single case can suffer from at once.
TOGETHER = (
    ("idle", "referral_unanswered"),
    ("thin_report", "departed_officer"),
    ("no_report", "unassigned"),
    ("no_forensic_interview", "no_supervisor_review"),
    ("kit_not_submitted", "unassigned"),
)


def failed_life(maker: Maker, received_at: object, modes: tuple[str, ...]) -> Life:
    """A life that fails in each of these ways, and in no other that was not a consequence."""
    given: dict[str, object] = {"days": 50.0}
    for mode in modes:
        given |= MODES[mode].given
    days = given.pop("days")
    case = maker.life(received_at, days, **given)  # type: ignore[arg-type]
    for mode in modes:
        MODES[mode].breaks(case, maker.chance)
    case.modes = modes
    return case

"""What goes wrong in the demonstration? A story for each thing that a screen must show."""

from collections.abc import Callable
from datetime import timedelta

from cases.enums import Channel, OffenseClass, Priority, ResponseKind, ReviewDecision
from cases.management.demo import acts, wording
from cases.management.demo.acts import Written
from cases.management.demo.casting import Casting
from cases.management.demo.dice import Dice
from cases.management.demo.lives import DAY, HOUR, begins, ends, goes_on, kept_open
from cases.management.demo.story import Story
from cases.management.demo.unit import DEPARTED
from cases.models import GrantPurpose

Plot = Callable[[Casting, Dice], list[Story]]
RETURNED = {
    "suspect_access": "Say whether the person named can reach the child tonight, and how you know.",
    "": "Two sentences are not a report. Write down what you saw and did.",
}
LEFT_OUT = ("suspect_access", "other_children", "witnesses", "evidence", "disclosure", "injury")


def just_come_in(cast: Casting, dice: Dice) -> list[Story]:
    """An emergency an hour old: the child is to be seen within the next two."""
    story = cast.story("a1", HOUR, channel=Channel.HOTLINE, priority=Priority.ONE)
    begins(story, dice)
    waiting = cast.story("b1", 3 * HOUR, channel=Channel.WALK_IN)
    begins(waiting, dice, without={"assign", "accept"})
    return [story, waiting]


def child_not_seen(cast: Casting, dice: Dice) -> list[Story]:
    story = cast.story("b1", 30 * HOUR, channel=Channel.HOTLINE, priority=Priority.TWO)
    begins(story, dice, without={"see", "caregiver"})
    return [story]


def hospital_unanswered(cast: Casting, dice: Dice) -> list[Story]:
    story = cast.story("a2", 29 * HOUR, channel=Channel.HOSPITAL, offense_class=OffenseClass.ABUSE)
    begins(story, dice, without={"referral"})
    return [story]


def due_soon(cast: Casting, dice: Dice) -> list[Story]:
    """Due within 72 hours, some today: an interview to request, a caregiver to reach."""
    interview = cast.story("a1", 60 * HOUR, offense_class=OffenseClass.MOLESTATION)
    begins(interview, dice, without={"interview"})
    caregiver = cast.story("a1", 21 * HOUR, channel=Channel.SCENE)
    begins(caregiver, dice, without={"caregiver"})
    caregiver.then(20 * HOUR, "a1", acts.drafts(caregiver, ResponseKind.CAREGIVER_CONTACT))
    supplement = cast.story(
        "a1", 9 * DAY + 3 * HOUR, offense_class=OffenseClass.NEGLECT, named=False
    )
    begins(supplement, dice)
    return [interview, caregiver, supplement]


def thin_reports(cast: Casting, dice: Dice) -> list[Story]:
    """Near-empty reports: one returned to its writer, one nobody has looked at, one mended."""
    thin = Written(thin=True, leave_out=LEFT_OUT)
    returned = cast.story("a1", 4 * DAY, channel=Channel.WALK_IN)
    begins(returned, dice, without={"review"}, written=thin)
    _sent_back(returned)
    unread = cast.story("b3", 20 * HOUR, channel=Channel.SCENE)
    begins(unread, dice, without={"review"}, written=thin)
    mended = cast.story("a2", 13 * DAY)
    begins(mended, dice, without={"review"}, written=Written(leave_out=LEFT_OUT))
    _sent_back(mended)
    mended.then(52 * HOUR, "a2", acts.reports(mended))
    mended.then(60 * HOUR, mended.sergeant, acts.reviews(mended))
    mended.then(11 * DAY, "a2", acts.logs(mended, ResponseKind.SUPPLEMENT))
    return [returned, unread, mended]


def _sent_back(story: Story) -> None:
    act = acts.reviews(story, ReviewDecision.RETURNED, RETURNED)
    story.then(26 * HOUR, story.sergeant, act)


def partly_written(cast: Casting, dice: Dice) -> list[Story]:
    """Two elements open, with a reason: allowed, and the sergeant sees it."""
    story = cast.story("a1", 6 * DAY, channel=Channel.HOTLINE, offense_class=OffenseClass.NEGLECT)
    begins(story, dice, written=Written(leave_out=("witnesses", "reporter")))
    return [story]


def copied_narratives(cast: Casting, dice: Dice) -> list[Story]:
    stories = [cast.story("b4", age, named=True) for age in (9 * DAY, 8 * DAY)]
    for story in stories:
        text = wording.report(Dice("the same report twice"), story.people())
        begins(story, dice, written=Written(text=text))
    return stories


def nobody_has_it(cast: Casting, dice: Dice) -> list[Story]:
    story = cast.story("b6", 5 * DAY, channel=Channel.WALK_IN)
    begins(story, dice, without={"assign", "accept"})
    return [story]


def gone_quiet(cast: Casting, dice: Dice) -> list[Story]:
    """Nothing for weeks: one that no supervisor looked at, one acknowledged and still quiet."""
    unseen = cast.story("a3", 97 * DAY, offense_class=OffenseClass.MOLESTATION, ignored=True)
    goes_on(unseen, dice, begins(unseen, dice), 38 * DAY)
    unseen.then(96 * DAY, "a3", acts.drafts(unseen, ResponseKind.SUPPLEMENT))
    known = cast.story("b6", 130 * DAY, offense_class=OffenseClass.ABUSE)
    goes_on(known, dice, begins(known, dice), 40 * DAY)
    return [unseen, known]


def set_aside(cast: Casting, dice: Dice) -> list[Story]:
    """Late with a reason: one flag waived for now, one whose waiver has ended, one asked about."""
    waived, returned, asked = (
        cast.story(lead, age * DAY, offense_class=OffenseClass.ABUSE, serious_injury=False)
        for lead, age in (("a5", 44), ("b3", 47), ("a2", 29))
    )
    reason = "The family is abroad; the consulate was asked for an address."
    for story, until in ((waived, 21 * DAY), (returned, 7 * DAY)):
        goes_on(story, dice, begins(story, dice), 10 * DAY)
        story.then(38 * DAY, story.sergeant, acts.waives(story, reason, until))
    begins(asked, dice)
    asked.then(27 * DAY, asked.sergeant, acts.asks_for_update(asked))
    return [waived, returned, asked]


def kit_in_a_drawer(cast: Casting, dice: Dice) -> list[Story]:
    story = cast.story("a4", 32 * DAY, offense_class=OffenseClass.RAPE)
    after = begins(story, dice, without={"kit_to_lab"})
    while after < 40 * DAY:
        story.then(after, "a4", acts.logs(story, ResponseKind.SUPPLEMENT))
        after += dice.days(9, 12)
    return [story]


def at_the_lab(cast: Casting, dice: Dice) -> list[Story]:
    """Both wait for the laboratory: one in time, one forgotten there."""
    waiting = cast.story("a5", 24 * DAY, offense_class=OffenseClass.SODOMY)
    begins(waiting, dice)
    forgotten = cast.story("b1", 64 * DAY, offense_class=OffenseClass.RAPE, named=False)
    begins(forgotten, dice)
    return [waiting, forgotten]


def at_the_prosecutor(cast: Casting, dice: Dice) -> list[Story]:
    story = cast.story("b3", 70 * DAY, offense_class=OffenseClass.MOLESTATION, named=True)
    after = goes_on(story, dice, begins(story, dice), 24 * DAY)
    story.then(after + DAY, "b3", acts.logs(story, ResponseKind.PROSECUTOR_SUBMISSION))
    story.then(after + 20 * DAY, "b3", acts.logs(story, ResponseKind.SUPPLEMENT))
    story.then(after + 30 * DAY, "b3", acts.logs(story, ResponseKind.SUPPLEMENT))
    return [story]


def left_undone(cast: Casting, dice: Dice) -> list[Story]:
    """Everything else in order, and one thing missing: review, report, notice, interview."""
    unreviewed = cast.story("a2", 3 * DAY)
    begins(unreviewed, dice, without={"review"})
    unreported = cast.story("b4", 2 * DAY)
    begins(unreported, dice, without={"report"})
    unnotified = cast.story("a3", 2 * DAY)
    begins(unnotified, dice, without={"notify"})
    uninterviewed = cast.story("b1", 13 * DAY, offense_class=OffenseClass.EXPLOITATION)
    after = begins(uninterviewed, dice, without={"hold_interview"})
    uninterviewed.then(after, "b1", acts.logs(uninterviewed, ResponseKind.SUPPLEMENT))
    account = "A relative of the sergeant is a witness in this case."
    uninterviewed.then(2 * DAY, "captain", acts.walls(uninterviewed, "sergeant_b", account))
    return [unreviewed, unreported, unnotified, uninterviewed]


def written_long_after(cast: Casting, dice: Dice) -> list[Story]:
    """Four entries within the hour, about things done weeks before."""
    story = cast.story("b6", 33 * DAY, offense_class=OffenseClass.NEGLECT, named=False)
    begins(story, dice)
    for minutes, days in ((0, 19), (12, 16), (25, 13), (41, 10)):
        entry = acts.logs(story, ResponseKind.SUPPLEMENT, ago=days * DAY)
        story.then(31 * DAY + timedelta(minutes=minutes), "b6", entry)
    return [story]


def ended_and_back(cast: Casting, dice: Dice) -> list[Story]:
    """One reopened; one that ended before a suspect was named."""
    back = cast.story("a1", 130 * DAY, offense_class=OffenseClass.ABUSE, serious_injury=False)
    ends(back, dice, goes_on(back, dice, begins(back, dice), 30 * DAY))
    reason = "The advocacy center reports a further statement."
    back.then(124 * DAY, back.sergeant, acts.reopens(back, reason))
    back.then(128 * DAY, "a1", acts.logs(back, ResponseKind.SUPPLEMENT))
    early = cast.story("a4", 80 * DAY, offense_class=OffenseClass.NEGLECT, named=False)
    ends(early, dice, goes_on(early, dice, begins(early, dice), 30 * DAY))
    named = acts.names_suspect(early, {"first_name": "Thessaly", "last_name": "Underquill"})
    early.then(75 * DAY, early.sergeant, named)
    return [back, early]


def shared_with_partners(cast: Casting, dice: Dice) -> list[Story]:
    """Open cases that somebody outside the unit may see, for a while."""
    stories = [
        cast.story("a5", 26 * DAY, offense_class=OffenseClass.MOLESTATION),
        cast.story("a4", 40 * DAY, offense_class=OffenseClass.RAPE),
        cast.story("b3", 18 * DAY, offense_class=OffenseClass.EXPLOITATION),
    ]
    for story in stories:
        kept_open(story, dice)
        reason = "Forensic interview at the advocacy center."
        story.then(
            3 * DAY,
            story.sergeant,
            acts.grants(story, "partner", GrantPurpose.THERAPY, reason, 90 * DAY),
        )
    expired, released, helped = stories
    expired.then(
        4 * DAY, expired.sergeant,
        acts.grants(expired, "partner", GrantPurpose.REVIEW, "Case review meeting.", 7 * DAY),
    )  # fmt: skip
    released.then(
        35 * DAY, "captain",
        acts.grants(released, "records", GrantPurpose.RELEASE, "A release is due.", 30 * DAY),
    )  # fmt: skip
    helped.then(
        6 * DAY, "captain",
        acts.grants(helped, "a1", GrantPurpose.JOINT_WORK, "Speaks their language.", 60 * DAY),
    )  # fmt: skip
    squads = acts.shares(helped, "a", "Both squads look for the same account's owner.", 60 * DAY)
    helped.then(7 * DAY, helped.sergeant, squads)
    asked = acts.asks(expired, "A witness in a case of mine names the same address.")
    expired.then(26 * DAY - 9 * HOUR, "b1", asked)
    return stories


def somebody_left(cast: Casting, dice: Dice) -> list[Story]:
    """A detective left nine days ago: a case taken over, one not accepted, three left behind."""
    stories = [cast.story(DEPARTED, age * DAY) for age in (66, 51, 37, 28, 21)]
    for story in stories:
        age = stories[0].received_at + 57 * DAY - story.received_at
        goes_on(story, dice, begins(story, dice), age - 14 * DAY)
    taken, handed = stories[:2]
    left = stories[0].received_at + 57 * DAY
    before = left - HOUR
    for story in stories:
        # What they would have done had they stayed: the lab may answer late.
        story.steps = [one for one in story.steps if one.actor != DEPARTED or one.at < before]
    for story, taker in ((taken, "b1"), (handed, "b3")):
        story.then(before - story.received_at, "captain", acts.assigns(story, taker))
    taken.then(57 * DAY, "administrator", acts.departs(DEPARTED))
    taken.then(57 * DAY + 5 * HOUR, "b1", acts.accepts(taken))
    taken.then(59 * DAY, "b1", acts.logs(taken, ResponseKind.SUPPLEMENT))
    return stories


TROUBLES: tuple[Plot, ...] = (
    just_come_in,
    child_not_seen,
    hospital_unanswered,
    due_soon,
    thin_reports,
    partly_written,
    copied_narratives,
    nobody_has_it,
    gone_quiet,
    set_aside,
    kit_in_a_drawer,
    at_the_lab,
    at_the_prosecutor,
    left_undone,
    written_long_after,
    ended_and_back,
    shared_with_partners,
    somebody_left,
)

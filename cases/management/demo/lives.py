"""How does a case that is worked go, from the first call to the signature at the end?"""

from collections.abc import Collection
from datetime import timedelta

from cases.enums import Channel, Disposition, Priority, ResponseKind
from cases.management.demo import acts
from cases.management.demo.acts import FULL, Written
from cases.management.demo.dice import Dice
from cases.management.demo.story import Story

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NOTHING: frozenset[str] = frozenset()

# By when the child is seen at the latest, in hours, a little inside the promise.
SEEN_WITHIN = {Priority.ONE: 2.7, Priority.TWO: 21.0, Priority.THREE: 66.0, "": 21.0}
# Two more entries are due within 14 days of each other; the first within 10.
GAP = (7.0, 13.2)
LATE_GAP = (17.0, 26.0)
LAB_GAP = (18.0, 28.0)


def begins(
    story: Story, dice: Dice, *, without: Collection[str] = NOTHING, written: Written = FULL
) -> timedelta:
    """The first days: taken, given to a detective, the child seen, reported, reviewed.

    `without` leaves out what did not happen: assign, accept, referral, notify, see, report, review,
    caregiver, interview, hold_interview, kit_to_lab, exam. Returns when the first days end.
    """
    worker = story.sergeant if "assign" in without else story.lead
    plan = _FirstDays(story, dice, worker, frozenset(without))
    story.then(dice.hours(0.1, 0.3), story.lead, acts.opens(story))
    plan.handed_over()
    plan.child_protected()
    plan.reported(written)
    plan.interviewed()
    plan.examined()
    return timedelta(days=9)


class _FirstDays:
    def __init__(self, story: Story, dice: Dice, worker: str, without: frozenset[str]) -> None:
        self.story = story
        self.dice = dice
        self.worker = worker
        self.without = without

    def handed_over(self) -> None:
        story, after = self.story, self.dice.hours(0.4, 0.7)
        if "assign" not in self.without:
            story.then(after, story.sergeant, acts.assigns(story, story.lead))
        if "assign" not in self.without and "accept" not in self.without:
            story.then(after + self.dice.hours(0.05, 0.2), story.lead, acts.accepts(story))
        if "referral" not in self.without and story.organization:
            story.then(self.dice.hours(2, 19), story.sergeant, acts.answers_referral(story))

    def child_protected(self) -> None:
        story = self.story
        if "notify" not in self.without:
            self._log(self.dice.hours(1, 3.6), ResponseKind.AGENCY_NOTIFIED)
        if "see" not in self.without:
            latest = SEEN_WITHIN[story.priority]
            self._log(self.dice.hours(max(1.2, 0.35 * latest), latest), ResponseKind.VICTIM_SEEN)
        if "caregiver" not in self.without:
            self._log(self.dice.hours(13, 44), ResponseKind.CAREGIVER_CONTACT)

    def reported(self, written: Written) -> None:
        story, after = self.story, self.dice.hours(4, 11)
        if "report" in self.without:
            return
        story.then(after, self.worker, acts.reports(story, written))
        if "review" not in self.without:
            reviewer = "captain" if self.worker == story.sergeant else story.sergeant
            story.then(after + self.dice.hours(2, 22), reviewer, acts.reviews(story))

    def interviewed(self) -> None:
        if not self.story.needs_forensic_interview or "interview" in self.without:
            return
        self._log(self.dice.hours(20, 68), ResponseKind.FORENSIC_INTERVIEW_REQUESTED)
        if "hold_interview" not in self.without:
            self._log(self.dice.days(4, 9), ResponseKind.FORENSIC_INTERVIEW_HELD)

    def examined(self) -> None:
        story = self.story
        if "exam" in self.without or not (story.needs_kit or story.channel == Channel.HOSPITAL):
            return
        after = self.dice.hours(5, 10)
        self._log(after, ResponseKind.MEDICAL_EXAM)
        if not story.needs_kit:
            return
        self._log(after + HOUR, ResponseKind.KIT_COLLECTED)
        if "kit_to_lab" not in self.without:
            self._log(after + self.dice.days(3, 9), ResponseKind.KIT_TO_LAB)

    def _log(self, after: timedelta, kind: ResponseKind) -> None:
        self.story.then(after, self.worker, acts.logs(self.story, kind))


def goes_on(
    story: Story, dice: Dice, after: timedelta, until: timedelta, *, lateness: float = 0.0
) -> timedelta:
    """Supplements, a share of `lateness` not in time; the suspect is heard, the lab answers.

    Returns when the last entry was made.
    """
    if story.suspect:
        story.then(after, story.lead, acts.logs(story, ResponseKind.SUSPECT_INTERVIEW))
    lab_answers = after + dice.days(25, 45) if story.needs_kit else None
    while after < until:
        waiting = lab_answers is not None and after < lab_answers
        after += dice.days(*(LATE_GAP if dice.chance(lateness) else LAB_GAP if waiting else GAP))
        if waiting and lab_answers is not None and after >= lab_answers:
            story.then(after, story.lead, acts.logs(story, ResponseKind.LAB_RESULT))
        else:
            story.then(after, story.lead, acts.logs(story, ResponseKind.SUPPLEMENT))
    return after


def goes_to_the_prosecutor(story: Story, dice: Dice, after: timedelta) -> timedelta:
    """Submitted, and decided within the month. Returns when it was decided."""
    submitted = after + dice.days(1, 5)
    decided = submitted + dice.days(12, 27)
    story.then(submitted, story.lead, acts.logs(story, ResponseKind.PROSECUTOR_SUBMISSION))
    story.then(decided, story.lead, acts.logs(story, ResponseKind.PROSECUTOR_DECISION))
    return decided


def ends(story: Story, dice: Dice, after: timedelta) -> timedelta:
    """The sergeant signs. Returns when."""
    if not story.suspect:
        disposition = dice.pick([Disposition.INACTIVE, Disposition.INACTIVE, Disposition.UNFOUNDED])
    else:
        after = goes_to_the_prosecutor(story, dice, after)
        disposition = dice.pick(CLEARED)
    after += dice.days(0.5, 4)
    story.then(after, story.sergeant, acts.closes(story, disposition))
    return after


CLEARED = (
    Disposition.CLEARED_ARREST,
    Disposition.CLEARED_ARREST,
    Disposition.CLEARED_ARREST,
    Disposition.CLEARED_EXCEPTIONAL_B,
    Disposition.CLEARED_EXCEPTIONAL_D,
)


def whole_life(story: Story, dice: Dice, *, active_days: float, lateness: float = 0.0) -> timedelta:
    """A case that is worked and ends; what lies ahead of today is dropped when it is played."""
    after = begins(story, dice)
    after = goes_on(story, dice, after, timedelta(days=active_days), lateness=lateness)
    return ends(story, dice, after)


def kept_open(story: Story, dice: Dice, *, lateness: float = 0.0) -> None:
    """A case that is worked and stays open: there is always a next entry, until today."""
    goes_on(story, dice, begins(story, dice), timedelta(days=550), lateness=lateness)

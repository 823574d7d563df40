"""Which facts of a case can a column of another department's export give?

One table for the mapping file, the page that draws a mapping, the guesses and the documentation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cases.enums import CaseState, Channel, Disposition, OffenseClass, Priority, Sex


class Kind(StrEnum):
    """How a cell of the column is read."""

    TEXT = "text"
    CODE = "code"
    INSTANT = "instant"
    DAY = "day"
    YES = "yes or no"
    AGE = "age"
    NAME = "name"
    BADGE = "badge"
    NARRATIVE = "narrative"


OPEN_STATES = (
    CaseState.RECEIVED, CaseState.UNDER_REVIEW, CaseState.ASSIGNED, CaseState.ACTIVE,
    CaseState.AWAITING_LAB, CaseState.AWAITING_PROSECUTOR, CaseState.REOPENED,
)  # fmt: skip
OPEN, CLOSED = "open", "closed"
STATUS_WORDS: Mapping[str, str] = {
    OPEN: "Open",
    **{state.value: f"Open: {state.label.lower()}" for state in OPEN_STATES},
    CLOSED: "Closed; the disposition has a column of its own",
    **{disposition.value: f"Ended: {disposition.label}" for disposition in Disposition},
}


@dataclass(frozen=True, slots=True)
class Field:
    """One fact. `words` is the closed list a code translates to; `most` the longest text."""

    name: str
    label: str
    kind: Kind
    required: bool = False
    identifies: bool = False
    words: Mapping[str, str] | None = None
    most: int = 0
    hint: str = ""


def _words(choices: list[tuple[str, str]]) -> dict[str, str]:
    return {str(value): str(label) for value, label in choices}


_ALL = (
    Field("case_number", "Case number", Kind.TEXT, required=True, most=40),
    Field("received_at", "Reported or received", Kind.INSTANT, required=True),
    Field("happened_at", "When it happened", Kind.INSTANT,
          hint="A report dated by day only, of the day it happened, came in no earlier than this."),
    Field("channel", "How it came in", Kind.CODE, required=True, words=_words(Channel.choices)),
    Field("priority", "Priority", Kind.CODE, words=_words(Priority.choices)),
    Field("offense_class", "Offense class", Kind.CODE, required=True,
          words=_words(OffenseClass.choices)),
    Field("nibrs", "NIBRS code", Kind.TEXT, most=10),
    Field("statute", "Statute", Kind.TEXT, most=40),
    Field("division", "Patrol division", Kind.TEXT, most=80),
    Field("serious_injury", "Serious injury", Kind.YES),
    Field("child_witness", "Child witness", Kind.YES),
    Field("status", "Status", Kind.CODE, words=STATUS_WORDS,
          hint="Without a column, every case is open."),
    Field("disposition", "Disposition", Kind.CODE, words=_words(Disposition.choices)),
    Field("closed_at", "Closed", Kind.INSTANT),
    Field("victim_first_name", "Child's first name", Kind.NAME, identifies=True),
    Field("victim_last_name", "Child's last name", Kind.NAME, identifies=True),
    Field("victim_name", "Child's name in one column", Kind.NAME, identifies=True),
    Field("victim_birth_date", "Child's birth date", Kind.DAY, identifies=True),
    Field("victim_age", "Child's age", Kind.AGE, hint="In years; read where no birth date is."),
    Field("victim_sex", "Child's sex", Kind.CODE, words=_words(Sex.choices)),
    Field("caregiver_name", "Caregiver's name", Kind.NAME, identifies=True),
    Field("suspect_name", "Suspect's name", Kind.NAME, identifies=True),
    Field("suspect_status", "Suspect named or unidentified", Kind.CODE,
          words={"named": "Named", "unidentified": "Unidentified"}),
    Field("reporter_name", "Reporter's name", Kind.NAME, identifies=True),
    Field("witness_name", "Witness's name", Kind.NAME, identifies=True),
    Field("assigned_badge", "Assigned detective's badge", Kind.BADGE, most=20),
    Field("assigned_at", "Assigned", Kind.INSTANT),
    Field("supervisor_badge", "Supervising sergeant's badge", Kind.BADGE, most=20),
    Field("report", "Text of the initial report", Kind.NARRATIVE, identifies=True),
    Field("report_at", "When the report was taken", Kind.INSTANT),
    Field("report_badge", "Reporting officer's badge", Kind.BADGE, most=20),
)  # fmt: skip
FIELDS: Mapping[str, Field] = {one.name: one for one in _ALL}

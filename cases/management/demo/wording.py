"""What do the invented reports say? Neutral sentences put together, no more than needed."""

from collections.abc import Mapping, Sequence

from cases.enums import AnswerStatus, ResponseKind
from cases.management.demo.dice import Dice
from cases.rules.policy import Element
from cases.services.responses import AnswerInput

PLACES = (
    "the third-floor apartment", "the single-family house", "the mobile home", "the shelter",
    "the school counselor's office", "the front desk", "the motel room",
    "the relative's house", "the emergency department", "the daycare's office",
)  # fmt: skip
# One sentence of each row, in this order, makes a report. {…} is filled from the case.
REPORT = (
    (
        "At {time} hours I was dispatched and arrived at {place} {minutes} minutes later.",
        "I took this report at {place} at {time} hours, {minutes} minutes after assignment.",
        "The call was assigned to me at {time} hours; I reached {place} after {minutes} minutes.",
        "I responded to {place}. Dispatched {time} hours, on scene {minutes} minutes afterwards.",
    ),
    (
        "{caregiver}, the caregiver, gave the history without the child present.",
        "I spoke with {caregiver}, caregiver of the child, in private and took contact details.",
        "{caregiver}, who lives in the household, gave an account in the kitchen.",
        "The caregiver, {caregiver}, had called and was waiting; their account was taken first.",
        "Present on arrival was {caregiver}, who has cared for the child for {years} years.",
    ),
    (
        "{child} was seen apart from all adults and asked who, where, and safety now, no more.",
        "I met {child} for {few} minutes, an advocate in the room; no leading question.",
        "Contact with {child} was an introduction and one question about safety tonight.",
        "{child} was awake and oriented. No interview was conducted; minimal facts were noted.",
        "I observed {child} in the next room, then asked two open questions about present danger.",
    ),
    (
        "The allegation is recorded by class; the exact words stand under disclosure.",
        "What was alleged, and to whom it was first said, is recorded under disclosure.",
        "The statement that led to this report was made {few} days earlier to a trusted adult.",
        "According to the caregiver the first statement was made unprompted on the evening before.",
        "The reporting party described a change in behavior over {few} weeks and one statement.",
    ),
    (
        "No injury was observed on clothed parts of the body; earlier injury was denied.",
        "One bruise of about {few} centimeters was seen and photographed with a scale.",
        "A healing abrasion on the forearm was photographed; its history is recorded separately.",
        "No visible injury. The medical question was referred to the clinic on call.",
    ),
    (
        "{suspect} was named and is said to have left the residence on the day of the call.",
        "The person named is {suspect}; a safety plan cuts off access to the child.",
        "{suspect} was not on scene. A telephone number and a workplace were provided.",
        "The caregiver named {suspect}, last seen {few} days ago, and agreed to no contact.",
    ),
    (
        "{children} other children in the home were seen; none appeared to need care tonight.",
        "Siblings ({children}) were seen by a second officer and stay with the caregiver.",
        "There are {children} other children; each was seen and the safety decision is on file.",
        "No other child lives there. A neighbor's child was seen as a precaution.",
    ),
    (
        "Children's Division was notified at {later} hours under call id {call}.",
        "I called Children's Division at {later} hours; the call id is {call}.",
        "The hotline took the report at {later} hours and issued call id {call}.",
    ),
    (
        "Bedding and {few} items of clothing were bagged and sealed; photographs: {photos}.",
        "Photographs ({photos}) and body-worn video are on file; nothing else was collected.",
        "A telephone was taken with consent; {photos} photographs were made of the rooms.",
        "Nothing was collected because of the time elapsed; {photos} overview photographs exist.",
    ),
    (
        "Two neighbors were identified as possible witnesses and gave short statements.",
        "A teacher and a coach are listed as witnesses; statements are requested.",
        "No adult witness is known. {few} households were canvassed without result.",
        "One relative gave a written statement of {few} pages.",
    ),
    (
        "Next: forensic interview and records request, detective, within {few} days.",
        "Next action is to arrange the interview with the suspect after the child's own.",
        "The detective will obtain school and clinic records and follow up with the caregiver.",
        "Follow-up visit planned together with the agency's worker in {few} days.",
    ),
)  # fmt: skip
SUPPLEMENTS = (
    "Records were received from the school and read; {few} entries bear on the report.",
    "Telephone call with the agency's worker; the safety plan stands. Next contact in {few} days.",
    "A further witness gave a statement of {few} pages, attached to the file.",
    "The extraction of the telephone was requested; reference {call}.",
    "Medical records arrived and were forwarded to the reviewing clinician.",
    "The caregiver was reached; the child began counseling and no new concern was raised.",
    "Canvass repeated in the evening hours; {few} households answered.",
    "Meeting of the multidisciplinary team; tasks were divided and dates set.",
)
KIND_WORDS: Mapping[str, Sequence[str]] = {
    ResponseKind.VICTIM_SEEN: ("Seen at {place}; safe for the night with the caregiver.",),
    ResponseKind.CAREGIVER_CONTACT: (
        "Spoke by telephone for {few} minutes; told what comes next.",
    ),
    ResponseKind.SUSPECT_INTERVIEW: (
        "Interviewed at the unit after advice of rights; {photos} minutes recorded.",
        "Interview by appointment with counsel present; {photos} minutes recorded.",
    ),
    ResponseKind.FORENSIC_INTERVIEW_REQUESTED: ("Requested at the advocacy center; ref. {call}.",),
    ResponseKind.FORENSIC_INTERVIEW_HELD: (
        "Held at the advocacy center and observed; {photos} minutes, recording received.",
    ),
    ResponseKind.MEDICAL_EXAM: ("Exam by the clinic on call; written findings to follow.",),
    ResponseKind.KIT_COLLECTED: ("Kit {call} sealed by the nurse and received by me.",),
    ResponseKind.KIT_TO_LAB: ("Kit {call} delivered to the laboratory against receipt.",),
    ResponseKind.LAB_RESULT: ("Laboratory report {call} received and read.",),
    ResponseKind.AGENCY_NOTIFIED: ("Children's Division, call id {call}.",),
    ResponseKind.PROSECUTOR_SUBMISSION: ("File submitted under {call}; {photos} pages.",),
    ResponseKind.PROSECUTOR_DECISION: ("Written decision received under {call}.",),
}
THIN = (
    "Officer responded to {place} and spoke with the caregiver. Report taken.",
    "Spoke with {caregiver}. Child appeared fine. Nothing further at this time.",
    "Assisted the agency. See their report.",
)
NOT_DONE = (
    "The household was asleep; will be done on the follow-up visit.",
    "Nobody with knowledge was reachable during the shift.",
    "Waiting for the interpreter; arranged for tomorrow.",
)
NOT_APPLICABLE = "Does not arise in this case; confirmed with the sergeant."
COMMENTS = (
    "Spoken to the detective; an entry follows this week.",
    "On the list for the squad meeting.",
    "Second detective assigned to help out.",
    "Known; waiting for a reply that is due any day.",
)
WEEKS = (
    "Went through every question; nothing to ask about.",
    "Looked at each reveal and each refusal. All explained by an assignment or a grant.",
    "Compared what the system did with its schedule; nothing out of order.",
)
INCOMPLETE = "End of shift; the rest follows with the first supplement."

Details = Mapping[str, str]


def details(dice: Dice, people: Mapping[str, str]) -> Details:
    """What fills the blanks: the people by name, and numbers that differ from case to case."""
    hour, minute = dice.number(7, 20), dice.number(0, 59)
    return {
        "caregiver": people.get("caregiver", "the caregiver"),
        "child": people.get("child", "the child"),
        "suspect": people.get("suspect", "an unidentified adult whose description is on file"),
        "place": dice.pick(PLACES),
        "time": f"{hour:02}{minute:02}",
        "later": f"{hour + 2:02}{minute:02}",
        "minutes": str(dice.number(6, 44)),
        "years": str(dice.number(2, 9)),
        "few": str(dice.number(2, 9)),
        "children": str(dice.number(1, 4)),
        "photos": str(dice.number(11, 64)),
        "call": str(dice.number(1_000_000, 9_999_999)),
    }


def report(dice: Dice, people: Mapping[str, str]) -> str:
    """A narrative of one sentence from each row, well over the thin-report limit."""
    filled = details(dice, people)
    return " ".join(dice.pick(row).format_map(filled) for row in REPORT)


def thin_report(dice: Dice, people: Mapping[str, str]) -> str:
    return dice.pick(THIN).format_map(details(dice, people))


def entry(dice: Dice, kind: ResponseKind, people: Mapping[str, str]) -> str:
    """What an entry other than the report says."""
    return dice.pick(KIND_WORDS.get(kind, SUPPLEMENTS)).format_map(details(dice, people))


def answers(
    dice: Dice,
    elements: Sequence[Element],
    people: Mapping[str, str],
    *,
    leave_out: Sequence[str] = (),
) -> dict[str, AnswerInput]:
    """An answer to each element but those left out; a few say why not."""
    filled = details(dice, people)
    return {
        element.code: _answer(dice, element, filled)
        for element in elements
        if element.code not in leave_out
    }


def _answer(dice: Dice, element: Element, filled: Details) -> AnswerInput:
    if not element.critical and dice.chance(0.06):
        return AnswerInput(AnswerStatus.NOT_DONE, dice.pick(NOT_DONE))
    if element.code in {"witnesses", "evidence", "medical"} and dice.chance(0.1):
        return AnswerInput(AnswerStatus.NOT_APPLICABLE, NOT_APPLICABLE)
    text = ANSWERS.get(element.code, "Recorded in the narrative and on the attached form.")
    return AnswerInput(AnswerStatus.ANSWERED, text.format_map(filled))


ANSWERS: Mapping[str, str] = {
    "intake": "Received {time}, dispatched {minutes} minutes later.",
    "when_where": "{few} to {minutes} days before the report, at {place}; inside the city.",
    "people": "{child}; caregiver {caregiver}; {children} other children in the household.",
    "suspect": "{suspect}.",
    "suspect_access": "Known to the household; no access since the report, safety plan signed.",
    "reporter": "Name, role and number are on file, restricted.",
    "disclosure": "To the caregiver, on the evening before; the exact words are sealed.",
    "injury": "None observed on clothed parts of the body; no earlier injury reported.",
    "other_children": "{children} seen and safe; no protective custody taken.",
    "agency_notified": "{later} hours, call id {call}.",
    "witnesses": "One statement taken, {few} pages.",
    "evidence": "{photos} photographs and body-worn video.",
    "medical": "Inside the window; referred to the clinic on call.",
    "child_contact": "By the reporting officer at {place}, minimal facts only; no danger now.",
    "forensic_interview": "Requested at the advocacy center, reference {call}.",
    "next_action": "Interview and records, assigned detective, {few} days.",
    "hotline_call_id": "{call}",
    "hospital_kit_number": "Kit {call}, sealed by the nurse.",
    "abuse_mechanism": "Described by the caregiver; recorded for the clinician.",
    "neglect_home": "Heated, running water, food for {few} days; {photos} photographs.",
}

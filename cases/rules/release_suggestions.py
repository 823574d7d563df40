"""What in a text belongs to a category that a law closes? A suggestion; a person decides.

It looks for how things are written (dates of birth, phones, street addresses) and for words that
a clause about health, tests, work or looks uses. It finds too much rather than too little.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cases.enums import ReleaseCategory
from cases.rules.release_profiles import Profile

CATEGORY = ReleaseCategory
MONTH = (
    r"(?:jan(?:uary|\.)?|feb(?:ruary|\.)?|mar(?:ch|\.)?|apr(?:il|\.)?|may|june?\.?|july?\.?"
    r"|aug(?:ust|\.)?|sept?(?:ember|\.)?|oct(?:ober|\.)?|nov(?:ember|\.)?|dec(?:ember|\.)?)"
)
DATE = (
    rf"(?:\d{{1,2}}[/.\-]\d{{1,2}}[/.\-]\d{{2,4}}|\d{{4}}[/.\-]\d{{1,2}}[/.\-]\d{{1,2}}"
    rf"|{MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}|\d{{1,2}}\s+{MONTH}\s+\d{{4}})"
)
STREET = (
    r"(?:street|st|avenue|ave|road|rd|boulevard|blvd|drive|dr|lane|ln|court|ct|circle|cir|terrace"
    r"|ter|place|pl|parkway|pkwy|highway|hwy|way|trail|trl|loop|hollow|square|sq|row|pike|alley)"
)
NUMBERED = (
    rf"\d{{1,6}}(?:-\d+)?[A-Za-z]?\s+(?:[NSEW]{{1,2}}\.?\s+|(?:north|south|east|west)\s+)?"
    rf"(?:[\w'\u2019.]+\s+){{0,4}}{STREET}\b\.?"
    r"(?:,?\s*(?:apt|apartment|unit|suite|ste|lot|room|no)\b\.?\s*#?\w+|,?\s*#\s*\w+)?"
    r"(?:,\s*[A-Z][\w .]{2,30},?\s+[A-Z]{2}\b)?(?:,?\s+\d{5}(?:-\d{4})?)?"
)
EXACT: tuple[tuple[str, str], ...] = (
    # With what stands for a telephone or a birth date, which is a pseudonym and a word.
    (
        CATEGORY.PSEUDONYM,
        r"\[[VP]-[2-9A-HJ-NP-Z]{5} [a-z -]{3,10}\]|\b[VP]-[2-9A-HJ-NP-Z]{5}\b",
    ),
    # Before the @ no more than a mailbox has: a long run is not begun at each of its characters.
    (CATEGORY.EMAIL, r"[\w.+\-]{1,64}(?:@|\s?\[at\]\s?)[\w\-]+(?:\.[\w\-]+)+"),
    (CATEGORY.SSN, r"(?<![\d\-])\d{3}[- ]\d{2}[- ]\d{4}(?![\d\-])"),
    (
        CATEGORY.SSN,
        r"(?:\bssn\b|social security(?: number| no\.?)?)\W{0,4}(?:is\s+)?\d{3}\W?\d{2}\W?\d{4}",
    ),
    (
        CATEGORY.PHONE,
        r"(?<![\d\-])(?:\+?1[\s.\-]?)?(?:\(\d{3}\)|\d{3})[\s.\-]?\d{3}[\s.\-]?\d{4}(?![\d\-])",
    ),
    (CATEGORY.PHONE, r"(?<![\d\-])\d{3}[.\-]\d{4}(?![\d\-])"),
    (
        CATEGORY.BIRTH_DATE,
        rf"(?:\bborn(?:\s+on)?|\bd\.?o\.?b\b\.?|\bdate of birth|\bbirth\s?(?:date|day))"
        rf"\W{{0,4}}(?:is\s+|was\s+|of\s+)?{DATE}",
    ),
    (CATEGORY.BIRTH_DATE, rf"{DATE}(?=\s*\(?(?:d\.?o\.?b|birth))"),
    (CATEGORY.ADDRESS, NUMBERED),
    (CATEGORY.ADDRESS, r"\bp\.?\s?o\.?\s?box\s+\d+"),
    (CATEGORY.ADDRESS, r"\b(?:apt|apartment|unit|lot)\b\.?\s*#?\d+\w?"),
    (CATEGORY.IMAGE, r"\b(?:photo(?:graph)?s?|video(?:s| recording)?|picture|selfie)s?\b"),
)
HEALTH = (
    r"injur\w*|bruis\w*|fractur\w*|bleed\w*|burns?|lacerat\w*|abrasions?|hematoma|swelling|rash"
    r"|diagnos\w*|medicat\w*|prescri\w*|therap\w*|psychiatr\w*|pregnan\w*|hospitali[sz]\w*|surgery"
    r"|asthma|diabet\w*|epilep\w*|autis\w*|adhd|depress\w*|anxiety|suicid\w*|self-harm|disabilit\w*"
    r"|genital\w*|anal|hymen\w*|sexual assault (?:exam|kit)|medical (?:exam|record|history)\w*"
    r"|pediatrician|symptoms?|infection\w*|std|sti|hiv|vaccin\w*|blood pressure|concussion"
)
TESTS = (
    r"tested (?:positive|negative)|test results?|results? (?:of|came|show\w*|were|was)|lab results?"
    r"|laborator\w*|toxicolog\w*|dna|swabs?|blood (?:test|alcohol|sample|type)|urin\w*"
    r"|positive for|negative for|x-?rays?|ct scan|mri|polygraph"
)
LOOKS = (
    r"\d{2,3}\s?(?:lbs?\.?|pounds|kg)\b|\d\s?(?:'|\u2019|ft|feet)\s?\d{0,2}|(?:cm|inches) tall"
    r"|weigh\w*|\w+[- ](?:hair|haired|eyes|eyed|skin|skinned|complexion)|tattoo\w*"
    r"|birthmark\w*|scars?|freckle\w*|braces|pierc\w*|slim|heavyset|tall build|glasses|wearing"
)
WORK = (
    r"works? (?:at|for|as)|worked (?:at|for|as)|employ(?:ed|er|ment)\w*|workplace|place of work"
    r"|job (?:at|with)|her shift|his shift"
)
CLAUSES: tuple[tuple[str, str], ...] = (
    (CATEGORY.HEALTH, HEALTH),
    (CATEGORY.TEST_RESULT, TESTS),
    (CATEGORY.PHYSICAL, LOOKS),
    (CATEGORY.WORKPLACE, WORK),
)
_EXACT = [(category, re.compile(pattern, re.IGNORECASE)) for category, pattern in EXACT]
_CLAUSES = [(category, re.compile(rf"\b(?:{words})", re.IGNORECASE)) for category, words in CLAUSES]
_CLAUSE = re.compile(r"(?:[^.;!?\n]|[.](?=\S))+")


@dataclass(frozen=True, slots=True)
class Suggestion:
    start: int
    end: int
    category: str


def suggestions(
    text: str, profile: Profile, known: Iterable[tuple[int, int]] = ()
) -> tuple[Suggestion, ...]:
    """What the profile would take out of the text, in the order it stands there.

    `known` are the places where a person of the case is named. One place under two categories is
    suggested twice only where the places differ.
    """
    found = {(start, end): str(CATEGORY.NAME) for start, end in known}
    for start, end, category in (*_exact(text), *_clauses(text)):
        found.setdefault((start, end), category)
    return tuple(
        Suggestion(start, end, category)
        for (start, end), category in sorted(found.items())
        if profile.suggests(category) and text[start:end].strip()
    )


def _exact(text: str) -> Iterator[tuple[int, int, str]]:
    for category, pattern in _EXACT:
        for match in pattern.finditer(text):
            yield (*match.span(), str(category))


def _clauses(text: str) -> Iterator[tuple[int, int, str]]:
    """The whole clause: one word of it gone, the others would still tell."""
    for clause in _CLAUSE.finditer(text):
        for category, pattern in _CLAUSES:
            if pattern.search(clause.group()):
                start = clause.start() + len(clause.group()) - len(clause.group().lstrip())
                yield start, clause.start() + len(clause.group().rstrip()), str(category)

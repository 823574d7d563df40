"""By which words is a known school meant? Its name with or without its kind, or its letters."""

import re
from collections.abc import Iterator

from cases.rules.nicknames import known_names
from cases.rules.redaction_common import COMMON
from cases.rules.redaction_known import plain
from cases.rules.redaction_streets import GAP, WORD_OR_NUMBER, forms_of, one_of, variants
from cases.rules.redaction_words import ORDINARY, STREETS

_KINDS = (
    ("elementary", "elem", "el", "es", "elementry", "grade"),
    ("high", "hs", "hi"),
    ("middle", "ms", "mid"),
    ("junior", "jr", "jh", "jhs"),
    ("senior", "sr"),
    ("primary", "prim"),
    ("academy", "acad", "acd"),
    ("preparatory", "prep"),
    ("montessori", "mont"),
    ("charter", "chtr"),
    ("preschool", "pre-school", "prek", "pre-k"),
    ("kindergarten", "kinder"),
    ("school", "sch", "schools"),
    ("daycare", "day care"),
    ("center", "centre", "ctr"),
    ("intermediate", "int", "inter"),
    ("international", "intl"),
    ("lower",),
    ("upper",),
    ("alternative", "alt"),
    ("stem",),
    ("steam",),
)
_KIND_OF = {form: forms for forms in _KINDS for form in forms}
_STREET = "|".join(sorted(STREETS, key=len, reverse=True))
_NO_STREET = rf"(?!\s(?i:{_STREET})\b)"
_ENDS = rf"(?:['\u2019]s)?(?!\w){_NO_STREET}"
_ATTENDED = "|".join(
    rf"(?<=(?i:{re.escape(words)}))"
    for words in (
        *("attends ", "attended ", "attending ", "enrolled at ", "enrolled in ", "goes to "),
        *("student at ", "pupil at ", "grader at ", "teacher at ", "counselor at ", "nurse at "),
        *("principal at ", "school is ", "school: ", "school ", "school, "),
        *("went to ", "picked up at ", "picked up from ", "transferred to ", "grade at "),
        *("school (", "-care (", "daycare (", "grade (", "grader (", "preschool ("),
    )
)
_STAFF = (
    r"(?:school|students?|teachers?|counselors?|principal|classmates?|kindergarten|staff|bus|nurse"
    r"|confirms|confirmed|attendance|registrar|front office|records|gym|playground|cafeteria|campus"
    r"|(?:is|was) (?:his|her|their|the child['\u2019]s) school)"
)
_LEAST_LETTERS = 4
_LEAST_FIRST = 5
# Where somebody is: "at Whitman", but not "at Whitman Mall".
_AT = r"(?<=\bat )"
_NO_NAME_ON = r"(?!\s[A-Z][a-z])"
_NUMBERED = re.compile(r"([A-Z]{2,4})[ #]{0,2}(\d{1,4})\b")


def school_patterns(school: str) -> Iterator[re.Pattern[str]]:
    """All the ways in which `school` is written."""
    yield from _by_number(school)
    tokens = WORD_OR_NUMBER.findall(school.strip().removeprefix("The "))
    named = [word for word in tokens if plain(word) not in _KIND_OF]
    kinds = [_KIND_OF[plain(word)] for word in tokens if plain(word) in _KIND_OF]
    if not named:
        return
    kind = "|".join(sorted({form for forms in (*kinds, _KIND_OF["school"]) for form in forms}))
    yield re.compile(
        rf"(?<!\w){_spelled(named)}(?:{GAP}(?:{kind})\b\.?)+(?:['\u2019]s)?(?!\w)", re.IGNORECASE
    )
    words = f"(?i:{_spelled(named)})"
    yield re.compile(rf"(?:{_ATTENDED}|(?={words} {_STAFF}\b))(?<!\w){words}{_ENDS}")
    yield from _at(named)
    last = plain(named[-1])
    if len(named) > 1 and len(last) >= _LEAST_LETTERS and last not in ORDINARY | COMMON:
        word = one_of({named[-1], named[-1].title(), named[-1].upper()})
        yield re.compile(rf"(?:{_ATTENDED}|(?={word} (?i:{_STAFF})\b))(?<!\w){word}{_ENDS}")
    if len(named) > 1:
        yield re.compile(rf"(?<!\w){_capital(named)}{_ENDS}")
    if len(named) > 1 + 1:
        yield re.compile(rf"(?<!\w){_capital(named[1:])}{_ENDS}")
    letters = "".join(word[0] for word in tokens).upper()
    if len(letters) >= _LEAST_LETTERS:
        yield re.compile(rf"(?<!\w){letters}(?!\w)")
    if len(letters) > _LEAST_LETTERS and letters.endswith("S"):
        yield re.compile(rf"(?<!\w){letters[:-1]}(?!\w)")


def _by_number(school: str) -> Iterator[re.Pattern[str]]:
    """As in "P.S. 112" and "PS112"; in lower case, unless that is a word ("is 61")."""
    if numbered := _NUMBERED.match(school.replace(".", "")):
        letters = r"\.?[ ]?".join(numbered[1])
        cased = 0 if plain(numbered[1]) in ORDINARY else re.IGNORECASE
        yield re.compile(rf"(?<!\w){letters}\.?[ #]{{0,2}}{numbered[2]}(?!\w)", cased)


def _at(named: list[str]) -> Iterator[re.Pattern[str]]:
    """As in "at Mission Trail"; "attends Mission" where that is neither a word nor a name."""
    if not named[0].isalpha():
        return
    yield re.compile(rf"{_AT}{_capital(named)}{_ENDS}{_NO_NAME_ON}")
    first = plain(named[0])
    telling = len(first) >= _LEAST_FIRST and first not in ORDINARY | COMMON | known_names()
    if len(named) > 1 and telling:
        yield re.compile(rf"(?:{_ATTENDED}|{_AT}){_capital(named[:1])}{_ENDS}{_NO_NAME_ON}")


def _spelled(named: list[str]) -> str:
    return _short_of_city(GAP.join(map(variants, named)), named)


def _capital(named: list[str]) -> str:
    """The same with a capital, or in capitals: in lower case the words may be words."""
    words = GAP.join(
        one_of(
            {cased for form in {word, *forms_of(word)} for cased in (form.title(), form.upper())}
            | ({word} if word[0].isupper() else set())
        )
        for word in named
    )
    return _short_of_city(words, named)


def _short_of_city(pattern: str, named: list[str]) -> str:
    if [plain(word) for word in named[:2]] != ["kansas", "city"] or len(named) <= 1 + 1:
        return pattern
    rest = GAP.join(map(variants, named[2:]))
    return rf"(?:{pattern}|KCK?{GAP}(?i:{rest}))"

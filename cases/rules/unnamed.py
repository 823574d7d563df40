"""What does a text say without whatever looks like a name, when nobody knows whom it may name?

For texts that belong to no case, and for the audit log, which is never rewritten. Nothing sealed is
asked: a rule that masked only those who are on record would tell whoever tries a name whether a
child of that name is (decision 20). So it goes by shape, and takes a town for a name at times.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence

from cases.rules.nicknames import known_names
from cases.rules.redaction_common import COMMON
from cases.rules.redaction_context import Context, is_possessive
from cases.rules.redaction_dates import MONTH_NUMBER, dates
from cases.rules.redaction_known import Word, words_of
from cases.rules.redaction_marks import unknown
from cases.rules.redaction_words import (
    DOING,
    INSTITUTIONS,
    MONTHS,
    OFFICIAL,
    ORDINARY,
    PARTICLES,
    POINTING,
    STREETS,
)

NAME = "[name]"
_KEPT = re.compile(
    r"\[(?:[VP]-\w{1,10} )?(?:name|phone|e-mail|ssn|birth date|date|address|school)\]"
    r"|\b[VP]-[A-Z2-9]{1,10}\b|\b[\w.\-/]*\d[\w.\-/]*"
)
_LOCAL_PHONE = re.compile(r"(?<![\w.\-/])\d{3}-\d{4}(?![\w\-/])")
_STREETS = "|".join(sorted(STREETS, key=len, reverse=True))
_ADDRESS = re.compile(
    rf"(?<![\w-])\d{{1,6}}(?: [^\W\d_][\w'.]*){{1,4}}? (?:{_STREETS})\b\.?", re.IGNORECASE
)
# An ending that names hardly have, at the start of a sentence, where a capital says nothing.
_DERIVED = re.compile(r"(?:[st]ion|ment|ing|ity|ness|[ae]nce|ed|ly|ers?)s?$")
_NO_NAMES = OFFICIAL | MONTHS | MONTH_NUMBER.keys() | POINTING
_ACRONYM = 5
_WITHIN = 3
_JOINS = re.compile(r"[ \t\u00a0]{1,2}|-|\. ?")

Known = Callable[[], Collection[str]]


def without_names(text: str, staff: Known = frozenset) -> str:
    """The text with telephones, e-mails, numbers, addresses, full dates and likely names masked.

    `staff` gives the names in plain form that are no secret, whole ("dana whitlock", "ward squad")
    or a last name alone; it is called only when the text has something that looks like a name.
    Somebody with a title of office ("Detective Ortiz") and an institution ("Truman Medical
    Center") stay.
    """
    masks = sorted(_masks(text, staff), key=lambda mask: (mask[0], -mask[1]))
    parts: list[str] = []
    end = 0
    for start, stop, mask in masks:
        if start >= end:
            parts += (text[end:start], mask)
            end = stop
    return "".join((*parts, text[end:]))


def _masks(text: str, staff: Known) -> Iterator[tuple[int, int, str]]:
    taken = [(one.start, one.end, f"[{one.kind}]") for one in unknown(text)]
    taken += [(*one.span(), "[address]") for one in _ADDRESS.finditer(text)]
    taken += [(*one.span(), "[phone]") for one in _LOCAL_PHONE.finditer(text)]
    taken += [(start, end, "[date]") for start, end, days in dates(text) if days]
    yield from taken
    busy = [(start, end) for start, end, _ in taken]
    busy += [one.span() for one in _KEPT.finditer(text)]
    words = [
        word
        for word in words_of(text)
        if not any(start < word.end and word.start < end for start, end in busy)
    ]
    for run in _runs(Context(text, words)):
        if not _is_staff(run, staff):
            yield run[0].start, _end(run[-1]), NAME


def _runs(context: Context) -> Iterator[Sequence[Word]]:
    """Neighbors that look like one name, as far as a reader would say that they name somebody."""
    at, words = 0, context.words
    while at < len(words):
        if not _looks_like_a_name(context, at):
            at += 1
            continue
        until = at + 1
        while until < len(words) and _goes_on(context, until):
            until += 1
        if _names_somebody(context, at, until):
            yield words[at:until]
        at = until


def _goes_on(context: Context, at: int) -> bool:
    one, other = context.words[at - 1 : at + 1]
    if _JOINS.fullmatch(context.text[one.end : other.start]) is None:
        return False
    if _looks_like_a_name(context, at) or (other.is_capital and len(other.raw) == 1):
        return True
    joins = other.plain in PARTICLES and at + 1 < len(context.words)
    return joins and _goes_on(context, at + 1)


def _looks_like_a_name(context: Context, at: int) -> bool:
    word = context.words[at]
    if not word.is_capital or len(word.raw) == 1 or word.plain in _NO_NAMES:
        return False
    opens = context.opens_a_sentence(at)
    if word.plain in known_names():
        return not opens or not _is_word(word.plain) or context.after(at) in DOING
    if (word.raw.isupper() and len(word.raw) <= _ACRONYM) or _is_common(word.plain):
        return False
    return word.plain not in ORDINARY or not opens


def _is_word(plain: str) -> bool:
    return plain in ORDINARY or _is_common(plain)


def _is_common(plain: str) -> bool:
    stems = (plain.removesuffix(ending) for ending in ("", "s", "es", "ed", "ing", "ly"))
    return any(stem in COMMON for stem in stems)


def _names_somebody(context: Context, at: int, until: int) -> bool:
    words = context.words
    last = words[until - 1]
    if context.before(at) in OFFICIAL or _is_institution(context, until):
        return False
    if until - at > 1 or not context.opens_a_sentence(at):
        return True
    if last.plain in known_names() or is_possessive(last) or last.raw.isupper():
        return True
    alone = at > 0 and context.after(at) == ""
    return (alone or context.after(at) in DOING) and _DERIVED.search(last.plain) is None


def _is_institution(context: Context, until: int) -> bool:
    """Whether the capitals that follow end in what a hospital or an office is called."""
    for at in range(until, min(until + _WITHIN, len(context.words))):
        if context.after(at - 1) == "" or not context.words[at].is_capital:
            return False
        if context.words[at].plain in INSTITUTIONS:
            return True
    return False


def _is_staff(run: Sequence[Word], staff: Known) -> bool:
    """Whether all of it is one name that is no secret."""
    return (
        " ".join(
            word.plain.removesuffix("s") if is_possessive(word) else word.plain for word in run
        )
        in staff()
    )


def _end(word: Word) -> int:
    return word.end - 2 if is_possessive(word) else word.end

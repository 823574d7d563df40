"""Is a word that may be a name said as one here? Case and neighbors decide."""

import re
from collections.abc import Container

from cases.rules.redaction_common import COMMON
from cases.rules.redaction_known import APOSTROPHES, Word
from cases.rules.redaction_words import (
    ACTED,
    ADDRESSED,
    AFTER_HANDLERS,
    ALWAYS_PLACES,
    ANNOUNCES_INITIALS,
    BEING,
    BETWEEN,
    COUNTS,
    DETERMINERS,
    DOES,
    DOING,
    HANDLES,
    INSTITUTIONS,
    IS_SO,
    LITTLE,
    MODAL,
    MONTH_BEFORE,
    MONTHS,
    NO_NAME_AFTER,
    NO_PLURAL,
    NOT_ALONE,
    NOT_INITIALS,
    OFFICIAL,
    OPENERS,
    ORDINARY,
    PLACE_BEFORE,
    PLACE_OF,
    PLACES,
    PLATES,
    POSSESSED,
    PRONOUNS,
    SAME_WHEN_PAST,
    SPEAKING,
    STATES,
    STREETS,
    TITLES,
)

SHORT = 4
_STATE_OF_TWO = re.compile(
    r", (?:D\.C|New (?:York|Jersey|Mexico|Hampshire)|(?:North|South) (?:Carolina|Dakota)|West Vir"
    r"|Rhode I|U\.S)",
    re.IGNORECASE,
)
_ENDS = '.!?:;\n\u2022\u201c"(\u2014'


class Context:
    """A text and its words, to ask what stands beside one of them; `known` are parts of names."""

    def __init__(self, text: str, words: list[Word], known: Container[str] = frozenset()) -> None:
        self.text, self.words, self.known = text, words, known

    def before(self, at: int) -> str:
        """The word before, in plain form, in the same sentence; "" when there is none."""
        if at == 0:
            return ""
        gap = self.text[self.words[at - 1].end : self.words[at].start]
        other = self.words[at - 1].plain
        joined = gap.isspace() or (gap.strip() == "." and (other in TITLES or other in OFFICIAL))
        return other if joined and "\n" not in gap else ""

    def after(self, at: int) -> str:
        """The word after, in plain form, when only a space stands between; else ""."""
        if at + 1 == len(self.words):
            return ""
        gap = self.text[self.words[at].end : self.words[at + 1].start]
        return self.words[at + 1].plain if gap.isspace() else ""

    def opens_a_sentence(self, at: int) -> bool:
        before = self.text[max(0, self.words[at].start - 4) : self.words[at].start]
        stripped = before.rstrip(" \t")
        if at == 0 or not stripped:
            return True
        if stripped[-1] == "." and self.before(at):
            return False
        return stripped[-1] in _ENDS

    def is_chat(self, at: int) -> bool:
        """Within quotation marks whose words begin in lower case: what somebody typed."""
        line = self.text.rfind("\n", 0, self.words[at].start) + 1
        begins = max(self.text.rfind(mark, line, self.words[at].start) for mark in '"\u201c')
        if begins < 0 or self.text.count('"', line, begins + 1) % 2 == (self.text[begins] != '"'):
            return False
        return self.text[begins + 1 : begins + 2].islower()

    def opens_a_quote(self, at: int) -> bool:
        """Where somebody's own words begin, and so does what they wrote."""
        return self.text[max(0, self.words[at].start - 1) : self.words[at].start] in ('"', "\u201c")

    def is_shouted(self, at: int) -> bool:
        """Whether the neighbors are in capitals too, so that a capital says nothing."""
        near = self.words[max(0, at - 2) : at] + self.words[at + 1 : at + 3]
        longer = [word.raw for word in near if len(word.raw) >= SHORT]
        return bool(longer) and all(raw.isupper() for raw in longer)

    def are_initials(self, at: int) -> bool:
        """Without dots: capitals among words that are not, and no usual abbreviation."""
        word = self.words[at]
        if not word.raw.isupper() or self.is_shouted(at):
            return False
        return word.plain not in NOT_INITIALS or self.before(at) in ANNOUNCES_INITIALS

    def names_another(self, first: int, at: int) -> bool:
        """As in "Officer James Carter" or "James Carter, RN" where only a James is known."""
        word = self.words[at]
        if at + 1 == len(self.words) or self.is_shouted(at):
            return False
        after = self.words[at + 1]
        if self.text[word.end : after.start] not in (" ", "-") or not after.is_capital:
            return False
        titled = self.before(first) in HANDLES | TITLES
        return titled or self._title_after(at + 1) in AFTER_HANDLERS

    def is_anothers(self, at: int) -> bool:
        """As in "Dr. Elena Carter" or "Elena Carter, RN" where only a Grace Carter is known."""
        first = at - 1
        if first < 0 or not self._is_first_name(first, at):
            return False
        while first > 0 and at - first < SHORT - 1 and self._is_first_name(first - 1, first):
            first -= 1
        if any(self.before(one) in HANDLES for one in range(first, at)):
            return True
        return any(self.words[one].plain in OFFICIAL for one in range(first, at - 1)) or (
            self._title_after(at) in AFTER_HANDLERS
        )

    def _is_first_name(self, at: int, then: int) -> bool:
        word = self.words[at]
        gap = self.text[word.end : self.words[then].start]
        letter = len(word.raw) == 1 and gap in (". ", " ")
        return word.is_capital and (letter or gap in (" ", "-", "\u00a0"))

    def _title_after(self, at: int) -> str:
        """What stands behind a comma, as in "Carter, RN"."""
        if at + 1 == len(self.words):
            return ""
        gap = self.text[self.words[at].end : self.words[at + 1].start]
        raw = self.words[at + 1].raw
        return self.words[at + 1].plain if gap == ", " and raw.isupper() else ""

    def is_a_place(self, at: int) -> bool:
        """As in "Carter Street", "Grace's Diner", "Lake Grace", "town of Carter", "Carter, MO"."""
        if not self.words[at].is_capital:
            return False
        if self.words[at].plain == "jesus" and self.after(at) == "christ":
            return True
        return self._is_called_so(at) or self._place_before(at) or self._state_after(at)

    def _is_called_so(self, at: int) -> bool:
        shouted = self.is_shouted(at)
        for step in (at, at + 1):
            after = self.after(step) if step < len(self.words) else ""
            if not after or not self.words[step + 1].is_capital:
                return False
            if after in STREETS or (not shouted and after in PLACES | INSTITUTIONS):
                return True
            if shouted and after in ALWAYS_PLACES:
                return True
        return False

    def _place_before(self, at: int) -> bool:
        if at == 0:
            return False
        one = self.words[at - 1]
        gap = self.text[one.end : self.words[at].start]
        if one.is_capital and one.plain in PLACE_BEFORE and gap in (" ", ". "):
            return one.plain not in self.known
        return one.plain == "of" and gap == " " and self.before(at - 1) in PLACE_OF

    def _state_after(self, at: int) -> bool:
        if at + 1 == len(self.words):
            return False
        after = self.words[at + 1]
        gap = self.text[self.words[at].end : after.start]
        if gap == " " and after.plain in PLATES:
            return True
        if _STATE_OF_TWO.match(self.text, self.words[at].end):
            return True
        long = len(after.raw) > len("MO")
        return (
            gap == ", "
            and after.plain in STATES
            and (after.is_capital if long else after.raw.isupper())
        )

    def is_a_thing(self, at: int) -> bool:
        """As in "the Grace period": a capital where an article and a noun say that it is a word."""
        word = self.words[at]
        if word.plain in ORDINARY and self.before(at) in ("a", "an"):
            return not (self.after(at) and self.words[at + 1].is_capital)
        if word.plain not in ORDINARY or self.before(at) not in DETERMINERS:
            return False
        after = self.after(at)
        if self.before(at) == "that" and after in MODAL:
            return False
        return bool(after) and not self.words[at + 1].is_capital and after not in DOING | DOES

    def is_explained(self, at: int) -> bool:
        """As in "Ash (Ashton Vogel)": a name of the case stands in brackets behind it."""
        if at + 1 == len(self.words):
            return False
        after = self.words[at + 1]
        gap = self.text[self.words[at].end : after.start]
        return gap == " (" and after.is_capital and after.plain in self.known

    def next_character(self, at: int) -> str:
        end = self.words[at].end
        return self.text[end : end + 1]

    def number_after(self, at: int) -> bool:
        end = self.words[at].end
        return self.text[end : end + 2].strip(" ")[:1].isdigit()

    def number_before(self, at: int) -> bool:
        start = self.words[at].start
        return self.text[max(0, start - 3) : start].rstrip(" ")[-1:].isdigit()


def is_said_as_a_name(context: Context, at: int, *, given: bool = False) -> bool:
    """Whether the word alone, that is a name and may be an ordinary word, is a name here.

    A first name (`given`) stands without an article where a thing hardly does.
    """
    word = context.words[at]
    if context.is_a_place(at):
        return False
    if not _is_ordinary(word):
        long = len(word.plain) >= SHORT or (
            len(word.plain) == SHORT - 1 and word.plain not in LITTLE
        )
        return word.is_capital or long
    if not word.is_capital:
        return _is_somebody_in_lower_case(context, at)
    return context.before(at) in TITLES or _is_capital_for_a_name(context, at, given=given)


def _is_somebody_in_lower_case(context: Context, at: int) -> bool:
    """As people write to each other: "dear hope", "will dont tell", "grace is with me"."""
    word, before, after = context.words[at], context.before(at), context.after(at)
    if before == "this" and context.before(at - 1) == "is" and context.is_chat(at):
        return True
    if before in NO_NAME_AFTER or before in DETERMINERS or before in COUNTS:
        return False
    if context.is_chat(at) and not {before, word.plain} & (MODAL | PRONOUNS):
        return True
    if after in SPEAKING or (
        after in _ACTS_ALONE and not (word.plain in MODAL and after in SAME_WHEN_PAST)
    ):
        return True
    if after in BEING and at + 2 < len(context.words):
        return context.after(at + 1) in IS_SO or context.opens_a_quote(at)
    return before in ADDRESSED


_ACTS_ALONE = (DOES | DOING | ACTED) - NOT_ALONE


def _is_capital_for_a_name(context: Context, at: int, *, given: bool) -> bool:
    if _is_month(context, at):
        return False
    word = context.words[at]
    if context.opens_a_sentence(at) or context.is_shouted(at):
        before = context.before(at)
        if before in ("the", "a", "an") and not context.opens_a_sentence(at):
            return False
        counted = before in DETERMINERS | COUNTS
        alone = given and word.plain not in OPENERS and not counted
        return alone or context.is_explained(at) or _acts(context, at)
    return True


def _is_ordinary(word: Word) -> bool:
    if not word.is_capital and word.plain in COMMON:
        return True
    stem = word.plain.removesuffix("s")
    if word.plain in ORDINARY or stem == word.plain or is_possessive(word):
        return word.plain in ORDINARY or stem in ORDINARY
    return stem in ORDINARY and not (stem in NO_PLURAL and word.is_capital)


def _is_month(context: Context, at: int) -> bool:
    word = context.words[at]
    return word.plain in MONTHS and (
        context.number_after(at)
        or context.number_before(at)
        or (context.before(at) in MONTH_BEFORE and not is_possessive(word))
    )


_ALONE_BEFORE = frozenset((*',:.;)?!"\u201d\n', ""))


def _acts(context: Context, at: int) -> bool:
    """At the start of a sentence, or among capitals: does somebody do something here?"""
    word, after = context.words[at], context.after(at)
    if is_possessive(word) or (
        word.plain.endswith("s") and context.next_character(at) in ("'", "\u2019")
    ):
        return True
    if after in BETWEEN and word.plain not in MODAL:
        after = context.after(at + 1)
    if after in DOES or (after.endswith("ed") and len(after) > SHORT):
        return True
    if after == "will" or (word.plain.endswith("s") and after in POSSESSED):
        return True
    if after in DOING:
        return not (word.plain in MODAL and after in SAME_WHEN_PAST)
    return context.next_character(at) in _ALONE_BEFORE


def is_possessive(word: Word) -> bool:
    """Ends in an apostrophe and an s."""
    return len(word.raw) >= SHORT - 1 and word.raw[-1] in "sS" and word.raw[-2] in APOSTROPHES

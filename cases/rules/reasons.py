"""Does a given reason say anything that a reader can see?

A reason is read by the people who are answerable for it. What only fills the field (zero-width
and blank characters, marks on nothing, one key held down) is not a reason.
"""

import unicodedata

LEAST_VISIBLE = 15
LEAST_DISTINCT = 4

# Letters and symbols by category that nevertheless draw nothing: fillers and the blank pattern.
BLANK = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u034f")


def visible(text: str) -> str:
    """What a reader sees of `text`: composed (NFC), in one line, the invisible left out."""
    seen: list[str] = []
    for character in unicodedata.normalize("NFC", text):
        kept = _shown(character, seen[-1] if seen else " ")
        if kept:
            seen.append(kept)
    return unicodedata.normalize("NFC", " ".join("".join(seen).split()))


def says_enough(text: str, least: int = LEAST_VISIBLE) -> bool:
    """Whether `text` has `least` visible letters and digits, and not the same few over and over."""
    said = [character for character in visible(text).casefold() if character.isalnum()]
    return len(said) >= least and len(set(said)) >= min(LEAST_DISTINCT, (least + 1) // 2)


def _shown(character: str, before: str) -> str:
    """The character as it is drawn after `before`: itself, a space, or nothing."""
    category = unicodedata.category(character)
    if character.isspace() or category.startswith("Z"):
        return " "
    if character in BLANK or category.startswith("C") or _is_selector(character):
        return ""
    if category.startswith("M") and before == " ":
        return ""
    return character


def _is_selector(character: str) -> bool:
    """Variation selectors choose a glyph and draw none."""
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"

"""Can a spreadsheet take this cell for a formula? Then an apostrophe goes before it.

Spreadsheets start a formula at = + - @, some also after a tab or a line break and at the full-width
forms of these; blank and invisible characters before them do not keep a program from it.
"""

import unicodedata

STARTS = frozenset("=+-@\t\r\n|%")


def harmless(text: str) -> str:
    """The text as a cell that no spreadsheet computes; nothing else of it is changed."""
    return f"'{text}" if _starts_formula(text) else text


def _starts_formula(text: str) -> bool:
    for character in text:
        if unicodedata.normalize("NFKC", character)[:1] in STARTS:
            return True
        if not _is_blank(character):
            return False
    return False


def _is_blank(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in ("Cf", "Cc", "Mn")

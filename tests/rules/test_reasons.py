"""Is a reason what a reader sees of it?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.rules.reasons import says_enough, visible

INVISIBLE = (
    "\u200b\u200c\u200d\u2060\ufeff\u00ad\u202e\u2066\u034f\u115f\u3164\uffa0\u2800\ufe0f\x00"
)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("  Safety \n\t check ", "Safety check"),
        ("S\u200ba\u200bf\u200be", "Safe"),
        ("Zoe\u0301", "Zo\u00e9"),
        ("\u0301\u0301 a \u0301", "a"),
        ("no\u00a0break\u3000space", "no break space"),
        (INVISIBLE, ""),
        ("a\u200b\u0301", "\u00e1"),
        ("\U000e0041\U000e0100x", "x"),
        ("\ue000private", "private"),
    ],
)
def test_only_what_a_reader_sees_is_left(text: str, seen: str) -> None:
    assert visible(text) == seen


@pytest.mark.parametrize(
    ("text", "enough"),
    [
        ("fifteen letters", False),
        ("fifteen letters!", False),
        ("fifteen letters 1", True),
        ("abcdefghijklmno", True),
        ("abcdefghijklmn", False),
        ("a" * 200, False),
        ("abc" * 50, False),
        ("abcd" * 4, True),
        ("." * 200, False),
        (INVISIBLE * 20, False),
        ("a" + INVISIBLE * 20 + "b", False),
        ("a\u0301" * 30, False),
        ("\u03b1\u03b2\u03b3\u03b4\u03b5" * 3, True),
        ("", False),
    ],
)
def test_a_reason_has_fifteen_letters_or_digits_and_more_than_three_of_them(
    text: str, enough: bool
) -> None:
    assert says_enough(text) is enough


def test_a_shorter_least_asks_for_less() -> None:
    assert says_enough("yes", least=3)
    assert not says_enough("ok", least=3)
    assert not says_enough("aaa", least=3)


@given(st.text())
def test_what_is_seen_is_seen_again_unchanged(text: str) -> None:
    once = visible(text)

    assert visible(once) == once


@given(st.text(), st.sampled_from(INVISIBLE), st.integers(0, 50))
def test_invisible_characters_add_nothing(text: str, character: str, at: int) -> None:
    assert not says_enough(character * 50)
    assert says_enough(text) >= says_enough(text[:at] + character * 20)

"""Is a password refused that a guesser tries first, and a good one taken?"""

import pytest

from cases.rules.passwords import says_too_little

KNOWN = ("r.quillfeather", "Roberta Quillfeather", "Crimes Against Children Unit")


@pytest.mark.parametrize(
    "password",
    [
        "Password2026!Spring",
        "P@ssw0rdP@ssw0rd!",
        "Quillfeather-1987-!!",
        "Roberta.Quillfeather",
        "CrimesAgainstChildren1",
        "qwertyuiop12345678",
        "lkjhgfdsa-lkjhgfdsa",
        "aaaaaaaaaaaaaaaaaaaa",
        "abcabcabcabcabcabc",
        "20262026202620262026",
        "Summer2026KansasCity",
        "Detective-Badge-4117",
        "!!!!!!!!!!!!!!!!!!!!",
        # Five different signs are left.
        "kqvzx-kqvzx-1111",
        "qwer-asdf-zxcv-2222",
    ],
)
def test_what_guessers_try_first_is_refused(password: str) -> None:
    assert says_too_little(password, KNOWN)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "kHq93-vTzz-0plwq-mm",
        "lantern gravel otter piano",
        # Six are left; three of a row are none yet.
        "kqvzxw-kqvzxw-1111",
        "qwe-asd-2222-2222",
        "Zürich-Äpfel-blühen-öfter",
    ],
)
def test_words_that_do_not_belong_together_are_taken(password: str) -> None:
    assert not says_too_little(password, KNOWN)

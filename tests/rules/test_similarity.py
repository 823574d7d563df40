"""Is a copied narrative found among many, and a different one left alone?"""

import random

import pytest

from cases.rules.documentation import set_similarity, signature, similarity, trigrams, words

VOWELS, CONSONANTS = "aeiou", "bcdfghklmnprstvw"
PAIRS = 40


def invented_word(chance: random.Random) -> str:
    syllables = chance.randint(1, 4)
    return "".join(chance.choice(CONSONANTS) + chance.choice(VOWELS) for _ in range(syllables))


def invented_text(chance: random.Random, length: int) -> list[str]:
    vocabulary = [invented_word(chance) for _ in range(max(40, length // 2))]
    return [chance.choice(vocabulary) for _ in range(length)]


def scattered_change(chance: random.Random, text: list[str], count: int) -> list[str]:
    changed = list(text)
    for at in chance.sample(range(len(text)), count):
        changed[at] = invented_word(chance)
    return changed


def candidates(one: str, other: str) -> bool:
    return bool(set(signature(one)) & set(signature(other)))


def nearly_the_same(chance: random.Random, length: int) -> tuple[str, str]:
    """A text and a copy with as many scattered words changed as keeps them just above 0.9."""
    text = invented_text(chance, length)
    closest = " ".join(text)
    for count in range(1, length):
        other = " ".join(scattered_change(chance, text, count))
        if similarity(" ".join(text), other) < 0.9:
            break
        closest = other
    return " ".join(text), closest


@pytest.mark.parametrize("length", [18, 55, 200])
def test_no_near_duplicate_is_missed(length: int) -> None:
    chance = random.Random(length)
    pairs = [nearly_the_same(chance, length) for _ in range(PAIRS)]

    missed = [pair for pair in pairs if not candidates(*pair)]

    assert not missed


def test_unrelated_texts_rarely_become_candidates() -> None:
    chance = random.Random(1)
    texts = [" ".join(invented_text(chance, 200)) for _ in range(40)]
    pairs = [(one, other) for at, one in enumerate(texts) for other in texts[:at]]

    found = sum(candidates(*pair) for pair in pairs)

    assert found <= len(pairs) / 100


def test_a_copy_that_only_changes_names_is_a_copy() -> None:
    one = "V-7Q2M said that P-19KX took V-7Q2M to the garage. P-77AB was at work."
    other = "V-AAAA said that P-BBBB took V-AAAA to the garage. P-CCCC was at work."

    assert similarity(one, other) == 1.0
    assert signature(one) == signature(other)


def test_a_different_account_is_no_copy() -> None:
    one = "The child told the school nurse about it on Monday; the nurse called the hotline."
    other = "Officers were sent to a fight in the street and found two children alone in a car."

    assert similarity(one, other) < 0.4


def test_similarity_is_that_of_trigram_sets() -> None:
    assert trigrams("Word") == {"  w", " wo", "wor", "ord", "rd "}
    assert similarity("word", "two words") == pytest.approx(4 / 11)
    assert similarity("word", "WORD, word!") == 1.0
    assert similarity("", "word") == 0.0
    assert similarity("", "") == 0.0
    assert set_similarity(frozenset("abc"), frozenset("bcd")) == 0.5


def test_case_accents_and_punctuation_make_no_difference() -> None:
    assert words("Señora, the CHILD's room_2") == ["senora", "the", "child", "s", "room", "2"]


def test_a_signature_fits_the_database_and_never_changes() -> None:
    found = signature("Nothing was collected and none was expected given the time elapsed.")

    assert len(found) == 32
    assert all(-(2**63) <= value < 2**63 for value in found)
    assert found[:2] == (8138028766040312809, 4192447152755689000)


@pytest.mark.parametrize("text", ["", " ...  !"])
def test_a_text_without_words_has_no_signature(text: str) -> None:
    assert signature(text) == ()


@pytest.mark.parametrize("text", ["seen", "child seen"])
def test_a_text_of_a_word_or_two_has_one(text: str) -> None:
    assert len(signature(text)) == 32

"""Is nobody named in a text that says what happened to them? All names here are invented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.rules.redaction import KnownPerson, redact, redactor

CHILD = KnownPerson("V-7Q2M", ("Zephyrine Quillfeather",))
MOTHER = KnownPerson("P-19KX", ("Ottoline Marsh-Quillfeather", "Otti"))
UNCLE = KnownPerson("P-77AB", ("José  van Tarn",))
PEOPLE = (CHILD, MOTHER, UNCLE)


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Zephyrine Quillfeather was seen.", "V-7Q2M was seen."),
        ("Zephyrine was seen.", "V-7Q2M was seen."),
        ("the Quillfeather home", "the V-7Q2M home"),
        ("ZEPHYRINE and zephyrine", "V-7Q2M and V-7Q2M"),
        ("Zephyrine's room, Zephyrine\u2019s bed", "V-7Q2M's room, V-7Q2M\u2019s bed"),
        ("Quillfeather, Zephyrine", "V-7Q2M"),
        ("QUILLFEATHER ZEPHYRINE", "V-7Q2M"),
        ("Zephyrine\n  Quillfeather", "V-7Q2M"),
        ("(Zephyrine)", "(V-7Q2M)"),
        ("Ottoline Marsh-Quillfeather", "P-19KX"),
        ("Mrs. Marsh-Quillfeather", "Mrs. P-19KX"),
        ("Mrs. Marsh", "Mrs. P-19KX"),
        ("called Otti by the child", "called P-19KX by the child"),
        ("José van Tarn and Jose Tarn", "P-77AB and P-77AB"),
        ("Jose\u0301 came home", "P-77AB came home"),
        ("he drove a Van; van Tarn", "he drove a Van; P-77AB"),
        ("the Zephyrines", "the V-7Q2M"),
        ("Otti_2 in a file name, otti.jpg", "P-19KX_2 in a file name, P-19KX.jpg"),
        ("Nothing to hide.", "Nothing to hide."),
        ("", ""),
    ],
)
def test_known_names_become_pseudonyms(text: str, redacted: str) -> None:
    assert redact(text, PEOPLE) == redacted


def test_a_short_name_is_replaced_only_when_written_like_one() -> None:
    people = (KnownPerson("V-7Q2M", ("An Zwerg",)),)

    assert redact("An saw an officer; AN ran.", people) == "V-7Q2M saw an officer; V-7Q2M ran."


def test_a_shared_name_goes_to_the_first_but_a_full_one_to_its_owner() -> None:
    people = (CHILD, KnownPerson("P-19KX", ("Ottoline Quillfeather",)))

    assert redact("Quillfeather", people) == "V-7Q2M"
    assert redact("Ottoline Quillfeather", people) == "P-19KX"


def test_what_looks_like_a_pattern_is_only_a_name() -> None:
    people = (KnownPerson("V-7Q2M", ("Zeph (Zee) Quill.*",)),)

    assert redact("Everyone heard.", people) == "Everyone heard."


@pytest.mark.parametrize("people", [(), (KnownPerson("V-7Q2M", ()),), (KnownPerson("V-", ("",)),)])
def test_without_known_names_the_text_stays(people: tuple[KnownPerson, ...]) -> None:
    assert redact("Zephyrine", people) == "Zephyrine"


WORDS = st.sampled_from(
    ["Zephyrine", "quillfeather", "OTTI", "Marsh", "the", "child", "was", "Tarn", "seen", "José"]
)


@given(st.lists(WORDS), st.sampled_from([" ", ", ", "\n", "-", "'s "]))
def test_no_known_name_survives(parts: list[str], between: str) -> None:
    text = between.join(parts)

    redacted = redact(text, PEOPLE).casefold()

    for name in ("zephyrine", "quillfeather", "otti", "marsh", "tarn", "josé"):
        assert name not in redacted


@given(st.lists(WORDS))
def test_redacting_twice_changes_nothing_more(parts: list[str]) -> None:
    once = redact(" ".join(parts), PEOPLE)

    assert redact(once, PEOPLE) == once
    assert redactor(PEOPLE)(" ".join(parts)) == once

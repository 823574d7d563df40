"""Is what a law closes found in a text, and is what remains free of it?"""

import pytest

from cases.enums import ReleaseCategory
from cases.rules.release_marks import Span, pieces, quoted, remaining, uncovered
from cases.rules.release_profiles import BadProfile, Profile, profile_of, profiles
from cases.rules.release_suggestions import suggestions

FOUND = [
    ("Call (816) 555-0199 first.", "phone", "(816) 555-0199"),
    ("Call 816.555.0199 first.", "phone", "816.555.0199"),
    ("Call +1 816 555 0199.", "phone", "+1 816 555 0199"),
    ("Write to invented.person@example.org today.", "email", "invented.person@example.org"),
    ("The number 900-00-1234 was given.", "ssn", "900-00-1234"),
    ("SSN: 900001234 was given.", "ssn", "SSN: 900001234"),
    ("The child, DOB 2/9/2018, was seen.", "birth_date", "DOB 2/9/2018"),
    ("The child was born on February 9, 2018 here.", "birth_date", "born on February 9, 2018"),
    ("Date of birth: 2018-02-09.", "birth_date", "Date of birth: 2018-02-09"),
    ("They live at 4117 Invented Hollow Lane now.", "address", "4117 Invented Hollow Lane"),
    ("Sent to 12 N. Made Up St., Apt 4.", "address", "12 N. Made Up St., Apt 4"),
    ("Mail goes to PO Box 77.", "address", "PO Box 77"),
    ("Photographs were taken.", "image", "Photographs"),
    ("He was at home; a bruise was seen.", "health", "a bruise was seen"),
    ("The test results came back. Fine.", "test_result", "The test results came back"),
    ("She has brown hair, and left.", "physical", "She has brown hair, and left"),
    ("The caregiver works at a mill. It rained.", "workplace", "The caregiver works at a mill"),
    ("V-7Q2MX was seen.", "pseudonym", "V-7Q2MX"),
    ("Call [V-7Q2MX phone] now.", "pseudonym", "[V-7Q2MX phone]"),
    ("Born [V-7Q2MX birth date].", "pseudonym", "[V-7Q2MX birth date]"),
    ("Write to [V-7Q2MX e-mail].", "pseudonym", "[V-7Q2MX e-mail]"),
]


@pytest.fixture
def public() -> Profile:
    return profiles()["public"]


@pytest.mark.parametrize(("text", "category", "words"), FOUND)
def test_what_a_law_closes_is_found(public: Profile, text: str, category: str, words: str) -> None:
    found = {(one.category, text[one.start : one.end]) for one in suggestions(text, public)}

    assert (category, words) in found


@pytest.mark.parametrize(
    "text",
    [
        "The door was locked at 14:02 on 3/4/2026.",
        "Case 26-000123 was opened.",
        "The officer drove to the school.",
        "",
    ],
)
def test_what_is_open_is_left_alone(public: Profile, text: str) -> None:
    assert suggestions(text, public) == ()


def test_known_places_are_suggested_as_names(public: Profile) -> None:
    (found,) = suggestions("It was Zephyrine.", public, [(7, 16)])

    assert (found.category, found.start, found.end) == (ReleaseCategory.NAME, 7, 16)


def test_the_profiles_differ_in_what_they_take_out() -> None:
    everything = set(ReleaseCategory.values)
    by_code = {
        code: {one for one in everything if p.suggests(one)} for code, p in profiles().items()
    }

    assert by_code["public"] == everything
    assert by_code["court"] == everything - {"pseudonym"}
    assert by_code["prosecutor"] == {"ssn", "phone", "email", "address"}


@pytest.mark.parametrize(
    "change",
    [
        {"takes_out": ["gossip"]},
        {"exemptions": []},
        {"citing": {"ssn": "Because"}},
        {"pseudonyms": "perhaps"},
    ],
)
def test_a_profile_that_makes_no_sense_is_refused(
    public: Profile, change: dict[str, object]
) -> None:
    with pytest.raises(BadProfile):
        profile_of({**public.body, **change})


def test_the_pieces_of_a_text_are_the_text() -> None:
    text = "The child was seen at home."
    spans = [Span(4, 9, "name", "A", "1"), Span(6, 13, "health", "B", "2"), Span(22, 99, "other")]

    cut = list(pieces(text, spans))

    assert "".join(piece.text for piece in cut) == text
    assert [len(piece.over) for piece in cut] == [0, 1, 2, 1, 0, 1]


def test_what_remains_says_nothing_of_what_was_removed() -> None:
    text = "Seen: Ann Bee, at home."

    left = remaining(text, [Span(6, 9, "name", "A"), Span(10, 13, "name", "A")])

    assert [piece.text for piece in left] == ["Seen: ", "", ", at home."]
    assert len(left[1].over) == 2


def test_touching_places_are_one() -> None:
    left = remaining("abcdef", [Span(1, 3, "name"), Span(3, 5, "other"), Span(2, 4, "phone")])

    assert [piece.text for piece in left] == ["a", "", "f"]


def test_what_is_covered_keeps_its_place() -> None:
    assert uncovered("abcdef", [Span(1, 3, "name")]) == "a  def"


@pytest.mark.parametrize(
    ("phrase", "places"),
    [("The DOOR", [(0, 9), (16, 24)]), ("door", [(5, 9), (20, 24)]), ("window", []), (" ", [])],
)
def test_a_phrase_is_found_whatever_its_spaces(phrase: str, places: list[tuple[int, int]]) -> None:
    assert quoted("The\n door, then the door.", phrase) == places

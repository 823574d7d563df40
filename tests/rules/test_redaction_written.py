"""Is somebody found where what tells of them is written as forms, clinics and chats write it?

Each is a class that a set written without sight of the rule held. All names here are invented.
"""

import pytest

from cases.rules.redaction import KnownPerson, redact

CHILD = KnownPerson(
    "V-7Q2MX",
    ("Zephyrine Quill-Osprey",),
    {
        "first_name": "Zephyrine",
        "last_name": "Quill-Osprey",
        "birth_date": "2010-09-17",
        "phone": "816-555-0171",
        "address": "5 East Madeup Boulevard Apartment 210, Kansas City, MO 64130",
        "email": "zeph_quill@example.org",
        "school": "Invented McAulish Academy",
    },
)
UNCLE = KnownPerson(
    "P-19KXB",
    ("Art Summers",),
    {
        "first_name": "Art",
        "last_name": "Summers",
        "address": "2201 Madeup Avenue, Suite 5, Kansas City, MO 64108",
    },
)
HOPE = KnownPerson("V-3T4WK", ("Hope Imagine",), {"first_name": "Hope", "last_name": "Imagine"})
PEOPLE = (CHILD, UNCLE, HOPE)


@pytest.mark.parametrize(
    "written",
    [
        "816-555-0171 ext. 4",
        "816.555.0171 x7",
        "(816) 555-0171, extension 22",
        "816 555 0171 (ext 9)",
    ],
)
def test_an_extension_goes_with_the_telephone(written: str) -> None:
    assert redact(f"Reached at {written}.", PEOPLE) == "Reached at [V-7Q2MX phone]."


def test_a_telephone_in_brackets_leaves_both_or_neither() -> None:
    assert redact("Home (816-555-0171).", PEOPLE) == "Home ([V-7Q2MX phone])."
    assert redact("Home (816-555-0171 ext. 4).", PEOPLE) == "Home ([V-7Q2MX phone])."
    assert redact("Home (816) 555-0171.", PEOPLE) == "Home [V-7Q2MX phone]."


@pytest.mark.parametrize(
    "written",
    [
        "September seventeenth, two thousand ten",
        "the seventeenth of September, 2010",
        "September seventeenth, twenty ten",
        "Sept. the 17th, 2010",
        "the seventeenth of September two thousand and ten",
    ],
)
def test_a_birth_date_in_words(written: str) -> None:
    assert redact(f"Born {written}.", PEOPLE) == "Born [V-7Q2MX birth date]."


@pytest.mark.parametrize(
    "text", ["On September seventeenth, twenty eleven, we met.", "September seventeenth, 2009."]
)
def test_another_day_in_words_stays(text: str) -> None:
    assert redact(text, PEOPLE) == text


@pytest.mark.parametrize(
    ("written", "who"),
    [
        ("5 E. Madeup Blvd #210", "V-7Q2MX"),
        ("5 East Madeup Blvd, Apt 210-B", "V-7Q2MX"),
        ("5 E Madeup Blvd, 2nd floor", "V-7Q2MX"),
        ("2201 Madeup Ave, Ste 5", "P-19KXB"),
        ("2201 Madeup, rear", "P-19KXB"),
    ],
)
def test_a_flat_however_it_is_said(written: str, who: str) -> None:
    assert redact(f"Lives at {written}.", PEOPLE) == f"Lives at [{who} address]."


def test_a_zip_is_found_where_it_is_called_one() -> None:
    assert redact("ZIP 64130, zip code: 64108", PEOPLE) == (
        "ZIP [V-7Q2MX address], zip code: [P-19KXB address]"
    )
    assert redact("item 64130 was bagged; ZIP 64111", PEOPLE) == "item 64130 was bagged; ZIP 64111"


def test_an_email_as_it_is_spoken() -> None:
    text = "Write to zeph underscore quill at example dot org."

    assert redact(text, PEOPLE) == "Write to [V-7Q2MX e-mail]."


def test_a_schools_name_with_a_capital_inside() -> None:
    assert redact("McAulish students saw it.", PEOPLE) == "[V-7Q2MX school] students saw it."


def test_a_handle_with_the_last_names_letter() -> None:
    assert redact("Snap: zephyrineq_10.", PEOPLE) == "Snap: [V-7Q2MX handle]."
    assert redact("She reads zephyrines.", PEOPLE) == "She reads V-7Q2MX."


@pytest.mark.parametrize("written", ["Z.Q.-O.", "Z.Q.O.", "ZQO"])
def test_initials_of_two_last_names(written: str) -> None:
    assert redact(f"Then {written} pointed at it.", PEOPLE) == "Then V-7Q2MX pointed at it."


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Hope? She is asleep.", "V-3T4WK? She is asleep."),
        ("It ended; Hope already did.", "It ended; V-3T4WK already did."),
        ("We think that Hope will talk.", "We think that V-3T4WK will talk."),
        ("Summers' dog was there.", "P-19KXB' dog was there."),
        ("Hope still exists for a trial.", "Hope still exists for a trial."),
        ("ART CLASS WAS PAID IN THE ART ROOM.", "ART CLASS WAS PAID IN THE ART ROOM."),
    ],
)
def test_a_name_that_is_a_word(text: str, redacted: str) -> None:
    assert redact(text, PEOPLE) == redacted

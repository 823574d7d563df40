"""Is nobody named in a text that says what happened to them? All names here are invented."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.rules.redaction import KnownPerson, mentions, redact, redactor

CHILD = KnownPerson("V-7Q2M", ("Zephyrine Quillfeather",))
MOTHER = KnownPerson("P-19KX", ("Ottoline Marsh-Quillfeather", "Otti"))
UNCLE = KnownPerson("P-77AB", ("José  van Tarn",))
PEOPLE = (CHILD, MOTHER, UNCLE)


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Zephyrine Quillfeather was seen.", "V-7Q2M was seen."),
        ("Zephyrine was seen.", "V-7Q2M was seen."),
        ("the Quillfeather home", "the P-19KX home"),
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


def test_a_last_name_alone_is_an_adults_and_a_full_one_goes_to_its_owner() -> None:
    mother = KnownPerson("P-19KX", ("Ottoline Quillfeather",))
    people = (CHILD, mother, KnownPerson("P-77AB", ("Ambrose Quillfeather",)))

    assert redact("Quillfeather left.", people) == "P-19KX left."
    assert redact("Ambrose Quillfeather left.", people) == "P-77AB left."
    assert redact("Zephyrine Quillfeather left.", people) == "V-7Q2M left."
    assert redact("Quillfeather, Zephyrine left.", people) == "V-7Q2M left."
    assert redact("Quillfeather left.", (CHILD,)) == "V-7Q2M left."


def test_what_looks_like_a_pattern_is_only_a_name() -> None:
    people = (KnownPerson("V-7Q2M", ("Zeph (Zee) Quill.*",)),)

    assert redact("Everyone heard.", people) == "Everyone heard."


@pytest.mark.parametrize("people", [(), (KnownPerson("V-7Q2M", ()),), (KnownPerson("V-", ("",)),)])
def test_without_known_names_the_text_stays(people: tuple[KnownPerson, ...]) -> None:
    assert redact("Zephyrine", people) == "Zephyrine"


WORDS = st.sampled_from(
    ["Zephyrine", "quillfeather", "OTTI", "Marsh", "the", "child", "was", "Tarn", "seen", "José"]
)


@settings(deadline=None)
@given(st.lists(WORDS), st.sampled_from([" ", ", ", "\n", "-", "'s "]))
def test_no_known_name_survives(parts: list[str], between: str) -> None:
    text = between.join(parts)

    redacted = redact(text, PEOPLE).casefold()

    for name in ("zephyrine", "quillfeather", "otti", "marsh", "tarn", "josé"):
        assert name not in redacted


@settings(deadline=None)
@given(st.lists(WORDS))
def test_redacting_twice_changes_nothing_more(parts: list[str]) -> None:
    once = redact(" ".join(parts), PEOPLE)

    assert redact(once, PEOPLE) == once
    assert redactor(PEOPLE)(" ".join(parts)) == once


LIN = KnownPerson(
    "V-7Q2M",
    ("Hope Müllerström",),
    {
        "first_name": "Hope",
        "last_name": "Müllerström",
        "birth_date": "2017-03-05",
        "phone": "(816) 555-0142",
        "email": "Hope.M@example.org",
        "address": "4117 Invented Hollow Lane, Kansas City, MO 64127",
        "school": "Larkmeadow Elementary School",
        "ssn": "987-65-4321",
    },
)
DEAN = KnownPerson("P-19KX", ("Christopher Dean",), {"first_name": "Christopher"})


@pytest.mark.parametrize(
    "written",
    [
        "2017-03-05", "03/05/2017", "3/5/17", "March 5, 2017", "5 March 2017",
        "the 5th of March 2017", "March 5th, 2017", "Mar. 5, 2017", "5 de marzo de 2017",
        "20170305", "5.3.2017", "05 MAR 2017",
    ],
)  # fmt: skip
def test_a_birth_date_in_any_usual_form(written: str) -> None:
    assert redact(f"Born {written}.", (LIN,)) == "Born [V-7Q2M birth date]."


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("call 816.555.0142 now", "call [V-7Q2M phone] now"),
        ("call +1 (816) 555-0142", "call [V-7Q2M phone]"),
        ("call 555-0142", "call [V-7Q2M phone]"),
        ("item 5550142-7 stays", "item 5550142-7 stays"),
        ("to HOPE.M@EXAMPLE.ORG.", "to [V-7Q2M e-mail]."),
        ("number 987 65 4321 given", "number [V-7Q2M ssn] given"),
        ("at 4117 Invented Hollow Ln., Kansas City", "at [V-7Q2M address]"),
        ("at 4117 INVENTED HOLLOW", "at [V-7Q2M address]"),
        ("unit 4117 answered", "unit 4117 answered"),
        ("pupil of Larkmeadow Elem. School", "pupil of [V-7Q2M school]"),
        ("Larkmeadow Road is long", "Larkmeadow Road is long"),
        ("on 5 April 2017", "on 5 April 2017"),
    ],
)
def test_what_else_tells_who_somebody_is(text: str, redacted: str) -> None:
    assert redact(text, (LIN,)) == redacted


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("I hope she sleeps. Hope slept.", "I hope she sleeps. V-7Q2M slept."),
        ("Hope that helps.", "Hope that helps."),
        ("the Müllerströms' car", "the V-7Q2M' car"),
        ("Mullerstrom, Muellerstroem, MÜLLERSTRÖM", "V-7Q2M, V-7Q2M, V-7Q2M"),
        ("Mulerstrom and Müllertsröm", "V-7Q2M and V-7Q2M"),
        ("H.M. slept; H. Müllerström, too", "V-7Q2M slept; V-7Q2M, too"),
        ("Hope M. slept", "V-7Q2M slept"),
        ("Chris, Kit and Topher are one", "P-19KX, P-19KX and P-19KX are one"),
        ("Mr. Dean is the dean", "Mr. P-19KX is the dean"),
        ("Officer Dean wrote it", "Officer [name] wrote it"),
        ("Officer Christopher Rivera wrote it", "Officer Christopher Rivera wrote it"),
        ("on Hope Street", "on Hope Street"),
        ("a christian home", "a christian home"),
    ],
)
def test_context_and_slips_decide(text: str, redacted: str) -> None:
    assert redact(text, (LIN, DEAN)) == redacted


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("call (913) 555-0199", "call [phone]"),
        ("mail nobody@example.org", "mail [e-mail]"),
        ("SSN 912-34-5678", "SSN [ssn]"),
        ("DOB: 4/5/2016", "DOB: [birth date]"),
        ("call id 5878864 and item 26-000417", "call id 5878864 and item 26-000417"),
        ("seen on 4/5/2016", "seen on 4/5/2016"),
    ],
)
def test_what_is_a_strangers_is_masked(text: str, redacted: str) -> None:
    assert redact(text, ()) == redacted


def test_offsets_are_those_of_the_text_as_given() -> None:
    text = "Cafe\u0301, then Mu\u0308llerstro\u0308m left."

    (found,) = mentions(text, (LIN,))

    assert text[found.start : found.end] == "Mu\u0308llerstro\u0308m"


HOSTILE = st.sampled_from(
    ["a", "A.", "'", "\u2019", "-", " ", "\n", "0", "5 ", "555-", "(", "@", ".", "Hope", "e\u0301",
     "March ", "[V-", "]", "4117 ", "Invented ", "\u0301", "J", "\t", "\u200b"]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(HOSTILE, max_size=60), st.integers(1, 200))
def test_hostile_text_breaks_nothing(parts: list[str], times: int) -> None:
    """Patterns repeat only what can't overlap; what would be tried anew forever hangs here."""
    text = "".join(parts) * times

    redacted = redact(text[:5_000], (LIN, DEAN))

    assert "Müllerström" not in redacted
    assert redact(redacted, (LIN, DEAN)) == redacted


CARTER = KnownPerson(
    "V-CARTR",
    ("Grace Carter",),
    {
        "first_name": "Grace",
        "last_name": "Carter",
        "birth_date": "2014-03-07",
        "phone": "816-555-0143",
        "ssn": "912-33-4455",
        "email": "gcarter@example.org",
        "address": "77 N. Willow Bend Road, Apt 3",
        "school": "Rose Hill Elementary School",
    },
)
RIVERS = KnownPerson(
    "P-RIVRS",
    ("Mark Rivers",),
    {"first_name": "Mark", "middle_name": "Anthony James", "last_name": "Rivers"},
)


@pytest.mark.parametrize(
    "text",
    [
        "Dr. Elena Carter examined her.",
        "Officer James Carter and Officer J. Carter arrived.",
        "Elena Carter, RN, noted it.",
        "A social worker, Counselor Grace Lim, called.",
        "Ms. Grace Daniels was told.",
        "They met at Carter's Grocery on Carter Street.",
        "They drove past Lake Grace to the town of Carter.",
        "They moved to Carter, Missouri, then to Carter, KS.",
        "Seen at Grace Lutheran Church and at Carter County offices.",
        "The Grace period ended.",
        "They ran to the rivers.",
        "He left at 2014, number 0143.",
    ],
)
def test_a_name_that_is_somebody_elses_or_a_places_stays(text: str) -> None:
    assert redact(text, (CARTER, RIVERS)) == text


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Seen: Mark A. J. Rivers.", "Seen: P-RIVRS."),
        ("Seen: Rivers, Mark A. and others.", "Seen: P-RIVRS and others."),
        ("Seen: Mark Rivers Jr. today.", "Seen: P-RIVRS today."),
        ("The bag says MAJR, the cup MAR.", "The bag says P-RIVRS, the cup P-RIVRS."),
        ("born 7MAR2014", "born [V-CARTR birth date]"),
        ("DOB 07MAR14", "DOB [V-CARTR birth date]"),
        ("DOB 03072014", "DOB [V-CARTR birth date]"),
        ("DOB Mar. 7, '14", "DOB [V-CARTR birth date]"),
        ("the seventh of March 2014", "[V-CARTR birth date]"),
        ("Her birthday is March 7.", "Her birthday is [V-CARTR birth date]."),
        ("born on 3/7", "born on [V-CARTR birth date]"),
        ("a call from a number ending in 0143", "a call from a number ending in [V-CARTR phone]"),
        ("SSN xxx-xx-4455", "SSN xxx-xx-[V-CARTR ssn]"),
        ("816\u2013555\u20130143", "[V-CARTR phone]"),
        ("gcarter at example dot org", "[V-CARTR e-mail]"),
        ("77 Willow Bend Rd", "[V-CARTR address]"),
        ("77 North Willowbend", "[V-CARTR address]"),
        ("She attends Rose Hill.", "She attends [V-CARTR school]."),
        ("a Rose Hill teacher", "a [V-CARTR school] teacher"),
        ("on Rose Hill Road", "on Rose Hill Road"),
    ],
)
def test_further_ways_of_writing_it(text: str, redacted: str) -> None:
    assert redact(text, (CARTER, RIVERS)) == redacted


HOPE = KnownPerson(
    "V-HOPE1",
    ("Hope McKinney",),
    {
        "first_name": "Hope",
        "middle_name": "Tamsin",
        "last_name": "McKinney",
        "nickname": "Pip",
        "birth_date": "2013-12-24",
        "phone": "816-555-0158",
        "address": "61 Summit Terrace, Kansas City, MO 64127",
        "school": "Saint Orla Grove Elementary School",
    },
)
MARK = KnownPerson(
    "P-MARK1", ("Mark van der Holm",), {"first_name": "Mark", "last_name": "van der Holm"}
)
WILL = KnownPerson("P-WILL1", ("William Stone",), {"first_name": "William", "last_name": "Stone"})


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        # On a screen.
        ("she is @hope_mckinney13 there", "she is [V-HOPE1 handle] there"),
        ("from mark.holm89 to coachmckinney", "from [P-MARK1 handle] to [V-HOPE1 handle]"),
        ("see report_2019.pdf and mckinney_1.jpg", "see report_2019.pdf and V-HOPE1_1.jpg"),
        # As people type.
        ('"will dont tell hope" it said', '"P-WILL1 dont tell V-HOPE1" it said'),
        ("mark texted her; grace is owed", "P-MARK1 texted her; grace is owed"),
        ('he wrote "i hope u come"', 'he wrote "i hope u come"'),
        # At the start of a sentence, and among capitals.
        ("Mark reads. Mark the door.", "P-MARK1 reads. Mark the door."),
        ("Will knows. Will she come?", "P-WILL1 knows. Will she come?"),
        ("OFFICER SAW THAT MARK COOPERATES", "OFFICER SAW THAT P-MARK1 COOPERATES"),
        ("Stones statement was taken.", "P-WILL1 statement was taken."),
        # Apart, together, broken over a line, by ear.
        ("Hope Mc Kinney; MACKINNEY", "V-HOPE1; V-HOPE1"),
        ("Hope McKin-\nney left", "V-HOPE1 left"),
        ("Mark Vanderholm; Mark Hollm", "P-MARK1; P-MARK1"),
        ("H.T. and M.v.d.H. slept", "V-HOPE1 and P-MARK1 slept"),
        # Telephones, streets, days.
        ("call 816-5550158. 2410 is the room", "call [V-HOPE1 phone]. 2410 is the room"),
        ("call 816-555-O158", "call [V-HOPE1 phone]"),
        ("five five five, zero one five eight", "[V-HOPE1 phone]"),
        ("Summit Terr. was dark", "[V-HOPE1 address] was dark"),
        ("born on Christmas Eve, 2013", "born on [V-HOPE1 birth date]"),
        ("six on the twenty-fourth of December", "six on the [V-HOPE1 birth date]"),
        ("turned six on Dec. 24th", "turned six on [V-HOPE1 birth date]"),
        ("the visit on December 24 was missed", "the visit on December 24 was missed"),
        ("DOB 122413", "DOB [V-HOPE1 birth date]"),
        # Schools cut short.
        ("seen at St. Orla Grove on Monday", "seen at [V-HOPE1 school] on Monday"),
        ("at ST ORLA GROVE ELEM", "at [V-HOPE1 school]"),
        ("Orla Grove called; SOGE, too", "[V-HOPE1 school] called; [V-HOPE1 school], too"),
        ("on Orla Grove Road", "on Orla Grove Road"),
    ],
)
def test_what_people_write_who_are_in_a_hurry(text: str, redacted: str) -> None:
    assert redact(text, (HOPE, MARK, WILL)) == redacted


@pytest.mark.parametrize(
    ("field", "known", "text", "redacted"),
    [
        ("address", "Rural Route 4, Box 91, Town, MO", "at R.R. 4 Box 91", "at [V-7Q2M address]"),
        ("address", "Rural Route 4, Box 91, Town, MO", "route 4, box 12", "route 4, box 12"),
        ("address", "Unit 6, Tall Pines, Town, MO", "Unit 6, Tall Pines", "[V-7Q2M address]"),
        ("address", "Unit 6, Tall Pines, Town, MO", "unit 6 answered", "unit 6 answered"),
        ("address", "N71 W13 Heron Road, Town, WI", "N71W13 Heron Rd", "[V-7Q2M address]"),
        ("address", "22-31 43rd Avenue, Town, NY", "at 22-31 43 Ave", "at [V-7Q2M address]"),
        ("address", "88 Calle Luna, Town, TX", "en Calle Luna 88", "en [V-7Q2M address]"),
        ("address", "Calle Luna 88, Town, TX", "at 88 Calle Luna", "at [V-7Q2M address]"),
        ("address", "640 Vireo Close, Town", "at 640 Vireo", "at [V-7Q2M address]"),
        ("address", "640 Vireo Close, Town", "641 Vireo", "641 Vireo"),
        ("address", "2200 N 5th Street", "2200 North Fifth Street", "[V-7Q2M address]"),
        ("school", "IS 61", "at I.S. 61", "at [V-7Q2M school]"),
        ("school", "IS 61", "he is 61 today", "he is 61 today"),
        ("school", "Larkmoor Academy", "at Larkmoor he ate", "at [V-7Q2M school] he ate"),
        ("school", "Larkmoor Academy", "at Larkmoor Mall", "at Larkmoor Mall"),
        ("birth_date", "2012-10-03", "turned 12 Oct. 3", "turned 12 [V-7Q2M birth date]"),
        (
            "birth_date",
            "2012-10-03",
            "on Oct. 3 she turned 12",
            "on [V-7Q2M birth date] she turned 12",
        ),
        ("birth_date", "2012-10-03", "on Oct. 3 she turned away", "on Oct. 3 she turned away"),
        ("phone", "816-555-0142", "816 555\n0142", "[V-7Q2M phone]"),
        ("phone", "816-555-0142", "816, 555, 0142", "[V-7Q2M phone]"),
        ("nickname", "Ash", "Ash (Zephyrine) slept", "V-7Q2M (V-7Q2M) slept"),
        ("nickname", "Will", "Will will go", "V-7Q2M will go"),
    ],
)
def test_what_strangers_write(field: str, known: str, text: str, redacted: str) -> None:
    person = KnownPerson("V-7Q2M", (), {"first_name": "Zephyrine", field: known})

    assert redact(text, (person,)) == redacted

"""Is what looks like a name masked, whoever it is, and the rest of a sentence left? Invented."""

import pytest

from cases.rules.unnamed import without_names

STAFF = frozenset({"dana whitlock", "whitlock", "ward squad"})


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Zephyrine Quillfeather said so.", "[name] said so."),
        ("QUILLFEATHER, Zephyrine was there.", "[name], [name] was there."),
        ("Zephyrine's school", "[name]'s school"),
        ("cases with José de la Cruz", "cases with [name]"),
        ("I phoned Mrs. Quill", "I phoned [name]"),
        ("for Grace today", "for [name] today"),
        ("Maria told us", "[name] told us"),
        ("Anh Nguyen-Tran", "[name]"),
        ("at 4117 Invented Hollow Lane", "at [address]"),
        ("call 816-555-0143 or 555-0143", "call [phone] or [phone]"),
        ("born 2018-02-09", "born [birth date]"),
        ("on Feb 9, 2018, or 9 February 2018", "on [date], or [date]"),
        ("Both there; Zephyrine; Ombert.", "Both there; [name]; [name]."),
        ("write to a.b@example.org", "write to [e-mail]"),
        ("987-65-4321 on the form", "[ssn] on the form"),
    ],
)
def test_what_looks_like_somebody_is_masked(text: str, masked: str) -> None:
    assert without_names(text, lambda: STAFF) == masked


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Overdue hospital cases",
        "Asked for by Detective Ortiz on Monday.",
        "Dana Whitlock's exports were explained; Whitlock was asked.",
        "Handed to Ward Squad in May, or Feb 9.",
        "Overdue",
        "What was alleged is told elsewhere. Somebody was asked.",
        "Backlog; overdue.",
        "Seen at Truman Medical Center by Dr. Anand.",
        "Called back on the number in the roster.",
        "Verification was done by the desk.",
        "V-7Q2MX and P-ABCDE, 26-000123, item E-1.",
        "[name] and [V-7Q2MX phone] stay as they are.",
        "The NCIC and HIPAA forms. Nothing stood out.",
    ],
)
def test_the_rest_stays(text: str) -> None:
    assert without_names(text, lambda: STAFF) == text


def test_staff_are_asked_for_only_when_something_looks_like_a_name() -> None:
    def never() -> frozenset[str]:
        raise AssertionError("asked")

    assert without_names("Too many searches within an hour.", never)


def test_twice_is_once() -> None:
    once = without_names("Zephyrine Quillfeather, 816-555-0143, 4117 Invented Hollow Lane")

    assert without_names(once) == once

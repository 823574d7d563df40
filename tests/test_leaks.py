"""Does the leak scan find what leaks, in every form, and keep quiet about the rest?"""

import logging
from datetime import date
from pathlib import Path

import pytest
from django.db import connection
from django.http import HttpResponse

from cases.rules.leaks import date_forms, leaks, telling
from tests.leaks import (
    Identity,
    Leaked,
    Watch,
    assert_database_is_clean,
    assert_nothing_leaks,
    exact_sets,
)

WRITTEN = [
    "seen with Zephyrine today",
    "ZEPHYRINE",
    "draft_zephyrine_7",
    "Zéphyrine",
    "O&#x27;Quillfeather",
    "O\u2019Quillfeather",
    "/people/?q=O%27Quillfeather",
    "born 2018-02-09",
    "born 02/09/2018",
    "born 2/9/18",
    "born Feb 9, 2018",
    "born 9 February 2018",
    "20180209",
    "8165550143",
    "call 816.555.0143",
    "4117  Invented\nHollow Lane",
]
HARMLESS = [
    "Zephyrines",
    "V-7Q2M, age 6-9",
    "born 2018-02-10",
    "816-555-01430",
    "4117 Invented Hollow",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_every_way_of_writing_it_is_found(text: str, child: Identity) -> None:
    with pytest.raises(Leaked, match="leaked"):
        assert_nothing_leaks(text, [child])


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_resembles_it_is_let_through(text: str, child: Identity) -> None:
    assert_nothing_leaks(text, [child])


def test_containers_are_searched_through(child: Identity) -> None:
    containers: list[object] = [
        b"Zephyrine",
        {"rows": [{"card": ("V-7Q2M", "Zephyrine")}]},
        {"Zephyrine": 1},
        HttpResponse("Zephyrine"),
        HttpResponse(headers={"X-Name": "Zephyrine"}),
        ValueError("no Zephyrine"),
        memoryview(b"\x00Zephyrine\x00"),
        Path("export/Zephyrine.pdf"),
    ]

    for container in containers:
        with pytest.raises(Leaked):
            assert_nothing_leaks(container, [child])


def test_a_cause_is_searched_too(child: Identity) -> None:
    error = RuntimeError("could not be read")
    error.__cause__ = ValueError("row of Zephyrine")

    with pytest.raises(Leaked, match="cause"):
        assert_nothing_leaks(error, [child])


def test_the_failure_itself_gives_nothing_away(child: Identity) -> None:
    with pytest.raises(Leaked) as caught:
        assert_nothing_leaks(
            {"Zephyrine": {"card": "Zephyrine O'Quillfeather 2018-02-09"}}, [child]
        )

    assert_nothing_leaks(str(caught.value), [child])
    assert "first_name" in str(caught.value)


def test_searching_for_nobody_is_a_mistake() -> None:
    with pytest.raises(AssertionError, match="nothing to look for"):
        assert_nothing_leaks("text", [{"first_name": ""}])


def test_exact_sets_names_what_leaked_and_what_is_missing() -> None:
    exact_sets(["a", "b"], {"b", "a"})

    with pytest.raises(Leaked, match=r"leaked: \['c'\]; missing: \['b'\]"):
        exact_sets(["a", "c"], ["a", "b"])
    with pytest.raises(Leaked, match="twice"):
        exact_sets(["a", "a"], ["a"])


def test_logs_are_watched(watch: Watch, child: Identity) -> None:
    logging.getLogger("cases.any").debug("opened %s", "Zephyrine")

    with pytest.raises(Leaked, match=r"first_name in .*\(cases\.any\) message"):
        watch.nothing_leaked([child])


def test_quiet_logs_pass(watch: Watch, child: Identity) -> None:
    logging.getLogger("cases.any").debug("opened %s", "V-7Q2M")

    watch.nothing_leaked([child])
    assert len(watch.logs) >= 1


@pytest.mark.django_db
def test_columns_are_scanned_as_text_and_as_bytes(child: Identity) -> None:
    assert_database_is_clean([child])

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE scratch AS SELECT 'Zephyrine'::bytea AS sealed")
    with pytest.raises(Leaked, match=r"scratch\[\]\[sealed\]"):
        assert_database_is_clean([child])


def test_a_date_is_searched_in_both_orders() -> None:
    from_iso = date_forms(date(2018, 2, 9))

    assert {"2/9/2018", "09.02.2018", "February 9, 2018", "2018-02-09"} <= from_iso


def test_the_scan_says_what_kind_and_never_what(child: Identity) -> None:
    assert leaks("seen with Zephyrine, born 2018-02-09", [child]) == {"first_name", "birth_date"}
    assert leaks("nobody", [child]) == frozenset()


def test_a_name_that_is_a_word_tells_nothing() -> None:
    assert telling({"first_name": "Hope", "last_name": "Quillfeather", "nickname": "Bo"}) == {
        "last_name": "Quillfeather"
    }

"""Does the leak scan find what leaks, in every form, and keep quiet about the rest?"""

import base64
import csv
import gzip
import html
import io
import json
import logging
import zipfile
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.http import HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header
from reportlab.pdfgen.canvas import Canvas

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


def test_a_telephone_without_digits_is_nowhere() -> None:
    assert_nothing_leaks("seen today", [{"phone": "none"}])


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


# -- what leaves: messages, files, names of files -----------------------------------------------

NAME = "Z\u00e9phyrine O'Quillfeather"


def message(**given: Any) -> EmailMultiAlternatives:
    plain_ones = {"subject": "Audit checkpoint", "body": "Nothing.", "to": ["a@example.invalid"]}
    return EmailMultiAlternatives(**{**plain_ones, **given})


def with_html(body: str) -> EmailMultiAlternatives:
    sent = message()
    sent.attach_alternative(body, "text/html")
    return sent


def pdf(*, line: str = "Nothing.", title: str = "Nothing") -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1, pageCompression=1)
    canvas.setTitle(title)
    canvas.drawString(72, 700, line)
    canvas.save()
    return out.getvalue()


def archive(name: str = "a.txt", content: str = "Nothing.") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, content)
    return out.getvalue()


def download(name: str) -> HttpResponse:
    return HttpResponse(
        b"x", headers={"Content-Disposition": content_disposition_header(True, name) or ""}
    )


def told(text: str) -> list[tuple[str, object]]:
    """The same leak in everything that can leave."""
    return [
        ("mail subject", message(subject=text)),
        ("mail body", message(body=text)),
        ("mail address", message(to=[f'"{text}" <a@example.invalid>'])),
        ("mail header", message(headers={"X-About": text})),
        ("mail as page", with_html(f"<p>{text}</p>")),
        ("mail attachment", message(attachments=[("a.txt", text, "text/plain")])),
        ("mail attachment name", message(attachments=[(f"{text}.txt", "x", "text/plain")])),
        ("mail as sent", message(body=text).message().as_bytes()),
        ("subject as sent", str(message(subject=text).message()["Subject"])),
        ("csv", csv_of("reason", text)),
        ("json lines", json.dumps({"reason": text})),
        ("stream", StreamingHttpResponse(iter([b"a,b\n", text.encode()]))),
        ("download name", download(f"{text}.pdf")),
        ("page title", HttpResponse(f"<title>{html.escape(text)}</title>")),
        ("redirect", HttpResponse(headers={"Location": f"/?q={quote(text)}"})),
        ("pdf", pdf(line=text)),
        ("pdf title", pdf(title=text)),
        ("zip", archive(content=text)),
        ("zip name", archive(name=f"{text}.txt")),
        ("gzip", gzip.compress(text.encode())),
        ("base64", base64.b64encode(text.encode()).decode()),
    ]


def csv_of(*cells: str) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerow(cells)
    return out.getvalue()


@pytest.mark.parametrize("place", [place for place, _ in told("x")])
@pytest.mark.parametrize(
    "text",
    [
        NAME,
        "O'QUILLFEATHER",
        "Zephyrine's",
        "born 02/09/2018",
        "(816) 555-0143",
        "555-0143",
        "4117 Invented Hollow Ln",
    ],
)
def test_a_leak_is_found_wherever_it_leaves(place: str, text: str, child: Identity) -> None:
    container = dict(told(text))[place]

    with pytest.raises(Leaked):
        assert_nothing_leaks(container, [child])


@pytest.mark.parametrize("place", [place for place, _ in told("x")])
def test_what_leaves_and_says_nothing_passes(place: str, child: Identity) -> None:
    assert_nothing_leaks(dict(told("V-7Q2MX, seen on 2026-03-02."))[place], [child])


@pytest.mark.parametrize("broken", [b"%PDF-1.7 no", b"PK\x03\x04no", b"\x1f\x8bno"])
def test_what_only_begins_like_a_file_hinders_nothing(broken: bytes, child: Identity) -> None:
    assert_nothing_leaks(broken, [child])

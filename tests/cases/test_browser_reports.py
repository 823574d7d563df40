"""Does a browser's report say where to look, and nothing about anybody, whoever wrote it?"""

import json
import logging
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import Entry
from cases.forms.browser_reports import MOST_BYTES, MOST_REPORTS, Refusal, refusals_in
from cases.rules.limits import REPORTS
from tests.leaks import Identity, assert_nothing_leaks

pytestmark = pytest.mark.django_db

URL = "/browser-reports/"
CASE = "3f2b8c1e-0000-4000-8000-000000000001"
OLD = {
    "csp-report": {
        "document-uri": f"https://unit.example/cases/{CASE}/?from=list",
        "referrer": f"https://unit.example/people/{CASE}/",
        "violated-directive": "script-src-elem 'self'",
        "effective-directive": "script-src-elem",
        "blocked-uri": "https://cdn.evil.example/x.js?child=Zephyrine",
        "script-sample": "alert('Zephyrine')",
    }
}
NEW = [
    {
        "type": "csp-violation",
        "url": f"https://unit.example/cases/{CASE}/",
        "user_agent": "Zephyrine's browser",
        "body": {
            "documentURL": f"https://unit.example/cases/{CASE}/",
            "effectiveDirective": "script-src-elem",
            "blockedURL": "https://zephyrine.evil.example/x.js",
            "sample": "Zephyrine",
        },
    }
]


def _told(body: Any) -> list[Refusal]:
    return refusals_in(json.dumps(body).encode())


@pytest.mark.parametrize("report", [OLD, NEW])
def test_directive_host_and_page_are_told_and_nothing_else(
    client: Client, caplog: pytest.LogCaptureFixture, report: Any, child: Identity
) -> None:
    with caplog.at_level(logging.WARNING):
        answer = client.post(URL, json.dumps(report), content_type="application/csp-report")

    said = "A browser refused script-src-elem from evil.example on the page case-detail."
    assert (answer.status_code, caplog.messages) == (204, [said])
    assert_nothing_leaks({"log": caplog.text}, [child], where="a browser's report")
    assert not client.cookies
    assert Entry.objects.count() == 0


@pytest.mark.parametrize(
    ("blocked", "host"),
    [
        ("inline", "inline"),
        ("eval", "eval"),
        ("https://evil.example:8443/a", "evil.example"),
        ("https://evil.example/\r\nforged", "evil.example"),
        ("Zephyrine", "elsewhere"),
        ("https://[::1", "elsewhere"),
        ("https://" + "x" * 41 + ".example/", "elsewhere"),
        (7, "elsewhere"),
        (None, "elsewhere"),
    ],
)
def test_of_what_was_refused_the_host_is_told(blocked: Any, host: str) -> None:
    body = {"effectiveDirective": "img-src", "blockedURL": blocked, "documentURL": "/nowhere/"}

    assert _told([{"type": "csp-violation", "body": body}]) == [
        Refusal("img-src", host, "elsewhere")
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[" * MOST_BYTES,
        b'"csp-report"',
        b'{"csp-report": 7}',
        b'[{"type": "csp-violation", "body": []}, 7, null]',
        b'{"csp-report": {"violated-directive": "Zephyrine\\nscript-src"}}',
        b'{"csp-report": {"violated-directive": ["script-src"]}}',
    ],
)
def test_what_is_no_report_tells_nothing(client: Client, body: bytes) -> None:
    answer = client.post(URL, body, content_type="application/reports+json")

    assert (answer.status_code, refusals_in(body)) == (204, [])


def test_many_at_once_are_cut_and_too_large_a_body_is_not_read(client: Client) -> None:
    assert len(_told(NEW * (MOST_REPORTS + 1))) == MOST_REPORTS

    whole = b"[" + b" " * (MOST_BYTES - 2) + b"]"
    sent = [client.post(URL, body, content_type="text/plain") for body in (whole, whole + b" ")]
    assert [answer.status_code for answer in sent] == [204, 413]


def test_one_address_is_heard_so_often_and_no_more(client: Client, at_now: None) -> None:
    for _ in range(REPORTS.most):
        assert client.post(URL, b"[]", content_type="text/plain").status_code == 204

    assert client.post(URL, b"[]", content_type="text/plain").status_code == 429
    assert client.get(reverse("sign-in")).status_code == 200

"""Does every answer, refusals and files too, tell the browser what it may not do with it?"""

from collections.abc import Mapping
from typing import Any

import pytest
from django.conf import LazySettings
from django.conf import settings as configured
from django.test import Client, RequestFactory

from cases.enums import RoleCode
from caseunit.headers import is_foreign
from tests.cases.pages import signed_in
from tests.everywhere import every_address
from tests.factories import AccountFactory

pytestmark = pytest.mark.django_db

OWED = {
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
DIRECTIVES = (
    "default-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
)
WEAK = ("unsafe-", "*", "http:", "https:", "data:", "blob:")


def _faults(answer: Any) -> list[str]:
    headers: Mapping[str, str] = answer.headers
    policy = headers.get("Content-Security-Policy", "")
    return [
        *(name for name, value in OWED.items() if headers.get(name) != value),
        *(directive for directive in DIRECTIVES if directive not in policy),
        *(word for word in WEAK if word in policy),
        *(["stored"] if "no-store" not in headers.get("Cache-Control", "") else []),
        *(["permissions"] if "camera=()" not in headers.get("Permissions-Policy", "") else []),
        *(name for name in headers if name.lower().startswith("access-control-")),
    ]


@pytest.mark.parametrize("role", ["", RoleCode.CAPTAIN])
def test_every_page_answers_with_every_header_and_is_stored_nowhere(role: str) -> None:
    client = signed_in(AccountFactory.create(role=role)) if role else Client()

    faults = {
        f"{method} {name}": found
        for name, address in every_address()
        for method in ("get", "post", "options")
        if (found := _faults(getattr(client, method)(address)))
    }

    assert faults == {}


@pytest.mark.parametrize(
    ("address", "sent", "status"),
    [
        ("/nowhere/", {}, 404),
        ("/sign-in", {}, 301),
        ("/sign-in/", {"HTTP_HOST": "elsewhere.example"}, 400),
        ("/sign-in/", {"HTTP_SEC_FETCH_SITE": "cross-site"}, 403),
    ],
)
def test_what_no_view_answers_has_them_too(
    client: Client, address: str, sent: dict[str, str], status: int
) -> None:
    answer = client.get(address, **sent)  # type: ignore[arg-type]

    assert (answer.status_code, _faults(answer)) == (status, [])


def test_a_file_may_be_kept_and_is_held_by_the_rest(client: Client, settings: LazySettings) -> None:
    settings.WHITENOISE_USE_FINDERS = True

    answer = client.get("/static/js/page.js")
    answer.close()

    assert (answer.status_code, _faults(answer)) == (200, ["stored"])
    assert answer.headers["Content-Type"].startswith("text/javascript")


@pytest.mark.parametrize(
    ("site", "mode", "dest", "foreign"),
    [
        ("", "", "", False),
        ("none", "navigate", "document", False),
        ("same-origin", "cors", "empty", False),
        ("same-origin", "no-cors", "image", False),
        ("cross-site", "navigate", "document", False),
        ("cross-site", "navigate", "iframe", True),
        ("cross-site", "navigate", "object", True),
        ("cross-site", "no-cors", "image", True),
        ("cross-site", "no-cors", "script", True),
        ("cross-site", "cors", "empty", True),
        ("cross-site", "websocket", "empty", True),
        ("same-site", "cors", "empty", True),
        ("same-site", "navigate", "document", False),
        ("anything else", "", "", True),
    ],
)
def test_another_site_may_send_its_reader_here_and_load_nothing(
    site: str, mode: str, dest: str, foreign: bool
) -> None:
    names = {"sec-fetch-site": site, "sec-fetch-mode": mode, "sec-fetch-dest": dest}
    request = RequestFactory().get("/", headers={name: to for name, to in names.items() if to})

    assert is_foreign(request) is foreign


def test_json_is_no_script_for_another_site(client: Client) -> None:
    given = {
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "no-cors",
        "sec-fetch-dest": "script",
    }

    assert client.get("/session/", headers=given).status_code == 403
    assert client.get("/session/").json()["signed_in"] is False


def test_cookies_are_for_no_script_and_no_other_site(client: Client) -> None:
    client.post("/sign-in/", {"acknowledge": "on"})
    client.get("/sign-in/")

    cookies = [*client.cookies.values()]
    assert {one.key for one in cookies} == {
        configured.SESSION_COOKIE_NAME,
        configured.CSRF_COOKIE_NAME,
    }
    assert all(
        one["httponly"] and one["samesite"] == "Lax" and not one["domain"] for one in cookies
    )


def test_over_tls_every_answer_asks_for_it_from_then_on(settings: LazySettings) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    client = Client()

    for address in ("/sign-in/", "/nowhere/", "/sign-in"):
        answer = client.get(address, secure=True)
        assert answer.headers["Strict-Transport-Security"].startswith(
            "max-age=31536000; includeSubDomains"
        )


def test_plain_http_is_led_to_tls_before_anything_is_asked(settings: LazySettings) -> None:
    settings.SECURE_SSL_REDIRECT = True

    answer = Client().post("/sign-in/", {"username": "r.invented"})

    assert (answer.status_code, answer.headers["Location"]) == (301, "https://testserver/sign-in/")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert not answer.cookies


def test_a_machine_that_asks_in_the_clear_is_refused_and_not_led_on(
    settings: LazySettings,
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    address, key = "/api/health-of-the-sweep/", {"authorization": "Bearer invented"}

    assert Client().get(address, headers=key).status_code == 403
    assert Client().get(address, headers=key, secure=True).status_code == 401
    assert Client().get("/sign-in/").status_code == 301


def test_what_has_a_body_says_what_it_is() -> None:
    client = signed_in(AccountFactory.create(role=RoleCode.CAPTAIN))

    vague = {
        name: kind
        for name, address in every_address()
        if (answer := client.get(address)).content
        and not (kind := answer.headers["Content-Type"]).endswith("charset=utf-8")
        and kind != "application/json"
    }

    assert vague == {}


def test_signing_out_clears_what_the_browser_keeps() -> None:
    answer = signed_in(AccountFactory.create(role=RoleCode.CAPTAIN)).post("/sign-out/")

    assert answer.headers["Clear-Site-Data"] == '"storage"'


def test_what_is_said_once_waits_on_the_server() -> None:
    assert configured.MESSAGE_STORAGE.endswith("session.SessionStorage")

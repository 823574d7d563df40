"""What every page has to withstand, tried on every page: forged forms, other verbs, hidden cases
told from missing ones, garbage, too much of it, and fields that nobody asked for.

The list of refused attempts, these and those tried elsewhere, is `docs/attacks.md`.
"""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings as configured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import get_resolver, reverse

from audit.models import Entry
from cases.enums import RoleCode
from cases.models import Account, RolePermission
from tests.architecture.test_pages_by_record import RECORDS, TOKEN, pages
from tests.architecture.test_urls import walk
from tests.cases.pages import Desk, signed_in
from tests.everywhere import every_address
from tests.factories import PASSWORD, AccountFactory, CaseFactory, RoleFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

FILE = b"number,received\n1,2026-03-01\n"
# Taken without a form's token: a browser sends its reports by itself, a machine has its key, and a
# provider's answer its signature and the question that it answers (there is no provider here).
WITHOUT_TOKEN = {"browser-reports": 204, "sweep-health": 401, "saml-answer": 404}
# Read their token late, when the handler that seals the file stands.
LATE = {"import-new", "release-file-add"}
GARBAGE = (
    "\x00",
    "\ud800",
    "-1",
    "9" * 40,
    "%s%n{0}{{7*7}}",
    "' OR 1=1) --",
    "../../etc/passwd",
    "\u202e" * 50,
    "'\"(\\",
    "x\r\nSet-Cookie: admin=1",
)
PARAMETERS = (
    "account", "actor", "after", "ask", "before", "case", "code", "detective", "division", "event",
    "from", "kind", "next", "number", "outcome", "page", "q", "query", "session", "show", "since",
    "squad", "state", "t", "type", "until", "week", "year",
)  # fmt: skip
ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "https:evil.example",
    "javascript:alert(1)",
    "data:text/html,hello",
    "\thttps://evil.example/",
    "http://testserver@evil.example/",
)


def _posted(client: Client, name: str, address: str, **more: Any) -> Any:
    if name in LATE:
        return client.post(address, {"file": SimpleUploadedFile("a.csv", FILE), **more})
    return client.post(address, {"reason": "As asked for by the court.", **more})


def test_no_form_is_taken_without_its_token() -> None:
    """Whoever is signed in: another site's form, sent by their own browser, does nothing."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(AccountFactory.create(role=RoleCode.CAPTAIN))
    releasing = Client(enforce_csrf_checks=True)
    releasing.force_login(AccountFactory.create(role=RoleCode.RECORDS))

    taken = {
        name: answer.status_code
        for name, address in every_address()
        if (
            answer := _posted(releasing if name.startswith("release") else client, name, address)
        ).status_code
        != 403
    }

    assert taken == WITHOUT_TOKEN


def test_a_token_of_another_browser_is_none() -> None:
    theirs, mine = Client(), Client(enforce_csrf_checks=True)
    theirs.post(reverse("sign-in"), {"acknowledge": "on"})
    theirs.get(reverse("sign-in"))
    token = theirs.cookies[configured.CSRF_COOKIE_NAME].value
    mine.force_login(AccountFactory.create(role=RoleCode.CAPTAIN))

    assert mine.post(reverse("sign-out"), {"csrfmiddlewaretoken": token}).status_code == 403
    mine.cookies[configured.CSRF_COOKIE_NAME] = token
    sent = {"csrfmiddlewaretoken": token}
    foreign = {"origin": "https://evil.example"}
    assert mine.post(reverse("sign-out"), sent, headers=foreign).status_code == 403


def test_few_views_are_exempt_from_the_common_check() -> None:
    exempt = {
        str(pattern.name)
        for _, pattern in walk(get_resolver())
        if getattr(pattern.callback, "csrf_exempt", False)
    }

    assert exempt == LATE | WITHOUT_TOKEN.keys()


def test_no_verb_but_those_that_a_page_takes_does_anything() -> None:
    client = signed_in(AccountFactory.create(role=RoleCode.CAPTAIN))

    served = {
        f"{verb} {name}": answer.status_code
        for name, address in every_address()
        for verb in ("PUT", "DELETE", "TRACE")
        if (answer := client.generic(verb, address)).status_code not in {401, 403, 404, 405}
    }

    assert served == {}


def test_what_is_hidden_answers_like_what_is_not_there_to_every_verb() -> None:
    """Status, headers and body, byte by byte, on every page about a record."""
    clients = [
        signed_in(AccountFactory.create(role=role))
        for role in (RoleCode.DETECTIVE, RoleCode.RECORDS)
    ]
    case = CaseFactory.create(open_and_held=True)

    told = []
    for page in pages():
        hidden, missing = page.url(case), reverse(page.name, kwargs=dict(_nobodys(page.arguments)))
        for client in clients:
            for verb in ("get", "head", "post"):
                one = _told(getattr(client, verb)(hidden))
                if one != _told(getattr(client, verb)(missing)) or one[0] < 400:
                    told.append(f"{verb} {page.name} {one[0]}")

    assert told == []


def _nobodys(arguments: tuple[str, ...]) -> Iterator[tuple[str, object]]:
    for name in arguments:
        yield name, 10**9 if name == "grant_id" else uuid4()


def _told(answer: Any) -> tuple[int, dict[str, str], bytes]:
    return answer.status_code, dict(answer.headers), TOKEN.sub(b"", answer.content)


@pytest.mark.parametrize(
    "last",
    [
        "1",
        "1%20OR%201=1",
        "%2e%2e%2fetc",
        "%00",
        "..%5c..",
        "{upper}",
        "{braces}",
        "{bare}",
        "{more}",
        "{twice}",
    ],
)
def test_an_id_of_another_shape_is_not_there_either(desk: Desk, last: str) -> None:
    case = str(desk.held_case().pk)
    shapes = {
        "upper": case.upper(),
        "braces": f"%7B{case}%7D",
        "bare": case.replace("-", ""),
        "more": f"{case}0",
        # Its first character encoded twice: who decodes twice finds the case.
        "twice": f"%25{ord(case[0]):x}{case[1:]}",
    }

    strange = desk.as_detective.get(f"/cases/{last.format(**shapes)}/")
    missing = desk.as_detective.get(f"/cases/{uuid4()}/")

    assert _told(strange) == _told(missing)
    assert strange.status_code == 404


def test_no_garbage_in_an_address_breaks_a_page() -> None:
    """Every parameter that any page reads, each with another piece of it, on every page."""
    captain, auditor = (
        signed_in(AccountFactory.create(role=role)) for role in (RoleCode.CAPTAIN, RoleCode.AUDITOR)
    )
    broken = []
    for name, address in every_address():
        client = auditor if name.startswith("audit") else captain
        for turn in range(0, len(GARBAGE), 2):
            given = {
                parameter: GARBAGE[(at + turn) % len(GARBAGE)].encode("utf-8", "surrogatepass")
                for at, parameter in enumerate(PARAMETERS)
            }
            answer = client.get(address, given)
            if answer.status_code >= 500 or "admin" in answer.cookies:
                broken.append(f"{name} {turn}")

    assert broken == []


@pytest.mark.parametrize(
    ("fields", "size", "status"),
    [
        (configured.DATA_UPLOAD_MAX_NUMBER_FIELDS, 1, 302),
        (configured.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1, 1, 400),
        (1, configured.DATA_UPLOAD_MAX_MEMORY_SIZE - 2, 302),
        (1, configured.DATA_UPLOAD_MAX_MEMORY_SIZE - 1, 400),
    ],
)
def test_more_than_a_form_holds_is_not_read(
    desk: Desk, fields: int, size: int, status: int
) -> None:
    body = "&".join(["a=" + "b" * size] * fields)

    answer = desk.as_detective.generic(
        "POST", reverse("keys"), body, content_type="application/x-www-form-urlencoded"
    )

    assert answer.status_code == status


def test_more_files_than_a_form_has_are_not_read() -> None:
    most: int = configured.DATA_UPLOAD_MAX_NUMBER_FILES or 0
    client = signed_in(AccountFactory.create(role=RoleCode.CAPTAIN))
    files = {f"file{at}": SimpleUploadedFile("a.csv", FILE) for at in range(most + 1)}

    assert client.post(reverse("import-new"), files).status_code == 400


@pytest.mark.parametrize("target", ELSEWHERE)
def test_no_page_leads_its_reader_elsewhere(desk: Desk, target: str) -> None:
    sent = desk.as_detective.post(reverse("keys"), {"next": target}).headers["Location"]
    asked = Client().get(f"/cases/?next={target}").headers["Location"]

    assert sent == "/"
    assert asked.startswith("/sign-in/?next=/cases/")
    assert Client().get("//evil.example/cases").headers.get("Location", "/")[:2] != "//"


def test_no_line_of_its_own_comes_into_a_header(desk: Desk) -> None:
    answer = desk.as_detective.post(reverse("keys"), {"next": "/x\r\nSet-Cookie: admin=1"})

    assert "\n" not in answer.headers["Location"]
    assert "admin" not in answer.cookies


@pytest.mark.parametrize(
    "given",
    [
        {"HTTP_HOST": "evil.example"},
        {"HTTP_HOST": "testserver.evil.example"},
        {"HTTP_HOST": "testserver@evil.example"},
        {"HTTP_HOST": "testserver/evil"},
    ],
)
def test_another_hosts_name_is_answered_by_nothing(given: dict[str, str]) -> None:
    assert Client().get("/sign-in/", **given).status_code == 400  # type: ignore[arg-type]


def test_a_link_names_the_host_that_was_asked_and_none_that_a_header_claims() -> None:
    RoleFactory.create(code=RoleCode.DETECTIVE)
    client = signed_in(AccountFactory.create(role=RoleCode.ADMINISTRATOR))
    form = {"username": "r.invented", "display_name": "R. Invented", "role": "detective"}
    claimed = {"x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}

    shown = client.post(reverse("account-invite"), form, headers=claimed).content.decode()

    assert "http://testserver/invitation/" in shown
    assert "evil" not in shown


def test_a_session_that_somebody_planted_is_not_taken_over() -> None:
    account = AccountFactory.create(role=RoleCode.DETECTIVE)
    client = Client()
    client.cookies[configured.SESSION_COOKIE_NAME] = planted = "a" * 32
    client.post(reverse("sign-in"), {"acknowledge": "on"})
    before = client.cookies[configured.SESSION_COOKIE_NAME].value
    other = Client()
    other.cookies[configured.SESSION_COOKIE_NAME] = before

    client.post(reverse("sign-in"), {"username": account.username, "password": PASSWORD})

    after = client.cookies[configured.SESSION_COOKIE_NAME].value
    assert len({planted, before, after}) == 3
    assert client.get(reverse("case-list")).status_code == 200
    assert other.get(reverse("case-list")).status_code == 302


PRIVILEGES: dict[str, Any] = {
    "is_superuser": "on",
    "is_staff": "on",
    "is_active": "on",
    "role": "administrator",
    "role_id": "administrator",
    "permissions": ["manage_roles", "reveal_identity"],
    "user_permissions": ["1"],
    "groups": ["1"],
    "scope": "all",
    "viewer": "system",
    "actor": "system",
    "account_id": str(UUID(int=0)),
    "verified": "on",
    "proved": "9999999999",
    "second": "app",
    "now": "2020-01-01T00:00:00Z",
}


def _rights() -> tuple[set[Any], set[Any]]:
    kept = ("pk", "username", "role", "is_superuser", "is_active", "officer")
    ticked = RolePermission.objects.values_list("role", "permission")
    return set(Account.objects.values_list(*kept)), set(ticked)


def test_fields_that_no_form_asks_for_give_nobody_a_right(desk: Desk) -> None:
    """With every form of every page, as a detective, on a case that is their own."""
    case = desk.held_case()
    before, entries = _rights(), Entry.objects.count()

    for name, pattern in {
        str(pattern.name): pattern for _, pattern in walk(get_resolver())
    }.items():
        wanted = pattern.pattern.converters
        if wanted.keys() <= RECORDS.keys() and name not in {"sign-out", "session-end"}:
            address = reverse(name, kwargs={one: RECORDS[one](case) for one in wanted})
            desk.as_detective.post(address, PRIVILEGES)

    accounts, ticked = _rights()
    assert before[0] <= accounts
    assert before[1] == ticked
    assert not Account.objects.filter(is_superuser=True).exists()
    assert Entry.objects.count() > entries
    assert desk.as_detective.get(reverse("roles")).status_code == 404


def test_who_is_invited_has_the_role_that_was_chosen_and_nothing_more() -> None:
    client = signed_in(AccountFactory.create(role=RoleCode.ADMINISTRATOR))
    RoleFactory.create(code=RoleCode.DETECTIVE)
    given = {"username": "r.invented", "display_name": "R. Invented", "role": "detective"}

    client.post(reverse("account-invite"), PRIVILEGES | given)

    made = Account.objects.get(username="r.invented")
    assert (made.role.code, made.discipline, made.officer) == ("detective", "", None)
    assert (made.is_superuser, made.has_usable_password()) == (False, False)
    assert not made.user_permissions.exists()
    assert not made.groups.exists()


def test_who_sets_a_password_sets_nothing_else(desk: Desk) -> None:
    new = "lantern gravel otter piano"
    before = _rights()

    answer = desk.as_detective.post(
        reverse("password"),
        {"current": PASSWORD, "password": new, "again": new, **PRIVILEGES},
    )

    desk.detective.refresh_from_db()
    assert answer.status_code == 302
    assert desk.detective.check_password(new)
    assert _rights() == before


def test_what_breaks_says_nothing_of_how_it_is_built(client: Client) -> None:
    for address, given in (("/nowhere/", {}), ("/sign-in/", {"HTTP_HOST": "evil.example"})):
        answer = client.get(address, **given)  # type: ignore[arg-type]
        body = answer.content.decode()

        assert not re.search(r"Traceback|Django|Python|settings|urlpatterns|File \"", body)
        assert not {"server", "x-powered-by"} & {name.lower() for name in answer.headers}

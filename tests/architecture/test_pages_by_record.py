"""Does every page about a case answer each role as the table says, and say nothing about the child?

The walk is over the resolver: a new page about a case fails here until `ACTIONS` says what it does.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from audit.events import Event, Outcome
from audit.models import Entry
from cases.access import viewer_for
from cases.enums import ResponseKind, RoleCode
from cases.models import (
    Case,
    Draft,
    ElementAnswer,
    InvolvedPerson,
    Referral,
    Response,
    Victim,
)
from cases.models.base import Sealed
from cases.services.responses import ResponseInput, log_response
from tests.architecture.test_urls import walk
from tests.architecture.unit_of_roles import CHILD, Unit, cells, make_unit
from tests.cases.pages import sign_in
from tests.factories import (
    HOUR,
    NOW,
    AccessRequestFactory,
    BrokenGlassFactory,
    ExpungeFactory,
    GrantFactory,
    InvolvedPersonFactory,
    ReferralFactory,
    ReleaseFactory,
    ReleaseItemFactory,
    ResponseFactory,
    SquadGrantFactory,
    VictimFactory,
    WallFactory,
)
from tests.leaks import Watch, assert_nothing_leaks, exact_sets

pytestmark = [pytest.mark.django_db, pytest.mark.long]

# What each page about a record does, in the words of the table's first column. `assignee`: only
# whoever has the case may.
ACTIONS = {
    "access-review-grant": "supervise",
    "access-review-wall": "supervise",
    "access-decide": "supervise",
    "case-access": "view_cases",
    "case-acknowledge": "assignee",
    "case-assign": "supervise",
    "case-close": "supervise",
    "case-detail": "view_cases",
    "case-history": "view_cases",
    "case-looks": "supervise",
    "case-reopen": "supervise",
    "draft-discard": "log_response",
    "draft-save": "log_response",
    "expunge": "expunge_identity",
    "expunge-confirm": "expunge_identity",
    "expunge-request": "expunge_identity",
    "expunge-withdraw": "expunge_identity",
    "glass-seen": "supervise",
    "grant-end": "supervise",
    "grant-give": "supervise",
    "original": "view_cases",
    "original-mask": "view_cases",
    "original-reveal": "reveal_identity",
    "person": "view_cases",
    "person-add": "log_response",
    "person-correct": "log_response",
    "person-mask": "view_cases",
    "person-reveal": "reveal_identity",
    "referral-acknowledge": "log_response",
    "release-accept-all": "prepare_release",
    "release-approve": "prepare_release",
    "release-detail": "prepare_release",
    "release-download": "prepare_release",
    "release-draw": "prepare_release",
    "release-file-add": "prepare_release",
    "release-file-remove": "prepare_release",
    "release-item": "prepare_release",
    "release-look-over": "prepare_release",
    "release-new": "prepare_release",
    "release-picture": "prepare_release",
    "release-refresh": "prepare_release",
    "release-return": "prepare_release",
    "release-submit": "prepare_release",
    "release-undraw": "prepare_release",
    "release-withdraw": "prepare_release",
    "response-log": "log_response",
    "review": "supervise",
    "share-end": "supervise",
    "wall-lift": "supervise",
    "wall-set": "supervise",
    "why": "view_cases",
}
# Pages whose id is not a case's, nor of something on a case.
ELSEWHERE = {
    "account_id",
    "change_id",
    "channel",
    "code",
    "entry_id",
    "filter_id",
    "link_id",
    "officer_id",
    "run_id",
}
RECORDS: dict[str, Callable[[Case], object]] = {
    "case_id": lambda case: case.pk,
    "expunge_id": lambda case: ExpungeFactory.create(case=case).pk,
    "glass_id": lambda case: BrokenGlassFactory.create(case=case).pk,
    "grant_id": lambda case: GrantFactory.create(content_object=case).pk,
    "item_id": lambda case: ReleaseItemFactory.create(release__case=case).pk,
    "page_id": lambda case: ReleaseItemFactory.create(release__case=case, page=True).pk,
    "person_id": lambda case: VictimFactory.create(case=case, identity=dict(CHILD)).pk,
    "referral_id": lambda case: ReferralFactory.create(case=case).pk,
    "release_id": lambda case: ReleaseFactory.create(case=case).pk,
    "request_id": lambda case: AccessRequestFactory.create(number=case.number).pk,
    "response_id": lambda case: ResponseFactory.create(case=case, initial_report=True).pk,
    "share_id": lambda case: SquadGrantFactory.create(case=case).pk,
    "wall_id": lambda case: WallFactory.create(case=case).pk,
}
SEALED_MODELS = (Case, Draft, ElementAnswer, InvolvedPerson, Referral, Response, Sealed, Victim)
NUMBER = re.compile(r"T26-\d{6}")
TOKEN = re.compile(rb'(name="csrfmiddlewaretoken" value|"X-CSRFToken") *[=:] *"[^"]*"')
ANSWERED = frozenset({200, 302, 422})
REFUSED = frozenset({403, 404})
NARRATIVE = "Zephyrine Quillfeather was seen. Quillfeather's caregiver was present."


Made = dict[tuple[str, UUID], object]


@dataclass(frozen=True)
class Page:
    """One page about a record."""

    name: str
    arguments: tuple[str, ...]

    def url(self, case: Case) -> str:
        """The page for this case, with whatever stands on the case that the page is about."""
        return self._url({name: RECORDS[name](case) for name in self.arguments})

    def looking_url(self, case: Case, made: Made) -> str:
        """The same, for who looks or is refused: a record unchanged stands for the next page."""
        for name in self.arguments:
            if (name, case.pk) not in made:
                made[name, case.pk] = RECORDS[name](case)
        return self._url({name: made[name, case.pk] for name in self.arguments})

    def _url(self, records: dict[str, object]) -> str:
        return reverse(self.name, kwargs=records)


def pages() -> Iterator[Page]:
    """Every page whose address names a record."""
    for _, pattern in walk(get_resolver()):
        arguments = tuple(pattern.pattern.converters)
        if arguments and not ELSEWHERE.intersection(arguments):
            yield Page(_name(pattern), arguments)


def _name(pattern: URLPattern) -> str:
    return str(pattern.name)


@pytest.fixture(autouse=True)
def _at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def unit() -> Unit:
    return make_unit()


@pytest.fixture
def clients(unit: Unit) -> dict[str, Client]:
    return {role: sign_in(Client(), account) for role, account in unit.accounts.items()}


def test_every_page_about_a_record_is_tried() -> None:
    exact_sets([page.name for page in pages()], ACTIONS)


@pytest.mark.parametrize("method", ["get", "post"])
def test_every_page_answers_each_role_as_the_table_says(
    unit: Unit, clients: dict[str, Client], method: str
) -> None:
    wrong = []
    made: Made = {}
    for page in _taking(method, unit, clients):
        for role, kind, outcome in _expected(page.name):
            sent = {"submission_key": str(uuid4())} if method == "post" else {}
            case = unit.cases[role, kind]
            acts = method == "post" and outcome == "yes"
            url = page.url(case) if acts else page.looking_url(case, made)
            response = getattr(clients[role], method)(url, sent)
            if response.status_code not in _statuses(outcome):
                wrong.append(
                    f"{method} {page.name}: {role} {kind} {outcome}: {response.status_code}"
                )

    assert wrong == []


def _taking(method: str, unit: Unit, clients: dict[str, Client]) -> list[Page]:
    """The pages that take this method; 405 says to whoever may that a page doesn't."""
    taking = []
    for page in pages():
        role, kind = next(cell[:2] for cell in _expected(page.name) if cell[2] == "yes")
        response = getattr(clients[role], method)(page.url(unit.cases[role, kind]))
        if response.status_code != 405:
            taking.append(page)
    assert 0 < len(taking) < len(ACTIONS)
    return taking


def _expected(name: str) -> Iterator[tuple[str, str, str]]:
    action = ACTIONS[name]
    if action != "assignee":
        yield from ((cell.role, cell.kind, cell.outcome) for cell in cells(action))
        return
    for cell in cells("view_cases"):
        mine = (cell.role, cell.kind) == (RoleCode.DETECTIVE, "own")
        yield cell.role, cell.kind, "yes" if mine else "hidden"


def _statuses(outcome: str) -> frozenset[int]:
    return ANSWERED if outcome == "yes" else REFUSED


def test_what_is_hidden_looks_like_what_does_not_exist(
    unit: Unit, clients: dict[str, Client]
) -> None:
    for role, kind, outcome in _expected("case-detail"):
        if outcome == "hidden":
            hidden = _answer(clients[role], unit.cases[role, kind].pk)
            missing = _answer(clients[role], uuid4())

            assert hidden == missing
            assert hidden[0] == 404


def _answer(client: Client, case_id: UUID) -> tuple[int, list[bytes]]:
    """Status and lines of the case page, without what differs between any two requests."""
    response = client.get(reverse("case-detail", args=[case_id]))
    body = TOKEN.sub(b"", response.content).replace(str(case_id).encode(), b"")
    return response.status_code, body.splitlines()


def test_a_hidden_page_leaves_a_refused_attempt(unit: Unit, clients: dict[str, Client]) -> None:
    case = unit.cases[RoleCode.DETECTIVE, "walled"]

    clients[RoleCode.DETECTIVE].get(reverse("case-detail", args=[case.pk]))

    entry = Entry.objects.get()
    assert (entry.event, entry.outcome) == (Event.ACCESS_DENIED, Outcome.DENIED)
    assert entry.subject_id == "case-detail"
    assert entry.details["route_arguments"] == {"case_id": str(case.pk)}


def test_the_case_list_shows_exactly_what_may_be_seen(
    unit: Unit, clients: dict[str, Client]
) -> None:
    by_number = {case.number: case for case in unit.cases.values()}
    seen = []
    for role, client in clients.items():
        response = client.get(reverse("case-list"))
        numbers = set(NUMBER.findall(response.content.decode()))
        seen += unit.seen(role, [by_number[number] for number in numbers])

    exact_sets(seen, unit.expected())


def test_no_other_list_shows_more(unit: Unit, clients: dict[str, Client]) -> None:
    by_number = {case.number: case for case in unit.cases.values()}
    seen = []
    for name in ("my-work", "dashboard", "flag-list"):
        for role, client in clients.items():
            response = client.get(reverse(name))
            numbers = set(NUMBER.findall(response.content.decode()))
            seen += unit.seen(role, [by_number[number] for number in numbers])

    assert seen
    exact_sets(set(seen) - unit.expected(), set())


def test_strangers_are_asked_to_sign_in(unit: Unit, client: Client) -> None:
    case = unit.cases[RoleCode.CAPTAIN, "own"]
    for page in pages():
        response = client.get(page.url(case))

        assert response.status_code in {302, 405}
        assert response.status_code == 405 or response.headers["Location"].startswith(
            reverse("sign-in")
        )


def test_no_page_says_who_the_child_is(
    unit: Unit, clients: dict[str, Client], watch: Watch
) -> None:
    detective = unit.accounts[RoleCode.DETECTIVE]
    for place in ((RoleCode.DETECTIVE, "own"), (RoleCode.PARTNER, "granted_view")):
        case = unit.cases[place]
        InvolvedPersonFactory.create(case=case, identity=dict(CHILD), description="An adult.")
        GrantFactory.create(user=detective, content_object=case, works=True)
        entry = ResponseInput(ResponseKind.SUPPLEMENT, NOW - HOUR, narrative=NARRATIVE)
        log_response(viewer=viewer_for(detective), now=NOW, case_id=case.pk, entry=entry)

    shown = _taking("get", unit, clients)
    made: Made = {}
    for role, client in clients.items():
        for page in shown:
            for kind in ("own", "granted_view"):
                if (role, kind) in unit.cases:
                    body = client.get(page.looking_url(unit.cases[role, kind], made))
                    assert_nothing_leaks(body, [CHILD], where=f"{page.name} for {role}")
        for name in ("home", "case-list", "my-work", "dashboard", "audit"):
            body = client.get(reverse(name))
            assert_nothing_leaks(body, [CHILD], where=f"{name} for {role}")

    watch.nothing_leaked([CHILD])
    watch.no_models_in_contexts(*SEALED_MODELS)

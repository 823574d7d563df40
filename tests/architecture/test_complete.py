"""Does every page, whoever asks and by whichever method, leave an entry? (law 4)

The walk is over the resolver. What services owe is held by `test_services.py`; what tasks and
commands owe, by `audit.acts`, whenever any test runs one.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
import time_machine
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from audit.events import Event
from audit.guard import exemption
from audit.models import Entry
from cases.access import viewer_for
from cases.enums import Channel, RoleCode, ServiceScope
from cases.models import Account
from tests.architecture.source import (
    Function,
    Module,
    calls,
    decorators,
    dotted,
    functions,
    modules,
)
from tests.architecture.test_pages_by_record import RECORDS
from tests.architecture.test_tasks import TASK_DECORATORS
from tests.architecture.test_urls import walk
from tests.cases.pages import sign_in
from tests.factories import NOW, AccountFactory, CaseFactory
from tests.leaks import exact_sets

pytestmark = pytest.mark.django_db

# Pages that show nothing of a case; each says why in its `leaves_no_entry`. What some of them do to
# the account that asks is recorded by the service.
EXEMPT = {
    "account-invite",
    "browser-reports",
    "factor-app",
    "factor-codes",
    "factor-passkey",
    "factor-remove",
    "factors",
    "health",
    "home",
    "invitation",
    "keys",
    "openid-answer",
    "openid-start",
    "password",
    "provider-link",
    "provider-unlink",
    "saml-answer",
    "saml-metadata",
    "saml-start",
    "session-disown",
    "session-end",
    "session-state",
    "sign-in",
    "sign-in-second",
}
# Commands that act in nobody's name.
UNBOUND = {
    "migrate": "acts as system:migrate, bound by the signal that Django sends before it",
    "redaction_eval": "reads invented texts from files",
    "shred_store": "makes a file before there is anything in the database",
    "verify_audit": "reads the log, also where it can't be written",
}
# Events that nothing leaves yet: what would isn't built. The names are kept for it.
AWAITED = {
    Event.ATTACHMENT_ADDED,
    Event.ATTACHMENT_VIEWED,
    Event.CLOCK_HELD,
    Event.CLOCK_RELEASED,
    Event.PERSON_CHANGED,
    Event.POLICY_CHANGED,
    Event.POLICY_PREVIEWED,
    Event.POLICY_VIEWED,
    Event.REFERRAL_JOINED,
    Event.REFERRAL_LISTED,
    Event.REFERRAL_SCREENED_OUT,
    Event.REFERRAL_VIEWED,
    Event.ROLE_CREATED,
    Event.VICTIM_CHANGED,
}
# These read the log.
READING = ("cases.selectors.audit_", "cases.selectors.case_history", "cases.selectors.case_looks")
ELSEWHERE = {
    "channel": Channel.HOTLINE.value,
    "code": RoleCode.DETECTIVE.value,
    "entry_id": 1,
}
NOTHING = UUID(int=0)
TOLD = Path(__file__).parents[2] / "docs" / "audit.md"
ROW = re.compile(r"^\| `([a-z_]+)` \| (.+?) \|", re.MULTILINE)


@pytest.fixture(autouse=True)
def _at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def _patterns() -> dict[str, URLPattern]:
    return {str(pattern.name): pattern for _, pattern in walk(get_resolver())}


def _address(name: str) -> str:
    """The page about a case's own records; what isn't a case's isn't there, which is refused."""
    case = CaseFactory.create()
    wanted = _patterns()[name].pattern.converters
    arguments = {
        one: RECORDS[one](case) if one in RECORDS else ELSEWHERE.get(one, NOTHING) for one in wanted
    }
    return reverse(name, kwargs=arguments)


@pytest.mark.parametrize("name", sorted(_patterns().keys() - EXEMPT))
def test_every_page_leaves_an_entry_whoever_asks(name: str) -> None:
    url = _address(name)
    silent = []
    for account in (_who_may(name), AccountFactory.create(role=RoleCode.PARTNER)):
        for method in ("get", "post"):
            client = sign_in(Client(), account)
            before = _entries()
            response = getattr(client, method)(url)
            if _entries() == before:
                silent.append((account.role.code, method, response.status_code))

    assert silent == []


def _entries() -> int:
    """Entries of acts: one that tells which keys an act used is not the act's own."""
    return Entry.objects.exclude(event=Event.KEYS_USED).count()


def _who_may(name: str) -> Account:
    """Somebody whose role holds what the page asks for."""
    rule = set(_patterns()[name].callback.access_rule) - {"signed in", "service key", *ServiceScope}  # type: ignore[attr-defined]
    accounts = (AccountFactory.create(role=role) for role in RoleCode.values)
    return next(one for one in accounts if rule <= viewer_for(one).permissions)


def test_only_these_pages_leave_none() -> None:
    exempt = {name for name, pattern in _patterns().items() if exemption(pattern.callback)}

    assert exempt == EXEMPT


def test_every_task_and_command_acts_in_a_name() -> None:
    """Inside it `audit.acts` holds them to account; outside, triggers refuse what they write."""
    nameless = [
        module.at(function, f"{function.name} acts in nobody's name")
        for module, function in (*_tasks(), *_commands())
        if "acting_as_system" not in {dotted(call.func) for call in calls(_bound(module, function))}
    ]

    assert nameless == []


def test_the_walk_sees_tasks_and_commands() -> None:
    assert len(list(_tasks())) > 8
    assert len(list(_commands())) > 10


def _tasks() -> Iterator[tuple[Module, Function]]:
    for module in modules("audit", "cases"):
        for function in functions(module.tree):
            if TASK_DECORATORS.intersection(decorators(function)):
                yield module, function


def _commands() -> Iterator[tuple[Module, Function]]:
    for module in modules("audit", "cases"):
        if ".commands." in module.name and module.name.rpartition(".")[2] not in UNBOUND:
            for function in functions(module.tree):
                if function.name == "handle":
                    yield module, function


def _bound(module: Module, function: Function) -> ast.AST:
    """A command may bind in a step of its module; a task does at once."""
    return module.tree if function.name == "handle" else function


def test_every_event_is_left_by_something() -> None:
    """A list that promises more than happens reads, in court, as a gap in the log."""
    named = {
        dotted(node)
        for module in modules("audit", "cases")
        if not module.name.startswith(READING)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute)
    }
    silent = {event for event in Event if f"Event.{event.name}" not in named}

    exact_sets(silent - {Event.DIRECT_CHANGE}, AWAITED)


def test_the_table_of_events_is_the_list() -> None:
    told = dict(ROW.findall(TOLD.read_text(encoding="utf-8")))

    exact_sets(told, [event.value for event in Event])
    assert [name for name, words in told.items() if not words.startswith(Event(name).label)] == []

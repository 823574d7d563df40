"""Is a walled case gone without a trace, for whoever is walled from it, on every page there is?

The walk is over the resolver: every address is fetched in a world without the case and again in one
with it, with a wall for each of them. The two must read the same: a count, a gap or a chooser that
tells of the case is a difference. A superuser whose role may do everything opens every page there
is, the case's own among them; the unit's roles open those that are about no one record, where lists
and counts are, and the main ones of a case beside it. What each may open of the case itself, by its
id, is `tests/architecture/test_pages_by_record.py`'s.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import zip_longest
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from django.core.cache import caches
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from audit.events import Event
from cases.enums import Channel, FlagKind, Permission, RoleCode
from cases.models import Account, Case
from cases.viewers import viewer_for
from tests.architecture.test_pages_by_record import RECORDS
from tests.architecture.test_urls import walk
from tests.cases.pages import signed_in
from tests.factories import (
    DAY,
    HOUR,
    NOW,
    AccessRequestFactory,
    AccountFactory,
    AssignmentFactory,
    BrokenGlassFactory,
    CaseFactory,
    CaseLinkFactory,
    CaseStateChangeFactory,
    ClockFactory,
    DraftFactory,
    EntryFactory,
    EvidenceFactory,
    ExpungeFactory,
    FlagFactory,
    GrantFactory,
    InvolvedPersonFactory,
    ReferralFactory,
    ReleaseFactory,
    ReleaseItemFactory,
    ResponseFactory,
    RevealFactory,
    ReviewFactory,
    RoleFactory,
    SavedFilterFactory,
    SquadFactory,
    SquadGrantFactory,
    VictimFactory,
    WallFactory,
)
from tests.leaks import Identity

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

NUMBER, KEY, PSEUDONYM, SUSPECT = "W26-777001", UUID(int=7 << 100), "V-WALL", "P-WALL"
# Looks at nothing of any case, or answers a script.
OF_A_CASE = {"case-detail", "case-access", "case-history", "why", "response-log", "release-new"}
# Show a secret of their own each time; how many rows are sealed under which key is the machine's.
UNASKED = {"factor-app", "factor-passkey", "seals"} | {
    "session-end",
    "session-state",
    "sign-out",
    "keys",
    "health",
    "home",
    "sign-in",
}
# Numbers that no other entry has: what is taken back uses numbers up.
ENTRY, LISTED, FOUND = 4_000_001, 4_000_002, 4_000_003
ELSEWHERE = {"channel": Channel.HOTLINE.value, "code": RoleCode.DETECTIVE.value, "entry_id": ENTRY}
# What differs between any two answers: keys of forms, and how far the whole log is sealed.
MARKS = (NUMBER, PSEUDONYM, SUSPECT, "Walled division", str(KEY))
SUPERUSER = "superuser"
# Who does on the case what the walled ones may not know of.
OTHERS = (RoleCode.CAPTAIN, RoleCode.SERGEANT, RoleCode.DETECTIVE, RoleCode.RECORDS)
FRESH = re.compile(
    r'(?s)(name="[a-z-]*(csrfmiddlewaretoken|submission_key|token|draft_key)" value|X-CSRFToken"?)'
    r'[=:] *"[^"]*"|<section[^>]*aria-labelledby="sealing.*?</section>|audit/entries/[0-9]+/'
    r"|[0-9,]+ wait\."
)


@dataclass
class World:
    """Everybody who is walled from the case, a case beside it, and what can be asked for."""

    accounts: dict[str, Account]
    beside: Case
    others: dict[str, Account] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    asked: list["Asked"] = field(default_factory=list)


@dataclass(frozen=True)
class Asked:
    """One address of a page, and what is sent there, if anything is."""

    name: str
    address: str
    posted: tuple[tuple[str, str], ...] = ()
    by_everybody: bool = True

    def __str__(self) -> str:
        return f"{self.name} {self.address} {[name for name, _ in self.posted]}"


@pytest.fixture
def world(child: Identity) -> World:
    return make_world(child)


def make_world(child: Identity) -> World:
    squad = SquadFactory.create()
    accounts: dict[str, Account] = {
        role: AccountFactory.create(role=role, officer__squad=squad)
        for role in (RoleCode.SERGEANT, RoleCode.DETECTIVE)
    }
    accounts[RoleCode.CAPTAIN] = AccountFactory.create(role=RoleCode.CAPTAIN)
    for role in (RoleCode.RECORDS, RoleCode.ADMINISTRATOR, RoleCode.AUDITOR):
        accounts[role] = AccountFactory.create(role=role)
    accounts[RoleCode.PARTNER] = AccountFactory.create(partner=True)
    everything = RoleFactory.create(code="everything", scope="all")
    for permission in Permission.values:
        everything.permissions.get_or_create(permission=permission)
    accounts[SUPERUSER] = AccountFactory.create(role=everything, is_superuser=True, officer=None)
    squad.refresh_from_db()
    beside = CaseFactory.create(
        squad=squad, open_and_held=True, detective=accounts[RoleCode.DETECTIVE].officer
    )
    world = World(accounts, beside)
    ResponseFactory.create(case=beside, initial_report=True)
    VictimFactory.create(case=beside, identity=child, pseudonym="V-BESIDE")
    for role in (RoleCode.RECORDS, RoleCode.PARTNER):
        GrantFactory.create(user=accounts[role], content_object=beside, works=True)
    EntryFactory.create(id=ENTRY, at=NOW - 8 * DAY, subject_type="page")
    world.others = {role: AccountFactory.create(role=role) for role in OTHERS}
    world.clients = {role: signed_in(account) for role, account in accounts.items()}
    world.asked = list(_addresses(world, child))
    return world


def _addresses(world: World, child: Identity) -> Iterator[Asked]:
    made: dict[str, object] = {}
    for pattern in _patterns():
        name = str(pattern.name)
        wanted = pattern.pattern.converters
        for argument in wanted:
            if argument not in made:
                known = RECORDS.get(argument)
                made[argument] = known(world.beside) if known else ELSEWHERE.get(argument, uuid4())
        address = reverse(name, kwargs={one: made[one] for one in wanted})
        yield Asked(name, address, by_everybody=not wanted or name in OF_A_CASE)
        if set(wanted) == {"case_id"}:
            yield Asked(name, reverse(name, args=[KEY]), by_everybody=False)
    yield from _questions(world, child)


def _patterns() -> list[URLPattern]:
    return [pattern for _, pattern in walk(get_resolver()) if pattern.name not in UNASKED]


def _questions(world: World, child: Identity) -> Iterator[Asked]:
    """Whoever looks for the case by all that they can type."""
    detective = world.accounts[RoleCode.DETECTIVE]
    filters: dict[str, list[dict[str, object]]] = {
        "case-list": [{"number": NUMBER}, {"state": "open"}, {"flag": "stalled"},
                      {"before": f"{NOW.isoformat()}_{KEY}"}],
        "my-work": [{"number": NUMBER}, {"show": "drafts"}],
        "dashboard": [{"kind": "stalled"}, {"detective": detective.officer_id}],
        "flag-list": [{"week": "2026-03-09"}],
        "audit": [{"case": NUMBER}, {"case": KEY}, {"victim": PSEUDONYM}, {"victim": SUSPECT},
                  {"actor": detective.username}, {"ask": "others"}, {"event": "case_listed"}],
        "audit-activity": [{"actor": detective.username}],
        "access-reviews": [{"all": 1}],
        "officers": [{"all": 1}],
        "audit-looks": [{"case": NUMBER}, {"case": KEY}],
        "audit-week": [{"week": "2026-03-02"}],
    }  # fmt: skip
    for name, queries in filters.items():
        for query in queries:
            yield Asked(name, f"{reverse(name)}?{urlencode(query)}")
    beside = reverse("case-detail", args=[world.beside.pk])
    for origin in (
        "cases?",
        "cases?state=open",
        f"cases?number={NUMBER}",
        "work?",
        "work?due=overdue",
    ):
        yield Asked("case-detail", f"{beside}?{urlencode({'from': origin})}")
    who = tuple((name, child[name]) for name in ("first_name", "last_name", "birth_date"))
    yield Asked("find-person", reverse("find-person"), who)
    yield Asked("case-new", reverse("case-new", args=["hotline"]), who)
    for form in ("csv", "jsonl"):
        yield Asked("audit-export", reverse("audit-export"), (("form", form),))


def make_walled_case(world: World, child: Identity) -> Case:
    """The case, with whatever can stand on one, and walls for all of them."""
    squad, detective = world.beside.squad, world.accounts[RoleCode.DETECTIVE]
    case: Case = CaseFactory.create(
        pk=KEY,
        number=NUMBER,
        squad=squad,
        open_and_held=True,
        detective=detective.officer,
        division="Walled division",
        last_entry_at=NOW - HOUR,
        overdue=True,
    )
    AssignmentFactory.create(case=case, officer=detective.officer)
    CaseStateChangeFactory.create(case=case)
    victim = VictimFactory.create(case=case, identity=child, pseudonym=PSEUDONYM)
    InvolvedPersonFactory.create(case=case, pseudonym=SUSPECT)
    report = ResponseFactory.create(case=case, initial_report=True)
    sergeant = world.others[RoleCode.SERGEANT].officer
    ReviewFactory.create(case=case, response=report, reviewer=sergeant)
    ClockFactory.create(case=case, kind="victim_seen", overdue=True)
    for kind in (FlagKind.STALLED, FlagKind.UNDER_DOCUMENTED, FlagKind.COPIED_NARRATIVE):
        FlagFactory.create(case=case, kind=kind, severity=5)
    EvidenceFactory.create(case=case)
    ReferralFactory.create(case=case)
    DraftFactory.create(case=case, account=detective)
    first, second = sorted((case, world.beside), key=lambda one: one.pk)
    CaseLinkFactory.create(between=[first, second])
    clerk, captain = world.others[RoleCode.RECORDS], world.others[RoleCode.CAPTAIN]
    ReleaseItemFactory.create(release=ReleaseFactory.create(case=case, prepared_by=clerk))
    ExpungeFactory.create(case=case, victim=victim, requested_by=captain)
    reveal = RevealFactory.create(case=case, victim=victim, account=detective)
    _doors(world, case)
    _log(world, case, victim.pk, reveal.account)
    for account in world.accounts.values():
        WallFactory.create(case=case, account=account, set_by=captain, set_at=NOW - DAY)
    return case


def _doors(world: World, case: Case) -> None:
    for account in world.accounts.values():
        GrantFactory.create(user=account, content_object=case, works=True)
    SquadGrantFactory.create(case=case, squad=world.beside.squad, works=True)
    AccessRequestFactory.create(number=case.number, account=world.others[RoleCode.DETECTIVE])
    BrokenGlassFactory.create(case=case, account=world.others[RoleCode.SERGEANT])
    SavedFilterFactory.create(
        account=world.others[RoleCode.SERGEANT],
        screen="cases",
        query=f"number={NUMBER}",
        shared=True,
    )


def _log(world: World, case: Case, victim_id: UUID, actor: Account) -> None:
    """An entry of each shape in which a case, or somebody on it, is named."""
    about: tuple[dict[str, Any], ...] = (
        {"subject_type": "case", "subject_id": str(case.pk)},
        {"event": Event.IDENTITY_REVEALED, "subject_type": "victim", "subject_id": str(victim_id),
         "details": {"case": str(case.pk), "victim": PSEUDONYM}},
        {"subject_type": "report", "subject_id": str(uuid4()), "details": {"case": str(case.pk)}},
        {"event": Event.ACCESS_DENIED, "outcome": "denied", "subject_type": "route",
         "subject_id": "case-detail", "details": {"route_arguments": {"case_id": str(case.pk)}}},
        {"event": Event.ACCESS_DENIED, "outcome": "denied", "subject_type": "route",
         "subject_id": "person", "details": {"route_arguments": {"person_id": str(victim_id)}}},
    )  # fmt: skip
    for fields in about:
        EntryFactory.create(actor_id=str(actor.pk), actor_label=actor.username, **fields)
        EntryFactory.create(at=NOW - 8 * DAY, **fields)


Answers = dict[tuple[str, Asked], tuple[int, str]]


def _read(world: World, listed: list[Case], roles: Collection[str] = ()) -> Answers:
    """Every answer, each from the same database: what a request leaves is taken back.

    `listed`: what somebody else's list showed, by the log.
    """
    caches["default"].clear()
    answers = {}
    with transaction.atomic():
        EntryFactory.create(
            id=LISTED,
            event=Event.CASE_LISTED,
            subject_type="list",
            subject_id="work",
            actor_id="another",
            actor_label="another",
            details={"cases": [str(case.pk) for case in listed]},
        )
        EntryFactory.create(
            id=FOUND,
            event=Event.RECONCILE_RAN,
            subject_type="sweep",
            subject_id="a night",
            actor_id="system:reconcile",
            actor_label="system:reconcile",
            details={
                "subjects": [str(case.pk) for case in listed],
                "elsewhere": [f"cases_case {case.pk}" for case in listed],
            },
        )
        rules = _rules()
        for role in roles or world.accounts:
            may = viewer_for(world.accounts[role]).permissions
            for asked in world.asked:
                opens = asked.name in rules and rules[asked.name] <= may
                if opens and (asked.by_everybody or role == SUPERUSER):
                    answers[role, asked] = _answer(world.clients[role], asked)
        transaction.set_rollback(True)
    return answers


def _rules() -> dict[str, set[str]]:
    """What each page asks of a role; not those that no role opens."""
    rules: dict[str, Any] = {
        str(pattern.name): pattern.callback.access_rule  # type: ignore[attr-defined]
        for pattern in _patterns()
    }
    asked = {name: set(rule) - {"signed in"} for name, rule in rules.items()}
    return {name: rule for name, rule in asked.items() if rule <= set(Permission)}


def _answer(client: Client, asked: Asked) -> tuple[int, str]:
    with transaction.atomic():
        send = partial(client.post, data=dict(asked.posted)) if asked.posted else client.get
        response = send(asked.address)
        body = b"".join(response) if response.streaming else response.content
        transaction.set_rollback(True)
    return (
        response.status_code,
        f"{_headers(response)}{FRESH.sub('', body.decode('utf-8', 'replace'))}",
    )


def _headers(response: Any) -> str:
    """All that is sent before the page; its length follows from the page, which is compared."""
    sent = sorted((name, value) for name, value in response.items() if name != "Content-Length")
    return "".join(f"{name}: {value}\n" for name, value in sent)


def _changed(before: Answers, after: Answers) -> list[tuple[str, Asked]]:
    return [place for place in before if after[place] != before[place]]


def _first_difference(before: tuple[int, str], after: tuple[int, str]) -> str:
    if before[0] != after[0]:
        return f"{before[0]} and {after[0]}"
    pairs = enumerate(zip_longest(before[1], after[1], fillvalue=""))
    at = next(at for at, (one, two) in pairs if one != two)
    return f"{before[1][max(0, at - 150) : at + 60]!r} | {after[1][at : at + 60]!r}"


def test_a_walled_case_leaves_no_trace_on_any_page(world: World, child: Identity) -> None:
    before = _read(world, [world.beside])

    case = make_walled_case(world, child)
    after = _read(world, [world.beside, case])

    assert {asked.name for _, asked in before} == set(_rules())
    told = [
        f"{role}: {asked}: {_first_difference(before[role, asked], after[role, asked])}"
        for role, asked in _changed(before, after)
    ]
    named = [
        f"{role}: {asked}"
        for (role, asked), (_, body) in after.items()
        if any(mark in body and mark not in asked.address for mark in MARKS)
    ]
    assert not told + named, "\n".join(told + named)


def test_the_walk_sees_the_case_where_there_is_no_wall(world: World, child: Identity) -> None:
    """Without walls it is told on many pages: the test above looks where there is something."""
    before = _read(world, [world.beside], [SUPERUSER])

    case = make_walled_case(world, child)
    case.walls.all().delete()
    after = _read(world, [world.beside, case], [SUPERUSER])

    told = {asked.name for _, asked in _changed(before, after)}
    assert told >= {
        *("case-list", "dashboard", "audit", "audit-export", "audit-activity", "audit-looks"),
        *("link-list", "releases", "find-person", "case-new", "access-requests", "case-detail"),
        *("audit-week", "flag-list"),
    }

"""Does anything that somebody walled can do, or ask of others, tell them that the case is there?

As in `test_walls`: each is done in a world without the case and in one with it, and must answer the
same. Whoever may read the log reads afterwards what it says of their own question.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from django.core.cache import caches
from django.db import transaction
from django.urls import reverse

from audit.events import Event
from audit.models import Entry
from cases.enums import RoleCode, Scope
from cases.models import Case, Role
from tests.architecture.test_pages_by_record import TOKEN
from tests.cases.pages import signed_in, words
from tests.cases.test_walls import (
    FRESH,
    KEY,
    NUMBER,
    SUPERUSER,
    World,
    make_walled_case,
    make_world,
)
from tests.leaks import Identity

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

WHY = "The mother called the desk and asked for whoever has it."
# Made anew each time: ids of what was just written, numbers of entries.
MADE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b4[0-9]{6}\b|entry [0-9,]+")

# How something is sent, where, and what with it.
Look = tuple[Callable[..., Any], str, Mapping[str, object]]


@dataclass(frozen=True)
class Act:
    """What is asked, by whom, and what is sent; none is a look."""

    role: str
    page: str
    key: Callable[[World], object] | None = None
    data: Callable[[World], Mapping[str, object]] | None = None

    def __str__(self) -> str:
        return f"{self.role}: {self.page}"


def by_number(_: World) -> dict[str, object]:
    return {"number": NUMBER, "reason": WHY}


def role_form(step: str) -> Callable[[World], dict[str, object]]:
    """Detectives would reach every case, tried on one of them and this case."""

    def sent(world: World) -> dict[str, object]:
        role = Role.objects.get(code=RoleCode.DETECTIVE)
        return {
            "step": step,
            "version": role.version,
            "scope": Scope.ALL.value,
            "permissions": sorted(role.permissions.values_list("permission", flat=True)),
            "person": str(world.accounts[RoleCode.DETECTIVE].pk),
            "number": NUMBER,
        }

    return sent


def on_the_dashboard(action: str) -> Callable[[World], dict[str, object]]:
    def sent(world: World) -> dict[str, object]:
        officer = world.accounts[RoleCode.DETECTIVE].officer_id
        return {"action": action, "comment": WHY, "case": str(KEY), "officer": str(officer)}

    return sent


def detective(world: World) -> UUID:
    return world.accounts[RoleCode.DETECTIVE].pk


def colleague(world: World) -> UUID:
    return world.others[RoleCode.DETECTIVE].pk


def detective_code(_: World) -> str:
    return RoleCode.DETECTIVE.value


def kept(_: World) -> dict[str, object]:
    return {"screen": "cases", "name": "Mine", "query": urlencode({"number": NUMBER})}


ADMINISTRATOR, CAPTAIN, SERGEANT = RoleCode.ADMINISTRATOR, RoleCode.CAPTAIN, RoleCode.SERGEANT
ACTS = [
    *(Act(role, "access-requests", data=by_number) for role in (SUPERUSER, SERGEANT, "detective")),
    *(Act(role, "break-glass", data=by_number) for role in (SUPERUSER, SERGEANT)),
    *(
        Act(role, "role-edit", detective_code, role_form(step))
        for role in (SUPERUSER, ADMINISTRATOR)
        for step in ("preview", "try")
    ),
    *(
        Act(role, "reach", whose)
        for role in (SUPERUSER, ADMINISTRATOR, CAPTAIN, SERGEANT)
        for whose in (detective, colleague)
    ),
    *(
        Act(role, "flag-acknowledge", data=on_the_dashboard(action))
        for role in (SUPERUSER, CAPTAIN, SERGEANT)
        for action in ("acknowledge", "ask", "assign")
    ),
    *(Act(role, "filter-save", data=kept) for role in (SUPERUSER, SERGEANT)),
]


def done(world: World, act: Act) -> list[tuple[int, str]]:
    """What they are told, and then what the log tells them; all of it is taken back."""
    caches["default"].clear()
    client, told = world.clients[act.role], []
    with transaction.atomic():
        address = reverse(act.page, args=[act.key(world)] if act.key else [])
        ask: Look = (client.get, address, {})
        if act.data:
            ask = (client.post, address, act.data(world))
        own = {"actor": world.accounts[act.role].username}
        looks: list[Look] = [
            (client.get, reverse("audit"), own),
            (client.get, reverse("audit-activity"), own),
            (client.get, reverse("refusals"), {}),
            (client.get, reverse("access-requests"), {}),
        ]
        for send, where, data in (ask, *looks):
            with transaction.atomic():
                response = send(where, data, follow=True)
                body = b"".join(response) if response.streaming else response.content
            text = FRESH.sub("", body.decode("utf-8", "replace"))
            told.append((response.status_code, MADE.sub("", text)))
        transaction.set_rollback(True)
    return told


def give_colleague_the_case(case: Case, world: World) -> None:
    """So that what others reach, counted, would tell of it."""
    case.detective = world.others[RoleCode.DETECTIVE].officer
    case.save(update_fields=["detective"])


def test_no_question_of_somebody_walled_is_answered_otherwise_for_the_case(
    child: Identity,
) -> None:
    world = make_world(child)
    before = {str(place) + str(at): done(world, place) for at, place in enumerate(ACTS)}

    give_colleague_the_case(make_walled_case(world, child), world)
    after = {str(place) + str(at): done(world, place) for at, place in enumerate(ACTS)}

    differing = [
        f"{name} step {step}: {difference(one, other)}"
        for name in before
        for step, (one, other) in enumerate(zip(before[name], after[name], strict=True))
        if one != other
    ]
    assert not differing, "\n".join(differing)


def difference(one: tuple[int, str], other: tuple[int, str]) -> str:
    if one[0] != other[0]:
        return f"{one[0]} and {other[0]}"
    pairs = enumerate(zip_longest(one[1], other[1], fillvalue=""))
    at = next(at for at, (first, second) in pairs if first != second)
    return f"{one[1][max(0, at - 120) : at + 80]!r} | {other[1][at : at + 80]!r}"


def test_the_questions_are_answered_otherwise_where_there_is_no_wall(child: Identity) -> None:
    """The test above asks what would tell."""
    world = make_world(child)
    asked = [act for act in ACTS if act.role in (SUPERUSER, ADMINISTRATOR)]
    before = [done(world, act) for act in asked]

    case = make_walled_case(world, child)
    case.walls.all().delete()
    give_colleague_the_case(case, world)
    after = [done(world, act) for act in asked]

    told = {act.page for act, one, other in zip(asked, before, after, strict=True) if one != other}
    assert told >= {"break-glass", "role-edit", "reach", "flag-acknowledge"}


def test_an_attempt_to_reveal_is_told_to_its_supervisors_and_to_nobody_walled(
    child: Identity,
) -> None:
    """Why `Span.REFUSING` goes past walls: the entry names the case, for whoever may see it."""
    world = make_world(child)
    case = make_walled_case(world, child)
    victim, walled = case.victims.get(), world.accounts[RoleCode.DETECTIVE]
    log = f"{reverse('audit')}?{urlencode({'actor': walled.username})}"
    looks = reverse("case-looks", args=[case.pk])
    supervisor = signed_in(world.others[CAPTAIN])
    refused = _refused(supervisor.get(looks), walled.display_name)
    before = _read_log(world, log)

    answers = [
        world.clients[RoleCode.DETECTIVE].post(reverse("person-reveal", args=[key]), {})
        for key in (victim.pk, uuid4())
    ]

    one, other = (TOKEN.sub(b"", answer.content) for answer in answers)
    assert [answer.status_code for answer in answers] == [404, 404]
    assert one == other
    entry = Entry.objects.get(
        event=Event.IDENTITY_REVEALED, actor_id=str(walled.pk), outcome="denied"
    )
    assert entry.details["case"] == str(case.pk)
    assert _refused(supervisor.get(looks), walled.display_name) == refused + 1
    # The attempt at nothing stands there too: that is what the walled may read of themselves.
    log_now = _read_log(world, log)
    assert log_now.count("Access denied") == before.count("Access denied") + 1
    assert log_now.count("revealed") == before.count("revealed")


def _refused(answer: Any, name: str) -> int:
    return sum(one.refused for one in answer.context["page"].seen if one.name == name)


def _read_log(world: World, address: str) -> str:
    """As it reads for somebody who may read all of it and is walled too."""
    return words(world.clients[SUPERUSER].get(address))

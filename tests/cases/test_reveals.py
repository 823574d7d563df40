"""Is who somebody is shown for a reason, for five minutes, to one session, and never unrecorded?"""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from cases.models import Case, Reveal, Victim
from tests.cases.pages import Desk, words
from tests.factories import NOW, VictimFactory
from tests.leaks import Identity

pytestmark = pytest.mark.django_db

WHY = "Arranging the forensic interview for tomorrow."
MASKED = "Reveal who this is"


@pytest.fixture
def case(desk: Desk) -> Case:
    return desk.held_case()


@pytest.fixture
def victim(case: Case, child: Identity) -> Victim:
    made: Victim = VictimFactory.create(case=case, identity=dict(child))
    return made


def page(client: Client, victim: Victim) -> Any:
    return client.get(reverse("person", args=[victim.pk]))


def token(client: Client, victim: Victim) -> str:
    return str(page(client, victim).context["form"]["token"].value())


def ask(client: Client, victim: Victim, **fields: str) -> Any:
    asked = {"reason_code": "interview", "reason": WHY, "token": token(client, victim)} | fields
    return client.post(reverse("person-reveal", args=[victim.pk]), asked)


def test_a_reason_shows_who_the_child_is(desk: Desk, victim: Victim) -> None:
    assert MASKED in words(page(desk.as_detective, victim))

    answer = ask(desk.as_detective, victim)

    assert answer.status_code == 302
    shown = page(desk.as_detective, victim)
    assert "O'Quillfeather" in words(shown)

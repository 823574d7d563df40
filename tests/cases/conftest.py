"""What do tests of pages share? A squad whose sergeant and detective are signed in at `NOW`."""

from collections.abc import Iterator

import pytest
import time_machine

from cases.enums import RoleCode
from tests.cases.pages import Desk, signed_in
from tests.factories import NOW, AccountFactory, SquadFactory


@pytest.fixture
def at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def desk(at_now: None, db: None) -> Desk:
    squad = SquadFactory.create()
    sergeant = AccountFactory.create(role=RoleCode.SERGEANT, officer__squad=squad)
    detective = AccountFactory.create(role=RoleCode.DETECTIVE, officer__squad=squad)
    squad.refresh_from_db()
    return Desk(squad, detective, sergeant, signed_in(detective), signed_in(sergeant))

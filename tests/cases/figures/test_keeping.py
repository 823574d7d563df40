"""Are figures ready before anybody asks, never too old, and nobody else's?"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.test.utils import override_settings
from django.urls import reverse

from cases.access import viewer_for
from cases.enums import Permission, RoleCode
from cases.figures.keeping import NARROWED_KEPT_FOR, NEVER_OLDER, count_ahead, figures_for
from cases.models import Account, RolePermission, Squad
from cases.selectors.ranked import NOBODY, Filters
from cases.tasks import count_figures
from tests.cache import empty_cache
from tests.cases.pages import Desk
from tests.factories import NOW, AccountFactory, CaseFactory, SquadFactory, WallFactory

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
NO_CACHE = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": "unix:///nowhere/valkey.sock",
    }
}


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    empty_cache()


@pytest.fixture
def squad() -> Squad:
    return SquadFactory.create()


@pytest.fixture
def captain() -> Account:
    return AccountFactory.create(role=RoleCode.CAPTAIN)


@pytest.mark.parametrize(
    ("filters", "later", "fresh"),
    [
        (Filters(), NEVER_OLDER - SECOND, False),
        (Filters(), NEVER_OLDER, True),
        (Filters(), -SECOND, True),
        (Filters(detective=NOBODY), NARROWED_KEPT_FOR - SECOND, False),
        (Filters(detective=NOBODY), NARROWED_KEPT_FOR, True),
        (Filters(detective=NOBODY), -SECOND, True),
    ],
)
def test_figures_are_kept_so_long_and_never_shown_before_they_were_counted(
    squad: Squad, captain: Account, filters: Filters, later: timedelta, fresh: bool
) -> None:
    viewer = viewer_for(captain)
    figures_for(viewer, NOW, filters)
    CaseFactory.create(squad=squad)

    shown = figures_for(viewer, NOW + later, filters)

    assert shown.open == int(fresh)
    assert shown.as_of == (NOW + later if fresh else NOW)


def test_what_was_kept_is_not_shown_to_somebody_else_or_through_another_filter(
    squad: Squad, captain: Account
) -> None:
    other = AccountFactory.create(role=RoleCode.CAPTAIN)
    figures_for(viewer_for(captain), NOW, Filters())
    CaseFactory.create(squad=squad)

    assert figures_for(viewer_for(other), NOW, Filters()).open == 1
    assert figures_for(viewer_for(captain), NOW, Filters(squad=squad.pk)).open == 1


def test_a_wall_takes_its_case_out_of_the_figures_at_once(squad: Squad, captain: Account) -> None:
    case = CaseFactory.create(squad=squad)
    assert figures_for(viewer_for(captain), NOW, Filters()).open == 1

    wall = WallFactory.create(case=case, account=captain)
    assert figures_for(viewer_for(captain), NOW, Filters()).open == 0

    wall.delete()
    assert figures_for(viewer_for(captain), NOW, Filters()).open == 1


def test_figures_stand_without_a_cache(squad: Squad, captain: Account) -> None:
    CaseFactory.create(squad=squad)

    with override_settings(CACHES=NO_CACHE):
        assert figures_for(viewer_for(captain), NOW, Filters()).open == 1
        assert count_ahead(clock=lambda: NOW) == 1


# -- counted ahead ------------------------------------------------------------------------------


def test_a_supervisor_finds_the_figures_counted(squad: Squad, captain: Account) -> None:
    sergeant = AccountFactory.create(role=RoleCode.SERGEANT, officer__squad=squad)
    CaseFactory.create(squad=squad)
    CaseFactory.create(squad=SquadFactory.create())

    assert count_ahead(clock=lambda: NOW) == 2

    CaseFactory.create(squad=squad)
    for account, counted in ((captain, 2), (sergeant, 1)):
        shown = figures_for(viewer_for(account), NOW + SECOND, Filters())
        assert (shown.open, shown.as_of) == (counted, NOW)


def test_nothing_is_counted_for_who_may_not_see_the_page(squad: Squad) -> None:
    AccountFactory.create(role=RoleCode.DETECTIVE)
    AccountFactory.create(role=RoleCode.CAPTAIN, is_active=False)
    AccountFactory.create(role=RoleCode.SERGEANT)
    RolePermission.objects.filter(
        permission=Permission.SEE_DASHBOARD, role__code=RoleCode.SERGEANT
    ).delete()

    assert count_ahead(clock=lambda: NOW) == 0


@pytest.mark.parametrize(("step", "counted"), [(SECOND, 3), (20 * SECOND, 1)])
def test_counting_ends_in_time_for_other_work(step: timedelta, counted: int) -> None:
    AccountFactory.create_batch(3, role=RoleCode.CAPTAIN)
    moments = _every(step)

    assert count_ahead(clock=lambda: next(moments)) == counted


def test_the_page_shows_what_the_worker_has_counted(
    desk: Desk,
) -> None:
    desk.held_case()
    count_figures()
    desk.held_case()

    page = desk.as_sergeant.get(reverse("dashboard"))

    assert page.context["open"] == 1
    assert "<svg" in page.context["figures"]


def _every(step: timedelta) -> Iterator[datetime]:
    moment = NOW
    while True:
        yield moment
        moment += step

"""How long does the server take over each page, and how many queries does it send?"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management import CommandError
from django.db import connection
from django.test import Client
from django.test.utils import override_settings
from django.urls import reverse

from audit.ownership import signed_in_as
from cases.access import Viewer
from cases.enums import Channel, RoleCode
from cases.management.bench.full_case import full_case
from cases.management.bench.measures import People, people, some_case
from cases.models import Account

WARM_UP = 3
PLAIN_STATIC = {
    **settings.STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# The unit's own cache is left alone. Figures are ready as the worker leaves them, or counted by the
# page every time, as when no worker runs.
KEPT = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
COUNTED = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}


@dataclass(frozen=True, slots=True)
class Page:
    name: str
    account_id: UUID
    url: str
    caches: Mapping[str, Any] = field(default_factory=lambda: KEPT)


@dataclass(frozen=True, slots=True)
class PageResult:
    """`wall_ms` is the server's time for the whole page, `sql_ms` what the database took of it."""

    name: str
    cases: int
    queries: int
    sql_ms: float
    wall_ms: float

    def as_dict(self) -> dict[str, Any]:
        """With the names that other results have; there is no page by hand to compare it with."""
        return {
            "name": self.name,
            "cases": self.cases,
            "rows": None,
            "median_ms": round(self.sql_ms, 3),
            "best_sql_ms": None,
            "ratio": None,
            "wall_ms": round(self.wall_ms, 3),
            "queries": self.queries,
        }


@dataclass(slots=True)
class Meter:
    """What one request asked of the database."""

    times: list[float] = field(default_factory=list)

    def __call__(self, execute: Any, *args: Any) -> Any:
        started = perf_counter()
        try:
            return execute(*args)
        finally:
            self.times.append(1000 * (perf_counter() - started))


def pages() -> Iterator[Page]:
    """Each page as somebody who opens it first thing."""
    yield from _of_work(people())
    for role, name in ((RoleCode.ADMINISTRATOR, "roles"), (RoleCode.AUDITOR, "audit")):
        account = Account.objects.get(role__code=role)
        yield Page(name, account.pk, reverse(name))


def _of_work(who: People) -> Iterator[Page]:
    case_id = some_case(who.detective).pk
    detective, sergeant, captain = map(_key, (who.detective, who.sergeant, who.captain))
    new_case = reverse("case-new", args=[Channel.HOTLINE.value])
    yield Page("my work", detective, reverse("my-work"))
    yield Page("case list, detective", detective, reverse("case-list"))
    yield Page("case list, sergeant", sergeant, reverse("case-list"))
    yield Page("case list, captain", captain, reverse("case-list"))
    yield Page("case page", detective, reverse("case-detail", args=[case_id]))
    full = reverse("case-detail", args=[full_case(who.detective)])
    yield Page("case page, 3 victims and 20 narratives", detective, full)
    yield Page("log response", detective, reverse("response-log", args=[case_id]))
    yield Page("new case", detective, new_case)
    yield Page("dashboard, sergeant", sergeant, reverse("dashboard"))
    yield Page("dashboard, captain", captain, reverse("dashboard"))
    yield Page("dashboard, sergeant, figures anew", sergeant, reverse("dashboard"), COUNTED)
    yield Page("dashboard, captain, figures anew", captain, reverse("dashboard"), COUNTED)


def _key(viewer: Viewer) -> UUID:
    if viewer.account_id is None:
        raise CommandError("Only accounts open pages.")
    return viewer.account_id


def measured_pages(
    cases: int, repetitions: int, sign_in: Mapping[str, Any]
) -> Iterator[PageResult]:
    """Medians over requests through every middleware, without the network, as the application:
    `sign_in` is its own, as in DATABASES.
    """
    for page in list(pages()):
        with (
            override_settings(STORAGES=PLAIN_STATIC, CACHES=page.caches, LIMIT_FACTOR=1_000),
            signed_in_as(sign_in),
        ):
            result = _measured(page, cases, repetitions)
        yield result


def _measured(page: Page, cases: int, repetitions: int) -> PageResult:
    get = _getter(page)
    walls, meters = [], []
    for repetition in range(-WARM_UP if repetitions > 1 else 0, repetitions):
        with _metered() as meter:
            started = perf_counter()
            status = get()
            wall = 1000 * (perf_counter() - started)
        if status != HTTPStatus.OK:
            raise CommandError(f"{page.url} answered {status}.")
        if repetition >= 0:
            walls.append(wall)
            meters.append(meter)
    return PageResult(
        name=f"page: {page.name}",
        cases=cases,
        queries=max(len(meter.times) for meter in meters),
        sql_ms=median(sum(meter.times) for meter in meters),
        wall_ms=median(walls),
    )


def _getter(page: Page) -> Callable[[], int]:
    client = Client(headers={"host": next(iter(settings.ALLOWED_HOSTS), "localhost")})
    client.force_login(Account.objects.get(pk=page.account_id))
    return lambda: client.get(page.url, secure=True).status_code


@contextmanager
def _metered() -> Iterator[Meter]:
    meter = Meter()
    with connection.execute_wrapper(meter):
        yield meter

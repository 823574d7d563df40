"""Are the rules in force the newest version, and the unit's days off its own?"""

from datetime import date
from importlib import import_module
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from pytest_django import DjangoAssertNumQueries, Settings

from cases.enums import ClockKind
from cases.models import Policy
from cases.policy_default import DEFAULT_POLICY, default_policy
from cases.selectors.policy import current_policy, unit_calendar
from tests.factories import PolicyFactory


@pytest.mark.django_db
def test_a_unit_starts_with_the_default_policy() -> None:
    assert current_policy() == default_policy()


@pytest.mark.django_db
def test_a_unit_whose_policy_is_gone_still_has_rules() -> None:
    Policy.objects.all().delete()

    assert current_policy() == default_policy()


@pytest.mark.django_db
def test_the_newest_version_counts() -> None:
    body = Policy.objects.get(version=1).body
    body["clocks"]["initial_report"]["limit"] = {"hours": 8}
    PolicyFactory.create(body=body)

    assert str(current_policy().clocks[ClockKind.INITIAL_REPORT].limit) == "8 hours"


@pytest.mark.django_db
def test_an_unchanged_version_is_parsed_once(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    first = current_policy()

    with django_assert_num_queries(1):
        assert current_policy() is first


@pytest.mark.django_db
def test_the_same_version_with_another_text_is_read_again() -> None:
    before = current_policy()
    body = Policy.objects.get(version=1).body
    body["clocks"]["initial_report"]["severity"] = 1
    Policy.objects.filter(version=1).update(body=body)

    assert current_policy().clocks[ClockKind.INITIAL_REPORT].severity == 1
    assert before.clocks[ClockKind.INITIAL_REPORT].severity != 1


@pytest.mark.django_db
def test_rules_older_than_those_for_searches_get_a_new_version() -> None:
    older = {k: v for k, v in DEFAULT_POLICY.items() if k not in ("finding", "expunging")}
    Policy.objects.all().delete()
    PolicyFactory.create(version=4, body=older)

    for _ in range(2):
        import_module("cases.migrations.0012_forms_serve_once").add_rules(apps, None)

    assert list(Policy.objects.values_list("version", flat=True)) == [5, 4]
    assert Policy.objects.get(version=4).body == older
    assert current_policy() == default_policy()


@pytest.mark.django_db
def test_rules_older_than_parts_get_a_new_version_and_a_units_own_element_is_no_partners() -> None:
    own = {"code": "own", "label": "The unit's own", "why": "It asks for it."}
    older = {k: v for k, v in DEFAULT_POLICY.items() if k != "parts"}
    plain = [{k: v for k, v in one.items() if k != "part"} for one in older["elements"]]
    older |= {"elements": [*plain, own]}
    Policy.objects.all().delete()
    PolicyFactory.create(version=4, body=older)

    for _ in range(2):
        import_module("cases.migrations.0020_parts").add_rules(apps, None)

    assert list(Policy.objects.values_list("version", flat=True)) == [5, 4]
    assert current_policy().parts == default_policy().parts
    assert current_policy().elements[:-1] == default_policy().elements
    assert current_policy().elements[-1].part is None


def test_the_calendar_is_the_units(settings: Settings) -> None:
    settings.TIME_ZONE, settings.HOLIDAYS = "America/Denver", "US-MO"

    calendar = unit_calendar()

    assert calendar.time_zone == ZoneInfo("America/Denver")
    assert not calendar.is_business_day(date(2026, 7, 3))
    assert not calendar.is_business_day(date(2026, 5, 8)), "Truman Day is a Missouri holiday"
    assert calendar.is_business_day(date(2026, 5, 7))


def test_a_unit_may_have_no_holidays(settings: Settings) -> None:
    settings.HOLIDAYS = ""

    assert unit_calendar().is_business_day(date(2026, 12, 25))


@pytest.mark.parametrize("place", ["QQ", "US-ZZ"])
def test_a_place_that_is_none_is_said(settings: Settings, place: str) -> None:
    settings.HOLIDAYS = place

    with pytest.raises(ImproperlyConfigured, match=place):
        unit_calendar()

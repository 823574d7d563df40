"""Which rules are in force, and on which days is the unit at work?"""

import json
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import TextField
from django.db.models.functions import MD5, Cast

from cases import access
from cases.access import Reading, Viewer
from cases.models import Policy as PolicyVersion
from cases.policy_default import default_policy
from cases.rules.calendar import Calendar
from cases.rules.policy import Policy

# Cases on file, the oldest cold ones included, and whatever they make due later.
YEARS = range(1970, 2101)


def current_policy() -> Policy:
    """The newest version of the unit's rules; the default ones before there is any.

    Parsed once per process and text. Raises PolicyError for a version that can't be used.
    """
    newest = (
        PolicyVersion.objects.annotate(digest=MD5(Cast("body", TextField())))
        .values_list("version", "digest")
        .first()
    )
    return default_policy() if newest is None else _parsed(*newest)


@lru_cache(maxsize=8)
def _parsed(version: int, digest: str) -> Policy:
    """`digest` makes the cache follow the text, should one version ever have had another."""
    del digest
    return Policy.from_dict(PolicyVersion.objects.get(version=version).body)


def reading_of(viewer: Viewer) -> Reading:
    """The parts of a case that the viewer reads by the rules in force: the unit's people all."""
    return access.reading_by(viewer, current_policy()) if viewer.is_partner else access.WHOLE


def unit_calendar() -> Calendar:
    """The unit's time zone and holidays, from the settings TIME_ZONE and HOLIDAYS."""
    return _calendar(settings.TIME_ZONE, settings.HOLIDAYS)


@lru_cache(maxsize=8)
def _calendar(time_zone: str, place: str) -> Calendar:
    return Calendar(ZoneInfo(time_zone), frozenset(_holidays(place)))


def _holidays(place: str) -> holidays.HolidayBase | tuple[()]:
    """Days off in a country or one of its parts, as in `US-MO`; none for an empty place."""
    if not place:
        return ()
    country, _, part = place.partition("-")
    try:
        return holidays.country_holidays(country, subdiv=part or None, years=YEARS)
    except NotImplementedError as error:
        message = (
            f"CASEUNIT_HOLIDAYS={json.dumps(place)}: no such country or part of one. "
            "Give an ISO code as in US or US-MO, or nothing for no holidays."
        )
        raise ImproperlyConfigured(message) from error

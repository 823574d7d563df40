"""Every address of the app once, with ids that are nobody's, for what holds everywhere."""

from collections.abc import Iterator
from uuid import UUID

from django.urls import get_resolver, reverse

from tests.architecture.test_urls import walk

NOTHING = UUID(int=0)
OTHERS: dict[str, object] = {
    "channel": "hotline",
    "code": "detective",
    "entry_id": 1,
    "grant_id": 1,
}


def every_address() -> Iterator[tuple[str, str]]:
    """The route's name, and an address that leads to it."""
    for _, pattern in walk(get_resolver()):
        wanted = {one: OTHERS.get(one, NOTHING) for one in pattern.pattern.converters}
        yield str(pattern.name), reverse(str(pattern.name), kwargs=wanted)

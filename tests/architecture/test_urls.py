"""Does every URL declare who may ask for it? (law 1)

The walk is over the resolver itself, so an included or a third party's URL is seen as well.
"""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from cases.rules.limits import EXPORTS
from tests.browser.screens import NO_PAGES, OUTSIDE, PAGES_OF, page_name
from tests.leaks import exact_sets


def walk(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every URL pattern below a resolver with its whole route."""
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern, route)
        else:
            yield route, pattern


def test_every_url_declares_its_access_rule() -> None:
    undeclared = [
        route
        for route, pattern in walk(get_resolver())
        if not getattr(pattern.callback, "access_rule", None)
    ]

    assert undeclared == []


def test_every_url_has_a_name() -> None:
    """Audit entries of refused attempts name the route, never the URL."""
    nameless = [route for route, pattern in walk(get_resolver()) if not pattern.name]

    assert nameless == []


def test_names_are_used_once() -> None:
    names = [str(pattern.name) for _, pattern in walk(get_resolver())]

    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_urls_carry_ids_only() -> None:
    """A name or a date in a path would stand in logs and histories."""
    identifying = ("name", "birth", "dob", "phone", "address", "query")
    found = [
        f"{route}: {argument}"
        for route, pattern in walk(get_resolver())
        for argument in pattern.pattern.converters
        if any(part in argument for part in identifying)
    ]

    assert found == []


def test_the_walk_is_not_empty() -> None:
    assert list(walk(get_resolver()))


def test_every_page_is_opened_in_the_browser() -> None:
    """What only takes a form is no page; the rest is walked, or its reason is written down."""
    only_forms = {
        str(pattern.name)
        for _, pattern in walk(get_resolver())
        if "GET" not in _methods(pattern.callback)
    }
    walked = {page_name(address) for addresses in PAGES_OF.values() for address in addresses}
    every = {str(pattern.name) for _, pattern in walk(get_resolver())}

    exact_sets(every, walked | only_forms | set(NO_PAGES) | OUTSIDE)
    exact_sets(walked & (only_forms | set(NO_PAGES) | OUTSIDE), set())


def _methods(view: Callable[..., Any] | None) -> frozenset[str]:
    """What Django's own decorators let through; anything where none of them stands."""
    while view is not None:
        known = inspect.getclosurevars(view).nonlocals.get("request_method_list")
        if known:
            return frozenset(known)
        view = getattr(view, "__wrapped__", None)
    return frozenset({"GET", "POST"})


def test_what_hands_out_a_file_is_limited() -> None:
    """What leaves the building counts against a limit that holds without Redis too."""
    handing = {str(pattern.name): pattern.callback for _, pattern in walk(get_resolver())}
    unlimited = {
        name
        for name, view in handing.items()
        if "attachment; filename" in inspect.getsource(inspect.unwrap(view))
        and getattr(view, "limit", None) is not EXPORTS
    }
    limited = {name for name, view in handing.items() if getattr(view, "limit", None) is EXPORTS}

    assert unlimited == set()
    assert limited

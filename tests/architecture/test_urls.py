"""Does every URL declare who may ask for it? (law 1)

The walk is over the resolver itself, so an included or a third party's URL is seen as well.
"""

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver


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

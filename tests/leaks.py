"""Did anything that identifies a person get out, or did anybody see more than they may? (2, 3)

A failure says what kind of thing leaked and where, never the thing itself.
"""

import logging
import re
from collections import deque
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    KeysView,
    Mapping,
    ValuesView,
)
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, TypeVar

from celery.signals import before_task_publish, task_prerun
from django.conf import settings
from django.core import mail
from django.core.cache import caches
from django.db import connection
from django.db.models import Model, QuerySet
from django.http.response import HttpResponseBase
from django.template import Context as TemplateContext
from django.test.signals import template_rendered

from cases.rules import leaks
from cases.rules.leaks import decoded, forms, plain
from tests.containers import inside, mail_parts

Identity = leaks.Identity
NAMES = ("name", "first_name", "last_name", "caregiver_name", "suspect_name", "alias")
DEPTH = 8
SEQUENCES = (list, tuple, set, frozenset, deque, KeysView, ValuesView, QuerySet)
T = TypeVar("T")


class Leaked(AssertionError):
    """Something identifying was found where it must not be."""


def assert_nothing_leaks(
    container: object, identities: Iterable[Identity], where: str = "it"
) -> None:
    """Fail when any form of any identity is anywhere inside `container`.

    `container` may be text, bytes, a response (body, headers, cookies, template context), a log
    record, an exception, or any nesting of mappings and sequences of these.
    """
    patterns = [(kind, pattern) for identity in identities for kind, pattern in forms(identity)]
    assert patterns, "There is nothing to look for: no identity has a value."
    texts: dict[str, str] = {}
    for place, text in flatten(container, where):
        texts.setdefault(text, place)
    found = sorted(
        {
            f"{kind} in {_unless_telling(place, patterns)}"
            for text, place in texts.items()
            for variant in decoded(text)
            for kind, pattern in patterns
            if pattern.search(variant)
        }
    )
    if found:
        raise Leaked("leaked: " + "; ".join(found))


def exact_sets(visible: Collection[T], expected: Collection[T]) -> None:
    """Fail when somebody sees more ("leaked") or less ("missing") than exactly this."""
    leaked, missing = set(visible) - set(expected), set(expected) - set(visible)
    problems = [
        f"{word}: {sorted(map(str, items))}"
        for word, items in (("leaked", leaked), ("missing", missing))
        if items
    ]
    if len(visible) != len(set(visible)):
        problems.append("seen twice")
    if problems:
        raise Leaked("; ".join(problems))


def flatten(value: object, where: str, depth: int = DEPTH) -> Iterator[tuple[str, str]]:
    """Every text inside a value, with the place where it stands."""
    if isinstance(value, str):
        yield where, str(value)
    elif isinstance(value, bytes | bytearray | memoryview):
        yield where, bytes(value).decode("utf-8", errors="replace")
        for place, part in inside(bytes(value), where) if depth else ():
            yield from flatten(part, place, depth - 1)
    elif value is not None and depth:
        for place, part in _parts(value, where):
            yield from flatten(part, place, depth - 1)


@dataclass
class Watch:
    """What left the process while it watched."""

    logs: list[logging.LogRecord] = field(default_factory=list)
    contexts: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    tasks: list[object] = field(default_factory=list)
    _seen: set[int] = field(default_factory=set)

    def rendered(self, template: str, context: Mapping[Any, Any]) -> None:
        """Keep what a template was handed; what an including one was handed already, once."""
        new = {str(key): value for key, value in context.items() if id(value) not in self._seen}
        self._seen.update(map(id, new.values()))
        self.contexts.append((template, new))

    def nothing_leaked(self, identities: Iterable[Identity]) -> None:
        """Fail when an identity stood in a log, a context, a task, a cache key or a mail."""
        assert_nothing_leaks(
            {
                "log": self.logs,
                "context": [{name: context} for name, context in self.contexts],
                "task": self.tasks,
                "cache key": cache_keys(),
                "mail": list(getattr(mail, "outbox", [])),
            },
            list(identities),
            where="",
        )

    def no_models_in_contexts(self, *sealed: type[Model]) -> None:
        """Fail when a template was handed a record that can be unsealed, not a redacted card."""
        found = sorted(
            {
                f"{type(item).__name__} in {template}: {place}"
                for template, context in self.contexts
                for place, item in _items(context, "")
                if isinstance(item, sealed)
            }
        )
        if found:
            raise Leaked("leaked: " + "; ".join(found))


@contextmanager
def watching() -> Iterator[Watch]:
    """Collect what leaves the process: log records of every level, contexts, task messages."""
    watch = Watch()

    def rendered(sender: object, template: Any, context: TemplateContext, **_: object) -> None:
        watch.rendered(str(template.name), context.flatten())

    def published(body: object = None, **_: object) -> None:
        watch.tasks.append(body)

    def started(args: object = (), kwargs: object = None, **_: object) -> None:
        watch.tasks.append((args, kwargs))

    listeners = (
        (template_rendered, rendered),
        (before_task_publish, published),
        (task_prerun, started),
    )
    for signal, listener in listeners:
        signal.connect(listener, weak=False)
    with _collecting(watch.logs):
        yield watch
    for signal, listener in listeners:
        signal.disconnect(listener)


def cache_keys() -> list[str]:
    """The keys that stand in this worker's part of the real cache."""
    backend: Any = caches["default"]
    client = backend._cache.get_client()
    prefix = settings.CACHES["default"]["KEY_PREFIX"]
    return [key.decode(errors="replace") for key in client.scan_iter(match=f"{prefix}:*")]


def assert_database_is_clean(identities: Iterable[Identity]) -> None:
    """Fail when any column of any table holds an identity in clear, as text or as bytes."""
    wanted = list(identities)
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            columns = [column.name for column in cursor.description or ()]
            rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        assert_nothing_leaks(rows, wanted, where=table)


@contextmanager
def _collecting(records: list[logging.LogRecord]) -> Iterator[None]:
    """From every logger, also from one that keeps its records from the root."""
    loggers = [logging.getLogger(), *map(logging.getLogger, logging.Logger.manager.loggerDict)]
    deaf = [logger for logger in loggers if logger.parent is None or not logger.propagate]
    levels = [(logger, logger.level) for logger in deaf]
    handler = _Collector(records)
    for logger in deaf:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        for logger, level in levels:
            logger.removeHandler(handler)
            logger.setLevel(level)


class _Collector(logging.Handler):
    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__(logging.DEBUG)
        self.records = records

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


Parts = Iterator[tuple[str, object]]


def _parts(value: object, where: str) -> Parts:
    takers = ((type_, take) for type_, take in TAKERS if isinstance(value, type_))
    _, take = next(takers, (object, _other_parts))
    return take(value, where)


def _mapping_parts(value: Mapping[object, object], where: str) -> Parts:
    for key, item in value.items():
        yield f"{where} key", str(key)
        yield f"{where}[{key}]", item


def _log_parts(value: logging.LogRecord, where: str) -> Parts:
    yield f"{where}({value.name}) message", value.getMessage()
    yield f"{where}({value.name})", {key: _log_part(item) for key, item in vars(value).items()}


def _error_parts(value: BaseException, where: str) -> Parts:
    yield f"{where} exception", [str(value), *value.args, *getattr(value, "__notes__", [])]
    yield f"{where} cause", value.__cause__ or value.__context__


def _model_parts(value: Model, where: str) -> Parts:
    yield f"{where} {type(value).__name__}", [str(value), vars(value)]


def _sequence_parts(value: Iterable[object], where: str) -> Parts:
    return ((f"{where}[]", item) for item in value)


def _other_parts(value: object, where: str) -> Parts:
    place = f"{where} {type(value).__name__}"
    if is_dataclass(value):
        yield place, {known.name: getattr(value, known.name) for known in fields(value)}
    else:
        yield place, f"{value!s} {value!r}"


def _response_parts(response: HttpResponseBase, where: str) -> Parts:
    yield f"{where} body", getattr(response, "content", b"") or list(response)
    yield f"{where} headers", dict(response.items())
    yield f"{where} cookies", response.cookies.output()


TAKERS: tuple[tuple[type | tuple[type, ...], Callable[[Any, str], Parts]], ...] = (
    (Mapping, _mapping_parts),
    (logging.LogRecord, _log_parts),
    (HttpResponseBase, _response_parts),
    (BaseException, _error_parts),
    (mail.EmailMessage, mail_parts),
    (Model, _model_parts),
    (SEQUENCES, _sequence_parts),
)


def _log_part(item: object) -> object:
    return item[1] if isinstance(item, tuple) and len(item) == 3 and item[0] else item


def _unless_telling(place: str, patterns: list[tuple[str, re.Pattern[str]]]) -> str:
    """The place as a failure may show it: a key on the way there can be the leak itself."""
    return "a key" if any(pattern.search(plain(place)) for _, pattern in patterns) else place


def _items(value: object, where: str, depth: int = DEPTH) -> Iterator[tuple[str, object]]:
    yield where, value
    if isinstance(value, str | bytes) or not depth:
        return
    if isinstance(value, Mapping):
        inside: Iterable[tuple[object, object]] = value.items()
    elif isinstance(value, list | tuple | set | frozenset):
        inside = (("", item) for item in value)
    elif hasattr(value, "__dataclass_fields__"):
        inside = ((name, getattr(value, name)) for name in value.__dataclass_fields__)
    else:
        return
    for key, item in inside:
        yield from _items(item, f"{where}.{key}", depth - 1)

"""Who is acting right now, from where? Bound once at the edge, read by the recorder.

A request is bound by the middleware, a task or command by `acting_as_system`. Bind outside the
transaction: what is deferred (denied attempts) is written on the way out, when the act's own
transaction has ended.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

SYSTEM_PREFIX = "system:"


@dataclass(frozen=True, slots=True)
class Actor:
    """An account's id and sign-in name, or `system:<task>` twice. Both empty: nobody signed in."""

    id: str = ""
    label: str = ""


@dataclass(slots=True, eq=False)
class Context:
    """An actor, where they act from, and what has been recorded for them so far: `left` holds the
    number and time of entries, of which a batch leaves one; `keys` the use of sealing keys that no
    entry tells of yet, as (id of the key, table): times.
    """

    actor: Actor
    session: str = ""
    source: str | None = None
    left: list[tuple[int, datetime]] = field(default_factory=list)
    deferred: list[Callable[[], None]] = field(default_factory=list)
    keys: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrote: bool = False
    """Whether a statement was sent that writes to a case's table."""
    across: str = ""
    """How far the database lets the actor see past their own reach; said by the app above."""
    clock: Callable[[], datetime] = timezone.now
    """What the database takes for now when it asks what the actor may see."""

    def write_deferred(self) -> None:
        """Write what waited for the end of the act, oldest first."""
        while self.deferred:
            self.deferred.pop(0)()


Watch = Callable[[Context], AbstractContextManager[None]]
_watches: list[Watch] = []
_current: ContextVar[Context | None] = ContextVar("audit_context", default=None)


def current() -> Context | None:
    """The context of the running request, task or command; None when nobody bound one."""
    return _current.get()


@contextmanager
def acting_as(
    actor_id: str,
    actor_label: str,
    *,
    session: str = "",
    source: str | None = None,
    clock: Callable[[], datetime] = timezone.now,
) -> Iterator[Context]:
    """Everything recorded inside is this actor's. `session` is a digest, `source` an IP address."""
    context = Context(Actor(str(actor_id), actor_label), session, source, clock=clock)
    token = _current.set(context)
    try:
        yield context
    finally:
        try:
            context.write_deferred()
        finally:
            _current.reset(token)


@contextmanager
def acting_again(context: Context | None) -> Iterator[None]:
    """For what is read after the act's end, as a file is while it is sent: in the same name."""
    token = _current.set(context)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def acting_as_system(task: str) -> Iterator[Context]:
    """Everything recorded inside was done by the machinery, in the name of `system:<task>`."""
    name = f"{SYSTEM_PREFIX}{task}"
    with acting_as(name, name) as context, ExitStack() as watched:
        for watch in _watches:
            watched.enter_context(watch(context))
        yield context


def watch_tasks(watch: Watch) -> None:
    """Put `watch` around everything that acts as the system. Told by the app when it is ready."""
    if watch not in _watches:
        _watches.append(watch)

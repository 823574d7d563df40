"""How does reading go on while what was read is still being worked on?"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from django.db import connection

Asked = TypeVar("Asked")
Found = TypeVar("Found")


def read_ahead(fetch: Callable[[Asked], Found], parts: Iterable[Asked]) -> Iterator[Found]:
    """What `fetch` finds for each part, in order; the next is fetched beside the caller's work.

    Beside it means a connection of its own, which doesn't see what an open transaction wrote:
    within one, each part is fetched when its turn comes.
    """
    if connection.in_atomic_block:
        yield from map(fetch, parts)
        return
    with ThreadPoolExecutor(max_workers=1) as reader:
        try:
            waiting: Future[Found] | None = None
            for part in parts:
                ready, waiting = waiting, reader.submit(fetch, part)
                if ready is not None:
                    yield ready.result()
            if waiting is not None:
                yield waiting.result()
        finally:
            reader.submit(_close).result()


def _close() -> None:
    """Looked up in the thread that calls: each has a connection of its own."""
    connection.close()

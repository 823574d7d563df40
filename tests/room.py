"""Why do tests run in a large frame? What is called in it needs no new piece of Python's stack.

CPython 3.11 keeps the frames of calls in pieces of 16 KiB, and gives a piece back to the machine as
soon as the last frame in it returns. Where a hot loop happens to stand at the end of a piece, each
call of it takes one from the machine and gives it back. A frame that needs a little more than half
of a piece as large as it leaves the rest of that piece to whatever it calls.
"""

from collections.abc import Callable
from types import FunctionType
from typing import Any, cast

# Values of eight bytes: a piece is made of the next power of two, here two mebibytes.
SLOTS = 2**17


def _calling(call: Callable[..., Any], *given: Any) -> Any:
    return call(*given)


_CODE = _calling.__code__.replace(co_stacksize=SLOTS)
with_room = cast(Callable[..., Any], FunctionType(_CODE, globals()))

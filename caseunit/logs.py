"""What does one log line hold?

One JSON object. Neither request bodies nor query strings are in it, and of an exception only its
type and where it was raised: a database error quotes the row it refused, and that row may name a
child.
"""

import json
import logging
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
            "process": record.process,
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = _outline(record.exc_info)
        return json.dumps(line)


def _message(record: logging.LogRecord) -> str:
    """The sentence; Celery's puts the exception into it, which is left out here too.

    Django's about a request quotes its path or its Host header, in which anybody may type a name.
    """
    request = getattr(record, "request", None)
    if request is not None:
        return _about(request, getattr(record, "status_code", None))
    if not isinstance(record.args, Mapping):
        return record.getMessage()
    told = {**record.args, "exc": "an exception", "traceback": ""}
    return (record.msg % told).strip()


def _about(request: object, status: object) -> str:
    """The route's name at most; `request` may be a socket of the development server too."""
    match = getattr(request, "resolver_match", None)
    route = match.view_name if match else "no page"
    return f"A request was answered with {status}: {route}"


def _outline(exc_info: ExcInfo) -> dict[str, object]:
    kind, _, trace = exc_info
    frames = traceback.extract_tb(trace)
    return {
        "type": f"{kind.__module__}.{kind.__qualname__}",
        "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }

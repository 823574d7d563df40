"""Does a log line say what happened without quoting what failed?"""

import json
import logging
import sys
from urllib.parse import quote

import pytest
from django.test import RequestFactory

from caseunit.logs import JsonFormatter

NAME = "Zephyrine O'Quillfeather"


def refuse() -> None:
    raise ValueError(f"DETAIL: Failing row contains ({NAME}).")


def record(message: str, *args: object, failed: bool = False) -> logging.LogRecord:
    info = None
    if failed:
        try:
            refuse()
        except ValueError:
            info = sys.exc_info()
    return logging.LogRecord("cases", logging.ERROR, __file__, 1, message, args, info)


def line(made: logging.LogRecord) -> dict[str, object]:
    parsed = json.loads(JsonFormatter().format(made))
    assert isinstance(parsed, dict)
    return parsed


def test_a_line_is_one_object() -> None:
    assert line(record("Swept %d cases", 12))["message"] == "Swept 12 cases"


def test_an_exception_shows_its_type_and_place_and_not_its_text() -> None:
    text = JsonFormatter().format(record("It failed", failed=True))

    assert NAME not in text
    assert json.loads(text)["exception"]["type"] == "builtins.ValueError"
    assert "test_logs.py" in json.loads(text)["exception"]["frames"][0]


@pytest.mark.parametrize("path", [f"/cases/{quote(NAME)}/", "/sign-in/%0a%7b%22at%22:%22forged%22"])
def test_a_refused_request_is_told_without_its_address(path: str) -> None:
    request = RequestFactory().get(path, headers={"host": f"{quote(NAME)}.example"})
    made = record("Not Found: %s", path)
    made.request, made.status_code = request, 404

    assert line(made)["message"] == "A request was answered with 404: no page"


def test_a_line_stays_one_line_whatever_somebody_typed() -> None:
    """A username, a header, a browser's name: nobody writes a second line of their own."""
    forged = (
        'r.invented\r\n{"at": "2026-03-02", "level": "info", "message": "signed in"}\u2028\x1b[2J'
    )

    text = JsonFormatter().format(record("Sign-in of %s failed", forged))

    assert len(text.splitlines()) == 1
    assert json.loads(text)["message"].endswith("failed")
    assert "\x1b" not in text


def test_a_failed_task_is_named_without_its_exception() -> None:
    context = {"id": "7", "name": "cases.tasks.sweep", "exc": repr(NAME), "traceback": NAME}
    made = record("Task %(name)s[%(id)s] raised: %(exc)s\n%(traceback)s", context, failed=True)

    assert NAME not in json.dumps(line(made))
    assert "cases.tasks.sweep[7]" in str(line(made)["message"])

"""Does a log line say what happened without quoting what failed?"""

import json
import logging
import sys

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


def test_a_failed_task_is_named_without_its_exception() -> None:
    context = {"id": "7", "name": "cases.tasks.sweep", "exc": repr(NAME), "traceback": NAME}
    made = record("Task %(name)s[%(id)s] raised: %(exc)s\n%(traceback)s", context, failed=True)

    assert NAME not in json.dumps(line(made))
    assert "cases.tasks.sweep[7]" in str(line(made)["message"])

"""Is redaction as good as it is said to be, on narratives that were labelled beforehand?"""

import pytest

from cases.management.commands.redaction_eval import measured
from cases.rules.evaluation import Measured, measure, read

LEAST_RECALL = 0.995
LEAST_PRECISION = 0.97
MENTIONS = {"tuning": 890, "held out": 935, "blind 1": 1005, "blind 2": 323}
LEAST_RIGHT_PERSON = 0.93


@pytest.fixture(scope="module", params=sorted(MENTIONS))
def result(request: pytest.FixtureRequest) -> tuple[str, Measured]:
    return request.param, measured(request.param)


def test_nearly_every_mention_is_found(result: tuple[str, Measured]) -> None:
    name, found = result

    assert found.recall >= LEAST_RECALL, found.missed
    assert found.all.total() == MENTIONS[name]


def test_nearly_nothing_else_is_taken(result: tuple[str, Measured]) -> None:
    assert result[1].precision > LEAST_PRECISION, result[1].wrong


def test_the_pseudonym_is_nearly_always_the_right_one(result: tuple[str, Measured]) -> None:
    assert result[1].right_owner > LEAST_RIGHT_PERSON


NARRATIVE = (
    '{"id": "x", "people": {"V-7Q2MX": {"first_name": "Zephyrine", "last_name": "Quill"}}, '
    '"text": "%s"}'
)


@pytest.mark.parametrize(
    ("text", "found", "taken", "right"),
    [
        ("[[V-7Q2MX:first|Zephyrine]] slept.", 1, 1, 1),
        ("[[V-7Q2MX:poss|Zephyrine's]] room.", 1, 1, 1),
        ("[[V-7Q2MX:first|Zippy]] slept.", 0, 0, 0),
        ("[[V-7Q2MX:full|Zephyrine Zebulon]] slept.", 0, 1, 1),
        ("[[-:other|Zephyrine]] slept.", 0, 1, 0),
        ("[[-:other|Officer Dale]] slept; so did Zephyrine.", 0, 1, 0),
    ],
)
def test_half_found_is_not_found_and_unlabelled_is_wrong(
    text: str, found: int, taken: int, right: int
) -> None:
    counted = measure(read([NARRATIVE % text]))

    assert (counted.found.total(), counted.taken, counted.right) == (found, taken, right)

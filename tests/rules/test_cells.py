"""Does no cell of an export start a formula, and does nothing else change?"""

import pytest

from cases.rules.cells import harmless


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "\u200b=1",
        "\ufeff@x",
        "\uff1d1",
        "\uff0b1",
        "\uff0d1",
        "\uff20x",
        "\ufe621",
    ],
)
def test_what_a_spreadsheet_would_compute_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "V-7Q2MX", "26-000123", '{"a": "=1"}', "'=1", " x"])
def test_everything_else_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text

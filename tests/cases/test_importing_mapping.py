"""Is a mapping checked before it is used, and does every wrong one get a sentence?"""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.services.importing.fields import FIELDS
from cases.services.importing.mapping import (
    FieldMap,
    MappingRefused,
    folded,
    mapping_file,
    mapping_of,
    shipped,
)

LEAST: dict[str, Any] = {
    "schema": 1,
    "fields": {
        "case_number": {"column": "No"},
        "received_at": {"column": "Reported", "formats": ["%d.%m.%Y"]},
        "channel": {"value": "walk_in"},
        "offense_class": {"column": "Crime", "codes": {"R": "rape"}, "default": "unclassified"},
    },
}


def with_field(name: str, rule: object) -> dict[str, Any]:
    return {**LEAST, "fields": {**LEAST["fields"], name: rule}}


def test_the_least_mapping_is_enough() -> None:
    mapping = mapping_of(LEAST)

    assert mapping.columns() == ["No", "Reported", "Crime"]
    assert mapping.zone.key == "America/Chicago"
    assert mapping.carries() == []


def test_a_mapping_carries_what_it_maps() -> None:
    body = with_field("suspect_name", {"column": "S"})
    body["fields"]["assigned_badge"] = {"column": "D"}

    assert mapping_of(body).carries() == ["suspects", "assignments"]


def test_the_documented_mapping_is_one_and_every_field_is_documented() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "import.md").read_text(encoding="utf-8")
    section = text.partition("\n## A mapping\n")[2].partition("\n## ")[0]
    example = "\n".join(line[4:] for line in section.splitlines() if line.startswith("    "))

    mapping = mapping_of(tomllib.loads(example))

    assert mapping.rules["received_at"].time_column == "Rptd Time"
    assert [name for name in FIELDS if f"`{name}`" not in section] == []


def test_every_shipped_mapping_is_one() -> None:
    assert "lapd" in shipped()
    for path in shipped().values():
        assert isinstance(mapping_file(path), FieldMap)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "schema must be 1"),
        ({"schema": 1}, "fields is empty"),
        ({**LEAST, "colour": "x"}, "the mapping has no key colour"),
        ({**LEAST, "time_zone": "Mars/Olympus"}, "time_zone is no time zone"),
        ({**LEAST, "time_zone": 5}, "time_zone must be text"),
        ({**LEAST, "file": {"encoding": "klingon"}}, r"file\.encoding must be one of"),
        ({**LEAST, "file": {"delimiter": ","}}, r"file\.delimiter must be one of"),
        (
            {"schema": 1, "fields": {"case_number": {"column": "No"}}},
            "fields lacks received_at, channel",
        ),
        (with_field("shoe_size", {"column": "x"}), "fields has no key shoe_size"),
        (with_field("case_number", {"value": "7"}), r"fields\.case_number needs a column"),
        (with_field("division", {}), "needs either a column or a value"),
        (with_field("division", {"column": "A", "value": "B"}), "needs either a column or a value"),
        (with_field("division", "A"), r"fields\.division must be a table"),
        (with_field("division", {"columns": "A"}), r"fields\.division has no key columns"),
        (with_field("channel", {"value": "fax"}), r"fields\.channel translates to a word"),
        (with_field("status", {"column": "S", "codes": {"C": "finished"}}), "Use one of: open"),
        (with_field("status", {"column": "S", "default": "finished"}), "Use one of: open"),
        (
            with_field("closed_at", {"column": "C", "formats": ["%q"]}),
            "date format that can't be read",
        ),
        (
            with_field("closed_at", {"column": "C", "formats": ["%H:%M"]}),
            "date format that can't be read",
        ),
        (with_field("closed_at", {"column": "C", "formats": []}), "formats is empty"),
        (with_field("closed_at", {"column": "C", "formats": "%d"}), "must be a list of texts"),
        (
            with_field("assigned_badge", {"column": "D", "unknown": "ignore"}),
            "must be one of: refuse",
        ),
        (with_field("statute", {"column": "L", "codes": {"1": 2}}), "must be text"),
        (
            {
                **LEAST,
                "fields": {
                    **LEAST["fields"],
                    "victim_name": {"column": "V"},
                    "victim_last_name": {"column": "L"},
                },
            },
            "Keep one of the two ways",
        ),
    ],
)
def test_a_wrong_mapping_is_told_where_it_is_wrong(body: dict[str, Any], sentence: str) -> None:
    with pytest.raises(MappingRefused, match=sentence):
        mapping_of(body)


def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    with pytest.raises(MappingRefused, match="no such file"):
        mapping_file(path)
    path.write_bytes(b"a = [")
    with pytest.raises(MappingRefused, match="not TOML"):
        mapping_file(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(MappingRefused, match="not UTF-8"):
        mapping_file(path)


def test_a_saved_body_is_the_same_mapping_again() -> None:
    mapping = mapping_file(shipped()["lapd"])

    assert mapping_of(mapping.body) == mapping


@pytest.mark.parametrize(
    ("one", "other"),
    [("  Case  No ", "case no"), ("624.0", "624"), ("ÄRZTE", "ärzte"), ("624.50", "624.50")],
)
def test_columns_and_codes_are_alike_but_for_accidents(one: str, other: str) -> None:
    assert folded(one) == other


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["schema", "fields", *list(FIELDS)[:6], "column", "codes", "formats"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_no_body_brings_anything_but_a_mapping_or_a_refusal(body: Any) -> None:
    if not isinstance(body, dict):
        return
    assert _sentence(lambda: mapping_of({**body, "schema": 1})).endswith(".")


def _sentence(read: Callable[[], object]) -> str:
    try:
        read()
    except MappingRefused as refused:
        return str(refused)
    return "It is a mapping."

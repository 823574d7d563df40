"""Are the bytes that are hashed plain JSON, and different whenever the entry is?"""

import json

from hypothesis import given
from hypothesis import strategies as st

from audit.content import content_of

values = st.lists(st.none() | st.text(), max_size=6)


@given(values)
def test_it_is_json_and_reads_back_as_it_was(given_values: list[str | None]) -> None:
    content = content_of(given_values)

    assert json.loads(content) == given_values
    assert content == json.dumps(given_values, ensure_ascii=False, separators=(",", ":"))


@given(values, values)
def test_two_entries_are_never_one_text(one: list[str | None], other: list[str | None]) -> None:
    assert (content_of(one) == content_of(other)) == (one == other)

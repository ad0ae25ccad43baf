"""JSON in replies and stores: the fast writer and Python's own give the same value."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_mock.compact_json import read_json, write_json, write_text

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda values: st.lists(values, max_size=4) | st.dictionaries(st.text(), values, max_size=4),
    max_leaves=12,
)


@given(_VALUES)
def test_each_writer_keeps_the_value(value: Any) -> None:
    """Law: what is written is read again as the same value, and JSON for replies and stores in memory is ASCII."""
    texts = write_json(value).decode(), write_text(value)
    assert [json.loads(text) for text in texts] == [read_json(text) for text in texts] == [value, value]
    assert write_json(value).isascii()


@given(_VALUES.filter(lambda value: "." not in json.dumps(value) and "e" not in json.dumps(value)))
def test_the_writer_of_replies_writes_as_python_does(value: Any) -> None:
    """Law: but for the spelling of fractions, the bytes of a reply are those that Python's own writer gives."""
    assert write_json(value) == json.dumps(value, separators=(",", ":")).encode()


def test_what_the_fast_writer_cannot_write_goes_to_pythons() -> None:
    """Law: half of a surrogate pair is escaped, ``default`` writes other types, and without it they are refused."""
    assert write_json("\ud800") == b'"\\ud800"'
    assert read_json('"\\ud800"') == "\ud800"
    assert write_json([range(2)], default=str) == b'["range(0, 2)"]'
    for write in (write_json, write_text):
        with pytest.raises(TypeError):
            write(range(2))

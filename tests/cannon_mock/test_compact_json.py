"""JSON in replies and stores: the fast writer and Python's own give the same value."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_mock.compact_json import write_json, write_text

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda values: st.lists(values, max_size=4) | st.dictionaries(st.text(), values, max_size=4),
    max_leaves=12,
)


@given(_VALUES)
def test_each_writer_keeps_the_value(value: Any) -> None:
    """Law: what is written is read again as the same value, and JSON for replies and stores in memory is ASCII."""
    assert json.loads(write_json(value)) == json.loads(write_text(value)) == value
    assert write_json(value).isascii()


@given(_VALUES.filter(lambda value: "." not in json.dumps(value) and "e" not in json.dumps(value)))
def test_the_writer_of_replies_writes_as_python_does(value: Any) -> None:
    """Law: but for the spelling of fractions, the bytes of a reply are those that Python's own writer gives."""
    assert write_json(value) == json.dumps(value, separators=(",", ":")).encode()


def test_half_a_pair_and_unknown_types_go_to_pythons_writer() -> None:
    """Law: half of a surrogate pair is escaped, ``default`` writes other types, and without it they are refused."""
    assert write_json("\ud800") == b'"\\ud800"'
    assert write_json(datetime(2026, 1, 1, tzinfo=UTC), default=str) == b'"2026-01-01 00:00:00+00:00"'
    for write in (write_json, write_text):
        with pytest.raises(TypeError):
            write({1, 2})

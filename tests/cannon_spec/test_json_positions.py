"""Where values and problems are in a JSON text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_spec import document
from cannon_spec.json_positions import JSONPlaces, find_odd_token, find_unclosed
from cannon_spec.pointer import to_pointer
from tests.support.payloads import at, places, values


def offset(text: str, line: int, column: int) -> int:
    return sum(len(each) + 1 for each in text.split("\n")[: line - 1]) + column - 1


@given(values, st.sampled_from([None, 1, 4]), st.sampled_from(["", "\n\t ", "\r\n"]), st.booleans())
def test_every_value_is_located(value: Any, indent: int | None, before: str, ascii_only: bool) -> None:
    """The line and column of a pointer are the start of its value, whatever the layout of the text."""
    text = before + json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    json_places = JSONPlaces(text)
    for place in places(value):
        position = json_places.locate(to_pointer(place))
        value_there, _ = json.JSONDecoder().raw_decode(text, offset(text, *position))
        assert value_there == at(value, place)
        assert JSONPlaces(text, 7).locate(to_pointer(place)) == (position.line + 6, position.column)


@pytest.mark.parametrize(
    ("pointer", "column"), [("/b", 1), ("/a/2", 7), ("/a/x", 7), ("/a/0/0", 8), ("/c/d", 21), ("/e/x/y", 31)]
)
def test_an_absent_value_has_the_place_of_what_is_around_it(pointer: str, column: int) -> None:
    """A pointer to an absent value has the place of the innermost value around it."""
    assert JSONPlaces('{"a": [1, {}], "c": "d", "e": {}}').locate(pointer) == (1, column)


@given(values)
def test_a_good_document_has_no_odd_token(value: Any) -> None:
    """In the text of a value that can be read nothing is refused, and no bracket is open at its end."""
    text = json.dumps(value)
    assert find_odd_token(text, document.MAX_DEPTH) is None
    assert find_unclosed(text, len(text)) is None

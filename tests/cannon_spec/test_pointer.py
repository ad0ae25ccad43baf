"""JSON Pointers, there and back."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_spec.pointer import follow, from_pointer, replace_at, to_pointer
from tests.support.payloads import at, places, values

RFC_6901 = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", RFC_6901),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/e^f", 3),
        ("/g|h", 4),
        ("/i\\j", 5),
        ('/k"l', 6),
        ("/ ", 7),
        ("/m~0n", 8),
    ],
)
def test_the_examples_of_the_rfc(pointer: str, value: Any) -> None:
    """The pointers of RFC 6901, section 5, have the printed values."""
    assert follow(RFC_6901, from_pointer(pointer)) == value


@given(st.lists(st.text() | st.integers(0, 99) | st.sampled_from(["~1", "/~", "~01"])))
def test_a_pointer_names_one_path(path: list[str | int]) -> None:
    """The parts of a path's pointer are the parts of the path, as text."""
    assert from_pointer(to_pointer(path)) == tuple(map(str, path))


@given(values)
def test_every_place_is_reached(value: Any) -> None:
    """Each value of a document is found by its path and by its pointer."""
    for place in places(value):
        value_there = at(value, place)
        assert follow(value, place) is value_there
        assert follow(value, from_pointer(to_pointer(place))) is value_there


@given(values)
def test_a_value_is_replaced_at_its_place_alone(value: Any) -> None:
    """A copy differs from the document at one place; the document is unchanged."""
    before = copy.deepcopy(value)
    for place in places(value):
        replaced = replace_at(value, from_pointer(to_pointer(place)), "another")
        assert at(replaced, place) == "another"
        assert replace_at(replaced, place, at(value, place)) == before == value


@pytest.mark.parametrize(
    "path", [("b",), ("a", 2), ("a", "2"), ("a", "x"), ("a", "-1"), ("a", "²"), ("a", "9" * 5000), ("a", 0, "c"), ("",)]
)
def test_a_path_to_no_value_is_a_lookup_error(path: tuple[str | int, ...]) -> None:
    """A path without a value raises LookupError, whatever the types of its parts."""
    with pytest.raises(LookupError):
        follow({"a": [1, 2]}, path)
    with pytest.raises(LookupError):
        replace_at({"a": [1, 2]}, path, 3)

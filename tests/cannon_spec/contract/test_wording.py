"""Values and conditions in words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_spec.contract import wording
from tests.support.payloads import values


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"properties": {"a": {"const": "1:1"}}, "required": ["a"]}, 'a is "1:1"'),
        ({"properties": {"a": {"const": "auto"}}}, 'a is "auto" or absent'),
        ({"properties": {"a": {"const": True}}, "required": ["a"]}, "a is true"),
        ({"properties": {"a": {"enum": ["x", "y"]}}, "required": ["a"]}, 'a is one of "x", "y"'),
        ({"properties": {"a": {"enum": ["x"]}}, "required": ["a"]}, 'a is "x"'),
        ({"properties": {"a": {"enum": ["x", "y"]}}}, 'a is one of "x", "y" or absent'),
        ({"properties": {"a": {"const": None}}, "required": ["a"]}, "a is null"),
        ({"properties": {"a": {"enum": [5, 10]}}, "required": ["a"]}, "a is one of 5, 10"),
        ({"properties": {"a": {"minimum": 9}}, "required": ["a"]}, "a is 9 or more"),
        ({"properties": {"a": {"maximum": 0.5}}}, "a is 0.5 or less or absent"),
        ({"properties": {"a": {"minimum": 4, "maximum": 8}}, "required": ["a"]}, "a is between 4 and 8"),
        ({"properties": {"a": {"not": {"const": 0}}}, "required": ["a"]}, "a is not 0"),
        ({"properties": {"a": {"not": {"const": "x"}}}}, 'a is not "x" or absent'),
        ({"properties": {"a": False, "b": False, "c": False}}, "a, b and c are absent"),
        ({"properties": {"a": {"const": 1}, "b": False}, "required": ["a"]}, "a is 1 and b is absent"),
        ({"required": ["a", "b"]}, "a and b are present"),
        ({"not": {"required": ["a"]}}, "a is absent"),
        ({"required": ["a"], "not": {"required": ["c"]}}, "a is present and c is absent"),
        ({"properties": {"b": {"const": 1}}, "required": ["b"], "not": {"required": ["a"]}}, "b is 1 and a is absent"),
        ({"properties": {"urls": {"maxItems": 0}}, "required": ["urls"]}, "urls is empty"),
        ({"properties": {"urls": {"minItems": 1}}}, "there are urls or absent"),
        ({"properties": {"urls": {"maxItems": 0}}}, "there are no urls"),
        ({"properties": {"urls": {"minItems": 1}}, "required": ["urls"]}, "there are urls"),
        (
            {"properties": {"a": {"const": "x"}, "urls": {"maxItems": 0}}, "required": ["a"]},
            'a is "x" and there are no urls',
        ),
    ],
)
def test_a_condition_is_a_clause(condition: dict[str, Any], words: str) -> None:
    """A condition says which field has which value, whether it may be absent, and whether a list has entries."""
    assert wording.describe_condition(condition) == words


def test_a_condition_within_a_field_names_it() -> None:
    """A condition on the object of a field names its fields in full, and lists them so."""
    condition = {"properties": {"a": {"const": 1}}, "required": ["a", "b"], "not": {"required": ["c"]}}
    assert wording.describe_condition(condition, "x.y") == "x.y.a is 1 and x.y.b is present and x.y.c is absent"
    assert wording.list_condition_fields(condition, "x.y") == ["x.y.a", "x.y.b", "x.y.c"]
    assert wording.list_condition_fields(condition) == ["a", "b", "c"]
    assert wording.describe_condition({"properties": {"a": False}}, "x") == "x.a is absent"
    assert wording.list_condition_fields({"properties": {"a": False, "b": {"not": {"const": 0}}}}) == ["a", "b"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({}, "{}"),
        ([], "[]"),
        ({"a": 1}, "an object of 1 field"),
        ([1, 2], "an array of 2 items"),
        ("é\n", '"é\\n"'),
        (None, "null"),
        (1.5, "1.5"),
        ("x" * 58, '"' + "x" * 58 + '"'),
        ("x" * 59, '"' + "x" * 58 + "…"),
        ("x" * 10**6, '"' + "x" * 58 + "…"),
        (10**300, "1" + "0" * 58 + "…"),
    ],
)
def test_a_value_is_shown_as_json(value: Any, text: str) -> None:
    """A value is shown as JSON, a full object or array by its size, and a long text cut."""
    assert wording.show_value(value) == text


@given(values)
def test_what_is_shown_is_short_and_on_one_line(value: Any) -> None:
    """However long a value is, what is shown of it has at most sixty characters, and none that moves a cursor."""
    text = wording.show_value(value)
    assert 0 < len(text) <= 60
    assert text.isprintable()
    if not isinstance(value, (dict, list)) and not text.endswith("…"):
        assert json.loads(text) == value


@given(st.lists(st.text(max_size=4)))
def test_quoted_values_are_json(words: list[str]) -> None:
    """Quoted values between brackets are the list itself."""
    assert json.loads(f"[{wording.show_values(words)}]") == words

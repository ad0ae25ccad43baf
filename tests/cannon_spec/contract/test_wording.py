"""What is wrong and what would be legal, in words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_spec.contract import wording
from cannon_spec.contract.overlay import CONSTRAINTS
from tests.support.payloads import values

SENTENCES: list[tuple[str, dict[str, Any], Any, str, str, str]] = [
    ("type", {"type": "string"}, 4, "4 is not a string", "send a string", "a string"),
    (
        "type",
        {"type": ["integer", "null"], "examples": [7]},
        "x",
        '"x" is not a whole number or null',
        "send a whole number or null, for example 7",
        "a whole number or null",
    ),
    ("type", {"type": "object"}, [1, 2], "an array of 2 is not an object", "send an object", "an object"),
    ("type", {"type": "array"}, {"a": 1}, "an object of 1 is not an array", "send an array", "an array"),
    ("type", {"type": "boolean"}, None, "null is not true or false", "send true or false", "true or false"),
    ("type", {"type": "number"}, True, "true is not a number", "send a number", "a number"),
    (
        "enum",
        {"enum": ["a", "b"]},
        "c",
        '"c" is not accepted for T',
        "no value is legal here: change what the condition names",
        'one of "a", "b"',
    ),
    ("const", {"const": 7}, 8, "8 is not 7, as T has it", "legal here: 7", "7"),
    ("const", {"const": None}, "x", '"x" is not null, as T has it', "legal here: null", "null"),
    (
        "required",
        {"required": ["a"], "properties": {"a": {"examples": ["x"]}}},
        "a",
        'T lacks "a"',
        'add "a", for example "x"',
        'with "a"',
    ),
    ("required", {"required": ["a", "b"], "properties": {"a": {}}}, "b", 'T lacks "b"', 'add "b"', 'with "a", "b"'),
    ("required", {"required": ["a"]}, "a", 'T lacks "a"', 'add "a"', 'with "a"'),
    (
        "additionalProperties",
        {"additionalProperties": False, "properties": {"aspect_ratio": {}, "style": {}}},
        "aspectRatio",
        '"aspectRatio" is not a field of T',
        'did you mean "aspect_ratio"? fields: "aspect_ratio", "style"',
        "no other field",
    ),
    (
        "minLength",
        {"minLength": 1},
        "",
        "the text is empty; T needs at least 1",
        "write at least 1 character",
        "at least 1 character",
    ),
    (
        "minLength",
        {"minLength": 3},
        "ab",
        "the text has 2 characters; T needs at least 3",
        "write at least 3 characters",
        "at least 3 characters",
    ),
    (
        "maxLength",
        {"maxLength": 3},
        "abcd",
        "the text has 4 characters; T takes at most 3",
        "shorten it to 3 characters",
        "at most 3 characters",
    ),
    (
        "minItems",
        {"minItems": 1},
        [],
        "the list is empty; T needs at least 1",
        "send at least 1 item",
        "at least 1 item",
    ),
    (
        "minItems",
        {"minItems": 3},
        [1, 2],
        "the list has 2 items; T needs at least 3",
        "send at least 3 items",
        "at least 3 items",
    ),
    (
        "maxItems",
        {"maxItems": 1},
        [1, 2, 3],
        "the list has 3 items; T takes at most 1",
        "leave out 2, so that 1 remain",
        "at most 1 item",
    ),
    ("minimum", {"minimum": 0}, -1, "-1 is less than 0", "send 0 or more", "0 or more"),
    ("maximum", {"maximum": 9}, 10, "10 is more than 9", "send 9 or less", "9 or less"),
    (
        "pattern",
        {"pattern": "^h", "title": "an address", "examples": ["http://x"]},
        "x",
        '"x" is not an address',
        'send an address, for example "http://x"',
        "text like ^h",
    ),
    ("pattern", {"pattern": "^h"}, "x", '"x" is not of the form asked for', "send text of that form", "text like ^h"),
]


@pytest.mark.parametrize(("keyword", "node", "value", "message", "hint", "asked"), SENTENCES)
def test_a_violation_is_a_sentence(
    keyword: str, node: dict[str, Any], value: Any, message: str, hint: str, asked: str
) -> None:
    """Each keyword says what is wrong, what would be legal, and what it asks for."""
    assert wording.message(keyword, node, value, "T", "") == message
    assert wording.message(keyword, node, value, "T", "it rains") == message + " when it rains"
    assert wording.hint(keyword, node, value, None) == hint
    assert wording.hint(keyword, node, value, []) == hint
    assert wording.asked(keyword, node[keyword]) == asked


def test_every_constraint_is_in_the_table() -> None:
    """The table above has every keyword that constrains."""
    assert {row[0] for row in SENTENCES} == set(CONSTRAINTS) == wording.KEYWORDS


@pytest.mark.parametrize(
    ("value", "legal", "hint"),
    [
        ("4k", ["1K", "4K"], 'did you mean "4K"? legal here: "1K", "4K"'),
        ("8K", ["1K", "4K"], 'legal here: "1K", "4K"'),
        (4, ["1K", None], 'legal here: "1K", null'),
        ("x", [None], "legal here: null"),
    ],
)
def test_legal_values_are_listed(value: Any, legal: list[str | None], hint: str) -> None:
    """Where values are known to be legal they are the hint, whatever keyword speaks, and the nearest comes first."""
    assert wording.hint("enum", {"enum": []}, value, legal) == hint
    assert wording.hint("type", {"type": "string"}, value, legal) == hint
    assert wording.meant(value, legal) == hint


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"properties": {"a": {"const": "1:1"}}, "required": ["a"]}, 'a is "1:1"'),
        ({"properties": {"a": {"const": "auto"}}}, 'a is "auto" or absent'),
        ({"properties": {"a": {"const": True}}, "required": ["a"]}, "a is true"),
        ({"properties": {"a": {"enum": ["x", "y"]}}, "required": ["a"]}, 'a is one of "x", "y"'),
        ({"properties": {"a": {"enum": ["x"]}}, "required": ["a"]}, 'a is "x"'),
        ({"properties": {"a": {"enum": ["x", "y"]}}}, 'a is one of "x", "y" or absent'),
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
    assert wording.condition(condition) == words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({}, "{}"),
        ([], "[]"),
        ({"a": 1}, "an object of 1"),
        ([1, 2], "an array of 2"),
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
    assert wording.shown(value) == text


@given(values)
def test_what_is_shown_is_short_and_on_one_line(value: Any) -> None:
    """However long a value is, what is shown of it has at most sixty characters, and none that moves a cursor."""
    text = wording.shown(value)
    assert 0 < len(text) <= 60
    assert text.isprintable()
    if not isinstance(value, (dict, list)) and not text.endswith("…"):
        assert json.loads(text) == value


@given(st.lists(st.text(max_size=4)))
def test_quoted_values_are_json(words: list[str]) -> None:
    """Quoted values between brackets are the list itself."""
    assert json.loads(f"[{wording.quoted(words)}]") == words

"""What is wrong and what would be legal, keyword by keyword."""

from __future__ import annotations

from typing import Any

import pytest

from cannon_spec.contract import keywords, wording

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
    assert keywords.describe_violation(keyword, node, value, "T", "") == message
    assert keywords.describe_violation(keyword, node, value, "T", "it rains") == message + " when it rains"
    assert keywords.describe_legal(keyword, node, value, None) == hint
    assert keywords.describe_legal(keyword, node, value, []) == hint
    assert keywords.describe_requirement(keyword, node[keyword]) == asked


def test_every_constraint_is_in_the_table() -> None:
    """The table above has every keyword that constrains."""
    assert {row[0] for row in SENTENCES} == set(keywords.CONSTRAINTS)


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
    assert keywords.describe_legal("enum", {"enum": []}, value, legal) == hint
    assert keywords.describe_legal("type", {"type": "string"}, value, legal) == hint
    assert wording.suggest_values(value, legal) == hint

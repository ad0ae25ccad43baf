"""Each keyword's record: what is wrong and what would be legal, and that both engines agree with it."""

from __future__ import annotations

from typing import Any

import pytest

from cannon_spec.contract.engines import choose as choose_engine
from cannon_spec.contract.keywords import (
    CONSTRAINTS,
    KEYWORDS,
    Violation,
    describe_legal,
    describe_requirement,
    describe_violation,
    identify,
    satisfies,
)
from cannon_spec.contract.wording import suggest_values

SENTENCES: list[tuple[str, dict[str, Any], Any, str, str, str]] = [
    ("type", {"type": "string"}, 4, "expected x to be a string, got 4", "send a string", "a string"),
    (
        "type",
        {"type": ["integer", "null"], "examples": [7]},
        "x",
        'expected x to be a whole number or null, got "x"',
        "send a whole number or null, for example 7",
        "a whole number or null",
    ),
    (
        "type",
        {"type": "object"},
        [1, 2],
        "expected x to be an object, got an array of 2 items",
        "send an object",
        "an object",
    ),
    (
        "type",
        {"type": "array"},
        {"a": 1},
        "expected x to be an array, got an object of 1 field",
        "send an array",
        "an array",
    ),
    (
        "type",
        {"type": "boolean"},
        None,
        "expected x to be true or false, got null",
        "send true or false",
        "true or false",
    ),
    ("type", {"type": "number"}, True, "expected x to be a number, got true", "send a number", "a number"),
    ("enum", {"enum": ["a", 5]}, "c", 'x "c" is not accepted for T', 'legal here: "a", 5', 'one of "a", 5'),
    ("const", {"const": 7}, 8, "x must be 7, not 8", "send 7", "7"),
    ("const", {"const": None}, "x", 'x must be null, not "x"', "send null", "null"),
    (
        "required",
        {"required": ["a"], "properties": {"a": {"examples": ["x"]}}},
        {},
        "x.a is missing",
        'add "a", for example "x"',
        'with "a"',
    ),
    ("required", {"required": ["a", "b"]}, {"b": 1}, "x.a is missing", 'add "a"', 'with "a", "b"'),
    (
        "dependentRequired",
        {"dependentRequired": {"b": ["a"], "c": ["a", "d"]}, "properties": {"a": {"examples": [7]}}},
        {"b": 1, "c": 1, "d": 1},
        "x.a is missing; b and c cannot be sent without it",
        'add "a", for example 7',
        'with "a" where "b" is present; with "a", "d" where "c" is present',
    ),
    (
        "not",
        {"not": {"required": ["a", "b"]}},
        {"a": 1, "b": 2},
        "x.a and x.b cannot be sent together",
        "leave out a or b",
        'without "a" and "b" together',
    ),
    ("not", {"not": {"required": ["a"]}}, {"a": 1}, "x.a is not accepted", "leave out a", 'without "a"'),
    (
        "additionalProperties",
        {"additionalProperties": False, "properties": {"aspect_ratio": {}, "style": {}}},
        {"aspectRatio": "1:1"},
        '"aspectRatio" is not a field of x',
        'did you mean "aspect_ratio"? fields: "aspect_ratio", "style"',
        "no other field",
    ),
    ("minLength", {"minLength": 1}, "", "x is empty", "write at least 1 character", "at least 1 character"),
    (
        "minLength",
        {"minLength": 3},
        "ab",
        "x has 2 characters; T needs at least 3",
        "write at least 3 characters",
        "at least 3 characters",
    ),
    (
        "maxLength",
        {"maxLength": 3},
        "abcd",
        "x has 4 characters; T accepts at most 3",
        "shorten it to 3 characters",
        "at most 3 characters",
    ),
    ("minItems", {"minItems": 1}, [], "x is empty", "send at least 1 item", "at least 1 item"),
    (
        "minItems",
        {"minItems": 3},
        [1, 2],
        "x has 2 items; T needs at least 3",
        "send at least 3 items",
        "at least 3 items",
    ),
    (
        "maxItems",
        {"maxItems": 1},
        [1, 2, 3],
        "x has 3 items; T accepts at most 1",
        "leave out 2 items",
        "at most 1 item",
    ),
    ("maxItems", {"maxItems": 0}, [1], "x has 1 item; T accepts none", "leave out x", "no items"),
    (
        "uniqueItems",
        {"uniqueItems": True},
        ["a", "b", "a"],
        "x has an item more than once",
        "send each item once",
        "without repeated items",
    ),
    ("minimum", {"minimum": 0}, -1, "x is -1; T takes 0 or more", "send 0 or more", "0 or more"),
    ("maximum", {"maximum": 0.5}, 1, "x is 1; T takes 0.5 or less", "send 0.5 or less", "0.5 or less"),
    ("exclusiveMinimum", {"exclusiveMinimum": 0}, 0, "x is 0; T takes more than 0", "send more than 0", "more than 0"),
    ("exclusiveMaximum", {"exclusiveMaximum": 9}, 9, "x is 9; T takes less than 9", "send less than 9", "less than 9"),
    ("multipleOf", {"multipleOf": 8}, 65, "x is 65, not a multiple of 8", "send 64 or 72", "a multiple of 8"),
    ("multipleOf", {"multipleOf": 8}, -0.5, "x is -0.5, not a multiple of 8", "send -8 or 0", "a multiple of 8"),
    (
        "multipleOf",
        {"multipleOf": 0.01},
        0.125,
        "x is 0.125, not a multiple of 0.01",
        "send 0.12 or 0.13",
        "a multiple of 0.01",
    ),
    ("multipleOf", {"multipleOf": 0.3}, 1, "x is 1, not a multiple of 0.3", "send 0.9 or 1.2", "a multiple of 0.3"),
    ("multipleOf", {"multipleOf": 1}, 2.5, "x is 2.5, not a whole number", "send 2 or 3", "a whole number"),
    ("enum", {"enum": [0.5, 1, 2.5]}, 2, "x 2 is not accepted for T", "legal here: 0.5, 1, 2.5", "one of 0.5, 1, 2.5"),
    (
        "pattern",
        {"pattern": "^h", "title": "an address", "examples": ["http://x"]},
        "y",
        'x is "y", not an address',
        'send an address, for example "http://x"',
        "text like ^h",
    ),
    ("pattern", {"pattern": "^h"}, "y", 'x is "y", not of the required form', "send text of that form", "text like ^h"),
]


@pytest.mark.parametrize(("keyword", "node", "value", "message", "hint", "requirement"), SENTENCES)
def test_a_violation_is_a_sentence(
    keyword: str, node: dict[str, Any], value: Any, message: str, hint: str, requirement: str
) -> None:
    """Each keyword says what is wrong, what would be legal, and what it requires; the value of its row violates it."""
    list_names = KEYWORDS[keyword].list_names
    names = [""] if list_names is None else list_names(node, value)
    violation = Violation(keyword, node, value, "x", "T", names[0])
    assert len(names) == 1
    assert describe_violation(violation) == message
    assert describe_violation(violation, "it rains") == message + " when it rains"
    assert describe_legal(violation) == hint
    assert describe_requirement(keyword, node[keyword]) == requirement
    assert keyword == "additionalProperties" or not KEYWORDS[keyword].is_met(node[keyword], value)


@pytest.mark.parametrize(
    ("keyword", "node", "value", "message"),
    [
        ("type", {"type": "object"}, [1, 2], "expected an object, got an array of 2 items"),
        ("required", {"required": ["a"]}, {}, "a is missing"),
        ("additionalProperties", {"additionalProperties": False}, {"a": 1}, '"a" is not a field of T'),
        ("not", {"not": {"required": ["a", "b"]}}, {"a": 1, "b": 1}, "a and b cannot be sent together"),
    ],
)
def test_a_document_has_no_name(keyword: str, node: dict[str, Any], value: Any, message: str) -> None:
    """Where the document itself is judged, its fields stand alone and the schema's title names it."""
    assert describe_violation(Violation(keyword, node, value, "", "T", "a")) == message


def test_every_constraint_is_in_the_table() -> None:
    """The table above has every keyword that constrains."""
    assert {row[0] for row in SENTENCES} == set(CONSTRAINTS)


@pytest.mark.parametrize(
    ("value", "legal", "hint"),
    [
        ("4k", ["1K", "4K"], 'did you mean "4K"? legal here: "1K", "4K"'),
        ("8K", ["1K", "4K"], 'legal here: "1K", "4K"'),
        (4, ["1K", None], 'legal here: "1K", null'),
        (7, [5, 10], "legal here: 5, 10"),
        ("x", [None], "legal here: null"),
    ],
)
def test_legal_values_are_listed(value: Any, legal: list[Any], hint: str) -> None:
    """Where values are known to be legal they are the hint, whatever keyword speaks, and the nearest comes first."""
    assert describe_legal(Violation("enum", {"enum": []}, value, "x", "T"), legal) == hint
    assert describe_legal(Violation("type", {"type": "string"}, value, "x", "T"), legal) == hint
    assert suggest_values(value, legal) == hint


@pytest.mark.parametrize(
    ("fields", "hint"),
    [
        (["a"], "no value is valid with this combination; change a"),
        (["a", "b", "c"], "no value is valid with this combination; change a, b or c"),
        ([], "no value is valid; leave x out"),
    ],
)
def test_where_no_value_is_legal_the_combination_is_named(fields: list[str], hint: str) -> None:
    """Where rules leave no value, the hint names the fields whose values narrow it."""
    assert describe_legal(Violation("enum", {"enum": ["a"]}, "b", "x", "T"), [], fields) == hint


VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, 7, 8, 9, 0.5, 0.3, 0.125, 2.5, -1, 64, "", "a", "ab", "abcd", "https://x"),
    *([], [1], [1, 1.0], [1, True], [1, 2, 3, 4], {}, {"a": 1}, {"a": 1, "b": 1}, {"b": 1, "c": 1}),
)


@pytest.mark.parametrize(("keyword", "node"), [row[:2] for row in SENTENCES if row[0] != "additionalProperties"])
def test_a_record_agrees_with_the_engines(keyword: str, node: dict[str, Any]) -> None:
    """A value meets a requirement where both engines accept it; what lies beyond it is refused, and there is some."""
    requirement, record = node[keyword], KEYWORDS[keyword]
    beyond = [value for value in VALUES if any(satisfies(each, value) for each in record.list_beyond(requirement))]
    assert beyond or keyword == "pattern"
    for engine in map(choose_engine, ("jsonschema", "jsonschema-rs")):
        find_violations = engine.compile({keyword: requirement})
        for value in VALUES:
            assert record.is_met(requirement, value) == (not find_violations(value)), (engine.name, value)
        for value in beyond:
            # Keywords that judge properties accept what is no object; only objects can lie beyond them.
            assert find_violations(value) or (record.list_names and not isinstance(value, dict)), (engine.name, value)


def test_equal_values_are_equal_in_the_sense_of_json() -> None:
    """A whole number equals its fraction and no boolean, at any depth; the order of keys does not count."""
    assert identify([1, {"a": 0, "b": None}]) == identify([1.0, {"b": None, "a": 0.0}])
    assert identify([1]) != identify([True])
    assert identify({"a": 0}) != identify({"a": False})
    assert identify("1") != identify(1)

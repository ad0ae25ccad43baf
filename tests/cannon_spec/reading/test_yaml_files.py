"""Files of YAML 1.2."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from cannon_spec import document
from cannon_spec.errors import MissingExtra
from tests.cannon_spec.reading.reader import read


def read_one(text: str | bytes) -> Any:
    """The value of a file of one document."""
    (each,) = read(text, "a.yaml")
    assert each.error is None, str(each.error)
    assert each.line is None
    return each.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("16:9", "16:9"),
        ("1:1", "1:1"),
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("Off", "Off"),
        ("4K", "4K"),
        ("5", 5),
        ("-0.5", -0.5),
        ("1e3", 1000.0),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ('"5"', "5"),
        ("'null'", "null"),
        ("!!str 5", "5"),
        ('"\\u00e9"', "é"),
        ('"\\ud83d\\ude00"', "😀"),
        ("|\n  one\n  two\n", "one\ntwo\n"),
        (">-\n  one\n  two\n", "one two"),
        ("[1, {b: 2}]", [1, {"b": 2}]),
        ("\n  - 1\n  - x: 2", [1, {"x": 2}]),
        ("5 # five", 5),
        ("", None),
    ],
)
def test_a_scalar_is_that_of_yaml_1_2(text: str, value: Any) -> None:
    """K7: what YAML 1.1 takes for a number of minutes or a boolean is text, and the rest is as in JSON."""
    result = read_one(f"a: {text}\n")["a"]
    assert (result, type(result)) == (value, type(value))


@pytest.mark.parametrize("text", ["\ufeffa: 1\r\nb: 2\r\n", "a: 1\nb: 2", "---\na: 1\nb: 2\n...\n", "{a: 1, b: 2}"])
def test_the_layout_does_not_matter(text: str) -> None:
    """A byte order mark, line ends of Windows and markers change no value."""
    assert read_one(text) == {"a": 1, "b": 2}


def test_a_file_may_hold_several_documents() -> None:
    """Each document that is not empty has its own line, and the places of its values are those in the file."""
    documents = read("# first\n---\na: 1\n---\n---\nb:\n  - 2\n---\n", "a.yml")
    assert [(each.line, each.value) for each in documents] == [(3, {"a": 1}), (6, {"b": [2]})]
    assert documents[1].locate("/b/0") == (7, 5)
    assert documents[1].locate("/b/9") == (7, 3)
    assert documents[1].locate("/b/0/x") == (7, 5)
    assert documents[1].locate("") == (6, 1)


def test_an_alias_is_its_value() -> None:
    """An alias stands for the value of its anchor at its own place; what is inside is where the anchor is."""
    (each,) = read("a: &x [1, 2]\nb: *x\nc: &y 3\nd: [4, *y]\n", "a.yaml")
    assert each.value == {"a": [1, 2], "b": [1, 2], "c": 3, "d": [4, 3]}
    assert each.locate("/b/1") == (1, 11)
    assert [each.locate(pointer) for pointer in ("/a", "/b", "/c", "/d/1")] == [(1, 4), (2, 4), (3, 4), (4, 8)]


LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a: 1\na: 2", (2, 1), 'the key "a" is given twice in one object; keep one of the two'),
        ("a: {b: 1,\n 'b': 2}", (2, 2), 'the key "b" is given twice'),
        ("a: 1_000", (1, 4), "1_000 is not a JSON number"),
        ("a: 012", (1, 4), "012 is not a JSON number"),
        ("a: 0x1F", (1, 4), "0x1F is not a JSON number"),
        ("a: .nan", (1, 4), ".nan is not a JSON number"),
        ("a: -.inf", (1, 4), "-.inf is not a JSON number"),
        ("a: 1e999", (1, 4), "1e999 is not a JSON number"),
        ("a: " + "9" * 5000, (1, 4), "is not a JSON number"),
        ("a: 2024-01-01", (1, 4), '2024-01-01 is a date in YAML; put it in quotes: "2024-01-01"'),
        ("a:\n  !foo x", (2, 3), "the tag !foo has no JSON form"),
        ("a: !!binary aGk=", (1, 4), "the tag binary has no JSON form"),
        ("a: !!set {x}", (1, 4), "the tag set has no JSON form"),
        ("1: x", (1, 1), "the key 1 is not text; put it in quotes"),
        ("null: x", (1, 1), "the key null is not text"),
        ("? [1]\n: x", (1, 3), "a key is a list or an object; a key must be text"),
        ("? {a: 1}\n: x", (1, 3), "a key is a list or an object; a key must be text"),
        ("<<: {a: 1}", (1, 1), "<< merges objects in YAML 1.1 only; write the fields out"),
        ("%YAML 1.1\n---\na: 16:9", (1, 1), "YAML 1.1 reads 16:9 as a number; remove the line"),
        ('a: "\\ud800"', (1, 4), "half of a surrogate pair"),
        ("a: \x00", (1, 4), "the character \\u0000 is not allowed in YAML"),
        ("a: b: c", (1, 5), "a second colon, or a wrong indentation; put text with a colon in quotes"),
        ("a:\n\t- b", (2, 1), "a tab in front of a value; indent with spaces"),
        ("a: @b", (1, 4), "a character that cannot start a value; put the text in quotes"),
        ('a: "C:\\Users"', (1, 9), "a backslash that is no escape; use single quotes"),
        ('a: "\\q"', (1, 6), "a backslash that is no escape; use single quotes"),
        ("a: 'b", (1, 6), "a quote is not closed; close it"),
        ("{a: 1", (1, 6), "a comma or } is missing"),
        ("[1", (1, 3), "a comma or ] is missing"),
        ("a: [", (1, 5), "a value is missing; write the value"),
        ("a: *b", (1, 4), "an alias without its anchor; write the value out"),
        ("a: 1\nb\nc: 2", (3, 1), "a colon is missing after a key"),
        ("key\n  other:\n- x", (2, 8), "a second colon, or a wrong indentation"),
        ("a: %b", (1, 4), "a character that cannot start a value"),
        ('a: "b"\nc: "x\x85y"', (2, 6), "U+0085 is a line break in YAML 1.1"),
        ("&a [*a]", (1, 5), "nested deeper than 64 levels"),
        ("[" * 65 + "]" * 65, (1, 65), "nested deeper than 64 levels"),
        ("[" * 600 + "]" * 600, (1, 65), "nested deeper than 64 levels"),
        ("a: &a " + "x" * 600_000 + "\nb: [*a, *a]", (2, 9), "the aliases stand for more than 1024 KiB"),
        (LAUGHS, (6, 16), "the aliases stand for more than 1024 KiB; write the values out"),
        (b"a: \xff", (1, 4), "the text is not UTF-8"),
        ("a: 1".encode("utf-16"), (1, 1), "it is UTF-16"),
    ],
)
def test_what_json_does_not_have_is_refused(text: str | bytes, place: tuple[int, int], words: str) -> None:
    """What is no YAML, or YAML that JSON does not have or readers disagree on, is refused at its place."""
    (each,) = read(text, "a.yaml")
    assert each.error is not None
    assert words in f"{each.error.problem}; {each.error.advice}"
    assert each.locate("") == place


def test_a_broken_document_leaves_those_before_it() -> None:
    """Documents before a syntax error are read; the error says that the rest is unread."""
    first, second, rest = read("a: 1\n---\na: 1\na: 2\n---\nb: [\n---\nc: 1\n", "a.yaml")
    assert first.value == {"a": 1}
    assert (second.line, second.locate("")) == (3, (4, 1))
    assert rest.line is None
    assert rest.error is not None


def test_as_many_levels_as_in_json_are_accepted() -> None:
    """A document may have 64 levels."""
    assert document.loads("[" * 64 + "]" * 64) == read_one("[" * 64 + "]" * 64)


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n---\n", " \n"])
def test_a_file_without_a_document_has_none(text: str) -> None:
    """A file that is empty, or has comments only, has no document."""
    assert read(text, "a.yaml") == []


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where ruamel.yaml is not installed, one sentence says what to install."""
    monkeypatch.setitem(sys.modules, "ruamel.yaml", None)
    with pytest.raises(MissingExtra, match="install the extra yaml: pip install"):
        read("a: 1", "a.yaml")

"""The door: what is JSON, what is refused, and where."""

from __future__ import annotations

import json
from collections import OrderedDict
from contextlib import suppress
from decimal import Decimal
from enum import IntEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_spec import NotJSON, document
from cannon_spec.pointer import to_pointer
from tests.support.payloads import at, places, values


class Word(str):
    """A string that is not plain."""

    __slots__ = ()


class Number(IntEnum):
    """A number that is not plain."""

    FOUR = 4


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, 2.5, true, null, "é"]}', {"a": [1, 2.5, True, None, "é"]}),
        ('\ufeff{"a": 1}', {"a": 1}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        ("  7\r\n", 7),
        ('"\\ud83d\\ude00"', "😀"),
        (b'"\xc3\xa9"', "é"),
        ("1.7976931348623157e308", 1.7976931348623157e308),
    ],
)
def test_sound_documents_are_read(text: str | bytes, value: Any) -> None:
    """A sound document has the value that JSON gives it, with or without a byte order mark."""
    assert document.loads(text) == value


@pytest.mark.parametrize(
    ("text", "claim", "words"),
    [
        ("NaN", "json-strict", "NaN is not a JSON number"),
        ("[-Infinity]", "json-strict", "-Infinity is not a JSON number"),
        ('{"a": Infinity}', "json-strict", "Infinity"),
        ("1e400", "json-strict", "too large for a double"),
        ("-1e400", "json-strict", "too large for a double"),
        ("1" + "0" * 400, "json-strict", "too large for a double"),
        ("9" * 5000, "json-strict", "too large for a double"),
        ('{"a": 1, "a": 2}', "json-strict", 'the key "a" is given twice'),
        ('[{"b": {"c": 1, "d": 1, "c": 1}}]', "json-strict", 'the key "c" is given twice'),
        ('"\\ud800"', "json-strict", "half of a surrogate pair"),
        ('"\\udc00x"', "json-strict", "half of a surrogate pair"),
        ('{"\\ud800": 1}', "json-strict", "half of a surrogate pair"),
        (nested(65), "json-strict", "deeper than 64 levels"),
        ('{"a":' * 65 + "1" + "}" * 65, "json-strict", "deeper than 64 levels"),
        (nested(100_000), "json-strict", "deeper than 64 levels"),
        ("", "json-body", "not JSON"),
        ("{", "json-body", "not JSON"),
        ("[1,]", "json-body", "not JSON"),
        ("{'a': 1}", "json-body", "not JSON"),
        ("1 2", "json-body", "not JSON: Extra data at column 3"),
        (b"\xff", "json-body", "not UTF-8"),
        ('"é"'.encode("utf-16"), "json-body", "not UTF-8"),
        ('"é"'.encode("latin-1"), "json-body", "not UTF-8"),
    ],
)
def test_unsound_documents_are_refused(text: str | bytes, claim: str, words: str) -> None:
    """What readers of JSON disagree on is refused with its reason, advice, and the claim that it rests on."""
    with pytest.raises(NotJSON) as caught:
        document.loads(text)
    assert words in caught.value.problem
    assert caught.value.advice
    assert caught.value.claim == claim
    assert str(caught.value) == f"{caught.value.problem}; {caught.value.advice}"


def test_nesting_is_accepted_up_to_its_bound() -> None:
    """Sixty-four levels are a document."""
    assert json.dumps(document.loads(nested(document.MAX_DEPTH))) == nested(64)


@pytest.mark.parametrize(
    ("text", "line", "column", "where"),
    [
        ("[1 2]", 1, 4, "at column 4"),
        ('{\n  "a": x}', 2, 8, "at line 2, column 8"),
        (b"[\n1,\n \xff]", 3, 2, "the text is not UTF-8"),
        (b"\xff", 1, 1, "the text is not UTF-8"),
    ],
)
def test_a_syntax_error_has_its_place(text: str | bytes, line: int, column: int, where: str) -> None:
    """Line and column of what cannot be read count from 1; the message names the line where there are more."""
    with pytest.raises(NotJSON, match=where) as caught:
        document.loads(text)
    assert (caught.value.line, caught.value.column) == (line, column)


@given(values)
def test_reading_reverses_writing(value: Any) -> None:
    """Every JSON value that is written as JSON is read back as it was, and is plain already."""
    assert document.loads(json.dumps(value)) == value
    assert document.loads(json.dumps(value, ensure_ascii=False).encode()) == value
    assert document.to_plain(value) is value


@given(st.one_of(st.text(), st.binary(), st.text('[]{},:"0e-. NaI\\u'), st.text('[]{},:"0').map(str.encode)))
def test_reading_refuses_in_one_way(text: str | bytes) -> None:
    """Whatever the text, reading gives a value or raises NotJSON, and nothing else."""
    with suppress(NotJSON):
        value = document.loads(text)
        assert document.loads(json.dumps(value)) == value


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (OrderedDict(a=Word("b")), {"a": "b"}),
        ({Word("a"): [Number.FOUR, True, None]}, {"a": [4, True, None]}),
        ([type("F", (float,), {})(2.5)], [2.5]),
    ],
)
def test_subclasses_become_plain(value: Any, plain: Any) -> None:
    """Subclasses of JSON's types are copied into those types."""
    copied = document.to_plain(value)
    assert copied == plain
    assert [type(at(copied, place)) for place in places(copied)] == [type(at(plain, place)) for place in places(plain)]
    assert all(type(key) is str for key in (copied if isinstance(copied, dict) else {}))


LOOP: list[Any] = []
LOOP.append(LOOP)
RING: dict[str, Any] = {}
RING["ring"] = [RING]


@pytest.mark.parametrize(
    ("value", "pointer", "words"),
    [
        ({"a": (1, 2)}, "/a", "tuple has no JSON form"),
        ({"a": [b"x"]}, "/a/0", "bytes has no JSON form"),
        ([{1, 2}], "/0", "set has no JSON form"),
        (object(), "", "object has no JSON form"),
        ({"a": Decimal(1)}, "/a", "Decimal has no JSON form"),
        ({"a": {4: 1}}, "/a", "a key is of type int, not a string"),
        ({None: 1}, "", "a key is of type NoneType, not a string"),
        ({"a/b": float("nan")}, "/a~1b", "not finite"),
        ([float("-inf")], "/0", "not finite"),
        ([10**400], "/0", "too large for a double"),
        ({"a": "\ud800"}, "/a", "half of a surrogate pair"),
        ({"a": {"\udfff": 1}}, "/a", "half of a surrogate pair"),
        ({"a": LOOP}, "/a", "deeper than 64 levels"),
        (RING, "/ring", "deeper than 64 levels"),
    ],
)
def test_values_without_a_json_form_are_refused_in_place(value: Any, pointer: str, words: str) -> None:
    """A Python value that JSON has no form for is refused with a pointer to it."""
    with pytest.raises(NotJSON, match=words) as caught:
        document.to_plain(value)
    assert caught.value.pointer == pointer


def offset(text: str, line: int, column: int) -> int:
    return sum(len(each) + 1 for each in text.split("\n")[: line - 1]) + column - 1


@given(values, st.sampled_from([None, 1, 4]), st.sampled_from(["", "\n\t ", "\r\n"]), st.booleans())
def test_every_value_is_located(value: Any, indent: int | None, before: str, ascii_only: bool) -> None:
    """In any layout, the line and column of a pointer are where the text of its value starts."""
    text = before + json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    for place in places(value):
        located = document.locate(text, to_pointer(place))
        assert located is not None
        found, _ = json.JSONDecoder().raw_decode(text, offset(text, *located))
        assert found == at(value, place)


@pytest.mark.parametrize("pointer", ["/b", "/a/2", "/a/x", "/a/0/0", "/c/d"])
def test_what_is_absent_is_not_located(pointer: str) -> None:
    """A pointer that leads nowhere has no line."""
    assert document.locate('{"a": [1, {}], "c": "d", "e": {}}', pointer) is None

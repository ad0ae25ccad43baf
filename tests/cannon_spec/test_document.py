"""The door: what is JSON, what is refused, and where."""

from __future__ import annotations

import json
import re
import sys
from collections import OrderedDict
from contextlib import suppress
from decimal import Decimal
from enum import IntEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cannon_spec import NotJSON, document, validate
from cannon_spec.fast_decoder import UNREAD, LateDecoder, load_fast_decoder
from tests.support.hostile_texts import hostile_texts
from tests.support.payloads import CATALOG, at, bodies, places, values

decode_fast = load_fast_decoder(document.MAX_DEPTH)


class Word(str):
    """A string that is not plain."""

    __slots__ = ()


class Number(IntEnum):
    """A number that is not plain."""

    FOUR = 4


LARGEST = int(float.fromhex("0x1.fffffffffffffp+1023")) + 2**970 - 1
"""The largest integer that does not round to infinity."""


def write_nested(levels: int) -> str:
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
        (str(LARGEST), LARGEST),
        ('["\\\\ud800"]', ["\\ud800"]),
    ],
)
def test_valid_documents_are_read(text: str | bytes, value: Any) -> None:
    """A valid document is read as its JSON value, with or without a byte order mark."""
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
        (str(LARGEST + 1), "json-strict", "too large for a double"),
        (str(-LARGEST - 1), "json-strict", "too large for a double"),
        ('{"a": 1, "a": 2}', "json-strict", 'the key "a" is given twice'),
        ('[{"b": {"c": 1, "d": 1, "c": 1}}]', "json-strict", 'the key "c" is given twice'),
        ('"\\ud800"', "json-strict", "half of a surrogate pair"),
        ('"\\udc00x"', "json-strict", "half of a surrogate pair"),
        ('{"\\ud800": 1}', "json-strict", "half of a surrogate pair"),
        (write_nested(65), "json-strict", "deeper than 64 levels"),
        ('{"a":' * 65 + "1" + "}" * 65, "json-strict", "deeper than 64 levels"),
        (write_nested(100_000), "json-strict", "deeper than 64 levels"),
        ("", "json-body", "the document is empty"),
        ("{", "json-body", "the document ends"),
        (b"\xff", "json-body", "not UTF-8"),
        ('"é"'.encode("utf-16"), "json-body", "not UTF-8; it is UTF-16"),
        ('"é"'.encode("utf-32"), "json-body", "not UTF-8; it is UTF-32"),
        ('"ÿ"'.encode("utf-16-le"), "json-body", "not UTF-8; it has zero bytes"),
        (b"\x1f\x8b\x08", "json-body", "not UTF-8; it is compressed with gzip"),
        (b"PK\x03\x04\xff", "json-body", "not UTF-8; it is an archive, or a workbook of Excel"),
        ('"é"'.encode("latin-1"), "json-body", "not UTF-8"),
    ],
)
def test_ambiguous_documents_are_refused(text: str | bytes, claim: str, words: str) -> None:
    """A document that JSON readers disagree on is refused with a reason, advice, and the claim that it rests on."""
    with pytest.raises(NotJSON) as error:
        document.loads(text)
    assert words in error.value.problem
    assert error.value.advice
    assert error.value.claim == claim
    assert str(error.value) == f"{error.value.placed_problem}; {error.value.advice}"


def test_64_levels_are_accepted() -> None:
    """A document may have 64 levels."""
    assert json.dumps(document.loads(write_nested(document.MAX_DEPTH))) == write_nested(64)


@pytest.mark.parametrize(
    ("text", "line", "column", "where"),
    [
        ("[1 2]", 1, 4, "at column 4"),
        ('{\n  "a": x}', 2, 8, "at line 2, column 8"),
        (b"[\n1,\n \xff]", 3, 2, "not UTF-8 at line 3, column 2"),
        (b"\xff", 1, 1, "not UTF-8 at column 1"),
        (b'\xef\xbb\xbf["\xc3\xa9 \xff"]', 1, 5, "at column 5"),
        ('\ufeff["é" x]', 1, 6, "at column 6"),
        ('{"a": 1,\r\n "a": 2}', 2, 2, "at line 2, column 2"),
        ('{"a": 1, "b": {"a": 2, "\\u0061": 3}}', 1, 24, "at column 24"),
        ('[{"a": 1}, {"a": 1}, "a", {"a": "a", "a": 1}]', 1, 38, "at column 38"),
        ('{"a": "\\"", "b": -Infinity}', 1, 18, "at column 18"),
        ('["x", "\\ud83d\\ude00", "\\ud83d"]', 1, 23, "at column 23"),
        ("[1e5, 1E400]", 1, 7, "at column 7"),
        ("[0." + "1" * 400 + ", NaN]", 1, 406, "at column 406"),
        ("[1,\n" + "9" * 5000 + "]", 2, 1, "at line 2, column 1"),
        (write_nested(65), 1, 65, "at column 65"),
        (write_nested(100_000), 1, 65, "at column 65"),
    ],
)
def test_what_is_refused_has_its_place(text: str | bytes, line: int, column: int, where: str) -> None:
    """P19: what is refused has line and column, counted from 1, as of the second of two equal keys."""
    with pytest.raises(NotJSON) as error:
        document.loads(text)
    assert (error.value.line, error.value.column) == (line, column)
    assert where in str(error.value)


@pytest.mark.parametrize(
    ("text", "pointer"), [('{"a": [1, "\\ud800"]}', "/a/1"), ('{"a": 1e999}', "/a"), ("[" * 65 + "]" * 65, "/0")]
)
def test_a_refused_value_has_its_path(text: str, pointer: str) -> None:
    """A value that is refused has a pointer to it, or to the branch that is too deep."""
    with pytest.raises(NotJSON) as error:
        document.loads(text)
    assert error.value.pointer == pointer


def test_many_keys_are_refused_at_once() -> None:
    """H1: an object of 100,000 keys with the last one twice is read in time that grows with its size alone."""
    keys = [f'"k{number}": 1' for number in range(100_000)]
    text = "{" + ", ".join([*keys, keys[-1]]) + "}"
    with pytest.raises(NotJSON, match='"k99999" is given twice'):
        document.loads(text)


@given(values)
def test_a_written_value_is_read_back(value: Any) -> None:
    """A JSON value that is written and read is equal to itself, and to_plain returns it unchanged."""
    assert document.loads(json.dumps(value)) == value
    assert document.loads(json.dumps(value, ensure_ascii=False).encode()) == value
    assert document.to_plain(value) is value


def read_by_steps(text: str) -> Any:
    """The value of a text by Python's own reader, with a walk through all of it. Raises ValueError or NotJSON."""

    def refuse(constant: str) -> Any:
        raise ValueError(constant)

    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return dict(pairs) if len(dict(pairs)) == len(pairs) else refuse("a key twice")

    return document.to_plain(json.loads(text, object_pairs_hook=build, parse_constant=refuse))


@settings(max_examples=20_000 if settings.get_current_profile_name() == "extended" else 500)
@given(hostile_texts)
def test_both_decoders_read_a_text_as_by_steps(text: str) -> None:
    """The decoders return what Python's reader and a walk through the value return, and refuse what one of them does.

    The body with that value has the same findings whether it is known to be plain or not.
    """
    text = text.removeprefix("\ufeff")
    fast_value = decode_fast(text)
    try:
        value = read_by_steps(text)
    except (NotJSON, ValueError):
        assert fast_value is UNREAD
        with pytest.raises(NotJSON):
            document.read_strictly(text)
        return
    assert repr(document.read_strictly(text)) == repr(value)  # unlike ==, it tells 1 from 1.0 and from True
    assert fast_value is UNREAD or repr(fast_value) == repr(value)
    body = {"operation": "image.generate", "input": {"prompt": value, "model": "gptimage2"}}
    if text.count("[") + text.count("{") < document.MAX_DEPTH - 2:  # deeper values are too deep inside a body
        assert validate.request(CATALOG, body, is_plain=True) == validate.request(CATALOG, body)


@given(bodies, st.booleans(), st.sampled_from([None, 2]))
def test_the_fast_decoder_reads_usual_bodies(body: Any, ascii_only: bool, indent: int | None) -> None:
    """The fast decoder leaves no body unread that has nothing unusual in it, as long prompts with numbers."""
    text = json.dumps([body, "50 mm, 1999, 4K " * 100], ensure_ascii=ascii_only, indent=indent)
    if "\\u" not in text and re.search(r"\d{309}", text) is None:
        assert decode_fast(text) == json.loads(text)


@given(st.integers(0, 700), st.sampled_from([1, 307, 308, 309, 310, 620]), st.integers(0, 700))
def test_the_fast_decoder_sees_long_numbers_everywhere(before: int, digits: int, after: int) -> None:
    """Only a number of more digits than each double has is left unread, wherever in a text it stands."""
    text = f"{' ' * before}1{'0' * (digits - 1)}{' ' * after}"
    assert (decode_fast(text) is UNREAD) is (digits > 308)


def test_the_fast_decoder_is_imported_when_it_is_worth_it() -> None:
    """The fast decoder leaves texts unread until so many characters have passed as make up for its import.

    A process that imports it anyway need not wait.
    """
    decoder, loaded_decoder = (LateDecoder(document.MAX_DEPTH, import_worth=5) for _ in range(2))
    loaded_decoder.load()
    assert [decoder.decode(text) for text in ("[1]", "[2]", "[3]")] == [UNREAD, UNREAD, [3]]
    assert loaded_decoder.decode("[1]") == [1]


def test_without_msgspec_the_strict_decoder_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where msgspec is not installed, the fast decoder leaves each text unread."""
    monkeypatch.setitem(sys.modules, "msgspec", None)
    decoder = LateDecoder(document.MAX_DEPTH, import_worth=0)
    assert [decoder.decode("[1]") for _ in range(3)] == [UNREAD] * 3


def test_long_files_are_read_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the fast decoder reads is not read again; what it leaves is read strictly."""
    monkeypatch.setattr(document, "_LATE_DECODER", LateDecoder(document.MAX_DEPTH, import_worth=0))
    monkeypatch.setattr(document, "read_strictly", lambda text: ("strict", text))
    assert [document.loads(text) for text in ("[1]", b"[2]", '{"a": 1, "a": 2}')][1:] == [
        [2],
        ("strict", '{"a": 1, "a": 2}'),
    ]


def test_the_value_of_a_text_needs_no_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value is not walked through after reading if its text rules out depth and surrogates, nor before judging."""
    monkeypatch.setattr(document, "_is_plain", None)
    value = document.loads('{"operation": "image.generate", "input": {"prompt": "é\\n"}}')
    assert not validate.request(CATALOG, value, is_plain=True).errors


@given(st.one_of(st.text(), st.binary(), st.text('[]{},:"0e-. NaI\\u'), st.text('[]{},:"0').map(str.encode)))
def test_reading_raises_only_not_json(text: str | bytes) -> None:
    """For any text, reading returns a value or raises NotJSON."""
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
    copy = document.to_plain(value)
    assert copy == plain
    assert [type(at(copy, place)) for place in places(copy)] == [type(at(plain, place)) for place in places(plain)]
    assert all(type(key) is str for key in (copy if isinstance(copy, dict) else {}))


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
def test_values_without_a_json_form_are_refused(value: Any, pointer: str, words: str) -> None:
    """A Python value that cannot be written as JSON is refused with a pointer to it."""
    with pytest.raises(NotJSON, match=words) as error:
        document.to_plain(value)
    assert error.value.pointer == pointer


def test_a_caller_that_left_little_stack_gets_no_error_of_python() -> None:
    """Where no stack is left to read a text, the fast decoder leaves it to the strict one, which says so."""
    text = "[" * 60 + "]" * 60

    def decode_deeper(calls: int) -> Any:
        return decode_deeper(calls - 1) if calls else decode_fast(text)

    results = []
    for calls in range(sys.getrecursionlimit() - 200, sys.getrecursionlimit()):
        with suppress(RecursionError):  # of the function above, once no call is left at all
            results.append(decode_deeper(calls))
    assert results[-1] is UNREAD


def test_a_refused_value_that_a_later_one_replaces_has_no_pointer() -> None:
    """The pointer is never that of another value than the one at the line and column."""
    with pytest.raises(NotJSON) as error:
        document.loads(r'{"a": ["\ud800"], "a": 1, "b": "\ud800"}')
    assert (error.value.column, error.value.pointer) == (8, "")

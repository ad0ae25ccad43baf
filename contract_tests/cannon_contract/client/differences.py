"""Two JSON values compared, and values as short text for a sentence (floor 6)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from cannon_spec.contract.wording import format_count
from cannon_spec.pointer import to_pointer
from cannon_spec.printable import escape_unprintable

_LONGEST = 120
_BEFORE = 30
"""How many letters of two long texts are shown before the first one that differs."""
_MOST_DIFFERENCES = 100
"""How many differences are counted: a target decides how large its replies are."""
_MOST_PLACES = 3


class _Absent:
    """What stands for a member that one of two objects lacks."""


_ABSENT = _Absent()


class Difference(NamedTuple):
    """A place where two values differ, as a JSON Pointer, and what each has there."""

    pointer: str
    actual: Any
    expected: Any


def describe_difference(actual: Any, expected: Any) -> str:
    """Describe in one line where a value differs first from the expected one; empty where the two are equal in JSON.

    ``expected 401, got 200``, or for objects and arrays ``/output/image_url: expected "a", got "b"``.
    """
    differences = list(islice(_list_differences(actual, expected), _MOST_DIFFERENCES))
    if not differences:
        return ""
    first, *others = differences
    place = f"{shorten(first.pointer)}: " if first.pointer else ""
    return place + _describe(first) + _describe_others(others)


def show(value: Any) -> str:
    """Write a value as short text: JSON where that is short, else what it is and how large.

    Bytes are shown by their number and the first of them, values that JSON does not have by Python's own text.
    """
    if isinstance(value, bytes):
        return f"{len(value)} bytes" + (f" that begin with {value[:8].hex(' ')}" if value else "")
    text = escape_unprintable(_to_text(value))
    if len(text) <= _LONGEST:
        return text
    if isinstance(value, Mapping):
        return f"an object of {len(value)} members: {shorten(', '.join(map(str, value)))}"
    return (
        f"an array of {len(value)} items" if isinstance(value, list | tuple) else f"{shorten(text)} ({_measure(value)})"
    )


def shorten(text: str) -> str:
    """A text in one line, cut where it is long."""
    text = escape_unprintable(text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _list_differences(actual: Any, expected: Any) -> Iterator[Difference]:
    """The differences, in the order of the expected value. A stack: a target may nest deeper than Python calls."""
    stack = [((), actual, expected)]
    path: tuple[str | int, ...]
    while stack:
        path, actual, expected = stack.pop()
        pairs = _pair_members(actual, expected)
        if pairs is not None:
            stack += [((*path, key), *pair) for key, pair in reversed(pairs)]
        elif not _is_same(actual, expected):
            yield Difference(to_pointer(path), actual, expected)


def _pair_members(actual: Any, expected: Any) -> list[tuple[str | int, tuple[Any, Any]]] | None:
    """The members of two objects, or the items of two arrays of one length; None for any other pair."""
    if isinstance(actual, Mapping) and isinstance(expected, Mapping):
        keys = dict.fromkeys((*expected, *actual))
        return [(key, (actual.get(key, _ABSENT), expected.get(key, _ABSENT))) for key in keys]
    are_arrays = isinstance(actual, list | tuple) and isinstance(expected, list | tuple)
    return list(enumerate(zip(actual, expected, strict=True))) if are_arrays and len(actual) == len(expected) else None


def _is_same(actual: Any, expected: Any) -> bool:
    """Whether two values are equal in JSON, where true is not 1."""
    return isinstance(actual, bool) == isinstance(expected, bool) and bool(actual == expected)


def _describe(difference: Difference) -> str:
    _, actual, expected = difference
    if actual is _ABSENT:
        return f"expected {show(expected)}, got no such member"
    if expected is _ABSENT:
        return f"expected no such member, got {show(actual)}"
    if isinstance(actual, str) and isinstance(expected, str) and max(len(actual), len(expected)) > _LONGEST:
        return _describe_texts(actual, expected)
    if isinstance(actual, list | tuple) and isinstance(expected, list | tuple):
        return f"expected {format_count(len(expected), 'item')}, got {len(actual)}: {show(actual)}"
    return f"expected {show(expected)}, got {show(actual)}"


def _describe_texts(actual: str, expected: str) -> str:
    """Two long texts, each from shortly before the first letter that differs."""
    shorter = min(len(actual), len(expected))
    place = next((i for i in range(shorter) if actual[i] != expected[i]), shorter)
    start = max(0, place - _BEFORE)
    window, actual_window = (_show_window(text, start) for text in (expected, actual))
    return (
        f"expected {window} of {len(expected)} letters, got {actual_window} of {len(actual)}, "
        f"different from letter {place + 1} on"
    )


def _show_window(text: str, start: int) -> str:
    end = start + 2 * _BEFORE
    middle = escape_unprintable(_to_text(text[start:end]))
    return f"{'…' if start else ''}{middle}{'…' if end < len(text) else ''}"


def _describe_others(others: list[Difference]) -> str:
    if not others:
        return ""
    places = ", ".join(shorten(each.pointer) for each in others[:_MOST_PLACES])
    count = f"{len(others)} more" if len(others) < _MOST_DIFFERENCES - 1 else "many more"
    return f" ({count}: {places}{', …' if len(others) > _MOST_PLACES else ''})"


def _to_text(value: Any) -> str:
    """A value as JSON; what JSON does not have, or nests too deeply, as Python's text."""
    try:
        return json.dumps(value, ensure_ascii=False, default=_to_json_value)
    except (TypeError, ValueError, RecursionError):
        return type(value).__name__ if isinstance(value, Mapping | list | tuple) else str(value)


def _to_json_value(value: object) -> object:
    """A value that JSON has, for one of the contract that it does not have. Raises TypeError for any other."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    raise TypeError(value)


def _measure(value: Any) -> str:
    return f"{len(value)} letters in all" if isinstance(value, str) else f"a {type(value).__name__}"

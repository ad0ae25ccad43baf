"""A strict reader of JSON documents (floor 1).

It reads every payload, whether from a file, a request or a library call. It refuses what JSON readers disagree on
(duplicate keys, NaN, lone surrogates), so that the judge, its engines and the stores read the same value.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from typing import Any, NoReturn

from cannon_spec import claim_ids
from cannon_spec.errors import NotJSON
from cannon_spec.pointer import Path, from_pointer, to_pointer

MAX_DEPTH = 64
"""The most levels of arrays and objects in a document."""

_LARGEST = int(sys.float_info.max)
_SPACE = " \t\n\r"
_BYTE_ORDER_MARK = "\ufeff"


def loads(text: str | bytes) -> Any:
    """Read a JSON document.

    Raises NotJSON for text that is not JSON in UTF-8, and for NaN, numbers beyond a double, duplicate keys, lone
    surrogates, and more than MAX_DEPTH levels.
    """
    try:
        value = _DECODER.decode(text.removeprefix(_BYTE_ORDER_MARK) if isinstance(text, str) else decode_text(text))
    except json.JSONDecodeError as error:
        raise _syntax_error(error) from None
    except RecursionError:
        raise _too_deep(()) from None
    except ValueError:  # Python's own bound on the digits of an integer
        raise _too_large(()) from None
    return to_plain(value)


def decode_text(data: bytes) -> str:
    """Decode a document, without its byte order mark. Raises NotJSON if it is not UTF-8."""
    try:
        return data.decode().removeprefix(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        line, column = data.count(b"\n", 0, error.start) + 1, error.start - data.rfind(b"\n", 0, error.start)
        advice = "save the document as UTF-8"
        raise NotJSON("the text is not UTF-8", advice, claim=claim_ids.JSON_BODY, line=line, column=column) from None


def to_plain(value: Any) -> Any:
    """Make a value one of plain JSON types: ``value`` itself, or a copy if it has instances of their subclasses.

    Raises NotJSON, with a pointer to the place, for a value that cannot be written as JSON.
    """
    return value if _is_plain(value, 0) else _copy(value, ())


def locate(text: str, pointer: str) -> tuple[int, int] | None:
    """Line and column (from 1) of the value at ``pointer`` in a text that ``loads`` reads; None if it is absent."""
    position = _skip_space(text, 0)
    for part in from_pointer(pointer):
        for key, start in _iter_members(text, position):
            if key == part:
                position = start
                break
        else:
            return None
    return text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)


def _syntax_error(error: json.JSONDecodeError) -> NotJSON:
    line = f"line {error.lineno}, " if error.lineno > 1 else ""
    problem = f"not JSON: {error.msg} at {line}column {error.colno}"
    advice = "correct the JSON there"
    return NotJSON(problem, advice, claim=claim_ids.JSON_BODY, line=error.lineno, column=error.colno)


def _build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        keys = [key for key, _ in pairs]
        duplicate = next(key for key in keys if keys.count(key) > 1)
        raise NotJSON(f"the key {json.dumps(duplicate)} is given twice in one object", "keep one of the two")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise NotJSON(f"{name} is not a JSON number", "send a number or leave the field out")


_DECODER = json.JSONDecoder(object_pairs_hook=_build_object, parse_constant=_refuse_constant)
_SCANNER = json.JSONDecoder()


def _is_plain(value: Any, depth: int) -> bool:  # noqa: C901 - one branch for each JSON type
    """Whether ``value`` has plain JSON types only, and a finite depth and size."""
    # Loops in place of generators: this runs for every payload.
    kind = type(value)
    if kind is str:
        return bool(value.isascii()) or _is_encodable(value)
    if kind is dict:
        if depth == MAX_DEPTH:
            return False
        for key, item in value.items():
            if type(key) is not str or not (key.isascii() or _is_encodable(key)):
                return False
            if not (type(item) is str and item.isascii()) and not _is_plain(item, depth + 1):
                return False
        return True
    if kind is list:
        if depth == MAX_DEPTH:
            return False
        for item in value:  # noqa: SIM110 - a generator costs more than the loop
            if not _is_plain(item, depth + 1):
                return False
        return True
    if kind is int:
        return bool(-_LARGEST <= value <= _LARGEST)
    return kind is bool or value is None or (kind is float and math.isfinite(value))


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _copy(value: Any, path: Path) -> Any:
    if isinstance(value, (dict, list)) and len(path) >= MAX_DEPTH:
        raise _too_deep(path)
    if isinstance(value, dict):
        return {_copy_key(key, path): _copy(item, (*path, str(key))) for key, item in value.items()}
    if isinstance(value, list):
        return [_copy(item, (*path, index)) for index, item in enumerate(value)]
    return _copy_scalar(value, path)


def _copy_key(key: Any, path: Path) -> str:
    if not isinstance(key, str):
        name = type(key).__name__
        raise NotJSON(f"a key is of type {name}, not a string", "make it a string", pointer=to_pointer(path))
    return str(_copy_scalar(key, path))


def _copy_scalar(value: Any, path: Path) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        text = str.__str__(value)
        if not _is_encodable(text):
            advice = "send the character itself or both halves of its escape"
            raise NotJSON("a text has half of a surrogate pair", advice, pointer=to_pointer(path))
        return text
    if isinstance(value, (int, float)):
        number = int(value) if isinstance(value, int) else float(value)
        if not -_LARGEST <= number <= _LARGEST:  # also true for NaN, which compares as false
            raise _too_large(path)
        return number
    problem = f"a value of type {type(value).__name__} has no JSON form"
    raise NotJSON(problem, "use dict, list, str, int, float, bool or None", pointer=to_pointer(path))


def _too_deep(path: Path) -> NotJSON:
    problem = f"nested deeper than {MAX_DEPTH} levels"
    return NotJSON(problem, "flatten the document", pointer=to_pointer(path[:1]))


def _too_large(path: Path) -> NotJSON:
    problem = "a number is not finite, or too large for a double"
    return NotJSON(problem, "send a number within the range of a double", pointer=to_pointer(path))


def _skip_space(text: str, position: int) -> int:
    while position < len(text) and text[position] in _SPACE:
        position += 1
    return position


def _iter_members(text: str, position: int) -> Iterator[tuple[str, int]]:
    """Key and start of each member of the object or array at ``position``."""
    opening, index = text[position : position + 1], 0
    position = _skip_space(text, position + 1)
    while opening in ("{", "[") and text[position] not in "}]":
        key = str(index)
        if opening == "{":
            key, position = _SCANNER.raw_decode(text, position)
            position = _skip_space(text, _skip_space(text, position) + 1)
        yield key, position
        _, position = _SCANNER.raw_decode(text, position)
        position = _skip_space(text, position)
        if text[position] == ",":
            position = _skip_space(text, position + 1)
        index += 1

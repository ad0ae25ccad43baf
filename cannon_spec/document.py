"""A strict reader of JSON documents (floor 1).

It reads every payload, whether from a file, a request or a library call. It refuses what JSON readers disagree on
(duplicate keys, NaN, lone surrogates), so that the judge, its engines and the stores read the same value.
"""

from __future__ import annotations

import json
import math
import sys
from typing import Any, NoReturn

from cannon_spec import claim_ids
from cannon_spec.errors import NotJSON
from cannon_spec.fast_decoder import UNREAD, LateDecoder
from cannon_spec.json_positions import OddToken, find_odd_token, find_position, is_encodable, show_token, skip_space
from cannon_spec.pointer import Path, to_pointer

MAX_DEPTH = 64
"""The most levels of arrays and objects in a document."""

_LARGEST = int(sys.float_info.max) + 2**970 - 1
"""The largest integer whose nearest double is finite: it is less than half a step above the largest double."""
_BYTE_ORDER_MARK = "\ufeff"
_SAMPLE_BYTES = 1024
_SPACE = " \t\n\r"

_SAVE_AS_UTF_8 = "save the document as UTF-8"
_SIGNATURES = (
    (b"\xff\xfe\0\0", "UTF-32", _SAVE_AS_UTF_8),
    (b"\0\0\xfe\xff", "UTF-32", _SAVE_AS_UTF_8),
    (b"\xff\xfe", "UTF-16", _SAVE_AS_UTF_8),
    (b"\xfe\xff", "UTF-16", _SAVE_AS_UTF_8),
    (b"\x1f\x8b", "compressed with gzip", "give its name the suffix .gz, or unpack it"),
    (b"PK\x03\x04", "an archive, or a workbook of Excel", "unpack it; save a sheet as CSV UTF-8"),
    (b"%PDF", "a PDF", "check the path"),
    (b"\x89PNG", "a picture", "check the path"),
    (b"\xff\xd8\xff", "a picture", "check the path"),
)
"""How files begin that are not UTF-8, with what they are and what to do; a longer beginning comes first."""

_SURROGATE = "a text has half of a surrogate pair", "send the character itself or both halves of its escape"
_DEPTH = f"nested deeper than {MAX_DEPTH} levels", "flatten the document"
_NUMBER = "a number is not finite, or too large for a double", "send a number within the range of a double"
_REFUSALS = {
    "duplicate": ("the key {} is given twice in one object", "keep one of the two"),
    "constant": ("{} is not a JSON number", "send a number or leave the field out"),
    "surrogate": _SURROGATE,
    "depth": _DEPTH,
    "number": _NUMBER,
}
"""What is refused because JSON readers disagree on it, by the kind of token: the problem and the advice."""

_PLACED_KINDS = ("surrogate", "depth", "number")
"""The kinds of which a finding names the value; the others make the value of the whole text uncertain."""


def loads(text: str | bytes) -> Any:
    """Read a JSON document.

    Its value has plain JSON types only, so that ``to_plain`` would return it. Raises NotJSON, with line and column, for
    text that is not JSON in UTF-8, and for NaN, numbers beyond a double, duplicate keys, lone surrogates, and more than
    MAX_DEPTH levels.
    """
    text = text.removeprefix(_BYTE_ORDER_MARK) if isinstance(text, str) else decode_text(text)
    value = _LATE_DECODER.decode(text)
    return read_strictly(text) if value is UNREAD else value


def load_fast_decoder() -> None:
    """Let ``loads`` read by the fast decoder from now on, in a process that imports msgspec anyway."""
    _LATE_DECODER.load()


def read_strictly(text: str) -> Any:
    """Do as ``loads`` for a text without a byte order mark, by Python's own decoder alone."""
    try:
        value = _decode(text)
    except json.JSONDecodeError as error:
        raise explain_syntax_error(text, error) from None
    except (RecursionError, ValueError):  # ValueError: the hooks below, and Python's own bound on digits
        raise _refuse(text) from None
    if _needs_walk(text) and not _is_plain(value, 0):
        raise _refuse(text)
    return value


def decode_text(data: bytes) -> str:
    """Decode a document, without its byte order mark. Raises NotJSON, with line and column, if it is not UTF-8."""
    try:
        return data.decode().removeprefix(_BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = len(data[data.rfind(b"\n", 0, error.start) + 1 : error.start].decode().removeprefix(_BYTE_ORDER_MARK))
        problem, advice = _describe_encoding(data)
        raise NotJSON(problem, advice, claim=claim_ids.JSON_BODY, line=line, column=column + 1) from None


def to_plain(value: Any) -> Any:
    """Make a value one of plain JSON types: ``value`` itself, or a copy if it has instances of their subclasses.

    Raises NotJSON, with a pointer to the place, for a value that cannot be written as JSON.
    """
    return value if _is_plain(value, 0) else _copy(value, ())


def _describe_encoding(data: bytes) -> tuple[str, str]:
    """What bytes that are not UTF-8 seem to be, and what to do."""
    for start, kind, advice in _SIGNATURES:
        if data.startswith(start):
            return f"the text is not UTF-8; it is {kind}", advice
    if b"\0" in data[:_SAMPLE_BYTES]:
        return "the text is not UTF-8; it has zero bytes, as UTF-16 and binary files have", _SAVE_AS_UTF_8
    return "the text is not UTF-8", _SAVE_AS_UTF_8


def explain_syntax_error(text: str, error: json.JSONDecodeError) -> NotJSON:
    """The error of Python's reader in words for people."""
    from cannon_spec.json_syntax import explain_syntax  # late: its many patterns are needed for broken texts only

    offset, problem, advice = explain_syntax(text, error)
    line, column = find_position(text, offset)
    return NotJSON(problem, advice, claim=claim_ids.JSON_BODY, line=line, column=column)


def _refuse(text: str) -> NotJSON:
    """The error for a text with something that JSON readers disagree on."""
    token = find_odd_token(text, MAX_DEPTH) or OddToken("depth", 0, "")  # the caller left no stack to read one level
    problem, advice = _REFUSALS[token.kind]
    line, column = find_position(text, token.offset)
    pointer = _find_odd_pointer(text) if token.kind in _PLACED_KINDS else ""
    return NotJSON(problem.format(show_token(token.text)), advice, pointer=pointer, line=line, column=column)


def _find_odd_pointer(text: str) -> str:
    """The path of the value in a text that ``to_plain`` refuses; empty where Python cannot read the text.

    It is also empty where a key is given twice: Python drops the first value, which may be the one that is refused.
    """
    try:
        _copy(json.loads(text, object_pairs_hook=_build_object), ())
    except NotJSON as error:
        return error.pointer
    except (RecursionError, ValueError):
        return ""
    return ""


class _DisputedJSON(ValueError):
    """Something that JSON readers disagree on; ``_refuse`` finds out what and where."""


def _build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _DisputedJSON
    return members


def _read_integer(digits: str) -> int:
    value = int(digits)
    if -_LARGEST <= value <= _LARGEST:
        return value
    raise _DisputedJSON


def _read_fraction(digits: str) -> float:
    value = float(digits)
    if math.isfinite(value):
        return value
    raise _DisputedJSON


def _refuse_constant(_: str) -> NoReturn:
    raise _DisputedJSON


_DECODER = json.JSONDecoder(
    object_pairs_hook=_build_object,
    parse_int=_read_integer,
    parse_float=_read_fraction,
    parse_constant=_refuse_constant,
)


_LATE_DECODER = LateDecoder(MAX_DEPTH)


def _decode(text: str) -> Any:
    """The value of a text. Raises ValueError, and RecursionError for one that nests too deep for Python's reader."""
    # Not ``decode``: it looks for space by regular expressions, which takes a fifth of the time of a short text.
    value, end = _DECODER.raw_decode(text, len(text) - len(text.lstrip(_SPACE)))
    if text[end:].strip(_SPACE):
        raise json.JSONDecodeError("Extra data", text, skip_space(text, end))
    return value


def _needs_walk(text: str) -> bool:
    """Whether a text may nest too deep or have half of a surrogate pair, which the hooks of the decoder do not see."""
    if text.count("{") + text.count("[") > MAX_DEPTH or not (text.isascii() or is_encodable(text)):
        return True
    return "\\" in text and ("\\ud" in text or "\\uD" in text)  # one letter is found several times as fast as three


def _is_plain(value: Any, depth: int) -> bool:  # noqa: C901 - one branch for each JSON type
    """Whether ``value`` has plain JSON types only, and a finite depth and size."""
    # Loops in place of generators: this runs for every payload.
    kind = type(value)
    if kind is str:
        return bool(value.isascii()) or is_encodable(value)
    if kind is dict:
        if depth == MAX_DEPTH:
            return False
        for key, item in value.items():
            if type(key) is not str or not (key.isascii() or is_encodable(key)):
                return False
            if not (type(item) is str and item.isascii()) and not _is_plain(item, depth + 1):
                return False
        return True
    if kind is list:
        if depth == MAX_DEPTH:
            return False
        for item in value:
            if not (type(item) is str and item.isascii()) and not _is_plain(item, depth + 1):
                return False
        return True
    if kind is int:
        return bool(-_LARGEST <= value <= _LARGEST)
    return kind is bool or value is None or (kind is float and math.isfinite(value))


def _copy(value: Any, path: Path) -> Any:
    if isinstance(value, (dict, list)) and len(path) >= MAX_DEPTH:
        raise NotJSON(*_DEPTH, pointer=to_pointer(path[:1]))
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
        if not is_encodable(text):
            raise NotJSON(*_SURROGATE, pointer=to_pointer(path))
        return text
    if isinstance(value, (int, float)):
        number = int(value) if isinstance(value, int) else float(value)
        if not -_LARGEST <= number <= _LARGEST:  # also true for NaN, which compares as false
            raise NotJSON(*_NUMBER, pointer=to_pointer(path))
        return number
    problem = f"a value of type {type(value).__name__} has no JSON form"
    raise NotJSON(problem, "use dict, list, str, int, float, bool or None", pointer=to_pointer(path))

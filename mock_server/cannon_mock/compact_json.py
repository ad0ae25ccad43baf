"""JSON without white space, as it stands in replies and in stores (floor 3, pure)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec

_encode, _decode = msgspec.json.Encoder().encode, msgspec.json.Decoder().decode
_DELETE = b"\x7f"
"""The only ASCII character that Python's own writer escapes and the fast one does not."""


def write_json(value: Any, default: Callable[[Any], Any] | None = None) -> bytes:
    """A value as ASCII: what is not is escaped, so that a store in memory takes one byte a letter.

    ``default`` makes a JSON value of one that msgspec cannot write; it does write dates and bytes, as texts, and sets,
    as lists. Raises TypeError for such a value without ``default``.
    """
    try:
        data = _encode(value)
        if data.isascii() and _DELETE not in data:
            return data
    except (TypeError, UnicodeEncodeError):  # a value for ``default``, or half of a surrogate pair
        pass
    return json.dumps(value, separators=(",", ":"), default=default).encode()


def write_text(value: Any) -> str:
    """A value as text, whose letters stand as they are. Raises TypeError for a value that has no JSON form."""
    return _encode(value).decode()


def read_json(text: str) -> Any:
    """The value that one of the writers wrote."""
    try:
        return _decode(text)
    except msgspec.DecodeError:  # half of a surrogate pair
        return json.loads(text)

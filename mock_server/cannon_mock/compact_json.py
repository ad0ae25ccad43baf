"""JSON without white space, as it stands in replies and in stores (floor 3, pure)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import orjson

_PLAIN_ONLY = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS


def write_json(value: Any, default: Callable[[Any], Any] | None = None) -> bytes:
    """A value as ASCII: what is not is escaped, so that a store in memory takes one byte a letter.

    ``default`` makes a JSON value of one that has no JSON form. Raises TypeError for such a value without it.
    """
    try:
        data = orjson.dumps(value, option=_PLAIN_ONLY)
        if data.isascii():
            return data
    except TypeError:  # an integer of more than 64 bits, half of a surrogate pair, or a value for ``default``
        pass
    return json.dumps(value, separators=(",", ":"), default=default).encode()


def write_text(value: Any) -> str:
    """A value as text, whose letters stand as they are. Raises TypeError for a value that has no JSON form."""
    try:
        return orjson.dumps(value, option=_PLAIN_ONLY).decode()
    except TypeError:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)

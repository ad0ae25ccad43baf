"""Values, lists of legal values and conditions as text for messages, hints and tables (floor 1)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from cannon_spec.nearest import find_nearest

_LONGEST = 60

Node = Mapping[str, Any]

_encode = json.JSONEncoder(ensure_ascii=False).encode


def suggest_values(value: Any, legal: Sequence[str | None], what: str = "legal here") -> str:
    """The legal values, and the one of them that ``value`` most likely meant."""
    return _suggest(value[:_LONGEST] if isinstance(value, str) else None, tuple(legal), what)


@lru_cache(maxsize=1024)
def _suggest(word: str | None, legal: tuple[str | None, ...], what: str) -> str:
    listed = f"{what}: {show_values(legal) or 'none'}"
    close = None if word is None else find_nearest(word, [each for each in legal if each is not None])
    return listed if close is None else f"did you mean {show_value(close)}? {listed}"


def describe_condition(node: Node) -> str:
    """An ``if`` of our schemas in words: ``aspect_ratio is "1:1" and there are no reference_image_urls``."""
    required = node.get("required", ())
    return " and ".join(_clause(name, clause, name in required) for name, clause in node["properties"].items())


def show_value(value: Any) -> str:
    """A value as JSON, cut where it is long."""
    if isinstance(value, (dict, list)) and value:
        return f"{'an object' if isinstance(value, dict) else 'an array'} of {len(value)}"
    if isinstance(value, str):
        value = value[: _LONGEST + 1]
    return _cut(_encode(value))


def escape_unprintable(text: str) -> str:
    """``text`` with what would break a line or move a cursor written as JSON escapes."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text)


def show_values(values: Iterable[str | None]) -> str:
    """Values as JSON, separated by commas."""
    return ", ".join(map(show_value, values))


def show_json(value: Any) -> str:
    """A value as JSON in full, cut where the text is long."""
    return _cut(_encode(value))


def _cut(text: str) -> str:
    text = escape_unprintable(text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _clause(name: str, clause: Mapping[str, Any], required: bool) -> str:
    if "maxItems" in clause:
        return f"there are no {name}"
    if "minItems" in clause:
        return f"there are {name}"
    values = [clause["const"]] if "const" in clause else clause["enum"]
    text = f"{name} is {show_value(values[0])}" if len(values) == 1 else f"{name} is one of {show_values(values)}"
    return text if required else text + " or absent"

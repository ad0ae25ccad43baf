"""Values, lists of legal values and conditions as text for messages, hints and tables (floor 1)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from cannon_spec.nearest import find_nearest
from cannon_spec.printable import escape_unprintable
from cannon_spec.redaction import redact, redact_start

_LONGEST = 60

Node = Mapping[str, Any]

_encode = json.JSONEncoder(ensure_ascii=False).encode


def suggest_values(value: Any, legal: Sequence[Any], what: str = "legal here", meant: Any = None) -> str:
    """The legal values, and the one of them that ``value`` most likely meant: ``meant`` where that is known."""
    if meant is not None:
        return f"did you mean {show_value(meant)}? {what}: {show_values(legal)}"
    return _suggest(value[:_LONGEST] if isinstance(value, str) else None, tuple(legal), what)


@lru_cache(maxsize=1024)
def _suggest(word: str | None, legal: tuple[Any, ...], what: str) -> str:
    listing = f"{what}: {show_values(legal) or 'none'}"
    close = None if word is None else find_nearest(word, [each for each in legal if isinstance(each, str)])
    return listing if close is None else f"did you mean {show_value(close)}? {listing}"


def describe_condition(node: Node, parent: str = "") -> str:
    """An ``if`` of our schemas in words: ``aspect_ratio is "1:1" and there are no reference_image_urls``.

    ``parent`` is the field whose object it judges, empty for the document.
    """
    required_names, properties = node.get("required", ()), node.get("properties", {})
    clauses = [
        _describe_clause(join_field(parent, name), clause, name in required_names)
        for name, clause in properties.items()
        if clause is not False
    ]
    present_names = [name for name in required_names if name not in properties]
    absent_names = [name for name, clause in properties.items() if clause is False]
    absent_names += node.get("not", {}).get("required", ())
    clauses += _describe_presence(present_names, "present", parent) + _describe_presence(absent_names, "absent", parent)
    return " and ".join(clauses)


def _describe_presence(names: Sequence[str], state: str, parent: str) -> list[str]:
    """``a is present``, or ``a, b and c are present``; nothing for no fields."""
    fields = [join_field(parent, name) for name in names]
    return [f"{join_words(fields, 'and')} {'is' if len(fields) == 1 else 'are'} {state}"] if fields else []


def list_condition_fields(node: Node, parent: str = "") -> list[str]:
    """The fields that an ``if`` of our schemas judges."""
    absent = node.get("not", {}).get("required", ())
    names = dict.fromkeys((*node.get("properties", {}), *node.get("required", ()), *absent))
    return [join_field(parent, name) for name in names]


def join_field(parent: str, name: str) -> str:
    """A field of an object as a reader names it: ``layout.width``, or ``prompt`` at the top."""
    return f"{parent}.{name}" if parent else name


def join_path(path: Iterable[str | int]) -> str:
    """A place as a reader names it: ``shots[1].duration``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def show_value(value: Any) -> str:
    """A value as JSON, cut where it is long, without what has the form of a secret."""
    if isinstance(value, (dict, list)) and value:
        return f"an array of {format_count(len(value), 'item')}" if isinstance(value, list) else _describe_object(value)
    if isinstance(value, str):
        value = redact_start(value, _LONGEST + 1)
    return _cut(_encode(value))


def show_values(values: Iterable[Any]) -> str:
    """Values as JSON, separated by commas."""
    return ", ".join(map(show_value, values))


def show_json(value: Any) -> str:
    """A value as JSON in full, cut where the text is long, without what has the form of a secret."""
    return _cut(redact(_encode(value)))


def format_count(number: float, noun: str) -> str:
    """``1 item``, ``2 items``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def add_others(message: str, count: int) -> str:
    """A message on one value that stands for ``count`` of them; the message itself where it is the only one."""
    return message if count == 1 else f"{message}; the same holds for {count - 1} more"


def join_words(words: Iterable[str], conjunction: str) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *others, last = list(words) or [""]
    return f"{', '.join(others)} {conjunction} {last}" if others else last


def _describe_object(value: Mapping[str, Any]) -> str:
    return f"an object of {format_count(len(value), 'field')}"


def _cut(text: str) -> str:
    text = escape_unprintable(text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _describe_clause(name: str, clause: Node, is_required: bool) -> str:
    if "maxItems" in clause:
        return f"{name} is empty" if is_required else f"there are no {name}"
    text = f"there are {name}" if "minItems" in clause else f"{name} is {_describe_values(clause)}"
    return text if is_required else text + " or absent"


def _describe_values(clause: Node) -> str:
    if "not" in clause:
        return f"not {_describe_values(clause['not'])}"
    if "const" in clause or "enum" in clause:
        values = [clause["const"]] if "const" in clause else clause["enum"]
        return show_value(values[0]) if len(values) == 1 else f"one of {show_values(values)}"
    if len(clause) == 1:
        return f"{clause['minimum']} or more" if "minimum" in clause else f"{clause['maximum']} or less"
    return f"between {clause['minimum']} and {clause['maximum']}"

"""A violation in words, and what would be legal: made from keyword and values, never an engine's text (floor 1)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from cannon_spec.nearest import nearest

_LONGEST = 60
_TYPES = {
    "object": "an object",
    "array": "an array",
    "string": "a string",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
}

Node = Mapping[str, Any]

_encode = json.JSONEncoder(ensure_ascii=False).encode


def message(keyword: str, node: Node, value: Any, title: str, condition: str) -> str:
    """What is wrong. ``value`` stands at the finding's path; for a missing property it is the property's name."""
    return _MESSAGES[keyword](node, value, title) + (f" when {condition}" if condition else "")


def hint(keyword: str, node: Node, value: Any, legal: Sequence[str | None] | None) -> str:
    """What would be legal. ``legal`` are the values left when every rule that refused is counted together."""
    if legal:
        return meant(value, legal)
    return _HINTS[keyword](node, value)


def meant(value: Any, legal: Sequence[str | None], what: str = "legal here") -> str:
    """The legal values, and the one of them that ``value`` most likely meant."""
    return _meant(value[:_LONGEST] if isinstance(value, str) else None, tuple(legal), what)


@lru_cache(maxsize=1024)
def _meant(word: str | None, legal: tuple[str | None, ...], what: str) -> str:
    listed = f"{what}: {quoted(legal) or 'none'}"
    close = None if word is None else nearest(word, [each for each in legal if each is not None])
    return listed if close is None else f"did you mean {shown(close)}? {listed}"


def condition(node: Node) -> str:
    """An ``if`` of our schemas in words: ``aspect_ratio is "1:1" and there are no reference_image_urls``."""
    required = node.get("required", ())
    return " and ".join(_clause(name, clause, name in required) for name, clause in node["properties"].items())


def asked(keyword: str, value: Any) -> str:
    """What a rule asks, without the field it asks it of: ``one of "1K", "2K"``, ``at most 16 entries``."""
    return _ASKED[keyword](value)


def shown(value: Any) -> str:
    """A value as JSON, cut where it is long."""
    if isinstance(value, (dict, list)) and value:
        return f"{'an object' if isinstance(value, dict) else 'an array'} of {len(value)}"
    if isinstance(value, str):
        value = value[: _LONGEST + 1]
    return _cut(_encode(value))


def printable(text: str) -> str:
    """``text`` with what would break a line or move a cursor written as JSON escapes."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text)


def quoted(values: Iterable[str | None]) -> str:
    """Values as JSON, separated by commas."""
    return ", ".join(map(shown, values))


def _cut(text: str) -> str:
    text = printable(text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _clause(name: str, clause: Mapping[str, Any], required: bool) -> str:
    if "maxItems" in clause:
        return f"there are no {name}"
    if "minItems" in clause:
        return f"there are {name}"
    values = [clause["const"]] if "const" in clause else clause["enum"]
    text = f"{name} is {shown(values[0])}" if len(values) == 1 else f"{name} is one of {quoted(values)}"
    return text if required else text + " or absent"


def _types(node: Node) -> str:
    types = node["type"]
    return " or ".join(_TYPES[name] for name in ([types] if isinstance(types, str) else types))


def _length(value: Any, noun: str) -> str:
    return f"has {_plural(len(value), noun)}" if value else "is empty"


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _example(node: Node) -> str:
    return f"for example {_cut(_encode(node['examples'][0]))}" if node.get("examples") else ""


def _type_hint(node: Node, _value: Any) -> str:
    example = _example(node)
    return f"send {_types(node)}" + (f", {example}" if example else "")


def _missing_hint(node: Node, name: Any) -> str:
    example = _example(node.get("properties", {}).get(name, {}))
    return f"add {shown(name)}" + (f", {example}" if example else "")


def _unknown_hint(node: Node, name: Any) -> str:
    return meant(name, list(node.get("properties", {})), "fields")


_MESSAGES: dict[str, Callable[[Node, Any, str], str]] = {
    "type": lambda node, value, title: f"{shown(value)} is not {_types(node)}",
    "enum": lambda node, value, title: f"{shown(value)} is not accepted for {title}",
    "const": lambda node, value, title: f"{shown(value)} is not {shown(node['const'])}, as {title} has it",
    "required": lambda node, name, title: f"{title} lacks {shown(name)}",
    "additionalProperties": lambda node, name, title: f"{shown(name)} is not a field of {title}",
    "minLength": lambda node, value, title: (
        f"the text {_length(value, 'character')}; {title} needs at least {node['minLength']}"
    ),
    "maxLength": lambda node, value, title: (
        f"the text has {_plural(len(value), 'character')}; {title} takes at most {node['maxLength']}"
    ),
    "minItems": lambda node, value, title: (
        f"the list {_length(value, 'item')}; {title} needs at least {node['minItems']}"
    ),
    "maxItems": lambda node, value, title: (
        f"the list has {_plural(len(value), 'item')}; {title} takes at most {node['maxItems']}"
    ),
    "minimum": lambda node, value, title: f"{shown(value)} is less than {node['minimum']}",
    "maximum": lambda node, value, title: f"{shown(value)} is more than {node['maximum']}",
    "pattern": lambda node, value, title: f"{shown(value)} is not {node.get('title', 'of the form asked for')}",
}

_HINTS: dict[str, Callable[[Node, Any], str]] = {
    "type": _type_hint,
    "enum": lambda node, value: "no value is legal here: change what the condition names",
    "const": lambda node, value: f"legal here: {shown(node['const'])}",
    "required": _missing_hint,
    "additionalProperties": _unknown_hint,
    "minLength": lambda node, value: f"write at least {_plural(node['minLength'], 'character')}",
    "maxLength": lambda node, value: f"shorten it to {_plural(node['maxLength'], 'character')}",
    "minItems": lambda node, value: f"send at least {_plural(node['minItems'], 'item')}",
    "maxItems": lambda node, value: f"leave out {len(value) - node['maxItems']}, so that {node['maxItems']} remain",
    "minimum": lambda node, value: f"send {node['minimum']} or more",
    "maximum": lambda node, value: f"send {node['maximum']} or less",
    "pattern": lambda node, value: (
        f"send {node.get('title', 'text of that form')}" + (f", {_example(node)}" if _example(node) else "")
    ),
}

_ASKED: dict[str, Callable[[Any], str]] = {
    "type": lambda value: _types({"type": value}),
    "enum": lambda value: f"one of {quoted(value)}",
    "const": shown,
    "required": lambda value: f"with {quoted(value)}",
    "additionalProperties": lambda value: "no other field",
    "minLength": lambda value: f"at least {_plural(value, 'character')}",
    "maxLength": lambda value: f"at most {_plural(value, 'character')}",
    "minItems": lambda value: f"at least {_plural(value, 'item')}",
    "maxItems": lambda value: f"at most {_plural(value, 'item')}",
    "minimum": lambda value: f"{value} or more",
    "maximum": lambda value: f"{value} or less",
    "pattern": lambda value: f"text like {value}",
}

KEYWORDS = frozenset(_MESSAGES)
"""The keywords that have words; each word that constrains must be among them."""

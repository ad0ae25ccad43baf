"""The words of JSON Schema that constrain a value, one record each (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cannon_spec.contract.wording import show_json, show_value, show_values, suggest_values

Node = Mapping[str, Any]

_TYPES = {
    "object": "an object",
    "array": "an array",
    "string": "a string",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
}


def describe_violation(keyword: str, node: Node, value: Any, title: str, condition: str) -> str:
    """What is wrong. ``value`` stands at the finding's path; for a missing property it is the property's name."""
    return _MESSAGES[keyword](node, value, title) + (f" when {condition}" if condition else "")


def describe_legal(keyword: str, node: Node, value: Any, legal: Sequence[str | None] | None) -> str:
    """What would be legal. ``legal`` are the values left when every rule that refused is counted together."""
    if legal:
        return suggest_values(value, legal)
    return _HINTS[keyword](node, value)


def describe_requirement(keyword: str, value: Any) -> str:
    """What a rule asks, without the field it asks it of: ``one of "1K", "2K"``, ``at most 16 entries``."""
    return _ASKED[keyword](value)


def _types(node: Node) -> str:
    types = node["type"]
    return " or ".join(_TYPES[name] for name in ([types] if isinstance(types, str) else types))


def _length(value: Any, noun: str) -> str:
    return f"has {_plural(len(value), noun)}" if value else "is empty"


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _example(node: Node) -> str:
    return f"for example {show_json(node['examples'][0])}" if node.get("examples") else ""


def _type_hint(node: Node, _value: Any) -> str:
    example = _example(node)
    return f"send {_types(node)}" + (f", {example}" if example else "")


def _missing_hint(node: Node, name: Any) -> str:
    example = _example(node.get("properties", {}).get(name, {}))
    return f"add {show_value(name)}" + (f", {example}" if example else "")


def _unknown_hint(node: Node, name: Any) -> str:
    return suggest_values(name, list(node.get("properties", {})), "fields")


_MESSAGES: dict[str, Callable[[Node, Any, str], str]] = {
    "type": lambda node, value, title: f"{show_value(value)} is not {_types(node)}",
    "enum": lambda node, value, title: f"{show_value(value)} is not accepted for {title}",
    "const": lambda node, value, title: f"{show_value(value)} is not {show_value(node['const'])}, as {title} has it",
    "required": lambda node, name, title: f"{title} lacks {show_value(name)}",
    "additionalProperties": lambda node, name, title: f"{show_value(name)} is not a field of {title}",
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
    "minimum": lambda node, value, title: f"{show_value(value)} is less than {node['minimum']}",
    "maximum": lambda node, value, title: f"{show_value(value)} is more than {node['maximum']}",
    "pattern": lambda node, value, title: f"{show_value(value)} is not {node.get('title', 'of the form asked for')}",
}

_HINTS: dict[str, Callable[[Node, Any], str]] = {
    "type": _type_hint,
    "enum": lambda node, value: "no value is legal here: change what the condition names",
    "const": lambda node, value: f"legal here: {show_value(node['const'])}",
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
    "enum": lambda value: f"one of {show_values(value)}",
    "const": show_value,
    "required": lambda value: f"with {show_values(value)}",
    "additionalProperties": lambda value: "no other field",
    "minLength": lambda value: f"at least {_plural(value, 'character')}",
    "maxLength": lambda value: f"at most {_plural(value, 'character')}",
    "minItems": lambda value: f"at least {_plural(value, 'item')}",
    "maxItems": lambda value: f"at most {_plural(value, 'item')}",
    "minimum": lambda value: f"{value} or more",
    "maximum": lambda value: f"{value} or less",
    "pattern": lambda value: f"text like {value}",
}

CONSTRAINTS = tuple(_MESSAGES)
"""The words of a schema that refuse a value; each names its claim under ``x-evidence``."""

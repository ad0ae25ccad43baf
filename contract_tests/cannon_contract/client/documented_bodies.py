"""Create bodies like those of the vendor's examples: no other body must be accepted by another's server (floor 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cannon_spec import Catalog
from cannon_spec.contract.catalog import Operation
from cannon_spec.contract.keywords import satisfies

_LIMITS = ("enum", "const", "format")

_SAMPLE_TEXT = "A text: of no form, 😀"
"""A pattern that takes this text takes nearly any: it only bars such as white space alone."""


def is_documented_body(catalog: Catalog, body: Any) -> bool:
    """Whether a create body is that of an example on the vendor's pages, but for the words of its texts."""
    operation = catalog.operations.get(str(body.get("operation"))) if isinstance(body, Mapping) else None
    if operation is None or not operation.is_covered:
        return False
    texts = list_texts(catalog, operation)
    input = _leave_out(body["input"], texts)
    return any(
        input == _leave_out(each, texts) and body["input"].keys() == each.keys()
        for each in catalog.documented_inputs_of(operation.id)
    )


def list_sources(input: Mapping[str, Any]) -> list[str]:
    """List the fields of an input that name what the target must find elsewhere: files by address, ids of the vendor's.

    The ones in the vendor's examples exist nowhere, so a target may refuse them.
    """
    return [name for name, value in input.items() if name.endswith("_id") or _has_address(value)]


def _has_address(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_address, value.values()))
    if isinstance(value, list):
        return any(map(_has_address, value))
    return isinstance(value, str) and value.startswith(("http://", "https://"))


def list_texts(catalog: Catalog, operation: Operation) -> set[str]:
    """List the fields of an input that take any text."""
    properties = catalog.input_schema_of(operation)["properties"]
    return {name for name, node in properties.items() if node.get("type") == "string" and not _is_limited(name, node)}


def _is_limited(name: str, node: Mapping[str, Any]) -> bool:
    return name == "model" or any(word in node for word in _LIMITS) or not satisfies(node, _SAMPLE_TEXT)


def _leave_out(input: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in input.items() if name not in names}

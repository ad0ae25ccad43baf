"""What the text of a cell means, by the types that the schema of its field allows (floor 2)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cannon_spec import document
from cannon_spec.contract.catalog import Catalog
from cannon_spec.errors import NotJSON

Types = frozenset[str] | None
CellTypes = Callable[[str, Sequence[str]], Types]
"""The JSON types that an operation allows at the path of a field; None where any is."""

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_WORDS = {"true": True, "false": False}
_TEXT = frozenset({"string"})
_NUMBERS = frozenset({"number", "integer"})
_CONTAINERS = frozenset({"array", "object"})


def find_types(catalog: Catalog, operation: str, path: Sequence[str]) -> Types:
    """The JSON types that the schema of an operation allows at a path: text where it knows no such field."""
    known_operation = catalog.operations.get(operation)
    if known_operation is None or known_operation.input is None:
        return _TEXT
    node: Mapping[str, Any] = catalog.input_schema_of(known_operation)
    for part in path:
        node = node.get("properties", {}).get(part)
        if node is None:
            return _TEXT
    types = node.get("type")
    return None if types is None else frozenset([types] if isinstance(types, str) else types)


def read_cell(text: str, types: Types) -> Any:
    """The value of a cell: of the first kind that its text has the form of and that the types allow, else the text.

    A list or an object is JSON. For a list any other text is its one item. Raises NotJSON for what starts as a list or
    an object and is not JSON.
    """
    word = text.strip()
    if word[:1] in ("[", "{") and _allows(types, _CONTAINERS):
        try:
            return document.loads(word)
        except NotJSON:
            if types is not None:
                raise
    if word.lower() in _WORDS and _allows(types, {"boolean"}):
        return _WORDS[word.lower()]
    if _NUMBER.fullmatch(word) and _allows(types, _NUMBERS) and math.isfinite(float(word)):
        return json.loads(word)
    return [text] if types is not None and "array" in types else text


def _allows(types: Types, kinds: frozenset[str] | set[str]) -> bool:
    return types is None or not types.isdisjoint(kinds)

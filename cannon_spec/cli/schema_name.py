"""The member that tells an editor the schema of a document; it is never judged or sent (floor 2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cannon_spec.patch import PatchOperation

_NAME = "$schema"


def drop_schema_name(value: Any) -> Any:
    """A document without the name of its schema."""
    if not isinstance(value, dict) or not isinstance(value.get(_NAME), str):
        return value
    return {name: member for name, member in value.items() if name != _NAME}


def keep_schema_name(old_value: Any, value: Any) -> Iterator[PatchOperation]:
    """Put the name of the schema back where a fix exchanged the object that has it."""
    if isinstance(old_value, dict) and isinstance(value, dict) and _NAME in old_value and _NAME not in value:
        yield {"op": "add", "path": f"/{_NAME}", "value": old_value[_NAME]}

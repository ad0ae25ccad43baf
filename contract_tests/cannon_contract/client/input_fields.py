"""Changes of the fields of an input, the same for the plan of a run and for what its tests send (floor 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def change_fields(input: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Copy an input with other values of some fields. None leaves a field out."""
    return {name: value for name, value in {**input, **changes}.items() if value is not None}

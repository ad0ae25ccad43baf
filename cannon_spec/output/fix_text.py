"""What the fix of a finding does, in words (floor 2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cannon_spec.contract.wording import show_value
from cannon_spec.finding import Patch
from cannon_spec.patch import PatchOperation
from cannon_spec.pointer import follow, from_pointer
from cannon_spec.printable import escape_unprintable


def describe_fix(fix: Patch, value: Any) -> str:
    """What a fix changes in ``value``: ``/input/aspect_ratio "16x9" -> "16:9"``."""
    # An empty object is only the place of what the next operations move.
    return ", ".join(_DESCRIPTIONS[each["op"]](each, value) for each in fix if each.get("value") != {})


def _describe_add(operation: PatchOperation, _: Any) -> str:
    return f"{_show_place(operation['path'])} {show_value(operation['value'])} added"


def _describe_remove(operation: PatchOperation, _: Any) -> str:
    return f"{_show_place(operation['path'])} removed"


def _describe_replace(operation: PatchOperation, value: Any) -> str:
    try:
        old_value = show_value(follow(value, from_pointer(operation["path"]))) + " "
    except LookupError:  # an earlier operation of the same fix puts it there
        old_value = ""
    return f"{_show_place(operation['path'])} {old_value}-> {show_value(operation['value'])}"


def _describe_move(operation: PatchOperation, _: Any) -> str:
    return f"{_show_place(operation['from'])} -> {_show_place(operation['path'])}"


_DESCRIPTIONS: Mapping[str, Callable[[PatchOperation, Any], str]] = {
    "add": _describe_add,
    "remove": _describe_remove,
    "replace": _describe_replace,
    "move": _describe_move,
}


def _show_place(pointer: str) -> str:
    return escape_unprintable(pointer) or "the document"

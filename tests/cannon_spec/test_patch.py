"""JSON Patches on values."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_spec.patch import apply_patch, trace_back
from tests.support.effort import examples
from tests.support.patches import patches
from tests.support.payloads import values


@examples(200)
@given(st.data())
def test_a_patch_does_what_the_rfc_says(data: st.DataObject) -> None:
    """A patched value is the one that an independent library makes of it, and the value itself stays as it is."""
    value = data.draw(values)
    patch = data.draw(patches(value))
    before = copy.deepcopy(value)
    expected = jsonpatch.apply_patch(value, patch)
    assert json.dumps(apply_patch(value, patch), sort_keys=True) == json.dumps(expected, sort_keys=True)
    assert json.dumps(value) == json.dumps(before)


def test_a_renamed_member_keeps_its_place() -> None:
    """A member that gets another name stays between its neighbours."""
    patch = [{"op": "move", "from": "/a/y", "path": "/a/w"}]
    assert list(apply_patch({"a": {"x": 1, "y": 2, "z": 3}}, patch)["a"]) == ["x", "w", "z"]


def test_a_place_is_traced_back_through_moves() -> None:
    """Where a value stood before a patch is found, also when it was moved twice or with the object around it."""
    patch = [
        {"op": "move", "from": "/request", "path": ""},
        {"op": "replace", "path": "/a", "value": 1},
        {"op": "move", "from": "/b", "path": "/c/d"},
        {"op": "move", "from": "/c/d", "path": "/c/e"},
    ]
    pointers = ("", "/a", "/c/e", "/c/e/x", "/c/ex")
    assert [trace_back(pointer, patch) for pointer in pointers] == [
        "/request", "/request/a", "/request/b", "/request/b/x", "/request/c/ex",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "/b"},
        {"op": "remove", "path": ""},
        {"op": "replace", "path": "/b", "value": 1},
        {"op": "replace", "path": "/a/2", "value": 1},
        {"op": "add", "path": "/b/c", "value": 1},
        {"op": "add", "path": "/a/3", "value": 1},
        {"op": "add", "path": "/a/x", "value": 1},
        {"op": "add", "path": "/n/x", "value": 1},
        {"op": "move", "from": "/b", "path": "/c"},
        {"op": "move", "from": "/o", "path": "/o/p"},
        {"op": "move", "from": "", "path": "/o/q"},
    ],
)
def test_a_patch_of_other_places_is_refused(operation: dict[str, Any]) -> None:
    """A patch that names a place which the value does not have raises LookupError."""
    with pytest.raises(LookupError):
        apply_patch({"a": [1, 2], "n": 1, "o": {"p": {}}}, [operation])

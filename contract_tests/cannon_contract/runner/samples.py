"""The cases that a run of several operations takes: of those that show the same, the first (floor 6)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def find_repeated_cases(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Find the cases that show what an earlier case of the same test shows: their marks ``sample`` have one key."""
    first_cases: dict[Any, pytest.Item] = {}
    return [
        item for item in items if (key := _find_key(item)) is not None and first_cases.setdefault(key, item) is not item
    ]


def _find_key(item: pytest.Item) -> tuple[Any, ...] | None:
    """The test of a case, what the case shows, and what wraps the mock; None for a case that shows more than others."""
    mark = item.get_closest_marker("sample")
    if mark is None:
        return None
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    return item.nodeid.partition("[")[0], mark.args, parameters.get("mock_wrapper")

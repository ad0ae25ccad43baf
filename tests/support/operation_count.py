"""How many operations of Python a piece of work takes: a count that no clock and no busy machine changes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

MOST_GROWTH = 2.5
"""How many times the operations twice the input may take: a little more than twice, for what is done once."""


def count_operations(work: Callable[[], object]) -> int:
    """How many lines and calls, also calls of built-in functions, a piece of work executes."""
    count = 0

    def count_line(_frame: FrameType, _event: str, _argument: Any) -> Any:
        nonlocal count
        count += 1
        return count_line

    def count_call(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal count
        count += event == "c_call"

    former_trace, former_profile = sys.gettrace(), sys.getprofile()
    sys.settrace(count_line)
    sys.setprofile(count_call)
    try:
        work()
    finally:
        sys.setprofile(former_profile)
        sys.settrace(former_trace)
    return count

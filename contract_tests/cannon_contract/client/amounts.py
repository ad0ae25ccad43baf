"""Numbers that a target sends, and amounts of credits (floor 6)."""

from __future__ import annotations

import math


def to_number(value: object) -> float | None:
    """A number that a double can hold; None for whatever else stands in its place."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def to_credits(value: object) -> float | None:
    """A number of credits that something can cost; None for whatever else stands in its place."""
    number = to_number(value)
    return None if number is None or number < 0 else number

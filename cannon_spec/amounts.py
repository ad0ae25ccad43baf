"""Numbers of JSON and amounts of credits, checked (floor 1, pure)."""

from __future__ import annotations

import math


def to_number(value: object) -> float | None:
    """A JSON number as a finite float; None for any other value."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def to_credits(value: object) -> float | None:
    """A JSON number as credits, 0 or more; None for any other value."""
    number = to_number(value)
    return None if number is None or number < 0 else number


def round_credits(credits: float) -> float:
    """Round a sum or a difference of credits to six decimals, so that three times 0.1 is 0.3."""
    return round(credits, 6)

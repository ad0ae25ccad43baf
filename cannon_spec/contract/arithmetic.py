"""Exact arithmetic on the numbers of JSON, which are decimals: 0.3 is three times 0.1 (floor 1, pure)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fractions import Fraction

Number = int | float


def is_number(value: Any) -> bool:
    """Whether a value is a number in JSON: true and false are none, although Python counts them as integers."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def to_fraction(number: Number) -> Fraction:
    """The decimal that a number is written as, exactly: the float 0.1 is a tenth, not its nearest binary fraction."""
    from fractions import Fraction  # late: its import takes 3 ms, and few payloads need it

    return Fraction(number if isinstance(number, int) else repr(number))


def to_number(fraction: Fraction) -> Number:
    """A fraction as a number of JSON: an integer where it is whole."""
    return fraction.numerator if fraction.denominator == 1 else float(fraction)


def is_multiple(value: Number, step: Number) -> bool:
    """Whether a number is a whole number of steps."""
    if isinstance(value, int) and isinstance(step, int):
        return value % step == 0
    return (to_fraction(value) / to_fraction(step)).denominator == 1


def find_common_multiple(steps: Iterable[Fraction]) -> Fraction:
    """The least number that is a multiple of each step; 1 without steps."""
    fractions = list(steps)
    denominator = math.lcm(*(each.denominator for each in fractions))
    return to_fraction(math.lcm(*((each * denominator).numerator for each in fractions))) / denominator


def find_multiples_around(value: Number, step: Number) -> tuple[Number, Number]:
    """The multiples of a step next to a number: the highest that is not above it, and the one after that."""
    exact_step = to_fraction(step)
    below = to_fraction(value) // exact_step * exact_step
    return to_number(below), to_number(below + exact_step)


def normalise_value(value: Number, legal: Iterable[Number]) -> Number:
    """The legal number that is nearest to a value; the lower one of two that are equally near."""
    exact_value = to_fraction(value)
    return min(legal, key=lambda each: (abs(to_fraction(each) - exact_value), each))

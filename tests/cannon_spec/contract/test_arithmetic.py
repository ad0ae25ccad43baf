"""Arithmetic on numbers of JSON: decimals are meant as they are written."""

from __future__ import annotations

from fractions import Fraction

import pytest

from cannon_spec.contract.arithmetic import (
    find_common_multiple,
    find_multiples_around,
    normalise_value,
    to_fraction,
    to_number,
)


@pytest.mark.parametrize(
    ("value", "legal", "nearest"),
    [
        (7, [4, 8, 12], 8),
        (5, [12, 8, 4], 4),
        (6, [4, 8, 12], 4),
        (10.0, [12, 8, 4], 8),
        (10.01, [4, 8, 12], 12),
        (8, [4, 8, 12], 8),
        (-100, [4, 8], 4),
        (0.15, [0.2, 0.1], 0.1),
        (0.35, [0.3, 0.4], 0.3),
        (10**300, [4, 8.5], 8.5),
        (1e300, [4, 8], 8),
        (5, [5.5, 4.5], 4.5),
        (9, [7], 7),
    ],
)
def test_a_value_becomes_the_nearest_legal_one(value: float, legal: list[float], nearest: float) -> None:
    """A number is normalised to the legal one that is nearest, as decimals; of two equally near ones to the lower."""
    assert normalise_value(value, legal) == nearest


@pytest.mark.parametrize(
    ("steps", "multiple"),
    [([], 1), ([8], 8), ([4, 6], 12), ([0.01], 0.01), ([0.1, 0.25], 0.5), ([0.3, 2], 6), ([0.01, 1], 1)],
)
def test_steps_have_a_least_common_multiple(steps: list[float], multiple: float) -> None:
    """The common multiple is a whole number of each step, and no smaller number is."""
    exact_steps = list(map(to_fraction, steps))
    found_multiple = find_common_multiple(exact_steps)
    assert found_multiple == to_fraction(multiple)
    for part in (2, 3, 5):
        assert any((found_multiple / part / step).denominator > 1 for step in exact_steps or [Fraction(1)])


@pytest.mark.parametrize(
    ("value", "step", "around"),
    [
        (0.125, 0.01, (0.12, 0.13)),
        (-0.5, 8, (-8, 0)),
        (1, 0.3, (0.9, 1.2)),
        (2.5, 1, (2, 3)),
        (2**64, 3, (2**64 - 1, 2**64 + 2)),
    ],
)
def test_multiples_around_a_number(value: float, step: float, around: tuple[float, float]) -> None:
    """The two multiples next to a number are exact, whole ones as integers, at any size."""
    assert find_multiples_around(value, step) == around
    assert [type(each) for each in find_multiples_around(value, step)] == [type(each) for each in around]


@pytest.mark.parametrize("number", [0.1, 0.30000000000000004, 5e-324, -2.5, 7, 2**70])
def test_a_number_survives_as_a_fraction(number: float) -> None:
    """A number as a fraction is its decimal, and becomes the same number again."""
    assert to_number(to_fraction(number)) == number
    assert to_fraction(number) == Fraction(str(number))

"""Two things measured side by side: A B, B A, A B, …, so that a noisy machine disturbs both alike."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter

Measurement = Callable[[], float]


class NotMeasured(Exception):
    """Something could not be measured; the text says why."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The medians of two measurements, and the median of their ratios round by round."""

    a: float
    b: float
    ratio: float


def interleaved(what: str, a: Measurement, b: Measurement, *, rounds: int) -> Pair:
    """Take ``a`` and ``b`` in turn; each round starts with the other one. A first round of both is thrown away."""
    print(f"measuring {what}", file=sys.stderr, flush=True)
    a(), b()
    taken = []
    for number in range(rounds):
        if number % 2:
            second, first = b(), a()
        else:
            first, second = a(), b()
        taken.append((first, second))
    return Pair(
        a=median(first for first, _ in taken),
        b=median(second for _, second in taken),
        ratio=median(first / second for first, second in taken),
    )


def seconds_per_call(function: Callable[[], object], *, at_least: float = 0.05) -> Measurement:
    """A measurement of one call, taken over so many calls that they last ``at_least`` seconds."""
    calls = 1
    while _lasting(function, calls) < at_least:
        calls *= 2
    return lambda: _lasting(function, calls) / calls


def _lasting(function: Callable[[], object], calls: int) -> float:
    started = perf_counter()
    for _ in range(calls):
        function()
    return perf_counter() - started

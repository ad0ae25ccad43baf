"""Two things measured side by side: A B, B A, A B, …, so that a noisy machine disturbs both alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import process_time

Measurement = Callable[[], float]


class NotMeasured(Exception):
    """Something could not be measured; the text says why."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The medians of two measurements, and the median of their ratios round by round.

    ``peer`` and ``ratio`` are None where there is nothing to compare with.
    """

    ours: float
    peer: float | None = None
    ratio: float | None = None


def compare(ours: float, peer: float) -> Pair:
    """A pair of two figures that were measured once."""
    return Pair(ours, peer, ours / peer)


def interleave(ours: Measurement, peer: Measurement, *, rounds: int) -> Pair:
    """Take both in turn; each round starts with the other one. A first round of both is thrown away."""
    ours(), peer()
    taken = []
    for number in range(rounds):
        if number % 2:
            second, first = peer(), ours()
        else:
            first, second = ours(), peer()
        taken.append((first, second))
    return Pair(
        ours=median(first for first, _ in taken),
        peer=median(second for _, second in taken),
        ratio=median(first / second for first, second in taken),
    )


def time_calls(function: Callable[[], object], *, at_least_s: float) -> Measurement:
    """A measurement of the seconds of one call, taken over so many calls that they last ``at_least_s``.

    Only the processor's time counts, so that other processes do not disturb it.
    """
    calls = 1
    while _time(function, calls) < at_least_s:
        calls *= 2
    return lambda: _time(function, calls) / calls


def _time(function: Callable[[], object], calls: int) -> float:
    began = process_time()
    for _ in range(calls):
        function()
    return process_time() - began

"""A request's way from queued to its end, as a value and a clock reading (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Outcome = Literal["succeeded", "failed"]

FOREVER_MS = 2**52
"""A time that does not come: the end of a request that is stuck. Exact as a floating-point number too."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """When a request was created, when work on it starts and ends (epoch milliseconds), and how it ends."""

    created_ms: int
    started_ms: int
    ended_ms: int
    outcome: Outcome

    def __post_init__(self) -> None:
        if not self.created_ms <= self.started_ms <= self.ended_ms:
            raise ValueError(f"a timeline runs forward: {self.created_ms}, {self.started_ms}, {self.ended_ms}")


def status_at(timeline: Timeline, now_ms: int) -> str:
    """queued, processing, or the outcome."""
    if now_ms >= timeline.ended_ms:
        return timeline.outcome
    return "processing" if now_ms >= timeline.started_ms else "queued"


def is_terminal(lifecycle: Mapping[str, Any], status: str) -> bool:
    """Whether a request in this status has ended."""
    return status in lifecycle["terminal"]


def may_follow(lifecycle: Mapping[str, Any], before: str, after: str) -> bool:
    """Whether a poll may see ``after`` when the one before it saw ``before``; states between two polls go unseen."""
    return before == after or after in lifecycle["steps"].get(before, ())

"""Credits as a fold over entries that count from a time on: hold, settle, release (floor 3, pure)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from cannon_spec.contract.lifecycle import Timeline

Kind = Literal["hold", "settle", "release"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement of credits, from ``at_ms`` on."""

    at_ms: int
    kind: Kind
    amount: int


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account has left, has on hold, and has spent. Their sum never changes."""

    available: int
    held_credits: int = 0
    settled_credits: int = 0


def build_entries(timeline: Timeline, amount: int) -> tuple[Entry, Entry]:
    """A hold when the task is created; at its end the hold is settled or released."""
    kind: Kind = "settle" if timeline.outcome == "succeeded" else "release"
    return Entry(timeline.created_ms, "hold", amount), Entry(timeline.ended_ms, kind, amount)


def apply_entries(balance: Balance, movements: Iterable[Entry], now_ms: int) -> Balance:
    """The balance after every entry that counts by ``now_ms``."""
    available, held, settled = balance.available, balance.held_credits, balance.settled_credits
    for entry in movements:
        if entry.at_ms > now_ms:
            continue
        if entry.kind == "hold":
            available, held = available - entry.amount, held + entry.amount
        elif entry.kind == "settle":
            held, settled = held - entry.amount, settled + entry.amount
        else:
            available, held = available + entry.amount, held - entry.amount
    return Balance(available, held, settled)

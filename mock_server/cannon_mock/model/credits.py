"""Credits as the sum of entries that count from a time on: hold, settle, release (floor 3, pure)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from cannon_spec.contract.lifecycle import Timeline

EntryKind = Literal["hold", "settle", "release"]


class Entry(NamedTuple):
    """One movement of credits, which counts from ``at_ms`` on."""

    at_ms: int
    kind: EntryKind
    amount: int


class Balance(NamedTuple):
    """The credits of an account: available, on hold, and spent. No task changes their sum."""

    available: int
    held_credits: int = 0
    settled_credits: int = 0


def build_entries(timeline: Timeline, amount: int) -> tuple[Entry, Entry]:
    """The hold at a task's creation, and at its end the entry that settles or releases it."""
    kind: EntryKind = "settle" if timeline.outcome == "succeeded" else "release"
    return Entry(timeline.created_ms, "hold", amount), Entry(timeline.ended_ms, kind, amount)


def apply_entries(balance: Balance, entries: Iterable[Entry], now_ms: int) -> Balance:
    """The balance after every entry that counts by ``now_ms``."""
    for entry in entries:
        if entry.at_ms <= now_ms:
            balance = _apply_entry(balance, entry)
    return balance


def _apply_entry(balance: Balance, entry: Entry) -> Balance:
    amount = entry.amount
    if entry.kind == "hold":
        return Balance(balance.available - amount, balance.held_credits + amount, balance.settled_credits)
    if entry.kind == "settle":
        return Balance(balance.available, balance.held_credits - amount, balance.settled_credits + amount)
    return Balance(balance.available + amount, balance.held_credits - amount, balance.settled_credits)

"""Small values that all processes of a mock share: its course of time, its rules, its counts (floor 4)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any

from cannon_mock.stores.records import Records, Transaction

_BLOCK = 1000
_MOST_TALLIES = 500


def build_record_name(name: str) -> str:
    """The record that a value is kept in."""
    return f"cell:{name}"


def read(records: Records, name: str, default: Any) -> Any:
    """The value of that name."""
    text = records.get(build_record_name(name))
    return default if text is None else json.loads(text)


def change(records: Records, name: str, default: Any, step: Callable[[Any], Any]) -> Any:
    """Replace a value by what ``step`` makes of it, and give that; nobody else changes it in between."""
    cell = build_record_name(name)

    def work(transaction: Transaction) -> Any:
        text = transaction.get(cell)
        value = step(default if text is None else json.loads(text))
        transaction.put(cell, json.dumps(value, separators=(",", ":")))
        return value

    return records.transact((cell,), work)


def count(records: Records, name: str) -> int:
    """Count ``name`` once more; how often it was counted. Only the names counted last are remembered."""

    def step(tallies: dict[str, int]) -> dict[str, int]:
        seen = tallies.pop(name, 0) + 1
        kept = list(tallies.items())[-_MOST_TALLIES + 1 :]
        return dict([*kept, (name, seen)])

    seen: int = change(records, "tallies", {}, step)[name]
    return seen


def count_in_window(records: Records, name: str, now_ms: int, window_ms: int, most: int) -> int:
    """Count ``name`` now, unless ``most`` were counted in the last ``window_ms``: then how long until one more may be.

    0 where it was counted.
    """
    waits = 0

    def step(windows: dict[str, list[int]]) -> dict[str, list[int]]:
        nonlocal waits
        recent = [at_ms for at_ms in windows.pop(name, []) if at_ms > now_ms - window_ms]
        waits = recent[0] + window_ms - now_ms if len(recent) >= most else 0
        kept = list(windows.items())[-_MOST_TALLIES + 1 :]
        return dict([*kept, (name, recent if waits else [*recent, now_ms])])

    change(records, "windows", {}, step)
    return waits


class Numbers(Iterator[int]):
    """Numbers from 1 on, of which no two processes get the same: each takes a block of them at a time."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._lock = Lock()
        self.forget()

    def forget(self) -> None:
        """Take a new block next time: the store was cleared, or this process is a copy of another."""
        self._left: Iterator[int] = iter(())

    def __next__(self) -> int:
        with self._lock:
            number = next(self._left, None)
            if number is None:
                last = change(self._records, "numbers", 0, lambda before: before + _BLOCK)
                self._left = iter(range(last - _BLOCK + 1, last + 1))
                number = next(self._left)
            return number

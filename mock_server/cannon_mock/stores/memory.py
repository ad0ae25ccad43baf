"""Records in the memory of one process (floor 4)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock
from typing import TypeVar

from cannon_mock.real_time import read_monotonic_ns, read_time_ns
from cannon_mock.stores.records import Transaction

T = TypeVar("T")

_LAST = "\U0010ffff"
"""Sorts after every member of a queue."""

Place = tuple[int, str]
"""Where a member stands in a queue: its time, then its name."""


class _Queue:
    """Places in order. The first leaves in constant time: of a plain list of 100,000 it moves all others."""

    __slots__ = ("view",)

    def __init__(self) -> None:
        # A list, and where the queue starts in it: one value, so that a reader without a lock gets both as they belong.
        self.view: tuple[list[Place], int] = ([], 0)

    def __len__(self) -> int:
        places, start = self.view
        return len(places) - start

    def add(self, place: Place) -> None:
        places, start = self.view
        insort(places, place, start)

    def remove(self, place: Place) -> None:
        places, start = self.view
        index = bisect_left(places, place, start)
        if places[index : index + 1] != [place]:
            return
        if index > start:
            del places[index]
        elif 2 * start < len(places):
            self.view = places, start + 1
        else:
            self.view = places[start + 1 :], 0


class MemoryRecords:
    """Records that end with their process."""

    is_shared = False

    def __init__(self) -> None:
        # One lock for whole transactions. A read outside of one takes no lock: what it returns may be a moment old.
        self._lock = Lock()
        self._records: dict[str, str] = {}
        self._queues: dict[str, _Queue] = {}
        self._logs: dict[str, deque[str]] = {}
        self._offset_ns = read_time_ns() - read_monotonic_ns()

    def transact(self, names: Sequence[str], work: Callable[[Transaction], T]) -> T:
        """See Records."""
        with self._lock:
            return work(self)

    def get(self, name: str) -> str | None:
        """See Reading."""
        return self._records.get(name)

    def put(self, name: str, value: str) -> None:
        """See Transaction."""
        self._records[name] = value

    def drop(self, name: str) -> None:
        """See Transaction."""
        self._records.pop(name, None)

    def add(self, queue: str, at_ms: int, member: str) -> None:
        """See Transaction."""
        places = self._queues.get(queue)
        if places is None:
            places = self._queues[queue] = _Queue()
        places.add((at_ms, member))

    def remove(self, queue: str, at_ms: int, member: str) -> None:
        """See Transaction."""
        places = self._queues.get(queue)
        if places is None:
            return
        places.remove((at_ms, member))
        if not places:  # a queue for each account ever seen would fill the memory of a mock that runs for weeks
            del self._queues[queue]

    def earliest(self, queue: str, until_ms: int, most: int) -> list[Place]:
        """See Reading."""
        places, start = self._view(queue)
        return places[start : min(start + most, bisect_right(places, (until_ms, _LAST), start))]

    def latest(self, queue: str, before: Place | None, most: int) -> list[Place]:
        """See Records."""
        places, start = self._view(queue)
        end = len(places) if before is None else bisect_left(places, before, start)
        return places[max(start, end - most) : end][::-1]

    def _view(self, queue: str) -> tuple[list[Place], int]:
        places = self._queues.get(queue)
        return ([], 0) if places is None else places.view

    def append(self, log: str, value: str, most: int) -> None:
        """See Records."""
        entries = self._logs.get(log)
        if entries is None or entries.maxlen != most:
            entries = self._logs[log] = deque(entries or (), maxlen=most)
        entries.append(value)

    def entries(self, log: str, most: int) -> list[str]:
        """See Records."""
        entries = list(self._logs.get(log, ()))
        return entries[max(0, len(entries) - most) :]

    def get_with_time(self, name: str) -> tuple[str | None, int]:
        """See Records."""
        return self.get(name), self.now_ms()

    def now_ms(self) -> int:
        """See Records. It cannot be set back."""
        return (read_monotonic_ns() + self._offset_ns) // 1_000_000

    def clear(self, log: str | None = None, keep: Sequence[str] = ()) -> None:
        """See Records."""
        with self._lock:
            if log is None:
                self._records = {name: self._records[name] for name in keep if name in self._records}
                self._queues.clear()
                self._logs.clear()
            else:
                self._logs.pop(log, None)

    def close(self) -> None:
        """See Records."""

"""Records in the memory of one process (floor 4)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice, takewhile
from threading import RLock
from typing import TypeVar

from sortedcontainers import SortedList  # type: ignore[import-untyped]

from cannon_mock.real_time import read_monotonic_ns, read_time_ns
from cannon_mock.stores.records import Transaction

T = TypeVar("T")

_LAST = "\U0010ffff"
"""Sorts after every member of a queue."""

Place = tuple[int, str]
"""Where a member stands in a queue: its time, then its name."""


class MemoryRecords:
    """Records that end with their process."""

    is_shared = False

    def __init__(self) -> None:
        # One lock for whole transactions and for queues. To read a record takes no lock: it may be a moment old.
        self._lock = RLock()
        self._records: dict[str, str] = {}
        # In a plain list each of 100,000 places moves when one is put before them.
        self._queues: dict[str, SortedList] = {}
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
            places = self._queues[queue] = SortedList()
        places.add((at_ms, member))

    def remove(self, queue: str, at_ms: int, member: str) -> None:
        """See Transaction."""
        places = self._queues.get(queue)
        if places is None:
            return
        places.discard((at_ms, member))
        if not places:  # a queue for each account ever seen would fill the memory of a mock that runs for weeks
            del self._queues[queue]

    def count(self, queue: str) -> int:
        """See Reading."""
        return len(self._queues.get(queue, ()))

    def earliest(self, queue: str, until_ms: int, most: int) -> list[Place]:
        """See Reading."""
        places = self._queues.get(queue)
        if places is None:
            return []
        with self._lock:
            return list(islice(takewhile((until_ms, _LAST).__gt__, places), most))

    def latest(self, queue: str, before: Place | None, most: int) -> list[Place]:
        """See Records."""
        with self._lock:
            places = self._queues.get(queue)
            if places is None:
                return []
            return list(islice(places.irange(maximum=before, inclusive=(True, False), reverse=True), most))

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

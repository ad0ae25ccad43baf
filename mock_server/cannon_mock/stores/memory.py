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

DEFAULT_MAX_BYTES = 512 * 1024 * 1024

_RECORD_BYTES = 160
"""What a record takes beside the letters of its name and value."""

_PLACE_BYTES = 200
"""What a place in a queue takes, with a member of 40 letters: longer ones are names of records, and have no copy."""

_ENTRY_BYTES = 64
_WIDEST_LETTER = 8
"""Bytes of a letter in a text that is not all ASCII: four as it stands, and four as UTF-8, once it was read as JSON."""

_LAST = "\U0010ffff"
"""Sorts after every member of a queue."""

Place = tuple[int, str]
"""Where a member stands in a queue: its time, then its name."""


class MemoryRecords:
    """Records that end with their process, and take at most ``max_bytes``.

    Bytes are counted as records, places and entries come and go. For what is put where there is no room, entries of
    logs go, the oldest first; to keep room for records is up to the caller.
    """

    is_shared = False

    def __init__(self, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        self.max_bytes = max_bytes
        self._kept_bytes = 0
        self._log_bytes = 0
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
        old_value = self._records.get(name)
        self._records[name] = value
        self._kept_bytes += len(value) if value.isascii() else _measure(value)  # no call for most: a create has some
        self._kept_bytes -= -_RECORD_BYTES - len(name) if old_value is None else _measure(old_value)
        if self._kept_bytes + self._log_bytes > self.max_bytes:
            self._shorten_logs()

    def drop(self, name: str) -> None:
        """See Transaction."""
        value = self._records.pop(name, None)
        if value is not None:
            self._kept_bytes -= _RECORD_BYTES + len(name) + _measure(value)

    def add(self, queue: str, at_ms: int, member: str) -> None:
        """See Transaction."""
        places = self._queues.get(queue)
        if places is None:
            places = self._queues[queue] = SortedList()
        places.add((at_ms, member))
        self._kept_bytes += _PLACE_BYTES
        if self._kept_bytes + self._log_bytes > self.max_bytes:
            self._shorten_logs()

    def remove(self, queue: str, at_ms: int, member: str) -> None:
        """See Transaction."""
        places = self._queues.get(queue)
        if places is None:
            return
        try:
            places.remove((at_ms, member))
        except ValueError:
            return
        self._kept_bytes -= _PLACE_BYTES
        if not places:  # a queue for each account ever seen would fill the memory of a mock that runs for weeks
            del self._queues[queue]

    def count_bytes(self) -> int:
        """See Reading."""
        return self._kept_bytes

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
        with self._lock:
            entries = self._logs.get(log)
            if entries is None:
                entries = self._logs[log] = deque()
            entries.append(value)
            self._log_bytes += _ENTRY_BYTES + _measure(value)
            while len(entries) > most:
                self._forget_entry(entries)
            if self._kept_bytes + self._log_bytes > self.max_bytes:
                self._shorten_logs()

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
                records = {name: self._records[name] for name in keep if name in self._records}
                self._records, self._kept_bytes = {}, 0
                for name, value in records.items():
                    self.put(name, value)
                self._queues.clear()
            for name in [*self._logs] if log is None else [log]:
                entries = self._logs.pop(name, ())
                self._log_bytes -= sum(_ENTRY_BYTES + _measure(entry) for entry in entries)

    def close(self) -> None:
        """See Records."""

    def _shorten_logs(self) -> None:
        """Forget the oldest entries of logs until what is kept is within its bytes, or no entry is left."""
        while self._kept_bytes + self._log_bytes > self.max_bytes and self._log_bytes:
            for entries in self._logs.values():
                if entries:
                    self._forget_entry(entries)

    def _forget_entry(self, entries: deque[str]) -> None:
        self._log_bytes -= _ENTRY_BYTES + _measure(entries.popleft())


def _measure(text: str) -> int:
    """The bytes that the letters of a text take, at most."""
    return len(text) if text.isascii() else _WIDEST_LETTER * len(text)

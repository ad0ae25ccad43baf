"""What a store is built on: named records, queues ordered by time, and bounded logs (floor 4).

Three things keep them: the memory of one process, a SQLite file, a Redis server. None of them knows what a task is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")


class StoreError(Exception):
    """The store cannot be opened or reached; the text says which one and what to do."""


class Reading(Protocol):
    """What can be read, each by itself or within a transaction."""

    def get(self, name: str) -> str | None:
        """The record of that name."""

    def earliest(self, queue: str, until_ms: int, most: int) -> list[tuple[int, str]]:
        """At most ``most`` members of a queue with a time up to ``until_ms``, in order of time, then of name."""


class Transaction(Reading, Protocol):
    """Reads that see what stood before the transaction, and writes that all happen or none.

    Work that raises must do so before it writes.
    """

    def put(self, name: str, value: str) -> None:
        """Set a record."""

    def drop(self, name: str) -> None:
        """Remove a record, if there is one."""

    def add(self, queue: str, at_ms: int, member: str) -> None:
        """Put a member into a queue that does not have it."""

    def remove(self, queue: str, at_ms: int, member: str) -> None:
        """Take a member out of a queue, if it stands there at that time."""


class Records(Reading, Protocol):
    """Records, queues and logs, safe among threads and whoever else shares them."""

    is_shared: bool
    """Whether another process may use the same records."""

    def transact(self, names: Sequence[str], work: Callable[[Transaction], T]) -> T:
        """Do ``work`` as if nobody else were there. ``names`` lists each record and queue that it reads.

        ``work`` may be called again where somebody else was in the way.
        """

    def latest(self, queue: str, before: tuple[int, str] | None, most: int) -> list[tuple[int, str]]:
        """At most ``most`` members, the last first, of those before a place: how a long queue is read page by page."""

    def append(self, log: str, value: str, most: int) -> None:
        """Add an entry to a log, of which the last ``most`` are kept, and at times a few more."""

    def entries(self, log: str, most: int) -> list[str]:
        """The last ``most`` entries of a log, the oldest first."""

    def now_ms(self) -> int:
        """Real time, the same for all who share the records."""

    def clear(self, log: str | None = None, keep: Sequence[str] = ()) -> None:
        """Forget one log, or everything but the records in ``keep``."""

    def close(self) -> None:
        """Let go of files and connections of this process."""

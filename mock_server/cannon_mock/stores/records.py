"""The protocol that a store is built on: named records, queues ordered by time, and bounded logs (floor 4).

There are three implementations: the memory of one process, a SQLite file, a Redis server. None of them knows what a
task is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

T = TypeVar("T")


class StoreError(Exception):
    """The store cannot be opened or used; the message says which one and what to do."""


@dataclass(frozen=True, slots=True)
class StoreFailure:
    """Why a store fails, and what to do.

    ``is_of_writes``: reads go on. ``is_slow``: it takes a time-out until the failure shows.
    """

    problem: str
    advice: str
    is_of_writes: bool = False
    is_slow: bool = False


class StoreUnavailable(StoreError):
    """A store that was opened fails now, and may work again later. ``store`` names it, without a password."""

    def __init__(self, store: str, failure: StoreFailure) -> None:
        super().__init__(store, failure)
        self.store = store
        self.failure = failure

    def __str__(self) -> str:
        return f"{self.store}: {self.failure.problem}; {self.failure.advice}"


class Reading(Protocol):
    """Reads, each on its own or within a transaction."""

    def get(self, name: str) -> str | None:
        """The record of that name."""

    def count_bytes(self) -> int:
        """How many bytes records and queues take; 0 where ``max_bytes`` is None."""

    def count(self, queue: str) -> int:
        """How many members a queue has, in a time that does not grow with it."""

    def earliest(self, queue: str, until_ms: int, most: int) -> list[tuple[int, str]]:
        """At most ``most`` members of a queue with a time up to ``until_ms``, in order of time, then of name."""


class Transaction(Reading, Protocol):
    """Reads that see the state before the transaction, and writes that all happen or none.

    Work that raises must do so before it writes: the store in memory cannot undo a write.
    """

    def put(self, name: str, value: str) -> None:
        """Set a record."""

    def drop(self, name: str) -> None:
        """Remove a record, if there is one."""

    def add(self, queue: str, at_ms: int, member: str) -> None:
        """Put a member into a queue that does not have it."""

    def remove(self, queue: str, at_ms: int, member: str) -> None:
        """Remove a member from a queue, if the queue has it at that time."""


class Records(Reading, Protocol):
    """Records, queues and logs, safe among the threads and processes that share them."""

    is_shared: bool
    """Whether another process may use the same records."""

    @property
    def max_bytes(self) -> int | None:
        """How many bytes may be kept; None where a disk or a server sets the limit.

        Logs lose entries to stay within it.
        """

    def transact(self, names: Sequence[str], work: Callable[[Transaction], T]) -> T:
        """Do ``work`` as if no other thread or process were there, and return its result.

        ``names`` lists each record and queue that it reads. ``work`` is called again where another process changed one
        of them meanwhile.
        """

    def latest(self, queue: str, before: tuple[int, str] | None, most: int) -> list[tuple[int, str]]:
        """At most ``most`` members, the last first, of those before a place; to read a long queue page by page."""

    def append(self, log: str, value: str, most: int) -> None:
        """Add an entry to a log. The log keeps the last ``most`` entries, and at times a few more."""

    def entries(self, log: str, most: int) -> list[str]:
        """The last ``most`` entries of a log, the oldest first."""

    def get_with_time(self, name: str) -> tuple[str | None, int]:
        """The record of that name, and what ``now_ms`` gives."""

    def now_ms(self) -> int:
        """Real time, the same for every process that shares the records."""

    def clear(self, log: str | None = None, keep: Sequence[str] = ()) -> None:
        """Forget one log, or everything but the records in ``keep``."""

    def close(self) -> None:
        """Close the files and connections of this process."""

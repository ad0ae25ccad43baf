"""The time during which a store fails: it is told once, and nobody waits for what is known to hang (floor 4)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from threading import Lock, RLock
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from cannon_mock.real_time import read_monotonic_s
from cannon_mock.stores.records import StoreFailure, StoreUnavailable
from cannon_spec.printable import escape_unprintable

P = ParamSpec("P")
T = TypeVar("T")

_QUIET_S = 1
"""An outage lasts so long after its last failure: a store that is nearly full fails at times."""

_LONGEST_QUIET_S = 10
"""So long after its last failure a write that goes well ends an outage: the call that failed may be a rare one."""

_RETRY_S = 0.25
"""A store that hangs is not tried again before: a call may make several attempts, and must not wait for each."""

_logger = logging.getLogger("cannon_mock.stores")


class Outage:
    """Whether the store of that name fails, as far as this process knows. Its begin and its end are logged, once each.

    A failure that takes its time-out to show is waited for by one caller at a time; the others fail at once.
    """

    def __init__(self, store: str) -> None:
        self.is_under_way = False
        self._store = store
        self._failure: StoreFailure | None = None
        self._failed_calls: set[str] = set()
        self._has_reads = False
        self._turn = RLock()  # a call may make another one
        self._lock = Lock()
        self._began_s = self._failed_s = 0.0

    def take_turn(self, *, is_write: bool) -> bool:
        """Whether this caller is the one that tries a store that hangs; it calls ``end_turn`` then.

        False where the store does not hang. Raises StoreUnavailable where another caller tries it, or did just now.
        """
        failure = self._failure
        if failure is None or not failure.is_slow or (failure.is_of_writes and not is_write):
            return False
        is_too_soon = read_monotonic_s() - self._failed_s < _RETRY_S
        if is_too_soon or not self._turn.acquire(blocking=False):
            raise StoreUnavailable(self._store, failure)
        return True

    def end_turn(self) -> None:
        """Let another caller try the store."""
        self._turn.release()

    def note_failure(self, name: str, failure: StoreFailure, *, is_write: bool) -> StoreUnavailable:
        """Note that a call of that name failed; what to raise."""
        error = StoreUnavailable(self._store, failure)
        with self._lock:
            self._failed_calls.add(name)
            self._has_reads = self._has_reads and is_write
            self._failure = replace(failure, is_of_writes=failure.is_of_writes or self._has_reads)
            self._failed_s = read_monotonic_s()
            is_first, self.is_under_way = not self.is_under_way, True
            self._began_s = self._failed_s if is_first else self._began_s
        if is_first:
            _warn(str(error))
        return error

    def note_success(self, name: str, *, is_write: bool) -> None:
        """Note that a call went well while an outage is under way, which ends when no kind of call fails any more."""
        now_s = read_monotonic_s()
        with self._lock:
            if not self.is_under_way:  # another thread has ended it
                return
            self._note_answer(is_write=is_write)
            quiet_s = now_s - self._failed_s
            if quiet_s >= _QUIET_S:
                self._failed_calls.discard(name)
            if self._failed_calls and not (is_write and quiet_s >= _LONGEST_QUIET_S):
                return
            self._failed_calls.clear()
            self.is_under_way = self._has_reads = False
        _warn(f"{self._store}: works again, after {now_s - self._began_s:.0f} s")

    def _note_answer(self, *, is_write: bool) -> None:
        """Let calls go side by side again that a store which answered this one may answer too."""
        if is_write:
            self._failure = None
        elif self._failure is not None:
            self._has_reads = True
            self._failure = replace(self._failure, is_of_writes=True)


class WithOutage(Protocol):
    """Records whose calls can fail with an error of a driver."""

    outage: Outage
    errors: tuple[type[Exception], ...]

    def end_failed_call(self, error: Exception) -> StoreFailure:
        """Give up what an error may have broken, and say what the error means."""


R = TypeVar("R", bound=WithOutage)
Method = Callable[Concatenate[R, P], T]


def reading(method: Method[R, P, T]) -> Method[R, P, T]:
    """Make a method of records raise StoreUnavailable where its driver fails to read."""
    return _guard(method, is_write=False)


def writing(method: Method[R, P, T]) -> Method[R, P, T]:
    """Make a method of records raise StoreUnavailable where its driver fails to write."""
    return _guard(method, is_write=True)


def _guard(method: Method[R, P, T], *, is_write: bool) -> Method[R, P, T]:
    name = method.__name__

    @wraps(method)
    def call(records: R, /, *args: P.args, **options: P.kwargs) -> T:
        outage = records.outage
        has_turn = outage.is_under_way and outage.take_turn(is_write=is_write)
        try:
            result = method(records, *args, **options)
        except records.errors as error:
            raise outage.note_failure(name, records.end_failed_call(error), is_write=is_write) from None
        finally:
            if has_turn:
                outage.end_turn()
        if outage.is_under_way:
            outage.note_success(name, is_write=is_write)
        return result

    return call


def _warn(text: str) -> None:
    _logger.warning("cannon-mock: %s", escape_unprintable(text))

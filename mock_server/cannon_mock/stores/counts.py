"""How often calls were made, by names of any length, for the faults of scenarios (floor 4)."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Any, NamedTuple

from cannon_mock.compact_json import read_json, write_text
from cannon_mock.stores.records import Records, Transaction
from cannon_spec.contract.lifecycle import FOREVER_MS

MOST_COUNTS = 100_000
"""How many names are counted at a time; above it those that were counted longest ago are forgotten."""

MOST_WINDOWS = 10_000
"""The same for names that are counted in a window of time, which take more room."""


class _Family(NamedTuple):
    """Values of one kind, each a record, in a queue by the time of their last change; ``most`` of them are kept."""

    queue: str
    most: int


_COUNTS = _Family("counts", MOST_COUNTS)
_WINDOWS = _Family("windows", MOST_WINDOWS)


def count(records: Records, name: str, now_ms: int) -> int:
    """Count ``name`` once more and return how often it was counted."""
    number: int = _change(records, _COUNTS, name, now_ms, lambda value: (value or 0) + 1)
    return number


def count_in_window(records: Records, name: str, now_ms: int, window_ms: int, most: int) -> int:
    """Count ``name`` now, unless it was counted ``most`` times in the last ``window_ms``.

    Returns 0 where it was counted, otherwise the milliseconds until it can be counted again.
    """
    wait_ms = 0

    def step(value: list[int] | None) -> list[int]:
        nonlocal wait_ms
        times = [at_ms for at_ms in value or [] if at_ms > now_ms - window_ms]
        wait_ms = times[0] + window_ms - now_ms if len(times) >= most else 0
        return times if wait_ms else [*times, now_ms]

    _change(records, _WINDOWS, name, now_ms, step)
    return wait_ms


def _change(records: Records, family: _Family, name: str, now_ms: int, step: Callable[[Any], Any]) -> Any:
    """Replace a value, None where there is none, by what ``step`` makes of it, and return that."""
    # A name has a client's key in it, and must not take more room than the value.
    member = blake2b(name.encode(errors="backslashreplace"), digest_size=16).hexdigest()
    record = _build_record_name(family, member)

    def work(transaction: Transaction) -> Any:
        text = transaction.get(record)
        before, changed_ms = (None, None) if text is None else read_json(text)
        value = step(before)
        transaction.put(record, write_text([value, now_ms]))
        if changed_ms != now_ms:
            if changed_ms is not None:
                transaction.remove(family.queue, changed_ms, member)
            transaction.add(family.queue, now_ms, member)
        return value

    value = records.transact((record,), work)
    while _is_over(records, family):
        _forget_first(records, family)
    return value


def _is_over(records: Records, family: _Family) -> bool:
    """Whether there are more values than there may be, or more bytes than the records may keep."""
    count = records.count(family.queue)
    has_bytes = records.max_bytes is None or records.count_bytes() <= records.max_bytes
    return count > family.most or (count > 0 and not has_bytes)


def _forget_first(records: Records, family: _Family) -> None:
    """Forget the value that was changed longest ago, unless it is changed meanwhile."""
    first = records.earliest(family.queue, FOREVER_MS, 1)
    if not first:  # another process has forgotten it
        return
    ((changed_ms, member),) = first
    record = _build_record_name(family, member)

    def work(transaction: Transaction) -> None:
        text = transaction.get(record)
        if text is not None and read_json(text)[1] == changed_ms:
            transaction.drop(record)
        transaction.remove(family.queue, changed_ms, member)

    records.transact((record,), work)


def _build_record_name(family: _Family, member: str) -> str:
    return f"{family.queue}:{member}"

"""Small values that all processes of a mock share: the settings of its clock, rules (floor 4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any

from cannon_mock.compact_json import read_json, write_json
from cannon_mock.stores.records import Records, Transaction

_BLOCK_SIZE = 1000


def build_record_name(name: str) -> str:
    """The name of the record that holds a value."""
    return f"value:{name}"


def read(records: Records, name: str, default: Any) -> Any:
    """The value of that name."""
    text = records.get(build_record_name(name))
    return default if text is None else read_json(text)


def read_with_time(records: Records, name: str, default: Any) -> tuple[Any, int]:
    """The value of that name, and real time in milliseconds, which costs no more than the value alone."""
    text, now_ms = records.get_with_time(build_record_name(name))
    return default if text is None else read_json(text), now_ms


def change(records: Records, name: str, default: Any, step: Callable[[Any], Any]) -> Any:
    """Replace a value by what ``step`` makes of it and return that; no other process changes it meanwhile."""
    record = build_record_name(name)

    def work(transaction: Transaction) -> Any:
        text = transaction.get(record)
        value = step(default if text is None else read_json(text))
        transaction.put(record, write_json(value).decode())
        return value

    return records.transact((record,), work)


class Numbers(Iterator[int]):
    """Numbers from 1 on. No two processes get the same one, as each takes a block of them at a time."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._lock = Lock()
        self._block: Iterator[int] = iter(())
        self._has_numbers = False

    def __next__(self) -> int:
        with self._lock:
            number = next(self._block, None)
            if number is None:
                # A server may have lost what it had, and other processes the numbers from 1 on: go on far beyond them.
                start = self._records.now_ms() if self._has_numbers else 0
                last = change(self._records, "numbers", start, lambda before: before + _BLOCK_SIZE)
                self._has_numbers = True
                self._block = iter(range(last - _BLOCK_SIZE + 1, last + 1))
                number = next(self._block)
            return number

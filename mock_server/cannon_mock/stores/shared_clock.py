"""The settings of a clock that several processes share (floor 4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cannon_mock.model.clock_settings import ClockSettings
from cannon_mock.stores import shared_values
from cannon_mock.stores.records import Records


class SharedClockState:
    """A clock's settings in a store, with the store's real time.

    The first process that uses the store starts the clock at ``start_ms``, at real time for None.
    """

    def __init__(self, records: Records, scale: float, start_ms: int | None = None) -> None:
        self._records = records
        self._scale = scale
        self._start_ms = start_ms
        self._latest: ClockSettings | None = None
        """For a server that lost what it had: a clock that started anew would stand until it reached the old time."""

    def now_ms(self) -> int:
        """See ClockState."""
        return self._records.now_ms()

    def settings(self) -> ClockSettings:
        """See ClockState."""
        return self.read()[0]

    def read(self) -> tuple[ClockSettings, int]:
        """See ClockState."""
        values, real_ms = shared_values.read_with_time(self._records, "clock", None)
        self._latest = self.change(lambda settings: settings) if values is None else ClockSettings(*values)
        return self._latest, real_ms

    def change(self, step: Callable[[ClockSettings], ClockSettings]) -> ClockSettings:
        """See ClockState."""
        real_ms = self.now_ms()
        start_ms = real_ms if self._start_ms is None else self._start_ms
        initial_settings = self._latest or ClockSettings(start_ms, real_ms, self._scale)

        def change_values(values: list[Any]) -> list[Any]:
            return _list_values(step(ClockSettings(*values)))

        values = shared_values.change(self._records, "clock", _list_values(initial_settings), change_values)
        return ClockSettings(*values)


def _list_values(settings: ClockSettings) -> list[Any]:
    return [settings.at_ms, settings.real_ms, settings.scale]

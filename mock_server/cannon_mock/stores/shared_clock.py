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

    def now_ms(self) -> int:
        """See ClockState."""
        return self._records.now_ms()

    def settings(self) -> ClockSettings:
        """See ClockState."""
        return self.read()[0]

    def read(self) -> tuple[ClockSettings, int]:
        """See ClockState."""
        values, real_ms = shared_values.read_with_time(self._records, "clock", None)
        settings = self.change(lambda settings: settings) if values is None else ClockSettings(*values)
        return settings, real_ms

    def change(self, step: Callable[[ClockSettings], ClockSettings]) -> ClockSettings:
        """See ClockState."""
        real_ms = self.now_ms()
        initial_values = [real_ms if self._start_ms is None else self._start_ms, real_ms, self._scale]

        def change_values(values: list[Any]) -> list[Any]:
            settings = step(ClockSettings(*values))
            return [settings.at_ms, settings.real_ms, settings.scale]

        return ClockSettings(*shared_values.change(self._records, "clock", initial_values, change_values))

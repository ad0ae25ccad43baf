"""The course of a clock that several processes share (floor 4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cannon_mock.model.course import ClockSettings
from cannon_mock.stores import shared_values
from cannon_mock.stores.records import Records


class SharedClockState:
    """A clock's course in a store, and the store's real time."""

    def __init__(self, records: Records, scale: float) -> None:
        self._records = records
        self._scale = scale

    def now_ms(self) -> int:
        """See Place."""
        return self._records.now_ms()

    def settings(self) -> ClockSettings:
        """See Place."""
        value = shared_values.read(self._records, "clock", None)
        return self.change(lambda course: course) if value is None else ClockSettings(*value)

    def change(self, step: Callable[[ClockSettings], ClockSettings]) -> ClockSettings:
        """See Place."""
        real_ms = self.now_ms()
        start = [real_ms, real_ms, self._scale]

        def on(value: list[Any]) -> list[Any]:
            course = step(ClockSettings(*value))
            return [course.at_ms, course.real_ms, course.scale]

        return ClockSettings(*shared_values.change(self._records, "clock", start, on))

"""The clock of a test: one that also takes the place of sleep in the code under test (floor 5)."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from cannon_mock.clock import ManualClock
from cannon_mock.testing.loop_limits import LoopLimits
from cannon_mock.testing.sleep_patches import SleepPatches

_MOST_SLEEPS = 10_000
"""How often code may sleep in one test: as these sleeps take no time, a loop without a deadline would never end."""


class FixtureClock(ManualClock):
    """A stopped clock that the test moves, and by which code under test can sleep."""

    def __init__(self, now_ms: int | None = None) -> None:
        super().__init__(now_ms)
        self._limits = LoopLimits(self.now_ms)
        self._patches = SleepPatches(self, self._limits)
        self._sleep_numbers = count(1)

    def patch(self, *targets: Any) -> None:
        """Let code sleep by this clock, which takes no time, until the test ends.

        Each target is a module, given as such or by its dotted name. What its code finds as ``time.sleep`` and
        ``asyncio.sleep``, or as those of anyio, trio and gevent, moves the clock: as ``time.sleep(2)``, after ``from
        time import sleep``, as a default of an argument, or in a ``retry`` of tenacity. Time that the code reads from
        the module ``time`` passes as the clock does, and its ``asyncio.timeout``, ``asyncio.wait_for``,
        ``anyio.fail_after`` and ``anyio.move_on_after`` strike where the clock has passed them. Other modules do not
        change. The dotted name of a function of your own, as ``my_app.client.wait``, replaces that. Raises LookupError
        where there is nothing to replace.
        """
        for target in targets:
            self._patches.patch(target)

    @property
    def has_patches(self) -> bool:
        """Whether code sleeps by this clock."""
        return self._patches.has_any

    def sleep(self, seconds: float) -> None:
        """Sleep as ManualClock does. Fails the test where its code sleeps without an end."""
        self._check_end()
        super().sleep(seconds)

    async def asleep(self, delay: float, result: Any = None) -> Any:
        """Sleep as ManualClock does. Limits of patched modules strike when the clock has passed them.

        Fails the test where its code sleeps without an end.
        """
        self._check_end()
        self._limits.note_changes()
        result = await super().asleep(delay, result)
        await self._limits.strike()
        return result

    def read_client_time_s(self) -> float:
        """See Clock. What code that was patched sleeps is part of the time that it reads."""
        return super().read_client_time_s() + self._patches.passed_ms / 1000

    def restore(self) -> None:
        """End what ``patch`` did, and stop the clock: other tests may use it."""
        self._patches.restore()
        self._sleep_numbers = count(1)
        self.freeze()

    def _check_end(self) -> None:
        if next(self._sleep_numbers) > _MOST_SLEEPS:
            pytest.fail(
                f"the code slept {_MOST_SLEEPS} times in this test: what it waits for may never come; "
                "give it a deadline by time.monotonic(), not by the time of the event loop, or let it sleep longer: "
                'with @pytest.mark.cannon(progression="time") poll_after_ms is 2000, not 1'
            )

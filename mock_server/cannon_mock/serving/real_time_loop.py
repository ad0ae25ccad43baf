"""An event loop whose time no test can freeze (floor 5)."""

from __future__ import annotations

import asyncio

from cannon_mock.real_time import read_monotonic_s


class RealTimeLoop(asyncio.SelectorEventLoop):
    """Waits by a clock that freezegun leaves alone: asyncio's own, ``time.monotonic``, stands still in such a test.

    A late reply would never be sent, nor an idle connection closed.
    """

    def time(self) -> float:
        """Seconds since some moment."""
        return read_monotonic_s()

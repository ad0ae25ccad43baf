"""The machine's time as it is, where freezegun or time-machine show the rest of a process another one (floor 3).

Both replace functions of the module ``time``. A mock that read those would start at the time of some test, or go back
when a test thaws. freezegun leaves ``clock_gettime_ns`` alone; time-machine replaces it for the time of day, and offers
the original.
"""

from __future__ import annotations

import sys
import time


def read_time_ns() -> int:
    """Nanoseconds since 1970."""
    time_machine = sys.modules.get("time_machine")
    hatch = None if time_machine is None else time_machine.escape_hatch  # it leads nowhere where nothing is replaced
    functions = hatch.time if hatch is not None and hatch.is_travelling() else time
    if hasattr(time, "CLOCK_REALTIME"):
        nanoseconds: int = functions.clock_gettime_ns(time.CLOCK_REALTIME)
        return nanoseconds
    return time.time_ns()  # Windows, where freezegun does show


def read_monotonic_ns() -> int:
    """Nanoseconds since some moment in the past; setting the machine's clock does not change them."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) if hasattr(time, "CLOCK_MONOTONIC") else time.monotonic_ns()


def read_monotonic_s() -> float:
    """The same in seconds."""
    return read_monotonic_ns() / 1e9

"""Code that sleeps in real time between calls to a mock whose clock stands, so that a test takes seconds (floor 5)."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass

from flask import Flask, Response

from cannon_mock.clock import ManualClock
from cannon_mock.real_time import read_monotonic_s
from cannon_mock.testing.callers import list_own_frames
from cannon_mock.testing.fixture_clock import FixtureClock
from cannon_mock.testing.loop_limits import LoopLimits
from cannon_mock.testing.sleep_patches import SleepPatches
from cannon_mock.views.context import current_request

_SHORTEST_S = 0.5
_MOST_S = 2
"""So much may pass in a test: a slow machine may hold up code that does not sleep."""


@dataclass(frozen=True, slots=True)
class _EndedCall:
    """When a call ended, in real time and by the clock, and whether it failed."""

    real_s: float
    clock_ms: int
    has_failed: bool


class RealSleeps:
    """Notes the time in which a mock is not called, its clock stands, and then the same call comes again.

    That is a poll, or a create that failed and is tried again: what code sleeps between.
    """

    def __init__(self, clock: FixtureClock) -> None:
        self._clock = clock
        self._calls: dict[tuple[str, str], _EndedCall] = {}
        self._total_s = 0.0
        self._modules: dict[str, None] = {}

    def attach(self, app: Flask) -> None:
        """Note the calls to an application from now on, which runs in the thread of the code that calls."""
        app.after_request(self._note)

    def describe(self) -> dict[str, str]:
        """What was slept and what to do about it, by a name for it; empty for a test that slept less than two seconds.

        It is empty too where the test has replaced sleep, and no other module is found that sleeps.
        """
        if self._total_s < _MOST_S:
            return {}
        module = next((name for name in self._modules if _sleeps(name, self._clock)), "")
        if self._clock.has_patches and not module:
            return {}
        slept = f"the code slept {self._total_s:.1f} s of real time between its calls to the mock, whose clock stood"
        advice = f'cannon_clock.patch("{module or "my_app.client"}"){"" if module else ", with the module that sleeps"}'
        return {f"real-sleep {module}": f"{slept}; let it sleep by that clock: {advice}"}

    def _note(self, response: Response) -> Response:
        request = current_request()
        if request.blueprint == "api":
            call, place = self._build_call(response), (request.method, request.path)
            earlier_call = self._calls.get(place)
            if earlier_call is not None and (request.method == "GET" or earlier_call.has_failed):
                self._note_pause(earlier_call, call)
            self._calls[place] = call
        return response

    def _build_call(self, response: Response) -> _EndedCall:
        return _EndedCall(read_monotonic_s(), self._clock.now_ms(), response.status_code >= 400)

    def _note_pause(self, earlier_call: _EndedCall, call: _EndedCall) -> None:
        pause_s = call.real_s - earlier_call.real_s
        if pause_s >= _SHORTEST_S and call.clock_ms == earlier_call.clock_ms:
            self._total_s += pause_s
            self._modules |= dict.fromkeys(_list_calling_modules())


def _list_calling_modules() -> Iterable[str]:
    return [frame.f_globals.get("__name__", "") for frame in list_own_frames()]


def _sleeps(module_name: str, clock: ManualClock) -> bool:
    """Whether a module has something to sleep by that no clock has replaced yet."""
    module = sys.modules.get(module_name)
    patches = SleepPatches(clock, LoopLimits(clock.now_ms))
    try:
        patches.patch(module)
    except Exception:  # noqa: BLE001 - whatever the user's objects raise, a hint must not fail the test
        return False
    finally:
        patches.restore()
    return True

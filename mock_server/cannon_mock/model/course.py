"""How a clock follows real time (floor 3, pure)."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class ClockSettings:
    """How the clock follows real time: it stood at ``at_ms`` when that was ``real_ms``, and goes ``scale`` as fast."""

    at_ms: int
    real_ms: int
    scale: float

    def now_ms(self, real_ms: int) -> int:
        """The time at a moment of real time."""
        return self.at_ms + int(max(0, real_ms - self.real_ms) * self.scale)

    def move_to(self, real_ms: int, to_ms: int) -> ClockSettings:
        """The same course from ``to_ms`` on; from now on where that has passed."""
        return replace(self, at_ms=max(to_ms, self.now_ms(real_ms)), real_ms=real_ms)

    def change_scale(self, real_ms: int, scale: float) -> ClockSettings:
        """From now on ``scale`` times as fast as real time; 0 stands still."""
        return ClockSettings(self.now_ms(real_ms), real_ms, scale)

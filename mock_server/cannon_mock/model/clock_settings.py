"""How the mock's clock follows real time (floor 3, pure)."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class ClockSettings:
    """The clock shows ``at_ms`` at the real time ``real_ms`` and goes ``scale`` times as fast; 0 is stopped."""

    at_ms: int
    real_ms: int
    scale: float

    def now_ms(self, real_ms: int) -> int:
        """The time of the clock at a real time."""
        return self.at_ms + int(max(0, real_ms - self.real_ms) * self.scale)

    def move_to(self, real_ms: int, to_ms: int) -> ClockSettings:
        """The settings after the clock was moved forward to ``to_ms``; its time stays where that has passed."""
        return replace(self, at_ms=max(to_ms, self.now_ms(real_ms)), real_ms=real_ms)

    def change_scale(self, real_ms: int, scale: float) -> ClockSettings:
        """The settings after the speed was changed; the time goes on from where it is."""
        return ClockSettings(self.now_ms(real_ms), real_ms, scale)

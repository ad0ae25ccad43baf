"""What one server is started with."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """The options of the command line, as values."""

    port: int = 0
    keys: tuple[str, ...] = ("cs_live_honest_1",)
    other_keys: tuple[str, ...] = ()
    balance: int = 100_000
    pace: float = 1.0
    answer_ms: float = 0
    busy_ms: float = 0
    public_base: str = ""

    def shorten(self, milliseconds: float) -> int:
        """Divide a duration by the pace; it stays at least one whole millisecond."""
        return max(1, round(milliseconds / self.pace))

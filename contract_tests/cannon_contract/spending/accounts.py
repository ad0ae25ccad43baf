"""What balances did, as far as they were looked at (floor 5)."""

from __future__ import annotations

from dataclasses import dataclass, field


def round_credits(credits: float) -> float:
    """A sum or difference of credits without what binary fractions add to it: three times 0.1 is 0.3."""
    return round(credits, 6)


@dataclass(frozen=True, slots=True)
class BalanceReading:
    """What the account of an API key had when it was looked at.

    ``key`` is empty where it was not taken: then there is no account that could be charged. ``credits`` is None where
    they could not be read.
    """

    key: str = field(repr=False)
    credits: float | None

    def can_show_charge(self, later: BalanceReading) -> bool:
        """Whether a charge between this look and a later one would have been seen.

        It would not where one of them failed, where the key was taken only once, and where the balance rose.
        """
        if self.credits is None or later.credits is None or self.key != later.key:
            return False
        return later.credits <= self.credits

    def fall_until(self, later: BalanceReading) -> float:
        """How far the balance fell until a later look; 0 where that was not seen."""
        return round_credits((self.credits or 0) - (later.credits or 0)) if self.can_show_charge(later) else 0.0


@dataclass(slots=True)
class Account:
    """What the balance of one API key did. Two keys may be of one account, and see the same falls.

    ``told`` is what the balances of other keys were seen to fall by since this one was looked at.
    """

    falls_of_others: float = 0
    _last: float | None = None

    def record_balance(self, credits: float) -> float:
        """The balance is this now. What it fell by, beyond what other keys have told; a rise is no fall."""
        fell = 0.0 if self._last is None else max(0.0, self._last - credits)
        fresh = max(0.0, round_credits(fell - self.falls_of_others))
        self.falls_of_others, self._last = 0.0, credits
        return fresh

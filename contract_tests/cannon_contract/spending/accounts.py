"""Readings of credit balances, and how far each account fell between them (floor 6)."""

from __future__ import annotations

from dataclasses import dataclass, field

from cannon_spec.amounts import round_credits


@dataclass(frozen=True, slots=True)
class BalanceReading:
    """The credits of an API key's account at one moment.

    ``key`` is empty where the target did not take the key: then no account can be charged. ``credits`` is None where
    the balance could not be read.
    """

    key: str = field(repr=False)
    credits: float | None

    def can_show_charge(self, later: BalanceReading) -> bool:
        """Whether a charge between this reading and a later one would be visible.

        It would not where either reading failed, where the target took the key only once, and where the balance rose:
        a top-up may hide a charge.
        """
        if self.credits is None or later.credits is None or self.key != later.key:
            return False
        return later.credits <= self.credits

    def fall_until(self, later: BalanceReading) -> float:
        """How many credits the balance lost until a later reading; 0 where that is not visible."""
        return round_credits((self.credits or 0) - (later.credits or 0)) if self.can_show_charge(later) else 0.0


@dataclass(slots=True)
class Account:
    """The falls of one API key's balance.

    ``falls_of_others`` is the sum of the falls that readings of other keys showed since this key was last read.
    """

    falls_of_others: float = 0
    _last_credits: float | None = None

    def record_balance(self, credits: float) -> float:
        """Record a reading. Returns the part of its fall that no reading of another key has shown; a rise is no fall.

        Two keys may belong to one account. Then both see each fall, and counting it once per key would report an
        overrun that did not happen. Where they belong to two accounts, this can count a fall too little; the creates
        themselves still count in full at their cost.
        """
        fall = 0.0 if self._last_credits is None else max(0.0, self._last_credits - credits)
        new_fall = max(0.0, round_credits(fall - self.falls_of_others))
        self.falls_of_others, self._last_credits = 0.0, credits
        return new_fall

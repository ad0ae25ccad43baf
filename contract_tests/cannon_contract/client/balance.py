"""What moves the balance of an account beside the creates of a run: status calls, uses from elsewhere (floor 6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from cannon_contract.client.outcomes import NotTested
from cannon_spec.amounts import round_credits

Read = Callable[[], float | None]
"""Reads a balance; None where it cannot be read."""

PAUSE_S = 1.0
"""How long a balance is left alone between two readings that show who else uses the account."""
_QUICK_READINGS = 5
_MOST_PAUSES = 5


@dataclass(slots=True)
class AccountUse:
    """What moves the balance of the account beside the creates of this run; all tests of a run share it.

    ``reading_cost`` are the credits that each status call takes, as none should. ``elsewhere`` says how the balance
    moved by itself, and is empty where it stood still: then nothing else uses the account.
    """

    is_watched: bool = False
    reading_cost: float = 0.0
    elsewhere: str = ""

    def watch(self, read: Read, sleep: Callable[[float], None]) -> list[float]:
        """Read the balance some times at once, and again after a pause, while no create can be charged.

        A status call that costs credits shows as one fall for each reading, however far apart they are; a use from
        elsewhere falls with time. Returns the readings.
        """
        self.is_watched = True
        readings = [read() for _ in range(_QUICK_READINGS)]
        sleep(PAUSE_S)
        balances = [each for each in (*readings, read()) if each is not None]
        falls = [round_credits(before - after) for before, after in pairwise(balances)]
        if falls and falls[0] > 0 and len(set(falls)) == 1:
            self.reading_cost = falls[0]
        elif any(falls):
            self.elsewhere = _describe_move(balances[0], balances[-1])
        return balances

    def watch_longer(self, read: Read, sleep: Callable[[float], None]) -> None:
        """Watch a balance that fell further than this run explains: a second move by itself is a use from elsewhere.

        One move alone may be a late charge.
        """
        first = last = read()
        moves = 0
        for _ in range(_MOST_PAUSES):
            if self.elsewhere or first is None or last is None:
                return
            sleep(PAUSE_S)
            before, last = last, read()
            moves += last != before
            if moves > 1 and last is not None:
                self.elsewhere = _describe_move(first, last)

    def check_quiet(self) -> None:
        """Raise NotTested where a fall of the balance says nothing about a request."""
        if self.elsewhere:
            raise NotTested(self.elsewhere)
        if self.reading_cost:
            raise NotTested(self.describe_reading_cost())

    def describe_reading_cost(self) -> str:
        """Say that no charge of a create can be read."""
        return f"each status call takes {self.reading_cost:g} credits, so what a create costs cannot be read"


def _describe_move(before: float, after: float) -> str:
    move = "fell" if after < before else "rose"
    return (
        f"the account is also used from elsewhere: its balance {move} by {abs(round_credits(before - after)):g} "
        "while nothing of this run could be charged"
    )

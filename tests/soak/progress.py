"""What a soak does at the moment: a line that changes on a terminal, else a line now and then."""

from __future__ import annotations

import sys
from time import monotonic

from tests.soak.ledger import Ledger

_QUIET_S = 20
_WIDTH = 110


class Progress:
    """Tells of one run."""

    def __init__(self) -> None:
        self._began_s = monotonic()
        self._told_s = float("-inf")
        self._place, self._event = "", ""

    def begin(self, place: str) -> None:
        """Tell which store and cycle begins."""
        self._place, self._event = place, ""

    def tell(self, event: str, ledger: Ledger) -> None:
        """Tell what happens; without an event, how far it is."""
        self._event = event or self._event
        now_s = monotonic()
        counts = f"{ledger.count_calls():6} calls, {len(ledger.accepted):5} accepted, {len(ledger.breaches)} breaches"
        line = f"{now_s - self._began_s:4.0f} s  {self._place:28}  {counts}  {self._event}"
        if sys.stderr.isatty():
            print(f"\r{line[:_WIDTH]:{_WIDTH}}", end="", file=sys.stderr, flush=True)
        elif event or now_s - self._told_s >= _QUIET_S:
            self._told_s = now_s
            print(line, file=sys.stderr, flush=True)

    def end(self) -> None:
        """Leave the line."""
        if sys.stderr.isatty():
            print(file=sys.stderr)

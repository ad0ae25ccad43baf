"""Run mixed load on each store with kills, outages and hostile clients, and check that the laws hold.

Exit status: 0 all laws hold, 1 one was broken, 2 a soak could not run.
"""

from __future__ import annotations

import argparse
import secrets
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from cannon_spec.output.tables import render_text
from tests.soak.backends import BACKENDS
from tests.soak.breach import LAWS, Breach
from tests.soak.cycle import START_CREDITS, Conditions, Cycle
from tests.soak.laws import find_growth
from tests.soak.ledger import Ledger
from tests.soak.mock_command import CannotStart, MockCommand, build_flags
from tests.soak.progress import Progress
from tests.soak.receivers import Receivers
from tests.soak.summary import HEAD, Row, list_breach_lines, list_disturbance_lines

_HELD, _BROKEN, _NOT_RUN, _INTERRUPTED = 0, 1, 2, 130
_CYCLES = 2
_TABLE_WIDTH = 200
_SHORTEST_S = 30.0
"""In a shorter cycle the memory of a process still grows to what it needs: growth is not judged."""
_SITES = (("memory", 1), ("sqlite", 1), ("sqlite", 2), ("redis", 1), ("redis", 2))
"""Stores with numbers of workers: several workers need a store that processes share."""


def main() -> int:
    """Run a soak; the exit status is returned."""
    parser = _build_parser()
    arguments = parser.parse_args()
    if not Path("/proc/self/status").exists():
        parser.error("a soak reads the memory of processes from /proc, which this system does not have")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that no mock is left behind
    seed = arguments.seed or secrets.token_hex(4)
    sites = [site for site in _SITES if site[0] in arguments.stores]
    load = f"{arguments.minutes:g} minutes of load in {len(sites) * _CYCLES} cycles, each followed by its inspection"
    print(f"seed {seed} (--seed {seed} sends the same again); {load}", flush=True)
    soak = _Soak(seed, arguments.minutes * 60 / len(sites) / _CYCLES, arguments.pace)
    try:
        for store, workers in sites:
            soak.try_store(store, workers)
    except KeyboardInterrupt:
        soak.print_summary()
        return _INTERRUPTED
    return soak.print_summary()


class _Soak:
    """A run: the rows so far, the breaches, and the stores that could not be tried."""

    def __init__(self, seed: str, seconds: float, pace: float) -> None:
        self._seed = seed
        self._seconds = seconds
        self._judges_growth = seconds >= _SHORTEST_S
        self._pace = pace
        self._progress = Progress()
        self._rows: list[Row] = []
        self._breaches: list[Breach] = []
        self._not_tried: list[str] = []

    def try_store(self, store: str, workers: int) -> None:
        """Run both cycles on a store."""
        try:
            rows = []
            for row in self._run_cycles(store, workers):
                self._rows.append(row)
                rows.append(row)
                self._breaches += row.result.breaches
            if self._judges_growth:
                self._breaches += find_growth(*(row.result.usages for row in rows))
        except CannotStart as reason:
            self._not_tried.append(f"{store} with {workers} workers was not tried to its end: {reason}")

    def print_summary(self) -> int:
        """Print the table and the breaches; the exit status."""
        self._progress.end()
        print(render_text([HEAD, *(row.list_cells() for row in self._rows)], _TABLE_WIDTH))
        for line in (*list_disturbance_lines(self._rows), *list_breach_lines(self._breaches), *self._not_tried):
            print(line)
        status = choose_status(self._breaches, self._not_tried)
        if not self._judges_growth:
            print(f"growth is not judged: a cycle has {self._seconds:g} s of load, less than {_SHORTEST_S:g}")
        if status == _HELD:
            print(f"all {len(LAWS) - (not self._judges_growth)} laws hold")
        return status

    def _run_cycles(self, store: str, workers: int) -> Iterator[Row]:
        # The short prefix matters: a path of a Unix socket has at most 107 bytes.
        with tempfile.TemporaryDirectory(prefix="soak-") as folder:
            backend = BACKENDS[store](Path(folder))
            mock = MockCommand(*build_flags(backend.address, workers, self._seed, START_CREDITS))
            with backend.run(), Receivers(Ledger()).run() as receivers, closing(_Ending(mock)):
                mock.start()
                for number in range(1, _CYCLES + 1):
                    self._progress.begin(f"{store}, {workers} workers, cycle {number}")
                    conditions = Conditions(f"{self._seed}/{store}/{workers}", self._seconds, self._pace, workers)
                    yield Row(
                        *(store, workers, number),
                        Cycle(conditions, backend, mock, receivers, self._progress.tell).run(),
                    )
                self._breaches += mock.terminate()


def choose_status(breaches: Sequence[Breach], reasons: Sequence[str]) -> int:
    """The exit status after these breaches, and ``reasons`` why a store was not tried."""
    if breaches:
        return _BROKEN
    return _NOT_RUN if reasons else _HELD


class _Ending:
    """Kills a mock in the end, whatever happened."""

    def __init__(self, mock: MockCommand) -> None:
        self._mock = mock

    def close(self) -> None:
        self._mock.kill()


def _build_parser() -> argparse.ArgumentParser:
    laws = "\n".join(f"  {name:14}{text}" for name, text in LAWS.items())
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak",
        description=__doc__,
        epilog=f"laws:\n{laws}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--minutes", type=_read_positive, default=10, help="how long the load lasts (default: 10)")
    parser.add_argument("--seed", help="text that everything is drawn from (default: random)")
    parser.add_argument(
        "--stores", nargs="+", choices=list(BACKENDS), default=list(BACKENDS), help="stores to try (default: all)"
    )
    parser.add_argument(
        "--pace", type=_read_positive, default=25, help="calls a second of each of the clients (default: 25)"
    )
    return parser


def _read_positive(text: str) -> float:
    number = float(text)
    if not 0 < number < 10_000:
        raise argparse.ArgumentTypeError(f"{text} is no number above 0")
    return number


if __name__ == "__main__":
    sys.exit(main())

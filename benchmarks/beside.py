"""The server of this checkout beside that of another one: requests a second, memory, and start.

``beside.py COMMAND``, where the command is ``cannon-mock`` of the other checkout, in an environment of its own.
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path

import payloads
import traffic
from measure import NotMeasured, Pair, interleaved
from process import script, seconds_to_ready, serving
from table import Row, rendered

from cannon_spec import load_catalog

_ROUNDS = 5
_FLAGS = ("--port", "0", "--credits", "1000000000")


def main() -> int:
    """Print one table. Always ends with status 0: speed is no test."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        print(_compare([script("cannon-mock"), *_FLAGS], [sys.argv[1], *_FLAGS]))
    except NotMeasured as reason:
        print(f"not measured: {reason}")
    return 0


def _compare(own: list[str], other: list[str]) -> str:
    start = interleaved("start", seconds_to_ready(*own), seconds_to_ready(*other), rounds=_ROUNDS)
    body = json.dumps(payloads.good(load_catalog())[0])
    with ExitStack() as stack:
        servers = [_Server(stack, command, body) for command in (own, other)]
        a, b = servers
        posts = interleaved("POST", traffic.posting(a.url, body), traffic.posting(b.url, body), rounds=_ROUNDS)
        gets = interleaved("GET", traffic.rate(a.task), traffic.rate(b.task), rounds=_ROUNDS)
        memory = Pair(a.measure_memory(), b.measure_memory(), a.measure_memory() / b.measure_memory())
    rows = [
        Row("POST, a good body", posts, "/s"),
        Row("GET, a task that has ended", gets, "/s"),
        Row("memory after these", memory, "MiB"),
        Row("start to the first line", start, "ms", scale=1000),
    ]
    return rendered("The server, 16 connections", "this checkout", "the other", rows)


class _Server:
    """A mock that runs, with one task that has ended."""

    def __init__(self, stack: ExitStack, command: list[str], body: str) -> None:
        earlier = _list_children()
        self.url = stack.enter_context(serving(command))
        (self._process,) = _list_children() - earlier
        self.task = f"{self.url}{traffic.PATH}/{traffic.call(self.url + traffic.PATH, body)['id']}"
        traffic.await_end(self.task)

    def measure_memory(self) -> float:
        """Its memory, in MiB."""
        status = Path(f"/proc/{self._process}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _list_children() -> set[str]:
    return set(Path("/proc/thread-self/children").read_text().split())


if __name__ == "__main__":
    sys.exit(main())

"""A long file of one payload a line through the command line: lines a second, and memory."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import payloads
from measure import Measurement, interleaved
from process import output, script
from table import Row, rendered

from cannon_spec import load_catalog

_PEAK = str(Path(__file__).with_name("peak.py"))
_MANY, _FEW = 100_000, 1_000
_BAD_EVERY = 100
_ROUNDS = 3
_READ = "import json, sys\nfor line in open(sys.argv[1], 'rb'):\n    json.loads(line)"
_SECONDS, _BYTES = 0, 1
_ERRORS_FOUND = 1


def tables() -> Iterator[str]:
    """The tables of lines a second and of memory; both are for information."""
    with tempfile.TemporaryDirectory() as folder:
        many, few = (_written(Path(folder), count) for count in (_MANY, _FEW))
        reading = _of(_SECONDS, 0, sys.executable, "-c", _READ, many)
        judging = _of(_SECONDS, _ERRORS_FOUND, script("cannon-spec"), "validate", many)
        speed = interleaved(f"{_MANY:,} lines", lambda: _MANY / reading(), lambda: _MANY / judging(), rounds=_ROUNDS)
        peaks = [_of(_BYTES, _ERRORS_FOUND, script("cannon-spec"), "validate", file) for file in (many, few)]
        memory = interleaved("memory", *peaks, rounds=1)
    yield rendered(
        f"5. A file of {_MANY:,} lines, 1 % of them bad: lines a second",
        "json.loads",
        "cannon-spec",
        [Row("cannon-spec validate many.jsonl", speed, "/s")],
    )
    yield rendered(
        "   and the most memory held",
        f"{_MANY:,} lines",
        f"{_FEW:,} lines",
        [Row("cannon-spec validate many.jsonl", memory, "MiB", 1 / 1024 / 1024)],
    )


def _written(folder: Path, count: int) -> str:
    good = cycle([json.dumps(payload) for payload in payloads.good(load_catalog())])
    bad = cycle([json.dumps(payload) for payload in payloads.bad()])
    mixed = (next(bad if number % _BAD_EVERY == 0 else good) for number in range(1, count + 1))
    file = folder / f"{count}.jsonl"
    with file.open("w") as stream:
        stream.writelines(line + "\n" for line in islice(mixed, count))
    return str(file)


def _of(which: int, status: int, *command: str) -> Measurement:
    """A measurement of a command's seconds or bytes."""
    return lambda: float(output(sys.executable, _PEAK, *command, status=status).split()[which])

"""What a fixture of the pytest plugin costs a test, after the first one."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Measurement, Pair, interleave
from benchmarks.process import get_output
from benchmarks.row import Aim, Row

if TYPE_CHECKING:
    from benchmarks.bench import Bench

_CONFTEST = """
import json, time

began, lasted = 0, []


def pytest_runtest_logstart():
    global began
    began = time.process_time()


def pytest_runtest_logfinish():
    lasted.append(time.process_time() - began)


def pytest_terminal_summary():
    print(json.dumps({{"lasted": lasted}}))
"""
_TESTS = """
import pytest


@pytest.mark.parametrize("number", range({number}))
def test_it(number{fixture}):
    pass
"""
_FLAGS = ("-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist", "-p", "no:cov")


def compare_fixture(bench: Bench, fixture: str) -> Pair:
    """The seconds of a test that has the fixture, beside one that has none."""
    return interleave(*(_build(bench, each) for each in (fixture, "")), rounds=min(bench.size.rounds, 5))


def _build(bench: Bench, fixture: str) -> Measurement:
    folder = Path(bench.folder, f"tests_{fixture}")
    folder.mkdir(exist_ok=True)
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "conftest.py").write_text(_CONFTEST.format())
    arguments = {"number": bench.size.tests + 1, "fixture": fixture and f", {fixture}"}
    (folder / "test_it.py").write_text(_TESTS.format(**arguments))

    def run() -> float:
        output = get_output(sys.executable, "-m", "pytest", *_FLAGS, "--rootdir", str(folder), str(folder))
        (line,) = (line for line in output.splitlines() if line.startswith('{"lasted"'))
        _, *others = json.loads(line)["lasted"]
        return float(sum(others) / len(others))

    return run


_MS = 1e3

ROWS = (
    *(
        Row(
            f"fixture-{name}",
            f"a test with the fixture {name}, after the first",
            name,
            "no fixture",
            "ms",
            partial(compare_fixture, fixture=name),
            "The mean of the time that the processor needs for an empty test with the fixture, without the first test.",
            _MS,
            (Aim("ours", "at most", 5),),
        )
        for name in ("cannon_mock", "cannon_server")
    ),
)

"""A long file of one body a line through the command line: lines a second, and memory."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.judge import list_bad_bodies
from benchmarks.measure import NotMeasured, Pair, compare, interleave
from benchmarks.process import build_node_command, find_script, get_output
from benchmarks.row import Aim, Row

if TYPE_CHECKING:
    from benchmarks.bench import Bench

_BAD_EVERY = 100
_JUDGE = ("validate", "--format", "json", "--quiet")
_ERRORS_FOUND = 1


class Run(NamedTuple):
    """A command that has ended: its seconds, the most bytes that one of its processes held, and its output's hash."""

    seconds: float
    peak_bytes: float
    output_hash: str


def compare_with_ajv(bench: Bench) -> Pair:
    """Lines a second by one process."""
    return _compare_speed(bench, _build_judge(), _build_ajv(bench, is_bundle=True))


def compare_with_split_ajv(bench: Bench) -> Pair:
    """The same beside Ajv with a schema for each operation and model."""
    return _compare_speed(bench, _build_judge(), _build_ajv(bench, is_bundle=False))


def compare_two_jobs(bench: Bench) -> Pair:
    """Lines a second by two processes beside one. Raises NotMeasured where the outputs differ."""
    return _compare_speed(bench, _build_judge("--jobs", "2"), _build_judge())


def compare_with_reading(bench: Bench) -> Pair:
    """Lines a second beside a loop that only parses them."""
    script = "import json, sys\nfor line in open(sys.argv[1], 'rb'):\n    json.loads(line)\nsys.exit(1)"
    return _compare_speed(bench, _build_judge(), [sys.executable, "-c", script])


def compare_long_speed(bench: Bench) -> Pair:
    """Lines a second of the long file by two processes beside one. Raises NotMeasured where the outputs differ."""
    two, one = (_run_long(bench, jobs) for jobs in (2, 1))
    if two.output_hash != one.output_hash:
        raise NotMeasured("the output of two jobs is not that of one")
    return compare(bench.size.long_lines / two.seconds, bench.size.long_lines / one.seconds)


def compare_long_memory(bench: Bench) -> Pair:
    """The most bytes that a process held over the long file, beside those over a hundredth of it."""
    few = _run(_build_judge(), _write_lines(bench, bench.size.long_lines // 100))
    return compare(_run_long(bench, 1).peak_bytes, few.peak_bytes)


def compare_long_memory_of_jobs(bench: Bench) -> Pair:
    """The most bytes that one of three processes held (two jobs and the command), beside those of Ajv."""
    ajv = _run(_build_ajv(bench, is_bundle=True), _write_lines(bench, bench.size.long_lines))
    return compare(_run_long(bench, 2).peak_bytes, ajv.peak_bytes)


def _compare_speed(bench: Bench, ours: Sequence[str], peer: Sequence[str]) -> Pair:
    file, lines = _write_lines(bench, bench.size.lines), bench.size.lines
    rounds = min(bench.size.rounds, 3)
    return interleave(lambda: lines / _run(ours, file).seconds, lambda: lines / _run(peer, file).seconds, rounds=rounds)


def _build_judge(*flags: str) -> list[str]:
    return [find_script("cannon-spec"), *_JUDGE, *flags]


def _build_ajv(bench: Bench, *, is_bundle: bool) -> list[str]:
    return build_node_command("lines.js", bench.write_schemas(is_bundle=is_bundle))


@cache
def _run_long(bench: Bench, jobs: int) -> Run:
    return _run(_build_judge("--jobs", str(jobs)), _write_lines(bench, bench.size.long_lines))


def _run(command: Sequence[str], file: str) -> Run:
    output = get_output(sys.executable, "-m", "benchmarks.peak", *command, file, status=_ERRORS_FOUND)
    seconds, peak_bytes, output_hash = output.split()
    return Run(float(seconds), float(peak_bytes), output_hash)


@cache
def _write_lines(bench: Bench, count: int) -> str:
    """A file with so many bodies; the last of each hundred is bad."""
    good, bad = (cycle(map(json.dumps, bodies)) for bodies in (bench.good_bodies, list_bad_bodies(bench)))
    lines = (next(good if number % _BAD_EVERY else bad) for number in range(1, count + 1))
    file = Path(bench.folder, f"{count}.jsonl")
    with file.open("w") as stream:
        stream.writelines(line + "\n" for line in islice(lines, count))
    return str(file)


_MIB = 1 / 1024 / 1024

_LINES_REMARK = (
    "the judge has half of the time, reading the lines and their JSON a third. "
    "Profile: python -m cProfile -s tottime -m cannon_spec validate FILE --quiet."
)
_JOBS_REMARK = (
    "the command loads the contract before the jobs start. Then the jobs format what they find, and the command counts "
    "lines and writes. By os.times of each process it needs 0.2 s of 4 s, most of them for its start."
)

ROWS = (
    Row(
        "lines-ajv",
        "JSONL, 1 % bad, one process",
        "cannon-spec",
        "Ajv in Node",
        "lines/s",
        compare_with_ajv,
        "A file of 300,000 bodies, one a line, by validate --format json --quiet, start to end. "
        "The program in Node parses each line, judges it and writes its errors as JSON.",
        aims=(Aim("ratio", "at least", 1.0),),
        remark=_LINES_REMARK,
        has_npm_peer=True,
    ),
    Row(
        "lines-ajv-split",
        "JSONL, 1 % bad, one process, the schema of each line chosen",
        "cannon-spec",
        "Ajv in Node",
        "lines/s",
        compare_with_split_ajv,
        "The same beside Ajv with a schema for each operation and model, of which the program chooses.",
        has_npm_peer=True,
    ),
    Row(
        "lines-jobs",
        "JSONL, 1 % bad, two processes",
        "two jobs",
        "one job",
        "lines/s",
        compare_two_jobs,
        "The same file by two processes, beside one.",
        aims=(Aim("ratio", "at least", 1.8),),
        remark=_JOBS_REMARK,
    ),
    Row(
        "lines-json",
        "JSONL, 1 % bad, one process",
        "cannon-spec",
        "json.loads",
        "lines/s",
        compare_with_reading,
        "The same file beside a loop in Python that only parses each line.",
    ),
    Row(
        "gigabyte-speed",
        "1 GB of JSONL, two processes",
        "two jobs",
        "one job",
        "lines/s",
        compare_long_speed,
        "A file of 3,500,000 bodies, about 1 GB. Not measured where the output of both differs by a byte.",
        aims=(Aim("ratio", "at least", 1.8),),
        remark=_JOBS_REMARK,
    ),
    Row(
        "gigabyte-memory",
        "1 GB of JSONL, the most memory of one process",
        "3,500,000 lines",
        "35,000 lines",
        "MiB",
        compare_long_memory,
        "The most that the process holds at any time, beside that over a hundredth of the file.",
        _MIB,
        (Aim("ours", "at most", 64),),
    ),
    Row(
        "gigabyte-memory-jobs",
        "1 GB of JSONL, two jobs, the most memory of one process",
        "cannon-spec",
        "Ajv in Node",
        "MiB",
        compare_long_memory_of_jobs,
        "The most that any one of the processes holds at any time.",
        _MIB,
        (Aim("ours", "at most", 64),),
        has_npm_peer=True,
    ),
)

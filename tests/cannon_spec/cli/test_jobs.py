"""The flag --jobs of ``cannon-spec validate``: several processes, and the output of one."""

from __future__ import annotations

import errno
import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cannon_spec import inputs
from cannon_spec.cli import process_pool, range_judge
from cannon_spec.output.writers import FORMATS
from tests.cannon_spec.cli.command import SQUARE, TOO_MANY, Command, Terminal, write_documents
from tests.support.effort import examples
from tests.support.payloads import DOCUMENTED, patched
from tests.support.processes import environment

ASSUMED = {"operation": "image.generate", "input": {"prompt": "A red bicycle", "model": "flux2"}}
SLIP = patched(DOCUMENTED, aspect_ratio=None, aspectRatio="16:9")
LINES = [
    *(json.dumps(each).encode() for each in (DOCUMENTED, ASSUMED, SQUARE, TOO_MANY, SLIP)),
    json.dumps({"request": ASSUMED}).encode(),
    b"",
    b"  ",
    b'{"operation": ',
    b'{"a": 1, "a": 2}',
    b"\xef\xbb\xbf" + json.dumps(ASSUMED).encode(),
    b'"\xff"',
    json.dumps(patched(DOCUMENTED, style="x" * 25_000)).encode(),
    b"null",
]
FLAGS = [
    (),
    ("--quiet",),
    ("--cost",),
    ("--strict",),
    ("--lenient", "--format", "json"),
    ("--format", "json", "--quiet"),
    ("--format", "json", "--ignore", "model-assumed,models/gptimage2"),
    ("--format", "json", "--baseline", "old.json"),
    ("--baseline", "new.json", "--update-baseline"),
    ("--operation", "image.generate"),
    *(("--format", name) for name in FORMATS),
]


@pytest.fixture
def old_baseline(cannon: Command) -> None:
    """A baseline that accepts some findings of the file a.jsonl."""
    write_documents("a.jsonl", ASSUMED, SQUARE, SQUARE)
    assert cannon("validate", "a.jsonl", "--baseline", "old.json", "--update-baseline")[0] == 0


@pytest.fixture
def short_ranges(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sets the size of the ranges, so that a short file has many."""
    return lambda size: monkeypatch.setattr(range_judge, "RANGE_BYTES", size)


def _judge_both(cannon: Command, files: Iterable[str], flags: Iterable[str]) -> list[Any]:
    """What one job and two jobs print and write of files; both begin with the same baselines."""
    outcomes = []
    for jobs in ("1", "2"):
        Path("new.json").unlink(missing_ok=True)
        outcome = cannon("validate", *files, *flags, "--jobs", jobs)
        baseline = Path("new.json").read_bytes() if Path("new.json").exists() else None
        outcomes.append((*outcome, baseline))
    return outcomes


@pytest.mark.usefixtures("old_baseline")
@settings(examples(100), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    lines=st.lists(st.sampled_from(LINES), min_size=1, max_size=12),
    end=st.sampled_from([b"\n", b"\r\n"]),
    is_ended=st.booleans(),
    size=st.integers(1, 1000),
    flags=st.sampled_from(FLAGS),
)
def test_the_output_is_that_of_one_job(
    lines: list[bytes],
    end: bytes,
    is_ended: bool,
    size: int,
    flags: tuple[str, ...],
    cannon: Command,
    short_ranges: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever the lines, the size of the ranges and the flags: output, status and baseline are those of one job."""
    monkeypatch.setattr(inputs, "MAX_BYTES", 20_000)
    monkeypatch.setattr(process_pool, "map_in_processes", lambda work, tasks, _: (work(task) for task in tasks))
    short_ranges(size)
    Path("a.jsonl").write_bytes(end.join(lines) + end * is_ended)
    write_documents("b.jsonl", ASSUMED, SQUARE)
    one, two = _judge_both(cannon, ["a.jsonl", "b.jsonl"], flags)
    assert two == one


@pytest.mark.usefixtures("old_baseline")
def test_a_file_without_documents_leaves_its_baseline(cannon: Command, short_ranges: Callable[[int], None]) -> None:
    """A long file of blank lines is not judged: that its entries do not occur says nothing, however many jobs."""
    short_ranges(1)
    Path("a.jsonl").write_bytes(b"  \n  \n")
    one, two = _judge_both(cannon, ["a.jsonl"], ["--baseline", "old.json"])
    assert two == one
    assert "holds no document" in one[2]
    assert "occur" not in one[2]


def test_processes_of_their_own_judge(cannon: Command, short_ranges: Callable[[int], None]) -> None:
    """Real processes give the output of one job, for several files; one that does not exist is reported as usual."""
    short_ranges(500)
    first = write_documents("a.jsonl", *[DOCUMENTED, ASSUMED, SQUARE, "{", TOO_MANY, SLIP] * 8)
    second = write_documents("b.jsonl", *[ASSUMED] * 20)
    for flags in ((), ("--format", "json", "--cost")):
        one, two = _judge_both(cannon, [first, "missing.jsonl", second], flags)
        assert two == one
        assert two[0] == 2


def test_what_has_no_ranges_takes_one_process(
    cannon: Command, short_ranges: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Short files, standard input, compressed files, other formats, and files to fix are judged without processes."""
    monkeypatch.setattr(process_pool, "map_in_processes", None)
    text = json.dumps(SQUARE) + "\n"
    Path("a.jsonl.gz").write_bytes(gzip.compress(text.encode() * 9))
    Path("a.json").write_text(json.dumps(SQUARE, indent=2))
    assert cannon("validate", write_documents("short.jsonl", SQUARE), "--jobs", "2")[0] == 1
    short_ranges(100)
    write_documents("a.jsonl", *[SLIP] * 9)
    assert "9 errors" in cannon("validate", "--jobs", "2", "-", stdin=text * 9)[1]
    assert "9 errors" in cannon("validate", "--jobs", "2", "a.jsonl.gz")[1]
    assert "1 error" in cannon("validate", "--jobs", "2", "a.json")[1]
    assert "9 errors" in cannon("validate", "--jobs", "2", "a.jsonl", "--diff")[2]
    assert "9 fixed" in cannon("validate", "--jobs", "2", "a.jsonl", "--fix")[1]


def test_the_bar_moves_to_the_end(
    cannon: Command, short_ranges: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With several jobs the bar of a long file moves by the bytes of each range, to the size of the file."""
    moves: list[int] = []
    monkeypatch.setattr("tqdm.tqdm.update", lambda _, count: moves.append(count))
    monkeypatch.setattr(sys, "stderr", Terminal())
    short_ranges(300_000)
    file = write_documents("a.jsonl", *[patched(DOCUMENTED, style="x" * 100_000)] * 11)
    assert cannon("validate", file, "--jobs", "2")[0] == 0
    assert moves == [300_000, 300_000, 300_000, Path(file).stat().st_size - 900_000]


def test_a_killed_process_fails_its_file(
    cannon: Command, short_ranges: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If a process is killed, its file could not be judged, which is said; the next file is, and the JSON is whole."""
    judge_range, parent = range_judge.judge_range, os.getpid()

    def die_at_the_end(judge: Any, run: Any, descriptor: int, task: range_judge.RangeTask) -> Any:
        start, end = task.byte_range
        if os.fstat(descriptor).st_size == end and start > 2000 and os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        return judge_range(judge, run, descriptor, task)

    monkeypatch.setattr(range_judge, "judge_range", die_at_the_end)
    short_ranges(400)
    first, second = write_documents("a.jsonl", *[SQUARE] * 20), write_documents("b.jsonl", SQUARE, SQUARE)
    status, out, err = cannon("validate", first, second, "--jobs", "2", "--format", "json")
    assert status == 2
    assert "a.jsonl: a process that judges a part of it ended by signal 9; try fewer --jobs" in err
    results = json.loads(out)["results"]
    assert [each["line"] for each in results if each["file"] == "b.jsonl"] == [1, 2]
    assert len([each["error"] for each in results if "error" in each]) == 1
    write_documents("a.jsonl", *[SQUARE] * 10)
    monkeypatch.setattr(range_judge, "judge_range", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    status, _, err = cannon("validate", first, "--jobs", "2")
    assert (status, len(err.splitlines())) == (2, 1), "that the file holds no document would be untrue"


def test_processes_that_cannot_be_started_fail_the_file(
    cannon: Command, short_ranges: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the system allows no more open files or processes, that is said, and to use fewer jobs; no path is blamed."""

    def start(*_: Any) -> Any:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(process_pool._PoolProcess, "__init__", start)
    short_ranges(400)
    status, _, err = cannon("validate", write_documents("a.jsonl", *[SQUARE] * 20), "--jobs", "2")
    assert status == 2
    problem = "a process that judges a part of it cannot be started (Too many open files); try fewer --jobs"
    assert err == f"cannon-spec: a.jsonl: {problem}\n"


@pytest.mark.parametrize("jobs", ["0", "65", "-1", "1.5", "many", "", "٣", "9" * 5000])
def test_a_number_of_jobs_that_cannot_be_is_wrong_usage(jobs: str, cannon: Command) -> None:
    """A value that is neither auto nor a number from 1 to 64 is refused with what is legal."""
    status, _, err = cannon("validate", "a.jsonl", f"--jobs={jobs}")
    assert status == 2
    assert "expected auto, or a whole number from 1 to 64" in err


def test_auto_is_a_job_for_each_processor(
    cannon: Command, short_ranges: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``auto`` takes as many processes as there are processors, and no more than there are ranges."""
    counts: list[int] = []

    def record(work: Callable[[Any], Any], tasks: Iterable[Any], count: int) -> Iterator[Any]:
        counts.append(count)
        return (work(task) for task in tasks)

    monkeypatch.setattr(process_pool, "map_in_processes", record)
    monkeypatch.setattr(process_pool, "count_processors", lambda: 3)
    short_ranges(200)
    for number in (1, 9):
        cannon("validate", write_documents("a.jsonl", *[SQUARE] * number), "--jobs", "auto")
    assert counts == [2, 3]
    monkeypatch.setattr(process_pool, "can_fork", lambda: False)
    cannon("validate", "a.jsonl", "--jobs", "auto")
    assert counts == [2, 3]


def test_a_reader_that_goes_ends_no_job_badly(tmp_path: Path) -> None:
    """If the reader of the output goes, as ``head`` does, nothing is written to standard error."""
    file = tmp_path / "a.jsonl"
    file.write_text((json.dumps(SQUARE) + "\n") * 2000)
    command = [sys.executable, "-m", "cannon_spec", "validate", str(file), "--jobs", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 1


@pytest.mark.extended
@pytest.mark.parametrize(
    ("end", "status"),
    [
        (lambda process: os.killpg(process.pid, signal.SIGINT), 130),
        (lambda process: os.kill(process.pid, signal.SIGKILL), -signal.SIGKILL),
    ],
)
def test_no_process_outlives_the_command(end: Callable[[Any], None], status: int, tmp_path: Path) -> None:
    """If the command is interrupted as by Ctrl-C, or killed, its processes end too, and print nothing."""
    file = tmp_path / "a.jsonl"
    file.write_text((json.dumps(SQUARE) + "\n") * 50_000)
    command = [sys.executable, "-m", "cannon_spec", "validate", str(file), "--jobs", "2"]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **streams, env=environment(), start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.read(10)  # so that its processes judge
        end(process)
        assert process.communicate()[1] == b""  # read to their ends: no process has the streams any more
        assert process.returncode == status

"""Processes that share the work of a command."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from cannon_spec.cli.process_pool import ProcessFailed, map_in_processes, serve_tasks


def _square(number: int) -> tuple[int, int]:
    """The square of a number, and the process that found it; the first one is late."""
    time.sleep(0.02 * (number == 0))
    return number * number, os.getpid()


def _fail_at_3(number: int) -> int:
    if number == 3:
        raise FileNotFoundError(2, "No such file", "a.jsonl")
    return number


def _end_at_3(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_results_come_in_the_order_of_the_tasks() -> None:
    """Each task has its result, in the order of the tasks, whichever process is late; each process does some."""
    with closing(map_in_processes(_square, range(20), 3)) as results:
        squares, processes = zip(*results, strict=True)
    assert squares == tuple(number * number for number in range(20))
    assert len(set(processes)) == 3
    assert os.getpid() not in processes
    assert multiprocessing.active_children() == []


def test_large_results_block_nobody() -> None:
    """Results that no pipe holds arrive too."""
    with closing(map_in_processes(bytes, [1_000_000] * 8, 2)) as results:
        assert [len(each) for each in results] == [1_000_000] * 8


def test_an_error_is_raised_at_its_place() -> None:
    """What the work raises for a task is raised after the results before it, with all that it says."""
    results = map_in_processes(_fail_at_3, range(9), 2)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(FileNotFoundError) as error:
        next(results)
    assert (error.value.errno, error.value.filename) == (2, "a.jsonl")
    assert multiprocessing.active_children() == []


def test_a_process_that_is_killed_is_reported() -> None:
    """Where a process is killed the results before are yielded, then ProcessFailed says how; the others end."""
    results = map_in_processes(_end_at_3, count(), 2)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ProcessFailed, match="ended by signal 9"):
        next(results)
    assert multiprocessing.active_children() == []


def test_an_interrupted_caller_leaves_no_process() -> None:
    """A Ctrl-C in the caller ends the processes, whatever they do."""

    def interrupt() -> None:
        with closing(map_in_processes(time.sleep, [0, 600, 600], 2)) as results:
            next(results)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()
    assert multiprocessing.active_children() == []


def test_a_process_ignores_interrupts_and_ends_with_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that serves ignores Ctrl-C, closes its copies of the parent's ends, and ends when those are closed."""
    calls: list[tuple[int, object]] = []
    monkeypatch.setattr(signal, "signal", lambda *call: calls.append(call))
    connection, served_connection = multiprocessing.Pipe()
    inherited_connection, _ = multiprocessing.Pipe()
    for task in (2, 3):
        connection.send(task)
    serve_tasks(lambda number: connection.close() if number == 3 else number, served_connection, [inherited_connection])
    assert calls == [(signal.SIGINT, signal.SIG_IGN)]
    assert inherited_connection.closed


def _stop(_: int) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks Linux for the state of a process")
def test_a_stopped_process_is_ended_too() -> None:
    """A process that is stopped, as by a debugger, does not keep the caller from ending."""
    processes_before = set(multiprocessing.active_children())
    results = map_in_processes(lambda task: _stop(task) if task else task, [0, 1], 1)
    next(results)
    (process,) = set(multiprocessing.active_children()) - processes_before
    deadline = time.monotonic() + 10
    while not Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].startswith(" T"):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    results.close()
    assert multiprocessing.active_children() == []

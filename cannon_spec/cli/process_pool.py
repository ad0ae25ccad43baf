"""Processes that share the work of a command, and give their results in the order of the tasks (floor 2).

They are forked: each has at once what its parent has read, and starts in some milliseconds.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from cannon_spec.system_errors import find_reason

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

T = TypeVar("T")
R = TypeVar("R")

_TASKS_AHEAD = 2
"""How many tasks a process has at most: the second one waits for it, so that it never waits for its parent."""


class ProcessFailed(Exception):
    """A process could not be started, or ended without the result of its task; the text says how or why."""


def can_fork() -> bool:
    """Whether processes can share the work here: they are forked, after which libraries of macOS may fail."""
    return hasattr(os, "fork") and sys.platform != "darwin"


def count_processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def map_in_processes(work: Callable[[T], R], tasks: Iterable[T], process_count: int) -> Generator[R, None, None]:
    """Do a work for each task in some processes, and yield the results in the order of the tasks.

    Tasks must be small: two of them fit into a pipe. Raises what ``work`` raises, at its place in the order, and
    ProcessFailed. Close the iterator to end the processes. They also end when this process does, in whatever way.
    """
    processes: list[_PoolProcess[T, R]] = []
    try:
        with _hold_interrupts():
            for _ in range(process_count):
                processes.append(_start(work, [each.connection for each in processes]))
        yield from _distribute(processes, iter(tasks))
    finally:
        for process in processes:
            process.end()


def _start(work: Callable[[T], R], other_connections: Sequence[Connection]) -> _PoolProcess[T, R]:
    try:
        return _PoolProcess(work, other_connections)
    except OSError as error:  # the system limits open files, processes and memory
        raise ProcessFailed(f"cannot be started ({find_reason(error)})") from None


def _distribute(processes: Sequence[_PoolProcess[T, R]], tasks: Iterator[T]) -> Iterator[R]:
    """Send tasks to the processes in turn, and take the results in the same order."""
    pending: deque[_PoolProcess[T, R]] = deque()
    for process, task in zip([*processes] * _TASKS_AHEAD, tasks, strict=False):
        process.send(task)
        pending.append(process)
    while pending:
        process = pending.popleft()
        result = process.receive()
        for task in islice(tasks, 1):  # sent before the result is used, so that the process goes on meanwhile
            process.send(task)
            pending.append(process)
        yield result


class _PoolProcess(Generic[T, R]):
    """A forked process, and the connection to it."""

    def __init__(self, work: Callable[[T], R], other_connections: Sequence[Connection]) -> None:
        from multiprocessing import get_context  # late, as few runs have several processes

        context = get_context("fork")
        self.connection, connection = context.Pipe()
        inherited_connections = [*other_connections, self.connection]
        self._process = context.Process(
            target=serve_tasks, args=(work, connection, inherited_connections), name="judge", daemon=True
        )
        self._process.start()
        connection.close()

    def send(self, task: T) -> None:
        """Send a task. Raises ProcessFailed."""
        try:
            self.connection.send(task)
        except OSError:
            raise self._explain_end() from None

    def receive(self) -> R:
        """The result of the first task that has none yet. Raises what the work raised, and ProcessFailed."""
        try:
            result, error = self.connection.recv()
        except (EOFError, OSError):
            raise self._explain_end() from None
        if error is not None:
            raise error
        answer: R = result
        return answer

    def end(self) -> None:
        """End the process, whatever it does."""
        self.connection.close()
        self._process.kill()  # not terminate: that leaves a process which is stopped, and ``join`` waits for it
        self._process.join()

    def _explain_end(self) -> ProcessFailed:
        self._process.join()
        code = self._process.exitcode or 0
        return ProcessFailed(f"ended by signal {-code}" if code < 0 else f"ended with status {code}")


def serve_tasks(work: Callable[[T], Any], connection: Connection, inherited_connections: Sequence[Connection]) -> None:
    """Do the work for each task that comes, and send each result, until the other end is closed.

    An error is sent in place of a result. ``inherited_connections`` are the parent's ends, which a fork copies: they
    are closed first, so that the parent's end closes with the parent.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C comes to all processes of a terminal; the parent ends them
    for each in inherited_connections:
        each.close()
    with suppress(EOFError, OSError):
        while True:
            connection.send(_do(work, connection.recv()))


def _do(work: Callable[[T], R], task: T) -> tuple[R | None, Exception | None]:
    try:
        return work(task), None
    except Exception as error:  # noqa: BLE001 - the parent raises it, as if it had done the work
        return None, error


@contextmanager
def _hold_interrupts() -> Iterator[None]:
    """Let a Ctrl-C wait: a process that is forked meanwhile gets none before it ignores them."""
    former_mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former_mask)

"""The command ``cannon-mock`` as a process that is started, ended, killed and started again on one port."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.soak.breach import Breach
from tests.soak.laws import find_tracebacks
from tests.support.processes import environment, find_free_port

_START_S = 60
_END_S = 20
_LINES_TO_KEEP = 40


class CannotStart(Exception):
    """A command did not start; the text says why."""


class MockCommand:
    """The mock on one port of this machine. What it prints to standard error is read while it runs."""

    def __init__(self, *flags: str) -> None:
        self.port = find_free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = [sys.executable, "-m", "cannon_mock", "--port", str(self.port), *flags]
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self.last_lines: deque[str] = deque(maxlen=_LINES_TO_KEEP)
        self._breaches: list[Breach] = []

    def start(self) -> None:
        """Start it, and return when it answers. Raises CannotStart."""
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
            env=environment(),
        )
        self._reader = threading.Thread(target=self._read_errors, args=(self._process,), daemon=True)
        self._reader.start()
        watchdog = threading.Timer(_START_S, self._process.kill)
        watchdog.start()
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        watchdog.cancel()
        if not line.startswith("cannon-mock ready on "):
            status = self._process.wait(_END_S)
            self._release()
            raise CannotStart(f"cannon-mock ended with {status}: {' '.join(self.last_lines)}")

    @property
    def is_running(self) -> bool:
        """Whether it was started, and has not been ended since."""
        return self._process is not None

    def start_without_store(self) -> list[Breach]:
        """Start it while its store is away: it starts, or ends with 2 and a sentence. Anything else is a breach."""
        try:
            self.start()
        except CannotStart as error:
            is_told = "ended with 2: cannon-mock: " in str(error)
            return [] if is_told else [Breach("unnoticed", f"without its store {error}")]
        return []

    def list_processes(self) -> dict[int, str]:
        """The running processes by id, each with its role: ``mock``, or ``parent`` and ``worker``."""
        if self._process is None or self._process.poll() is not None:
            return {}
        pid = self._process.pid
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError:
            return {}
        return {pid: "parent" if children else "mock", **{int(each): "worker" for each in children}}

    def limit_files(self, size_bytes: int) -> None:
        """Let the processes write no file beyond a size, as on a full disk."""
        import resource

        for pid in self.list_processes():
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size_bytes, hard))

    def unlimit_files(self) -> None:
        """Let the processes write files of any size again."""
        import resource

        self.limit_files(resource.RLIM_INFINITY)

    def terminate(self) -> list[Breach]:
        """End it with SIGTERM. A process that does not end by itself, with status 0, is a breach."""
        if self._process is None:
            return []
        os.kill(self._process.pid, signal.SIGTERM)
        try:
            status = self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return [Breach("hanging", f"cannon-mock did not end within {_END_S} s after SIGTERM")]
        self._release()
        return [] if status == 0 else [Breach("hanging", f"after SIGTERM cannon-mock ended with {status}")]

    def kill(self) -> None:
        """Kill all of its processes with SIGKILL."""
        if self._process is not None:
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._release()

    def kill_worker(self) -> None:
        """Kill one worker with SIGKILL; the mock starts another one."""
        workers = [pid for pid, role in self.list_processes().items() if role == "worker"]
        if workers:
            os.kill(workers[0], signal.SIGKILL)

    def take_breaches(self) -> list[Breach]:
        """The tracebacks and faults that were printed since the last call."""
        breaches, self._breaches = self._breaches, []
        return breaches

    def _release(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        self._process.stdout.close()
        if self._reader is not None:
            self._reader.join(_END_S)
        self._process = None

    def _read_errors(self, process: subprocess.Popen[str]) -> None:
        for breach in find_tracebacks(self._read_lines(process)):
            self._breaches.append(breach)

    def _read_lines(self, process: subprocess.Popen[str]) -> Iterator[str]:
        assert process.stderr is not None
        with process.stderr:
            for line in process.stderr:
                self.last_lines.append(line.rstrip())
                yield line


def build_flags(store: str, workers: int, seed: str, credits: int) -> Sequence[str]:
    """The flags of a soak: tasks that end soon, credits enough, and attempts that fail soon."""
    return (
        *("--store", store, "--workers", str(workers), "--seed", seed, "--credits", str(credits)),
        *("--max-tasks", str(10**9)),  # what is forgotten would count as lost
        *("--speed", "20", "--webhook-timeout", "2", "--webhook-secret", "whsec_" + "A" * 32),
    )

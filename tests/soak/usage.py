"""What the processes of the mock use, read from /proc while they run."""

from __future__ import annotations

import contextlib
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.soak.laws import ProcessUsage
from tests.soak.mock_command import MockCommand

_ROUND_S = 0.2
_FORGET_PEAK = "5"


class _Sample(NamedTuple):
    peak_bytes: int
    threads: int
    files: int


class UsageMeter:
    """Follows the peak of memory of each role of the mock's processes for one cycle."""

    def __init__(self, mock: MockCommand) -> None:
        self._mock = mock
        self._peaks: defaultdict[str, int] = defaultdict(int)
        self._first: dict[str, _Sample] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    @contextlib.contextmanager
    def measure(self) -> Iterator[None]:
        """Follow the processes while the context lasts."""
        for pid in self._mock.list_processes():
            with contextlib.suppress(OSError):
                Path(f"/proc/{pid}/clear_refs").write_text(_FORGET_PEAK)
        self._first = self._take()
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join()

    def build_usages(self) -> list[ProcessUsage]:
        """The usage of each role that is running now."""
        return [
            ProcessUsage(
                role,
                max(self._peaks[role], last.peak_bytes),
                self._first.get(role, last).threads,
                last.threads,
                self._first.get(role, last).files,
                last.files,
            )
            for role, last in self._take().items()
        ]

    def _follow(self) -> None:
        while not self._stop.wait(_ROUND_S):
            for role, sample in self._take().items():
                self._peaks[role] = max(self._peaks[role], sample.peak_bytes)

    def _take(self) -> dict[str, _Sample]:
        """A sample of each role; of several processes the largest of each figure."""
        samples: dict[str, _Sample] = {}
        for pid, role in self._mock.list_processes().items():
            with contextlib.suppress(OSError):  # it has ended meanwhile
                sample = _read_sample(pid)
                samples[role] = _Sample(*map(max, sample, samples.get(role, sample)))
        return samples


def _read_sample(pid: int) -> _Sample:
    folder = Path(f"/proc/{pid}")
    lines = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line)
    if "VmHWM" not in lines:  # it is being started, or has ended
        raise ProcessLookupError(pid)
    peak_bytes = int(lines["VmHWM"].split()[0]) * 1024
    return _Sample(peak_bytes, int(lines["Threads"]), len(list((folder / "fd").iterdir())))

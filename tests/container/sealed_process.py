"""Processes of an image: with its files, none of which they can change, its user and its variables alone."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.mock_processes import list_workers
from tests.support.processes import find_free_port

_SEAL = """
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
mount --rbind /dev "$1/dev"
mount -o remount,bind,ro "$1"
root=$1 user=$2
shift 2
exec chroot --userspec="$user" --groups="" "$root" "$@"
"""
"""What a container engine does, but for the network, which is this machine's, and the limits of a kernel."""


@dataclass(frozen=True, slots=True)
class SealedMock:
    """A mock of an image: its address, what waits for it, and its number outside."""

    url: str
    process: subprocess.Popen[str]
    number: int

    def read_user(self) -> str:
        """Its real user and group, as an image writes them."""
        status = Path(f"/proc/{self.number}/status").read_text()
        return ":".join(re.findall(r"^[UG]id:\t(\d+)", status, re.MULTILINE))

    def list_root_options(self) -> list[str]:
        """The options with which its root is mounted, such as ro."""
        lines = (line.split() for line in Path(f"/proc/{self.number}/mountinfo").read_text().splitlines())
        return next(options.split(",") for _, _, _, _, place, options, *_ in lines if place == "/")

    def stop(self, seconds: float) -> int:
        """Its status after the signal by which containers are stopped. Raises TimeoutExpired where it goes on."""
        os.kill(self.number, signal.SIGTERM)
        return self.process.wait(seconds)


@dataclass(frozen=True, slots=True)
class Image:
    """The files of an image, and how it is run."""

    root: Path
    config: Mapping[str, Any]

    @contextmanager
    def start(self, command: Sequence[str], **variables: str) -> Iterator[subprocess.Popen[str]]:
        """A command as process 1 of its own; it is killed at the end. Yields the process that waits for it."""
        own_variables = dict(each.split("=", 1) for each in self.config["Env"])
        seal = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", _SEAL, "sh")
        process = subprocess.Popen(
            [*seal, str(self.root), self.config["User"], *command],
            env=own_variables | variables,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()

    @contextmanager
    def start_mock(self, *options: str, **variables: str) -> Iterator[SealedMock]:
        """A mock with options, as the image is run, at a free port."""
        port = {"CANNON_MOCK_PORT": str(find_free_port())}
        with self.start([*self.config["Entrypoint"], *options], **port, **variables) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("cannon-mock ready on "), line
            yield SealedMock(line.split()[-1], process, *list_workers(process))

    def is_healthy(self, mock: SealedMock) -> bool:
        """Whether the look of the image at its health finds a mock."""
        test, *command = self.config["Healthcheck"]["Test"]
        assert test == "CMD"
        with self.start(command, CANNON_MOCK_PORT=mock.url.rpartition(":")[2]) as process:
            return process.wait() == 0

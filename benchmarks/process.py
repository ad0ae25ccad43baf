"""Child processes: commands that are timed to their end, and servers that are timed to their first line."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from time import perf_counter

from measure import Measurement, NotMeasured

_PATIENCE = 30


def script(name: str) -> str:
    """A console script that was installed with this interpreter."""
    return str(Path(sys.executable).with_name(name))


def environment() -> dict[str, str]:
    """The environment of this process without settings of the commands that are measured."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("CANNON_", "PYTHON"))}


def seconds(*command: str, status: int = 0) -> Measurement:
    """A measurement of a command from its start to its end."""

    def run() -> float:
        started = perf_counter()
        output(*command, status=status)
        return perf_counter() - started

    return run


def output(*command: str, status: int = 0) -> str:
    """What a command prints. Raises NotMeasured where it cannot be run, or ends with another status."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
    except OSError as error:
        raise NotMeasured(f"{command[0]}: {error.strerror}") from None
    if done.returncode != status:
        raise NotMeasured(f"{' '.join(command[:3])} ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    return done.stdout


def seconds_to_ready(*command: str) -> Measurement:
    """A measurement of a server from its start to the first line that it prints."""

    def run() -> float:
        begun = perf_counter()
        with serving(command):
            return perf_counter() - begun

    return run


@contextmanager
def serving(command: Sequence[str]) -> Iterator[str]:
    """A server while it runs; gives the address that ends the first line it prints."""
    with tempfile.TemporaryFile("w+") as complaints:
        try:
            child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, text=True, env=environment())
        except OSError as error:
            raise NotMeasured(f"{command[0]}: {error.strerror}") from None
        try:
            yield _first_line(child).split()[-1]
        except IndexError:
            complaints.seek(0)
            raise NotMeasured(f"{command[0]} did not start: {complaints.read().strip()[-300:]}") from None
        finally:
            child.terminate()
            child.communicate()


def _first_line(child: subprocess.Popen[str]) -> str:
    impatience = Timer(_PATIENCE, child.kill)
    impatience.start()
    try:
        return child.stdout.readline() if child.stdout else ""
    finally:
        impatience.cancel()

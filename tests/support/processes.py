"""The environment of the processes that tests start, and of what runs in this process instead of one of its own."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_OURS = ("CANNON_", "PYTEST_", "PYTHON", "NO_COLOR", "COLUMNS")
_CI = ("CI", "BUILD_NUMBER", "GITHUB_", "GITLAB_")
"""Where tests run changes what pytest and our commands print: it prints summaries whole in CI, for one."""
_COVERAGE = ("COVERAGE_",)


def environment(*, measured: bool = False, **more: str) -> dict[str, str]:
    """The environment of this process without settings of ours and of pytest and traces of a CI service, and with more.

    A process that nobody asks for its coverage is not slowed down by it; one that is to be ``measured`` is.
    """
    gone = _OURS + _CI + (() if measured else _COVERAGE)
    return {**{name: value for name, value in os.environ.items() if not name.startswith(gone)}, **more}


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

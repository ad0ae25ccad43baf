"""The files that a process may open: each connection is one (floor 5)."""

from __future__ import annotations

import asyncio
import errno
from contextlib import suppress
from typing import Any

from cannon_mock.notices import write_notice

_MOST_FILES = 10_240
"""What macOS allows at most."""

_QUIET_S = 10
_NO_FILE_LEFT = {errno.EMFILE, errno.ENFILE}


def raise_limit() -> None:
    """Let this process open as many files as the system allows it: shells start it with 256 or 1024 of them."""
    try:
        import resource
    except ImportError:  # Windows
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < limit:
        with suppress(ValueError, OSError):  # the system has another limit too
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


class AcceptErrorHandler:
    """Handles the exceptions of an event loop: prints one line where no connection can be accepted for want of a file.

    asyncio reports each one that it tries to accept, with a traceback. Every other exception is left to it.
    """

    def __init__(self) -> None:
        self._quiet_until_s = 0.0

    def __call__(self, loop: asyncio.AbstractEventLoop, details: dict[str, Any]) -> None:
        """See asyncio.AbstractEventLoop.set_exception_handler."""
        error = details.get("exception")
        if "socket" not in details or getattr(error, "errno", None) not in _NO_FILE_LEFT:
            loop.default_exception_handler(details)
        elif loop.time() >= self._quiet_until_s:
            self._quiet_until_s = loop.time() + _QUIET_S
            advice = "close connections that are idle, or raise the limit of the system (ulimit -n)"
            write_notice(f"cannot accept a further connection: too many open files; {advice}")

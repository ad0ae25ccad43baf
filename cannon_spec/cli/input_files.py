"""The files that a command line names, where ``-`` is standard input (floor 2)."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import IO

from cannon_spec.output.code_place import STDIN
from cannon_spec.system_errors import explain_os_error

STANDARD_INPUT = "-"


def open_file(name: str) -> AbstractContextManager[IO[bytes]]:
    """Open a file to read its bytes; standard input stays open afterwards. Raises OSError."""
    return nullcontext(sys.stdin.buffer) if name == STANDARD_INPUT else open(name, "rb")


class OwnFiles:
    """The files that say how to judge, such as an overlay or a baseline: they are no payloads.

    A pattern or a folder may hold them, as ``*.json`` does.
    """

    def __init__(self, files: Iterable[str | None]) -> None:
        self._paths = {os.path.realpath(file) for file in files if file is not None}

    def __contains__(self, name: str) -> bool:
        return bool(self._paths) and name != STANDARD_INPUT and os.path.realpath(name) in self._paths


def format_file_name(name: str) -> str:
    """The name of a file as findings and messages have it."""
    return STDIN if name == STANDARD_INPUT else name


def format_read_error(error: OSError) -> str:
    """Why a file cannot be read, and what to do."""
    if error.errno == errno.EBADF:  # standard input, which the caller closed
        return str(error.strerror)
    return explain_os_error(error)

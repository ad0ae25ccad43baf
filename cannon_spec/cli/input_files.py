"""The files that a command line names, where ``-`` is standard input (floor 2)."""

from __future__ import annotations

import errno
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import IO

STANDARD_INPUT = "-"


def open_file(name: str) -> AbstractContextManager[IO[bytes]]:
    """Open a file to read its bytes; standard input stays open afterwards. Raises OSError."""
    return nullcontext(sys.stdin.buffer) if name == STANDARD_INPUT else open(name, "rb")


def format_file_name(name: str) -> str:
    """The name of a file as findings and messages have it."""
    return "<stdin>" if name == STANDARD_INPUT else name


def format_read_error(error: OSError) -> str:
    """Why a file cannot be read, and what to do."""
    if error.errno == errno.EBADF:  # standard input, which the caller closed
        return str(error.strerror)
    return f"{error.strerror or error}; check the path"

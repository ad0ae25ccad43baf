"""The standard streams and the width of the terminal, for each command of this project (floor 2).

``run_command`` is the outermost function of each command. Within it a stream that cannot be used ends no command.
"""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast

from cannon_spec.cli.environment import read_columns
from cannon_spec.printable import escape_unprintable
from cannon_spec.redaction import redact
from cannon_spec.system_errors import explain_os_error, find_reason

_CANNOT_WORK = 2
"""The exit status of every command that its surroundings keep from its work, as a full disk does."""

_INTERNAL_ERROR = 3
_INTERRUPTED = 130
_READER_HAS_GONE = (errno.EPIPE, errno.EINVAL)  # the second is what Windows reports
_FEWEST_COLUMNS = 40  # narrower, a table has no room for its columns


def run_command(name: str, work: Callable[[], int]) -> int:
    """Carry out a command, and return its exit status: that of ``work``, or 2 where its output cannot be written.

    It is 2 too where ``work`` raises OSError, and 3 where it raises anything else; a line says why. A reader that has
    gone, as ``head`` does, takes nothing more and changes no status. Raises SystemExit as ``work`` does.
    """
    with _guard_streams(name) as output:
        try:
            status = _carry_out(name, work)
        except SystemExit:  # argparse has printed the help or the version
            sys.stdout.flush()
            if output.has_failed:
                return _CANNOT_WORK
            raise
        sys.stdout.flush()
        return _CANNOT_WORK if output.has_failed else status


def _carry_out(name: str, work: Callable[[], int]) -> int:
    try:
        return work()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except OSError as error:
        write_problem(name, describe_os_error(error))
        return _CANNOT_WORK
    except Exception as error:  # noqa: BLE001 - the last resort: a user gets a line, not a traceback
        write_problem(name, f"internal error: {type(error).__name__}: {error}; please report it")
        return _INTERNAL_ERROR


def write_problem(name: str, text: str) -> None:
    """Write one line of a command to standard error, if it can be written: the exit status tells the same."""
    with suppress(OSError):
        print(f"{name}: {escape_unprintable(redact(text))}", file=sys.stderr)


def describe_os_error(error: OSError) -> str:
    """What the system refuses, and what to do."""
    if error.filename is not None:
        return f"{os.fsdecode(error.filename)}: {explain_os_error(error)}"
    advice = "is the current directory gone?" if error.errno == errno.ENOENT else ""
    return explain_os_error(error, advice)


def measure_width(most: int, unknown: int) -> int:
    """How many columns a text may have: of COLUMNS, else of the terminal, else ``unknown``; from 40 to ``most``."""
    columns = read_columns()
    if columns is None:
        try:
            columns = os.get_terminal_size(sys.stdout.fileno()).columns or unknown
        except (OSError, ValueError):  # no terminal
            columns = unknown
    return max(_FEWEST_COLUMNS, min(columns, most))


def measure_table_width() -> int:
    """How many columns a table for people has: those of the terminal, within bounds."""
    from cannon_spec.output import tables  # late: a command that judges needs none

    return measure_width(tables.MOST_WIDTH, tables.PLAIN_WIDTH)


class _GuardedOutput(io.RawIOBase):
    """Writes to a file until that fails; what comes later is dropped, so that no writer must handle the failure."""

    def __init__(self, file: io.RawIOBase, report: Callable[[OSError], object]) -> None:
        self._file = file
        self._report = report
        self._is_lost = False
        self.has_failed = False

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._file.fileno()

    def isatty(self) -> bool:
        return self._file.isatty()

    def write(self, data: Any) -> int:
        """Write some bytes; how many of them are done with."""
        if not self._is_lost:
            try:
                return self._write_some(data)
            except OSError as error:
                self._is_lost = True
                if error.errno not in _READER_HAS_GONE:
                    self.has_failed = True
                    self._report(error)
        return len(data)

    def _write_some(self, data: Any) -> int:
        while (count := self._file.write(data)) is None:  # a pipe that another process has set not to block
            select.select([], [self._file], [])
        return count


class _ClosedInput(io.FileIO):
    """Standard input that the caller closed: it holds the number of the stream, and cannot be read."""

    def readinto(self, _: Any) -> int:
        raise OSError(errno.EBADF, "standard input is closed; send it a document, or name a file")

    def readall(self) -> bytes:
        raise OSError(errno.EBADF, "standard input is closed; send it a document, or name a file")


@contextmanager
def _guard_streams(name: str) -> Iterator[_GuardedOutput]:
    """Give the process streams that can be used, whatever the caller made of them; yields what output is written to."""
    saved_streams = (sys.stdin, sys.stdout, sys.stderr)

    def report(error: OSError) -> None:
        reason = find_reason(error)
        print(f"{name}: cannot write to standard output: {reason}; the rest of the output is lost", file=sys.stderr)

    _replace_closed_streams()
    streams = sys.stdout, sys.stderr  # referred to until the end: a stream that nothing refers to closes its file
    sys.stdout, output = _guard(streams[0], report)
    sys.stderr, _ = _guard(streams[1], lambda error: None)  # there is no place to say it
    try:
        yield output
    finally:
        sys.stdin, sys.stdout, sys.stderr = saved_streams


def _replace_closed_streams() -> None:
    """Put streams where the caller closed them, for which Python has None."""
    # In this order each takes the number of the stream it replaces: the lowest that is free.
    sys.stdin = sys.stdin or io.TextIOWrapper(io.BufferedReader(_ClosedInput(os.devnull)))
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 - a standard stream stays open to the end
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115


def _guard(stream: TextIO, report: Callable[[OSError], object]) -> tuple[TextIO, _GuardedOutput]:
    """A stream that writes to the same file, guarded, with an escape for what its encoding lacks.

    A stream that has no file of its own, as of a test, is returned as it is.
    """
    buffer: Any = getattr(stream, "buffer", None)
    file = getattr(buffer, "raw", buffer)
    if not isinstance(file, io.RawIOBase):
        return stream, _GuardedOutput(io.RawIOBase(), report)
    stream.flush()
    guarded_output = _GuardedOutput(file, report)
    text_stream = io.TextIOWrapper(
        io.BufferedWriter(guarded_output),
        stream.encoding,
        "backslashreplace",
        line_buffering=cast(io.TextIOWrapper, stream).line_buffering or buffer is file,
    )
    return text_stream, guarded_output

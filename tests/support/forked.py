"""Commands in a fork of this process, with streams as a shell would set them: that costs less than a process."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, NamedTuple

CLOSED = ""
"""The file of a stream that is closed."""

Main = Callable[[list[str]], int]


class Outcome(NamedTuple):
    """How a command has ended, and what it wrote to the streams that no file took."""

    status: int
    out: str
    err: str


def run_forked(
    main: Main,
    argv: Sequence[str],
    *,
    streams: Sequence[str | None] = (),
    encoding: str = "utf-8",
    prepare: Callable[[], object] = lambda: None,
) -> Outcome:
    """Run a command. ``streams`` names the files of standard input, output and error; ``prepare`` is called before."""
    files = dict(enumerate(streams))
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if not child:
            _run_in_child(main, list(argv), files, [None, out, err], encoding, prepare)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        texts = []
        for each in (out, err):
            each.seek(0)
            texts.append(each.read().decode("utf-8", "backslashreplace"))
    return Outcome(status, *texts)


def _run_in_child(
    main: Main,
    argv: list[str],
    files: dict[int, str | None],
    captured: Sequence[IO[bytes] | None],
    encoding: str,
    prepare: Callable[[], object],
) -> None:
    """Run a command and end this process, whatever happens."""
    status = 99
    try:
        for number, name in enumerate(("stdin", "stdout", "stderr")):
            _open_stream(number, name, files.get(number), captured[number], encoding)
        prepare()
        status = main(argv)
    except SystemExit as error:
        status = int(error.code or 0)
    except BaseException as error:  # noqa: BLE001 - as the interpreter does
        status = 1
        os.write(2, f"Traceback: {type(error).__name__}: {error}".encode())
    finally:
        os._exit(status)


def _open_stream(number: int, name: str, file: str | None, captured: IO[bytes] | None, encoding: str) -> None:
    if file == CLOSED:
        os.close(number)
        setattr(sys, name, None)
        return
    mode = os.O_WRONLY if number else os.O_RDONLY
    source = captured.fileno() if file is None and captured else os.open(file or os.devnull, mode)
    os.dup2(source, number)
    is_error = number == 2
    stream = open(  # noqa: SIM115 - a standard stream stays open
        number,
        "w" if number else "r",
        buffering=1 if is_error else -1,
        encoding=encoding,
        errors="backslashreplace" if is_error else "strict",
        closefd=False,
    )
    setattr(sys, name, stream)


def lose_current_directory(path: Path) -> None:
    """Make a directory that is gone the current one."""
    path.mkdir()
    os.chdir(path)
    path.rmdir()

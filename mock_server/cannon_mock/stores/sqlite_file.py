"""A SQLite file with a connection for each thread: it is opened anew where it fails or is replaced (floor 4)."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Lock, local
from time import sleep
from typing import Any

from cannon_mock.real_time import read_monotonic_s
from cannon_mock.stores.records import StoreFailure

BUSY_S = 2
"""How long a call waits for the lock of the file."""

_PAUSES_S = (0.0002, 0.002)
"""How long to wait before the file's lock is tried again: at first, and later. SQLite's own waits of 1 to 100 ms would
leave the file unused most of the time where two processes write.
"""

_CHECK_S = 0.02
"""How often to look whether the file is still there: each look takes as long as a read."""

_SUFFIXES = ("", "-wal", "-shm")
"""What the names of the files of a store end with: the store, and what SQLite writes beside it."""

_RESTORE = "put the file back, or start the mock again to begin with an empty store"

_RESTART_ALL = "stop every process that uses the store, and start the mock again"
_LOCKED = StoreFailure("another process has locked the file", "end its transaction", is_of_writes=True, is_slow=True)
_DAMAGED = StoreFailure(
    "the content of the file is damaged", f"stop the mock and delete the file, or {_RESTORE.partition(',')[0]}"
)
_FAILURES = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_FULL: StoreFailure("the disk is full", "free space on it", is_of_writes=True),
    sqlite3.SQLITE_READONLY: StoreFailure(
        "the file cannot be written", "let the mock write it and its folder", is_of_writes=True
    ),
    sqlite3.SQLITE_IOERR: StoreFailure("its disk fails", "look whether it is full, or broken"),
    sqlite3.SQLITE_CANTOPEN: StoreFailure("the file cannot be opened", "look whether the mock may read and write it"),
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_ERROR: StoreFailure("its tables were changed", _RESTORE),
}
"""What the primary error codes of SQLite mean."""

_OTHER = StoreFailure("SQLite fails", "start the mock again")
_WRITE_ERRORS = (
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_TRUNCATE,
    sqlite3.SQLITE_IOERR_SHMSIZE,
)
"""Of the errors of a disk those that leave reads alone."""

_PASSING_ERRORS = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL)
"""Primary error codes after which a connection is as good as before."""


class FileFailed(Exception):
    """The file cannot be used, for a reason that SQLite does not tell."""

    def __init__(self, failure: StoreFailure) -> None:
        super().__init__(failure)
        self.failure = failure


def explain_error(error: Exception) -> StoreFailure:
    """What an error of SQLite means, or one of this module."""
    if isinstance(error, FileFailed):
        return error.failure
    code = getattr(error, "sqlite_errorcode", 0)
    failure = _FAILURES.get(code & 0xFF, _OTHER)
    return replace(
        failure,
        problem=f"{failure.problem} ({error})",
        is_of_writes=failure.is_of_writes or code in _WRITE_ERRORS,
    )


def may_keep_connection(error: Exception) -> bool:
    """Whether a connection is as good as before an error: another one could not be opened while the disk is full."""
    if isinstance(error, FileFailed):
        # Where the file comes back they have it; where SQLite's log has gone, the last one to be closed saves it.
        return True
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF in _PASSING_ERRORS or code in _WRITE_ERRORS


class SqliteFile:
    """The file at ``path``, whose stores have the ``layout``.

    Its methods raise errors of sqlite3, and FileFailed for a file that was deleted or replaced.
    """

    def __init__(self, path: str, layout: int) -> None:
        self._path = Path(path).absolute()  # the working folder may change
        self._layout = layout
        self._of_thread = local()
        self._opening = Lock()
        # Threads of one process take turns here: SQLite makes a thread that waits for the file's lock sleep and retry.
        self._writing = Lock()
        self._connections: list[tuple[int, sqlite3.Connection]] = []
        self._files: tuple[Any, ...] | None = None
        self._next_check_s = 0.0

    def connection(self) -> sqlite3.Connection:
        """The connection of this thread in this process: SQLite forbids to use one in a forked child."""
        thread, now_s = self._of_thread, read_monotonic_s()
        if now_s > self._next_check_s:
            self._check_files()
            self._next_check_s = now_s + _CHECK_S
        if getattr(thread, "process", None) != os.getpid() or thread.files is not self._files:
            self._connect()
        connection: sqlite3.Connection = thread.connection
        return connection

    @contextmanager
    def lock_for_writes(self) -> Iterator[float]:
        """Keep other threads of this process from writing; yields the time until which to wait for other processes."""
        until_s = read_monotonic_s() + BUSY_S
        if not self._writing.acquire(timeout=BUSY_S):
            raise FileFailed(_LOCKED)
        try:
            yield until_s
        finally:
            self._writing.release()

    def create(self) -> sqlite3.Connection:
        """A connection that no thread has yet, and the file where there is none. SQLite waits for its lock."""
        return self._open("rwc", BUSY_S)

    def disconnect(self) -> None:
        """Close the connection of this thread: after an error, the file that it has open may not be the store."""
        thread = self._of_thread
        if getattr(thread, "process", None) == os.getpid():
            thread.process = None
            with self._opening:
                with suppress(ValueError):  # it belongs to a file that was replaced
                    self._connections.remove((os.getpid(), thread.connection))
                with suppress(sqlite3.Error):
                    thread.connection.close()
                if not self._has_connections():  # SQLite has removed its side files
                    self._files = None

    def close(self) -> None:
        """Close the connections of this process. No thread may use them any more."""
        for process, connection in self._connections:
            if process == os.getpid():
                connection.close()
        self._connections.clear()
        self._of_thread = local()

    def _open(self, mode: str, busy_s: int) -> sqlite3.Connection:
        address = f"{self._path.as_uri()}?mode={mode}"
        connection = sqlite3.connect(address, timeout=busy_s, isolation_level=None, check_same_thread=False, uri=True)
        try:
            # Safe when a process is killed; only a power cut may lose the last writes, and a mock can lose them.
            execute(connection, "PRAGMA synchronous = NORMAL")
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect(self) -> None:
        self.disconnect()
        self._check_files()
        with self._opening:
            if self._find_files()[0] is None:
                raise FileFailed(StoreFailure(f"the file {self._path} was deleted", _RESTORE))
            connection = self._open("rw", 0)
            if execute(connection, "PRAGMA user_version").fetchone() != (self._layout,):
                connection.close()
                raise FileFailed(StoreFailure("another file is in its place, which is no store", _RESTORE))
            if not self._has_connections():
                self._files = self._find_files()  # now that SQLite has made its side files
            thread = self._of_thread
            thread.process, thread.connection, thread.files = os.getpid(), connection, self._files
            self._connections.append((os.getpid(), connection))

    def _has_connections(self) -> bool:
        return any(process == os.getpid() for process, _ in self._connections)

    def _check_files(self) -> None:
        """Raise FileFailed where a file has gone that connections have open. SQLite would go on writing to it."""
        with self._opening:  # else a thread that opens the file meanwhile makes side files that were not there
            files, open_files = self._find_files(), self._files
        if open_files is None or files == open_files:
            return
        if files[0] is not None and files[0] != open_files[0]:
            # another store is in its place: each thread closes its connection when it makes its next call
            self._connections, self._files = [], None
            return
        number = next(number for number, file in enumerate(files) if file != open_files[number])
        problem = f"the file {self._path}{_SUFFIXES[number]} was deleted"
        raise FileFailed(StoreFailure(problem, _RESTORE if number == 0 else _RESTART_ALL))

    def _find_files(self) -> tuple[Any, ...]:
        """What tells each file from another one of its name; None where there is none."""
        return tuple(_identify(self._path.with_name(self._path.name + suffix)) for suffix in _SUFFIXES)


def execute(
    connection: sqlite3.Connection, statement: str, values: Sequence[Any] = (), until_s: float | None = None
) -> sqlite3.Cursor:
    """The result of a statement that takes or ends a lock of the file, tried again while another process has one."""
    pause_s, longest_pause_s = _PAUSES_S
    while True:
        try:
            return connection.execute(statement, values)
        except sqlite3.OperationalError as error:
            now_s = read_monotonic_s()
            until_s = now_s + BUSY_S if until_s is None else until_s
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or now_s > until_s:
                raise
        sleep(pause_s)
        pause_s = min(2 * pause_s, longest_pause_s)


def _identify(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino

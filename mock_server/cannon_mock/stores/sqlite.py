"""Records in a SQLite file, for several processes of one machine (floor 4)."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock, local
from typing import TypeVar

from cannon_mock.real_time import read_time_ns
from cannon_mock.stores.records import StoreError, Transaction

T = TypeVar("T")

_LAYOUT = 2
"""Changes with the form of what is stored: a file of another layout is refused, as its records cannot be read."""

_BUSY_SECONDS = 30
# One transaction: a process that opens the file meanwhile finds it empty or complete, and never of layout 0.
_TABLES = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS records (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS queues (
  queue TEXT NOT NULL, at_ms INTEGER NOT NULL, member TEXT NOT NULL, PRIMARY KEY (queue, at_ms, member)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS logs (n INTEGER PRIMARY KEY AUTOINCREMENT, log TEXT NOT NULL, value TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS logs_by_name ON logs (log, n);
PRAGMA user_version = {_LAYOUT};
COMMIT;
"""
_EARLIEST = "SELECT at_ms, member FROM queues WHERE queue = ? AND at_ms <= ? ORDER BY at_ms, member LIMIT ?"
_LATEST = "SELECT at_ms, member FROM queues WHERE queue = ? ORDER BY at_ms DESC, member DESC LIMIT ?"
_LATEST_BEFORE = (
    "SELECT at_ms, member FROM queues WHERE queue = ? AND (at_ms, member) < (?, ?)"
    " ORDER BY at_ms DESC, member DESC LIMIT ?"
)
_ENTRIES = "SELECT value FROM logs WHERE log = ? ORDER BY n DESC LIMIT ?"
_TRIM_EVERY = 100
_TRIM = "DELETE FROM logs WHERE log = ? AND n <= (SELECT n FROM logs WHERE log = ? ORDER BY n DESC LIMIT 1 OFFSET ?)"


class SqliteRecords:
    """Records in the file at ``path``. What a transaction wrote survives the process, even one that is killed.

    Raises StoreError for a file that cannot be opened, is no store, or was written by another version of the mock.
    """

    is_shared = True

    def __init__(self, path: str) -> None:
        self._path = path
        # Threads of one process take turns here: SQLite makes a thread that waits for the file's lock sleep and retry.
        self._lock = Lock()
        self._of_thread = local()
        self._connections: list[tuple[int, sqlite3.Connection]] = []
        try:
            self._prepare()
        except sqlite3.Error as error:
            raise StoreError(f"{path}: {error}; name a file that can be written, in a folder that exists") from None

    def transact(self, names: Sequence[str], work: Callable[[Transaction], T]) -> T:  # noqa: ARG002 - a file is locked whole
        """See Records."""
        with self._translate_errors(), self._lock:
            connection = self._connection()
            # IMMEDIATE takes the write lock first: two transactions that both read and then write would be deadlocked.
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(self)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            return result

    def get(self, name: str) -> str | None:
        """See Reading."""
        with self._translate_errors():
            row = self._connection().execute("SELECT value FROM records WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def put(self, name: str, value: str) -> None:
        """See Transaction."""
        self._connection().execute("INSERT OR REPLACE INTO records VALUES (?, ?)", (name, value))

    def drop(self, name: str) -> None:
        """See Transaction."""
        self._connection().execute("DELETE FROM records WHERE name = ?", (name,))

    def add(self, queue: str, at_ms: int, member: str) -> None:
        """See Transaction."""
        self._connection().execute("INSERT OR REPLACE INTO queues VALUES (?, ?, ?)", (queue, at_ms, member))

    def remove(self, queue: str, at_ms: int, member: str) -> None:
        """See Transaction."""
        statement = "DELETE FROM queues WHERE queue = ? AND at_ms = ? AND member = ?"
        self._connection().execute(statement, (queue, at_ms, member))

    def earliest(self, queue: str, until_ms: int, most: int) -> list[tuple[int, str]]:
        """See Reading."""
        return self._connection().execute(_EARLIEST, (queue, until_ms, most)).fetchall()

    def latest(self, queue: str, before: tuple[int, str] | None, most: int) -> list[tuple[int, str]]:
        """See Records."""
        if before is None:
            return self._connection().execute(_LATEST, (queue, most)).fetchall()
        return self._connection().execute(_LATEST_BEFORE, (queue, *before, most)).fetchall()

    def append(self, log: str, value: str, most: int) -> None:
        """See Records."""
        with self._translate_errors(), self._lock:
            connection = self._connection()
            row_id = connection.execute("INSERT INTO logs (log, value) VALUES (?, ?)", (log, value)).lastrowid or 0
            if row_id % _TRIM_EVERY == 0:  # a trim with each entry would double the cost of every request
                connection.execute(_TRIM, (log, log, most))

    def entries(self, log: str, most: int) -> list[str]:
        """See Records."""
        rows = self._connection().execute(_ENTRIES, (log, most)).fetchall()
        return [value for (value,) in reversed(rows)]

    def now_ms(self) -> int:
        """See Records."""
        return read_time_ns() // 1_000_000

    def clear(self, log: str | None = None, keep: Sequence[str] = ()) -> None:
        """See Records."""

        def work(_: Transaction) -> None:
            connection = self._connection()
            if log is not None:
                connection.execute("DELETE FROM logs WHERE log = ?", (log,))
                return
            placeholders = ", ".join("?" for _ in keep)
            connection.execute(f"DELETE FROM records WHERE name NOT IN ({placeholders})", tuple(keep))  # noqa: S608
            connection.execute("DELETE FROM queues")
            connection.execute("DELETE FROM logs")

        self.transact((), work)

    def close(self) -> None:
        """See Records. No thread may use them any more."""
        for process, connection in self._connections:
            if process == os.getpid():
                connection.close()
        self._connections.clear()
        self._of_thread = local()

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        """Raise an error of SQLite as a StoreError of one line."""
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(f"{self._path}: {error}") from None

    def _connection(self) -> sqlite3.Connection:
        """The connection of this thread in this process: SQLite forbids to use one in a forked child."""
        if getattr(self._of_thread, "process", None) != os.getpid():
            self._of_thread.connection = self._open()
            self._of_thread.process = os.getpid()
            self._connections.append((os.getpid(), self._of_thread.connection))
        connection: sqlite3.Connection = self._of_thread.connection
        return connection

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            # Safe when a process is killed; only a power cut may lose the last writes, and a mock can lose them.
            connection.execute("PRAGMA synchronous = NORMAL")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _check_layout(self, connection: sqlite3.Connection) -> None:
        """Refuse a file that is no store, or a store of another layout, before anything is written to it."""
        (layout,) = connection.execute("PRAGMA user_version").fetchone()
        is_empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
        if is_empty or layout == _LAYOUT:
            return
        if connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'records'").fetchone() == (0,):
            raise StoreError(f"{self._path}: this file is not a store of the mock; name another file")
        problem = f"another version of the mock wrote this store (layout {layout}; this version reads {_LAYOUT})"
        raise StoreError(f"{self._path}: {problem}; name another file, or delete this one")

    def _prepare(self) -> None:
        connection = self._open()
        try:
            self._check_layout(connection)
            # WAL: a poll reads while another process writes; without it each waits for the other.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_TABLES)
        finally:
            connection.close()

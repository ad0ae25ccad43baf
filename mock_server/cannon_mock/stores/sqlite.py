"""Records in a SQLite file, for several processes of one machine (floor 4)."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from functools import wraps
from threading import Lock, local
from time import sleep
from typing import Any, Concatenate, ParamSpec, TypeVar

from cannon_mock.real_time import read_monotonic_s, read_time_ns
from cannon_mock.stores.records import StoreError, Transaction

P = ParamSpec("P")
T = TypeVar("T")

_LAYOUT = 2
"""Changes with the form of what is stored: a file of another layout is refused, as its records cannot be read."""

_BUSY_SECONDS = 30
_PAUSES_S = (0.0002, 0.002)
"""How long to wait before the file's lock is tried again: at first, and later. SQLite's own waits of 1 to 100 ms would
leave the file unused most of the time where two processes write.
"""

# One transaction: a process that opens the file meanwhile finds it empty or complete, and never of layout 0. Triggers
# count queues, since SQLite reads every row to count rows; a file of an earlier version is counted once.
_TABLES = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS records (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS queues (
  queue TEXT NOT NULL, at_ms INTEGER NOT NULL, member TEXT NOT NULL, PRIMARY KEY (queue, at_ms, member)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sizes (queue TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS queue_grows AFTER INSERT ON queues BEGIN
  INSERT INTO sizes VALUES (NEW.queue, 1) ON CONFLICT (queue) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER IF NOT EXISTS queue_shrinks AFTER DELETE ON queues BEGIN
  UPDATE sizes SET n = n - 1 WHERE queue = OLD.queue;
  DELETE FROM sizes WHERE queue = OLD.queue AND n = 0;
END;
INSERT INTO sizes SELECT queue, count(*) FROM queues WHERE NOT EXISTS (SELECT 1 FROM sizes) GROUP BY queue;
CREATE TABLE IF NOT EXISTS logs (n INTEGER PRIMARY KEY AUTOINCREMENT, log TEXT NOT NULL, value TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS logs_by_name ON logs (log, n);
PRAGMA user_version = {_LAYOUT};
COMMIT;
"""  # noqa: S608 - the one value is a number of this module
_GET = "SELECT value FROM records WHERE name = ?"
_COUNT = "SELECT n FROM sizes WHERE queue = ?"
_EARLIEST = "SELECT at_ms, member FROM queues WHERE queue = ? AND at_ms <= ? ORDER BY at_ms, member LIMIT ?"
_LATEST = "SELECT at_ms, member FROM queues WHERE queue = ? ORDER BY at_ms DESC, member DESC LIMIT ?"
_LATEST_BEFORE = (
    "SELECT at_ms, member FROM queues WHERE queue = ? AND (at_ms, member) < (?, ?)"
    " ORDER BY at_ms DESC, member DESC LIMIT ?"
)
_APPEND = "INSERT INTO logs (log, value) VALUES (?, ?)"
_ENTRIES = "SELECT value FROM logs WHERE log = ? ORDER BY n DESC LIMIT ?"
_TRIM_EVERY = 100
_TRIM = "DELETE FROM logs WHERE log = ? AND n <= (SELECT n FROM logs WHERE log = ? ORDER BY n DESC LIMIT 1 OFFSET ?)"


def _translate_errors(
    method: Callable[Concatenate[SqliteRecords, P], T],
) -> Callable[Concatenate[SqliteRecords, P], T]:
    """Raise an error of SQLite as a StoreError of one line."""

    @wraps(method)
    def call(records: SqliteRecords, /, *args: P.args, **options: P.kwargs) -> T:
        try:
            return method(records, *args, **options)
        except sqlite3.Error as error:
            raise StoreError(f"{records.path}: {error}") from None

    return call


class SqliteRecords:
    """Records in the file at ``path``. What a transaction wrote survives the process, even one that is killed.

    Raises StoreError for a file that cannot be opened, is no store, or was written by another version of the mock.
    """

    is_shared = True

    def __init__(self, path: str) -> None:
        self.path = path
        # Threads of one process take turns here: SQLite makes a thread that waits for the file's lock sleep and retry.
        self._lock = Lock()
        self._of_thread = local()
        self._connections: list[tuple[int, sqlite3.Connection]] = []
        try:
            self._prepare()
        except sqlite3.Error as error:
            raise StoreError(f"{path}: {error}; name a file that can be written, in a folder that exists") from None

    @_translate_errors
    def transact(self, names: Sequence[str], work: Callable[[Transaction], T]) -> T:  # noqa: ARG002 - a file is locked whole
        """See Records."""
        with self._lock:
            connection = self._connection()
            # IMMEDIATE takes the write lock first: two transactions that both read and then write would be deadlocked.
            _execute(connection, "BEGIN IMMEDIATE")
            try:
                result = work(SqliteTransaction(connection))
                # Where the file system has no WAL, this waits until nobody reads.
                _execute(connection, "COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            return result

    @_translate_errors
    def get(self, name: str) -> str | None:
        """See Reading."""
        return _read_value(_execute(self._connection(), _GET, (name,)))

    @_translate_errors
    def count(self, queue: str) -> int:
        """See Reading."""
        return _read_count(_execute(self._connection(), _COUNT, (queue,)))

    @_translate_errors
    def earliest(self, queue: str, until_ms: int, most: int) -> list[tuple[int, str]]:
        """See Reading."""
        return _execute(self._connection(), _EARLIEST, (queue, until_ms, most)).fetchall()

    @_translate_errors
    def latest(self, queue: str, before: tuple[int, str] | None, most: int) -> list[tuple[int, str]]:
        """See Records."""
        if before is None:
            return _execute(self._connection(), _LATEST, (queue, most)).fetchall()
        return _execute(self._connection(), _LATEST_BEFORE, (queue, *before, most)).fetchall()

    @_translate_errors
    def append(self, log: str, value: str, most: int) -> None:
        """See Records."""
        with self._lock:
            connection = self._connection()
            row_id = _execute(connection, _APPEND, (log, value)).lastrowid or 0
            if row_id % _TRIM_EVERY == 0:  # a trim with each entry would double the cost of every request
                _execute(connection, _TRIM, (log, log, most))

    @_translate_errors
    def entries(self, log: str, most: int) -> list[str]:
        """See Records."""
        rows = _execute(self._connection(), _ENTRIES, (log, most)).fetchall()
        return [value for (value,) in reversed(rows)]

    def get_with_time(self, name: str) -> tuple[str | None, int]:
        """See Records."""
        return self.get(name), self.now_ms()

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

    def _connection(self) -> sqlite3.Connection:
        """The connection of this thread in this process: SQLite forbids to use one in a forked child."""
        if getattr(self._of_thread, "process", None) != os.getpid():
            self._of_thread.connection = self._open(busy_s=0)
            self._of_thread.process = os.getpid()
            self._connections.append((os.getpid(), self._of_thread.connection))
        connection: sqlite3.Connection = self._of_thread.connection
        return connection

    def _open(self, busy_s: int) -> sqlite3.Connection:
        """A connection that waits for the file's lock for that long."""
        connection = sqlite3.connect(self.path, timeout=busy_s, isolation_level=None, check_same_thread=False)
        try:
            # Safe when a process is killed; only a power cut may lose the last writes, and a mock can lose them.
            _execute(connection, "PRAGMA synchronous = NORMAL")
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
            raise StoreError(f"{self.path}: this file is not a store of the mock; name another file")
        problem = f"another version of the mock wrote this store (layout {layout}; this version reads {_LAYOUT})"
        raise StoreError(f"{self.path}: {problem}; name another file, or delete this one")

    def _prepare(self) -> None:
        connection = self._open(_BUSY_SECONDS)
        try:
            self._check_layout(connection)
            # WAL: a poll reads while another process writes; without it each waits for the other.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_TABLES)
        finally:
            connection.close()


class SqliteTransaction:
    """A transaction under way on a connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def get(self, name: str) -> str | None:
        """See Reading."""
        return _read_value(self._execute(_GET, (name,)))

    def count(self, queue: str) -> int:
        """See Reading."""
        return _read_count(self._execute(_COUNT, (queue,)))

    def earliest(self, queue: str, until_ms: int, most: int) -> list[tuple[int, str]]:
        """See Reading."""
        return self._execute(_EARLIEST, (queue, until_ms, most)).fetchall()

    def put(self, name: str, value: str) -> None:
        """See Transaction."""
        self._execute("INSERT OR REPLACE INTO records VALUES (?, ?)", (name, value))

    def drop(self, name: str) -> None:
        """See Transaction."""
        self._execute("DELETE FROM records WHERE name = ?", (name,))

    def add(self, queue: str, at_ms: int, member: str) -> None:
        """See Transaction."""
        self._execute("INSERT OR IGNORE INTO queues VALUES (?, ?, ?)", (queue, at_ms, member))

    def remove(self, queue: str, at_ms: int, member: str) -> None:
        """See Transaction."""
        self._execute("DELETE FROM queues WHERE queue = ? AND at_ms = ? AND member = ?", (queue, at_ms, member))


def _execute(connection: sqlite3.Connection, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
    """The result of a statement that takes or ends a lock of the file, tried again while another process has one."""
    began_s: float | None = None
    pause_s, longest_pause_s = _PAUSES_S
    while True:
        try:
            return connection.execute(statement, values)
        except sqlite3.OperationalError as error:
            now_s = read_monotonic_s()
            began_s = began_s or now_s
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or now_s - began_s > _BUSY_SECONDS:
                raise
        sleep(pause_s)
        pause_s = min(2 * pause_s, longest_pause_s)


def _read_value(cursor: sqlite3.Cursor) -> str | None:
    row = cursor.fetchone()
    return None if row is None else str(row[0])


def _read_count(cursor: sqlite3.Cursor) -> int:
    row = cursor.fetchone()
    return 0 if row is None else int(row[0])

"""Records in a SQLite file, for several processes of one machine (floor 4)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import TypeVar

from cannon_mock.real_time import read_time_ns
from cannon_mock.stores.outage import Outage, reading, writing
from cannon_mock.stores.records import StoreError, StoreFailure, Transaction
from cannon_mock.stores.sqlite_file import FileFailed, SqliteFile, execute, explain_error, may_keep_connection

T = TypeVar("T")

_LAYOUT = 2
"""Changes with the form of what is stored: a file of another layout is refused, as its records cannot be read."""

_COUNT_REMOVALS = """CREATE TRIGGER IF NOT EXISTS queue_shrinks AFTER DELETE ON queues BEGIN
  UPDATE sizes SET n = n - 1 WHERE queue = OLD.queue;
  DELETE FROM sizes WHERE queue = OLD.queue AND n = 0;
END"""
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
{_COUNT_REMOVALS};
INSERT INTO sizes SELECT queue, count(*) FROM queues WHERE NOT EXISTS (SELECT 1 FROM sizes) GROUP BY queue;
CREATE TABLE IF NOT EXISTS logs (n INTEGER PRIMARY KEY AUTOINCREMENT, log TEXT NOT NULL, value TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS logs_by_name ON logs (log, n);
PRAGMA user_version = {_LAYOUT};
COMMIT;
"""  # noqa: S608 - the one value is a number of this module
_ADVICE_AT_START = {
    sqlite3.SQLITE_CANTOPEN: "name a file that can be written, in a folder that exists",
    sqlite3.SQLITE_CORRUPT: "name another file",
    sqlite3.SQLITE_NOTADB: "name another file",
}
"""What to do about a file that has not been open yet, by the primary error code of SQLite."""

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


class SqliteRecords:
    """Records in the file at ``path``. What a transaction wrote survives the process, even one that is killed.

    Raises StoreError for a file that cannot be opened, is no store, or was written by another version of the mock.
    """

    is_shared = True
    errors: tuple[type[Exception], ...] = (sqlite3.Error, FileFailed)
    max_bytes = None

    def __init__(self, path: str) -> None:
        self.outage = Outage(f"sqlite:{path}")
        self._name = path
        self._file = SqliteFile(path, _LAYOUT)
        try:
            self._prepare()
        except sqlite3.Error as error:
            raise StoreError(f"{path}: {_explain_start(error)}") from None

    def end_failed_call(self, error: Exception) -> StoreFailure:
        """See WithOutage."""
        if not may_keep_connection(error):
            self._file.disconnect()
        return explain_error(error)

    @writing
    def transact(self, names: Sequence[str], work: Callable[[Transaction], T]) -> T:  # noqa: ARG002 - a file is locked whole
        """See Records."""
        with self._file.lock_for_writes() as until_s:
            connection = self._file.connection()
            # IMMEDIATE takes the write lock first: two transactions that both read and then write would be deadlocked.
            execute(connection, "BEGIN IMMEDIATE", (), until_s)
            try:
                result = work(SqliteTransaction(connection))
                # Where the file system has no WAL, this waits until nobody reads.
                execute(connection, "COMMIT", (), until_s)
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            return result

    @reading
    def get(self, name: str) -> str | None:
        """See Reading."""
        return _read_value(execute(self._file.connection(), _GET, (name,)))

    def count_bytes(self) -> int:
        """See Reading."""
        return 0

    @reading
    def count(self, queue: str) -> int:
        """See Reading."""
        return _read_count(execute(self._file.connection(), _COUNT, (queue,)))

    @reading
    def earliest(self, queue: str, until_ms: int, most: int) -> list[tuple[int, str]]:
        """See Reading."""
        return execute(self._file.connection(), _EARLIEST, (queue, until_ms, most)).fetchall()

    @reading
    def latest(self, queue: str, before: tuple[int, str] | None, most: int) -> list[tuple[int, str]]:
        """See Records."""
        if before is None:
            return execute(self._file.connection(), _LATEST, (queue, most)).fetchall()
        return execute(self._file.connection(), _LATEST_BEFORE, (queue, *before, most)).fetchall()

    @writing
    def append(self, log: str, value: str, most: int) -> None:
        """See Records."""
        with self._file.lock_for_writes() as until_s:
            connection = self._file.connection()
            row_id = execute(connection, _APPEND, (log, value), until_s).lastrowid or 0
            if row_id % _TRIM_EVERY == 0:  # a trim with each entry would double the cost of every request
                execute(connection, _TRIM, (log, log, most), until_s)

    @reading
    def entries(self, log: str, most: int) -> list[str]:
        """See Records."""
        rows = execute(self._file.connection(), _ENTRIES, (log, most)).fetchall()
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
            connection = self._file.connection()
            if log is not None:
                connection.execute("DELETE FROM logs WHERE log = ?", (log,))
                return
            placeholders = ", ".join("?" for _ in keep)
            connection.execute(f"DELETE FROM records WHERE name NOT IN ({placeholders})", tuple(keep))  # noqa: S608
            connection.execute("DROP TRIGGER queue_shrinks")  # else it runs for each place, while others wait
            connection.execute("DELETE FROM queues")
            connection.execute("DELETE FROM sizes")
            connection.execute(_COUNT_REMOVALS)
            connection.execute("DELETE FROM logs")

        self.transact((), work)

    def close(self) -> None:
        """See Records. No thread may use them any more."""
        self._file.close()

    def _check_layout(self, connection: sqlite3.Connection) -> None:
        """Refuse a file that is no store, or a store of another layout, before anything is written to it."""
        (layout,) = connection.execute("PRAGMA user_version").fetchone()
        is_empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
        if is_empty or layout == _LAYOUT:
            return
        if connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'records'").fetchone() == (0,):
            raise StoreError(f"{self._name}: this file is not a store of the mock; name another file")
        problem = f"another version of the mock wrote this store (layout {layout}; this version reads {_LAYOUT})"
        raise StoreError(f"{self._name}: {problem}; name another file, or delete this one")

    def _prepare(self) -> None:
        connection = self._file.create()
        try:
            self._check_layout(connection)
            # WAL: a poll reads while another process writes; without it each waits for the other.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_TABLES)
        finally:
            connection.close()


def _explain_start(error: sqlite3.Error) -> str:
    """Why a file cannot be opened, and what to do before there is a store in it."""
    failure = explain_error(error)
    advice = _ADVICE_AT_START.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, failure.advice)
    return f"{failure.problem}; {advice}"


class SqliteTransaction:
    """A transaction under way on a connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def get(self, name: str) -> str | None:
        """See Reading."""
        return _read_value(self._execute(_GET, (name,)))

    def count_bytes(self) -> int:
        """See Reading."""
        return 0

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


def _read_value(cursor: sqlite3.Cursor) -> str | None:
    row = cursor.fetchone()
    return None if row is None else str(row[0])


def _read_count(cursor: sqlite3.Cursor) -> int:
    row = cursor.fetchone()
    return 0 if row is None else int(row[0])

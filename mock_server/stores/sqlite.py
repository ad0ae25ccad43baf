"""Tasks in SQLite, in memory (floor 4)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from cannon_spec.lifecycle import Timeline
from mock_server import credits
from mock_server.credits import Balance, Entry
from mock_server.stores import IdempotencyKey, KeyReused, NotEnoughCredits
from mock_server.tasks import Task

_TABLES = """
CREATE TABLE tasks (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    asset_id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    started_ms INTEGER NOT NULL,
    ended_ms INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    credits INTEGER NOT NULL,
    rest TEXT NOT NULL
);
CREATE TABLE keys (
    account TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    task TEXT NOT NULL,
    PRIMARY KEY (account, key)
) WITHOUT ROWID;
CREATE INDEX keys_of_task ON keys (task);
CREATE TABLE accounts (
    account TEXT PRIMARY KEY,
    available INTEGER NOT NULL,
    held INTEGER NOT NULL,
    settled INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE entries (account TEXT NOT NULL, at_ms INTEGER NOT NULL, kind TEXT NOT NULL, amount INTEGER NOT NULL);
CREATE INDEX entries_due ON entries (account, at_ms);
CREATE TABLE counter (number INTEGER NOT NULL);
INSERT INTO counter VALUES (0);
"""

_COLUMNS = "id, asset_id, account, created_ms, started_ms, ended_ms, outcome, credits, rest"
_REST = ("operation", "model", "input", "width", "height", "aspect_ratio", "size_claim", "error_message")


class SqliteStore:
    """A store on one connection; a lock keeps the server's threads apart. At most ``max_tasks`` are kept."""

    def __init__(self, max_tasks: int) -> None:
        self._max_tasks = max_tasks
        self._lock = Lock()
        self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._connection.executescript(_TABLES)

    def next_number(self) -> int:
        """See Store."""
        with self._transaction() as run:
            return int(run("UPDATE counter SET number = number + 1 RETURNING number").fetchone()[0])

    def create(self, task: Task, key: IdempotencyKey | None, start: int) -> Task:
        """See Store."""
        with self._transaction() as run:
            earlier = self._earlier(task.account, key)
            if earlier is not None:
                return earlier
            self._hold(task, start)
            timeline, rest = task.timeline, {name: getattr(task, name) for name in _REST}
            run(
                f"INSERT INTO tasks ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(task.id, task.asset_id, task.account),
                    *(timeline.created_ms, timeline.started_ms, timeline.ended_ms, timeline.outcome),
                    *(task.credits, json.dumps(rest, ensure_ascii=False)),
                ),
            )
            if key is not None:
                run("INSERT INTO keys VALUES (?, ?, ?, ?)", (task.account, key.key, key.fingerprint, task.id))
            self._forget_oldest()
        return task

    def get(self, id_: str) -> Task | None:
        """See Store."""
        with self._lock:
            return self._one("id", id_)

    def get_by_asset(self, asset_id: str) -> Task | None:
        """See Store."""
        with self._lock:
            return self._one("asset_id", asset_id)

    def balance(self, account: str, start: int, now_ms: int) -> Balance:
        """See Store."""
        with self._lock:
            return credits.fold(self._kept(account, start), self._due(account, now_ms), now_ms)

    def close(self) -> None:
        """See Store."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        with self._lock, self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield self._connection.execute

    def _one(self, column: str, value: str) -> Task | None:
        row = self._connection.execute(f"SELECT {_COLUMNS} FROM tasks WHERE {column} = ?", (value,)).fetchone()
        return None if row is None else _task(row)

    def _earlier(self, account: str, key: IdempotencyKey | None) -> Task | None:
        if key is None:
            return None
        query = "SELECT fingerprint, task FROM keys WHERE account = ? AND key = ?"
        row = self._connection.execute(query, (account, key.key)).fetchone()
        if row is None:
            return None
        if row[0] != key.fingerprint:
            raise KeyReused(key.key)
        return self._one("id", row[1])

    def _hold(self, task: Task, start: int) -> None:
        """Fold what fell due into the account's row, check the balance, hold the task's credits."""
        run, now_ms = self._connection.execute, task.timeline.created_ms
        hold, end = credits.entries(task.timeline, task.credits)
        before = credits.fold(self._kept(task.account, start), self._due(task.account, now_ms), now_ms)
        if before.available < task.credits:
            raise NotEnoughCredits(before.available, task.credits)
        after = credits.fold(before, [hold], now_ms)
        run("DELETE FROM entries WHERE account = ? AND at_ms <= ?", (task.account, now_ms))
        run(
            "INSERT OR REPLACE INTO accounts VALUES (?, ?, ?, ?)",
            (task.account, after.available, after.held, after.settled),
        )
        run("INSERT INTO entries VALUES (?, ?, ?, ?)", (task.account, end.at_ms, end.kind, end.amount))

    def _kept(self, account: str, start: int) -> Balance:
        query = "SELECT available, held, settled FROM accounts WHERE account = ?"
        row = self._connection.execute(query, (account,)).fetchone()
        return Balance(start) if row is None else Balance(*row)

    def _due(self, account: str, now_ms: int) -> list[Entry]:
        query = "SELECT at_ms, kind, amount FROM entries WHERE account = ? AND at_ms <= ?"
        return [Entry(*row) for row in self._connection.execute(query, (account, now_ms))]

    def _forget_oldest(self) -> None:
        run = self._connection.execute
        newest = run("SELECT max(number) FROM tasks").fetchone()[0]
        oldest = "SELECT id FROM tasks WHERE number <= ?"
        run(f"DELETE FROM keys WHERE task IN ({oldest})", (newest - self._max_tasks,))
        run("DELETE FROM tasks WHERE number <= ?", (newest - self._max_tasks,))


def _task(row: tuple[Any, ...]) -> Task:
    id_, asset_id, account, created_ms, started_ms, ended_ms, outcome, amount, rest = row
    timeline = Timeline(created_ms, started_ms, ended_ms, outcome)
    return Task(id=id_, asset_id=asset_id, account=account, timeline=timeline, credits=amount, **json.loads(rest))

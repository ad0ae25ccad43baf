"""Ways in which a real store fails and works again, for tests: of a SQLite file and of a Valkey server."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis

from cannon_mock.stores.sqlite_file import SqliteFile

Break = Callable[[Any], AbstractContextManager[None]]
"""Makes a store fail while the context lasts: a file, or a server by a client of it."""


@dataclass(frozen=True, slots=True)
class WayToFail:
    """One way to fail: what its message says, and whether reads go on."""

    break_store: Break
    words: str
    has_reads: bool = True


def limit_connections(pragma: str, limit: str, no_limit: str) -> Break:
    """Break a file by a pragma on each connection of this process; ``pages`` in ``limit`` is the size of the file."""

    @contextmanager
    def break_file(file: Path) -> Iterator[None]:
        with closing(sqlite3.connect(file)) as other:
            (pages,) = other.execute("PRAGMA page_count").fetchone()
        connections: list[sqlite3.Connection] = []
        find_connection = SqliteFile.connection

        def find_limited(self: SqliteFile) -> sqlite3.Connection:
            connections.append(find_connection(self))
            connections[-1].execute(f"PRAGMA {pragma} = {limit.format(pages=pages)}")
            return connections[-1]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(SqliteFile, "connection", find_limited)
            yield
        for connection in connections:
            with suppress(sqlite3.ProgrammingError):  # it was closed
                connection.execute(f"PRAGMA {pragma} = {no_limit}")

    return break_file


@contextmanager
def lock_file(file: Path) -> Iterator[None]:
    """Hold the lock of a file."""
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def stop_growth(_file: Path) -> Iterator[None]:
    """Let this process write no file beyond its first byte, as where a quota is used up."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@contextmanager
def take_away(file: Path) -> Iterator[None]:
    """Move a file away, with what SQLite has written beside it."""
    names = [f"{file.name}{suffix}" for suffix in ("", "-wal", "-shm")]
    place = file.with_name("elsewhere")
    place.mkdir()
    for name in names:
        file.with_name(name).rename(place / name)
    yield
    for name in names:
        (place / name).rename(file.with_name(name))


@contextmanager
def replace_by_text(file: Path) -> Iterator[None]:
    """Put a file that SQLite cannot read in the place of the store."""
    with take_away(file):
        file.write_text("no database " * 1000)
        yield
        file.unlink()


@contextmanager
def drop_table(file: Path, name: str = "records") -> Iterator[None]:
    """Take a table from the file, with its content."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute(f"ALTER TABLE {name} RENAME TO former")
        yield
        other.execute(f"ALTER TABLE former RENAME TO {name}")


def send_commands(before: str, after: str) -> Break:
    """Break a server by commands, and mend it by others; ``;`` is between two of them."""

    @contextmanager
    def break_server(server: Any) -> Iterator[None]:
        try:
            _send(server, before)
            yield
        finally:
            _send(server, after)

    return break_server


def _send(server: redis.Redis, commands: str) -> None:
    for command in commands.split(";"):
        server.execute_command(*command.split(" "))


OF_FILE = {
    "full": WayToFail(limit_connections("max_page_count", "{pages}", "4294967294"), "the disk is full"),
    "limited": WayToFail(stop_growth, "its disk fails (disk I/O error); look whether it is full"),
    "locked": WayToFail(lock_file, "another process has locked the file (database is locked); end its transaction"),
    "read-only": WayToFail(limit_connections("query_only", "1", "0"), "the file cannot be written"),
    "deleted": WayToFail(take_away, "mock.db was deleted; put the file back, or start", has_reads=False),
    "replaced": WayToFail(replace_by_text, "content of the file is damaged (file is not a database)", has_reads=False),
    "dropped": WayToFail(drop_table, "its tables were changed (no such table: records)", has_reads=False),
}

OF_SERVER = {
    "memory": WayToFail(send_commands("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0"), "raise its maxmemory"),
    "replica": WayToFail(send_commands("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE"), "the server is a replica"),
    "alone": WayToFail(
        send_commands("CONFIG SET min-replicas-to-write 1", "CONFIG SET min-replicas-to-write 0"),
        "the server has too few replicas",
    ),
    "slow": WayToFail(send_commands("CLIENT PAUSE 600000 WRITE", "CLIENT UNPAUSE"), "does not answer in time"),
    "forbidden": WayToFail(
        send_commands("ACL SETUSER default -set", "ACL SETUSER default +set"), "the server refuses the user"
    ),
    "password": WayToFail(
        send_commands(
            "CONFIG SET requirepass s3cret;CLIENT KILL TYPE normal SKIPME yes",
            "CONFIG SET requirepass ",
        ),
        "the server refuses the password",
        has_reads=False,
    ),
}

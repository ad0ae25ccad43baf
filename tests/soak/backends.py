"""The stores that a soak tries, each with the ways in which it goes away and comes back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Protocol

from tests.soak.disturbances import Kind
from tests.soak.mock_command import CannotStart, MockCommand

Outage = tuple[Kind, Callable[[MockCommand], AbstractContextManager[None]]]
"""What answers may show of an outage, and what takes the store away from a running mock while the context lasts."""


class Backend(Protocol):
    """A store: its address, its outages by name, and what a client knows of a create after each answer."""

    address: str
    is_durable: bool
    outages: Mapping[str, Outage]
    storing_statuses: Collection[int | None]

    def run(self) -> AbstractContextManager[object]:
        """Run what it needs while the context lasts. Raises CannotStart."""


class MemoryBackend:
    """Tasks in the process: it is never killed, and never away."""

    address = "memory"
    is_durable = False
    outages: Mapping[str, Outage] = {}
    storing_statuses: Collection[int | None] = (None, 500)

    def __init__(self, _folder: Path) -> None:
        pass

    def run(self) -> AbstractContextManager[object]:
        """Run nothing."""
        return nullcontext()


class SqliteBackend:
    """A file, which another process locks, and which cannot grow for a time."""

    is_durable = True
    storing_statuses: Collection[int | None] = (None, 500)

    def __init__(self, folder: Path) -> None:
        self._file = folder / "soak.db"
        self.address = f"sqlite:{self._file}"
        self.outages: Mapping[str, Outage] = {
            "lock the file": ("full", self._lock),
            "fill the disk": ("full", self._fill),
        }

    def run(self) -> AbstractContextManager[object]:
        """Run nothing."""
        return nullcontext()

    @contextmanager
    def _lock(self, _mock: MockCommand) -> Iterator[None]:
        connection = sqlite3.connect(self._file, timeout=30, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield
        finally:
            connection.close()

    @contextmanager
    def _fill(self, mock: MockCommand) -> Iterator[None]:
        """Let the mock write nothing beyond the first page of a file."""
        mock.limit_files(4096)
        try:
            yield
        finally:
            mock.unlimit_files()


class RedisBackend:
    """A Valkey server that keeps what it acknowledged; it is killed, or stands still. Raises CannotStart."""

    is_durable = True
    # A connection that breaks leaves open whether what was sent to the server was stored.
    storing_statuses: Collection[int | None] = (None, 500, 503)

    def __init__(self, folder: Path) -> None:
        try:
            from tests.support.valkey import DURABLE, Server
        except ImportError as error:
            raise CannotStart(f"there is no Valkey server ({error}); install the extra dev") from None
        self._server = Server(folder, *DURABLE)
        self.address = self._server.url
        self.outages: Mapping[str, Outage] = {
            "kill the store": ("away", self._kill),
            "stop the store": ("away", self._pause),
            "fill the store": ("full", self._fill),
        }

    @contextmanager
    def run(self) -> Iterator[None]:
        """Run the server."""
        try:
            self._server.start()
        except (OSError, AssertionError) as error:
            raise CannotStart(f"the Valkey server does not start: {error}") from None
        try:
            yield
        finally:
            self._server.kill()

    @contextmanager
    def _kill(self, _mock: MockCommand) -> Iterator[None]:
        self._server.kill()
        try:
            yield
        finally:
            self._server.start()

    @contextmanager
    def _fill(self, _mock: MockCommand) -> Iterator[None]:
        """Let the server take no writes for want of memory; it answers what only reads."""
        from redis import Redis

        with Redis.from_url(self.address) as client:
            client.config_set("maxmemory", "1mb")
            try:
                yield
            finally:
                client.config_set("maxmemory", "0")

    @contextmanager
    def _pause(self, _mock: MockCommand) -> Iterator[None]:
        self._server.freeze()
        try:
            yield
        finally:
            self._server.thaw()


BACKENDS: Mapping[str, type[MemoryBackend | SqliteBackend | RedisBackend]] = {
    "memory": MemoryBackend,
    "sqlite": SqliteBackend,
    "redis": RedisBackend,
}
"""The stores by name."""

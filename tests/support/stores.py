"""The three things that a store can be built on, for tests that hold for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from cannon_mock.stores import Records, open_records
from cannon_mock.stores.memory import MemoryRecords
from cannon_mock.stores.redis import RedisRecords
from cannon_mock.stores.sqlite import SqliteRecords
from tests.support.valkey import running

Opener = Callable[[], Records]
"""Opens the same records once more, as another process would."""

KINDS = ("memory", "sqlite", "redis")
SHARED = KINDS[1:]
_NUMBERS = count()


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Valkey server of this session."""
    with running(tmp_path_factory.mktemp("valkey")) as server:
        yield server.url


@contextmanager
def opener(kind: str, folder: Path, url: str) -> Iterator[Opener]:
    """Opens empty records of a kind, the same ones each time but for memory's."""
    made: list[Records] = []
    prefix = f"test{next(_NUMBERS)}:"

    def opening() -> Records:
        if kind == "redis":
            made.append(RedisRecords(url, prefix))
        else:
            made.append(open_records("memory" if kind == "memory" else f"sqlite:{folder / 'store.db'}"))
        return made[-1]

    try:
        yield opening
    finally:
        for records in made:
            records.close()


@pytest.fixture(params=KINDS)
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Records]:
    """Empty records of each kind."""
    url = request.getfixturevalue("valkey") if request.param == "redis" else ""
    with opener(request.param, tmp_path, url) as opening:
        yield opening()


@pytest.fixture(params=SHARED)
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    """Opens the same records more than once."""
    url = request.getfixturevalue("valkey") if request.param == "redis" else ""
    with opener(request.param, tmp_path, url) as opening:
        yield opening


def list_record_names(records: Records) -> set[str]:
    """The name of every record."""
    if isinstance(records, MemoryRecords):
        return set(records._records)
    if isinstance(records, RedisRecords):
        start = records._record("")
        return {key.removeprefix(start) for key in records._client.scan_iter(match=f"{start}*")}
    assert isinstance(records, SqliteRecords)
    return {name for (name,) in records._file.connection().execute("SELECT name FROM records")}

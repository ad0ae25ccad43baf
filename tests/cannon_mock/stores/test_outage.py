"""What clients are told while a store fails, and that all goes on when it works again."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis as client_of_redis

from cannon_mock.stores import outage, redis, sqlite_file
from tests.support.admin_calls import read_problem
from tests.support.effort import PATIENCE_S
from tests.support.mocks import PRICE, START, Driver, body, build_driver, read_error
from tests.support.outages import OF_FILE, OF_SERVER, WayToFail

LONG = body(prompt="A lone detective. " * 1500)
"""More than the pages of a full file still have room for."""


@pytest.fixture(autouse=True)
def _without_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show each failure at the first call."""
    monkeypatch.setattr(sqlite_file, "BUSY_S", 0)
    monkeypatch.setattr(sqlite_file, "_CHECK_S", 0)
    monkeypatch.setattr(outage, "_QUIET_S", 0)
    monkeypatch.setattr(outage, "_RETRY_S", 0)
    monkeypatch.setattr(redis, "_TIMEOUT_S", 0.1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the store of a test is."""
    return tmp_path / "mock.db"


def _list_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def _check_outage(mock: Driver, way: WayToFail, thing: Any, caplog: pytest.LogCaptureFixture) -> None:
    id_ = mock.create_and_get_id()
    with pytest.MonkeyPatch.context() as patch, way.break_store(thing):
        patch.setattr(outage, "_QUIET_S", PATIENCE_S)
        reply = mock.create(LONG)
        assert read_error(reply) == (503, "store_unavailable")
        assert reply.headers["Retry-After"] == "1"
        assert way.words in reply.get_json()["error"]["message"]
        status, detail = read_problem(mock.client.get("/__mock__/ready"))
        assert (status, way.words in detail) == (503, True)
        assert mock.get(f"/api/v1/requests/{id_}").status_code == (200 if way.has_reads else 503)
        assert mock.client.get("/__mock__/health").status_code == 200
        (line,) = _list_lines(caplog)
        assert line.startswith("cannon-mock: ")
        assert way.words in line
    assert mock.client.get("/__mock__/ready").status_code == 200
    assert mock.poll(id_)["id"] == id_
    assert mock.create(LONG).status_code == 202
    assert mock.read_credits() == START - 2 * PRICE
    assert [line for line in _list_lines(caplog)[1:] if "works again, after 0 s" not in line] == []
    assert len(_list_lines(caplog)) == 2


@pytest.mark.parametrize("name", OF_FILE)
def test_a_file_that_fails_is_told_and_works_again(name: str, file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Calls that need a file that fails get 503 with its name and what to do; reads go on where only writes fail.

    Afterwards the mock goes on without a restart, and what it refused is not stored.
    """
    mock, way = build_driver(store=f"sqlite:{file}"), OF_FILE[name]
    _check_outage(mock, way, file, caplog)
    assert all(f"sqlite:{file}: " in line for line in _list_lines(caplog))
    mock.store.records.close()


@pytest.fixture
def server(valkey: str) -> Iterator[Any]:
    """A client of the server of this session."""
    client = client_of_redis.Redis.from_url(valkey)
    yield client
    client.close()


@pytest.mark.parametrize("name", OF_SERVER)
def test_a_server_that_fails_is_told_and_works_again(
    name: str, valkey: str, server: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The same holds for a server that refuses some commands or all; its password is shown nowhere."""
    place = f"{valkey.removesuffix('/0')}/9".removeprefix("redis://")
    server.execute_command("ACL", "SETUSER", "default", "nopass")
    mock, way = build_driver(store=f"redis://default:hunter2@{place}"), OF_SERVER[name]
    mock.store.forget_all()
    _check_outage(mock, way, server, caplog)
    assert [line for line in _list_lines(caplog) if f"redis://...@{place}: " not in line or "hunter2" in line] == []
    mock.store.records.close()

"""What clients are told while a store fails, and that all goes on when it works again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Lock, Semaphore
from typing import Any, cast

import pytest
import redis as client_of_redis
from redis._parsers.base import BaseParser
from redis.client import Pipeline

from cannon_mock.clock import Clock
from cannon_mock.model.deliveries import DeliveryResponse
from cannon_mock.model.scenarios import WebhookFaults
from cannon_mock.stores import StoreUnavailable, open_records, outage, sqlite_file
from cannon_mock.stores.outage import Outage, reading, writing
from cannon_mock.stores.records import StoreFailure
from cannon_mock.stores.redis import RedisRecords, RedisTransaction
from cannon_mock.stores.shared_clock import SharedClockState
from cannon_mock.stores.shared_values import Numbers
from tests.support.admin_calls import read_problem
from tests.support.effort import PATIENCE_S
from tests.support.mocks import LONG_MS, PRICE, START, Driver, DriverFactory, body, build_driver, read_error
from tests.support.outages import OF_FILE, OF_SERVER, WayToFail, drop_table, lock_file

LONG = body(prompt="A lone detective. " * 1500)
"""More than the pages of a full file still have room for."""


@pytest.fixture(autouse=True)
def _without_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show each failure at the first call."""
    monkeypatch.setattr(sqlite_file, "BUSY_S", 0)
    monkeypatch.setattr(sqlite_file, "_CHECK_S", 0)
    monkeypatch.setattr(outage, "_QUIET_S", 0)
    monkeypatch.setattr(outage, "_RETRY_S", 0)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the store of a test is."""
    return tmp_path / "mock.db"


def _list_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def _check_outage(mock: Driver, way: WayToFail, thing: Any, caplog: pytest.LogCaptureFixture) -> None:
    id_ = mock.create_and_get_id()
    mock.clock.advance(LONG_MS)  # the end of the request is due, and its credits are not settled yet
    with pytest.MonkeyPatch.context() as patch, way.break_store(thing):
        patch.setattr(outage, "_QUIET_S", PATIENCE_S)
        reply = mock.create(LONG)
        assert read_error(reply) == (503, "store_unavailable")
        assert reply.headers["Retry-After"] == "1"
        assert way.words in reply.get_json()["error"]["message"]
        status, detail = read_problem(mock.client.get("/__mock__/ready"))
        assert (status, way.words in detail) == (503, True)
        for path in (f"/api/v1/requests/{id_}", "/api/v1/status"):
            assert mock.get(path).status_code == (200 if way.has_reads else 503)
        assert mock.client.get("/__mock__/health").status_code == 200
        (line,) = _list_lines(caplog)
        assert line.startswith("cannon-mock: ")
        assert way.words in line
    assert mock.client.get("/__mock__/ready").status_code == 200
    assert mock.poll(id_)["id"] == id_
    assert mock.create(LONG).status_code == 202
    assert mock.read_credits() == START - 2 * PRICE
    assert [line for line in _list_lines(caplog)[1:] if "works again, after" not in line] == []
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


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.extended] * (name == "slow")) for name in OF_SERVER]
)
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


@pytest.fixture
def mock(file: Path) -> Iterator[Driver]:
    """A mock on a file."""
    mock = build_driver(store=f"sqlite:{file}")
    yield mock
    mock.store.records.close()


def _read_missing(mock: Driver) -> int:
    return int(mock.client.get("/__mock__/journal").get_json()["missing"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("LOADING Redis is loading the dataset in memory", "the server is loading its data"),
        ("MISCONF Errors writing to the AOF file: No space left on device", "look whether its disk is full"),
        ("NOAUTH Authentication required.", "the server refuses the password"),
        ("ERR max number of clients reached", "the server cannot be reached (max number of clients reached)"),
        ("CLUSTERDOWN The cluster is down", "The cluster is down)"),
        ("WRONGTYPE Operation against a key", "the server refuses a command (WRONGTYPE Operation"),
    ],
)
def test_what_a_server_answers_is_explained(valkey: str, text: str, words: str) -> None:
    """Errors of a server are told in words, with its own; what a pipeline adds to them, which has values, is not."""
    records, error = RedisRecords(valkey), BaseParser.parse_error(text)
    Pipeline.annotate_exception(cast("Any", None), error, 1, ("SET", "secret", "value"))
    failure = records.end_failed_call(error)
    records.close()
    assert words in failure.problem + failure.advice
    assert "secret" not in failure.problem


def test_what_is_stored_is_acknowledged_without_its_journal_entry(mock: Driver, file: Path) -> None:
    """A create whose journal entry fails gets 202, and each process tells how many entries are missing."""
    with drop_table(file, "logs"):
        id_ = mock.create_and_get_id()
        assert mock.poll(id_)["id"] == id_
        assert "logs" in read_problem(mock.client.get("/__mock__/ready"))[1]
    assert _read_missing(mock) == 2
    assert mock.poll(id_)["id"] == id_
    other = build_driver(store=f"sqlite:{file}")
    assert (_read_missing(other), _read_missing(mock)) == (2, 2)
    other.client.post("/__mock__/reset", json={"what": "journal"})
    assert (_read_missing(other), _read_missing(mock)) == (0, 0)
    other.store.records.close()


def test_a_poll_that_counts_is_a_write(file: Path, make_mock: DriverFactory) -> None:
    """With progression by polls a poll is refused while writes fail, and counts when it is made again."""
    mock = make_mock(store=f"sqlite:{file}", progression="manual:1")
    id_ = mock.create_and_get_id()
    with lock_file(file):
        assert read_error(mock.get(f"/api/v1/requests/{id_}")) == (503, "store_unavailable")
    assert [mock.poll(id_)["status"] for _ in range(3)] == ["queued", "processing", "succeeded"]
    mock.store.records.close()


def test_a_side_file_that_was_deleted_is_named_and_nothing_is_lost(mock: Driver, file: Path) -> None:
    """Where SQLite's log is deleted each call says so, and what was in it is saved when the mock ends."""
    id_ = mock.create_and_get_id()
    file.with_name("mock.db-wal").unlink()
    for _ in range(2):
        assert "mock.db-wal was deleted; stop every process" in mock.create().get_json()["error"]["message"]
    mock.store.records.close()
    assert build_driver(store=f"sqlite:{file}").poll(id_)["id"] == id_


def test_webhooks_are_sent_once_though_the_store_fails(file: Path, make_mock: DriverFactory) -> None:
    """An attempt that could not be made, and a response that could not be stored, are made up for afterwards."""
    sent: list[str] = []
    locks = ExitStack()

    def receive(url: str, _body: bytes, _headers: Mapping[str, str]) -> DeliveryResponse:
        sent.append(url)
        locks.enter_context(lock_file(file))
        return DeliveryResponse(200)

    mock = make_mock(store=f"sqlite:{file}", send=receive)
    sender = mock.context.webhook_sender
    find_faults = sender.find_webhook_faults

    def fail_once(name: str) -> WebhookFaults:
        sender.find_webhook_faults = find_faults
        raise StoreUnavailable("sqlite:mock.db", StoreFailure("gone", "wait"))

    sender.find_webhook_faults = fail_once
    id_ = mock.create_and_get_id({**body(), "webhook_url": "http://127.0.0.1/hook"})
    with pytest.raises(StoreUnavailable):
        mock.clock.advance(LONG_MS)
    assert sent == []
    mock.clock.move_to(mock.clock.now_ms() + LONG_MS)
    mock.poll(id_)
    assert len(sent) == 1
    locks.close()
    mock.poll(id_)
    delivery = mock.store.deliveries.get(id_)
    assert delivery is not None
    assert (delivery.state, len(delivery.attempts), len(sent)) == ("delivered", 1, 1)
    mock.store.records.close()


def test_one_call_at_a_time_waits_for_a_store_that_hangs(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one call waits for a locked file, other writes fail at once and reads go on."""
    records, has_to_wait, may_go_on = open_records(f"sqlite:{file}"), Event(), Event()

    def pause(_: float) -> None:
        has_to_wait.set()
        may_go_on.wait(PATIENCE_S)

    with lock_file(file), pytest.raises(StoreUnavailable, match="locked"):
        records.append("log", "a", 3)
    monkeypatch.setattr(sqlite_file, "BUSY_S", PATIENCE_S)
    monkeypatch.setattr(sqlite_file, "sleep", pause)
    with ThreadPoolExecutor(1) as pool:
        with lock_file(file):
            waiting = pool.submit(records.append, "log", "b", 3)
            assert has_to_wait.wait(PATIENCE_S)
            with pytest.raises(StoreUnavailable, match="locked"):
                records.append("log", "c", 3)
            assert records.entries("log", 3) == []
        may_go_on.set()
        waiting.result()
    records.append("log", "d", 3)
    assert records.entries("log", 3) == ["b", "d"]
    records.close()


class _Server:
    """Records whose calls do as they are told, and hang where they raise TimeoutError."""

    errors: tuple[type[Exception], ...] = (TimeoutError,)

    def __init__(self) -> None:
        self.outage = Outage("server")

    def end_failed_call(self, _: Exception) -> StoreFailure:
        return StoreFailure("it hangs", "wait", is_slow=True)

    @reading
    def read(self, work: Callable[[], object] = lambda: None) -> None:
        work()

    @reading
    def read_rarely(self, work: Callable[[], object] = lambda: None) -> None:
        work()

    @writing
    def write(self, work: Callable[[], object] = lambda: None) -> None:
        work()


def _hang() -> None:
    raise TimeoutError


def _call_beside(call: Callable[[Callable[[], object]], None]) -> None:
    """Make a call while another thread makes the same."""
    is_under_way, may_end = Event(), Event()

    def wait() -> None:
        is_under_way.set()
        may_end.wait(PATIENCE_S)

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(call, wait)
        assert is_under_way.wait(PATIENCE_S)
        try:
            call(lambda: None)
        finally:
            may_end.set()
            other.result()


def test_calls_go_side_by_side_once_a_store_answers() -> None:
    """After a call that hung, a read that goes well lets reads go side by side, and a write lets all calls do so."""
    server = _Server()
    for call in (server.read_rarely, server.write):
        with pytest.raises(StoreUnavailable, match="it hangs"):
            call(_hang)
        server.read()
        _call_beside(server.read)
        with pytest.raises(StoreUnavailable, match="it hangs"):
            _call_beside(server.write)
        server.write()
        _call_beside(server.write)


def test_a_call_that_is_not_made_again_prolongs_no_outage(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An outage ends some time after its last failure, with a write, though the call that failed is not made again."""
    server = _Server()
    with pytest.raises(StoreUnavailable, match="it hangs"):
        server.read_rarely(_hang)
    server.write()
    assert server.outage.is_under_way
    monkeypatch.setattr(outage, "_LONGEST_QUIET_S", 0)
    server.read()
    assert server.outage.is_under_way
    server.write()
    assert _list_lines(caplog)[1:] == ["cannon-mock: server: works again, after 0 s"]


class _ToldLock:
    """A lock that tells when somebody is about to wait for it."""

    def __init__(self, told: Semaphore) -> None:
        self._lock, self._told = Lock(), told

    def __enter__(self) -> None:
        self._told.release()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def test_creates_of_one_account_do_not_wait_for_a_hanging_server_in_turn(
    valkey: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Transactions that wait for one another fail with the first one, though each alone would wait for the server."""
    monkeypatch.setattr(outage, "_RETRY_S", PATIENCE_S)
    records, told, may_fail = RedisRecords(valkey), Semaphore(0), Event()
    commits: list[RedisTransaction] = []

    def hang(transaction: RedisTransaction) -> None:
        commits.append(transaction)
        may_fail.wait(PATIENCE_S)
        raise client_of_redis.TimeoutError("Timeout reading from socket")

    monkeypatch.setattr(records, "_locks", [_ToldLock(told)])
    monkeypatch.setattr(RedisTransaction, "commit", hang)
    with ThreadPoolExecutor(3) as pool:
        calls = [pool.submit(records.transact, ("account",), lambda _: None) for _ in range(3)]
        assert all(told.acquire(timeout=PATIENCE_S) for _ in calls)
        may_fail.set()
    assert all("does not answer in time" in str(call.exception()) for call in calls)
    assert len(commits) == 1
    records.close()


def test_a_transaction_that_timed_out_waits_for_the_server_no_more(valkey: str) -> None:
    """The client closes a connection on which no reply came in time. It is not opened again to end the transaction."""
    records = RedisRecords(valkey)
    commands: list[str] = []
    with pytest.MonkeyPatch.context() as patch:

        def time_out(transaction: Any) -> None:
            connection = transaction._pipe.connection
            connection.disconnect()
            patch.setattr(connection, "send_command", commands.append)
            raise client_of_redis.TimeoutError("Timeout reading from socket")

        with pytest.raises(StoreUnavailable, match="does not answer in time"):
            records.transact(("account",), time_out)
    assert commands == []
    assert records.transact(("account",), lambda transaction: transaction.get("account")) is None
    records.close()


def test_a_store_that_lost_its_numbers_gives_out_none_twice(mock: Driver) -> None:
    """Where a server comes back empty, processes that have numbers go on beyond those that others may have."""
    numbers = [next(mock.context.numbers) for _ in range(3)]
    mock.store.records.clear()
    other = Numbers(mock.store.records)
    numbers += [next(mock.context.numbers) for _ in range(2000)]
    numbers += [next(other) for _ in range(2000)]
    assert len(set(numbers)) == len(numbers)


def test_a_store_that_lost_its_clock_keeps_the_time(mock: Driver) -> None:
    """Where a server comes back empty, the clock goes on from the time that it had, in every process."""
    records = mock.store.records
    clock, other = (Clock(SharedClockState(records, 0, 0)) for _ in range(2))
    clock.advance(days=1)
    records.clear()
    assert clock.now_ms() == other.now_ms() == 24 * 60 * 60 * 1000
    assert clock.advance(1) == other.now_ms()

"""What every kind of records promises: memory, a SQLite file, a Valkey server."""

from __future__ import annotations

import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis

from cannon_mock.stores import Records, StoreError, open_records, sqlite_file
from cannon_mock.stores.records import Transaction
from cannon_mock.stores.redis import RedisRecords
from cannon_mock.stores.sqlite import SqliteRecords
from tests.support.stores import Opener

ODD = ["", " ", "é 🐻", "a\x00b", "line\nfeed", "*?[x]", "x" * 5000, "1 2 3"]


def _write(records: Records, name: str, value: str) -> None:
    records.transact((name,), lambda t: t.put(name, value))


def _fill(records: Records, queue: str, members: list[tuple[int, str]]) -> None:
    def work(t: Transaction) -> None:
        for at_ms, member in members:
            t.add(queue, at_ms, member)

    records.transact((queue,), work)


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_any_text_is_kept_as_it_is(records: Records, text: str) -> None:
    """A record's name and value, a member and an entry come back unchanged."""
    _write(records, f"n{text}", text)
    _fill(records, f"q{text}", [(5, text)])
    records.append(f"l{text}", text, 3)
    assert records.get(f"n{text}") == text
    assert records.earliest(f"q{text}", 5, 9) == records.latest(f"q{text}", None, 9) == [(5, text)]
    assert records.entries(f"l{text}", 9) == [text]


def test_unknown_names_are_empty(records: Records) -> None:
    """An unknown record, queue or log is empty, and removing something from it changes nothing."""
    records.transact(("a",), lambda t: (t.drop("a"), t.remove("q", 1, "m")))
    assert (
        records.get("a"),
        records.earliest("q", 2**52, 9),
        records.latest("q", None, 9),
        records.entries("l", 9),
    ) == (
        *(None, []),
        *([], []),
    )


def test_a_queue_is_in_order_of_time_then_name(records: Records) -> None:
    """The earliest members come first, up to the time given and no more than asked for; the latest time is exact."""
    members = [(7, "b"), (5, "z"), (7, "a"), (2**52, "never"), (10**13, "x")]
    _fill(records, "q", members)
    assert records.earliest("q", 7, 9) == [(5, "z"), (7, "a"), (7, "b")]
    assert records.earliest("q", 6, 9) == [(5, "z")]
    assert records.earliest("q", 2**52, 2) == [(5, "z"), (7, "a")]
    assert records.latest("q", None, 9) == sorted(members, reverse=True)


def test_a_member_is_removed_at_its_time_only(records: Records) -> None:
    """A member at another time stays; a queue can have one member at two times."""
    _fill(records, "q", [(1, "m"), (2, "m")])
    records.transact(("q",), lambda t: t.remove("q", 3, "m"))
    records.transact(("q",), lambda t: t.remove("q", 1, "m"))
    assert records.earliest("q", 9, 9) == [(2, "m")]


@pytest.mark.parametrize("page", [1, 2, 3, 50])
def test_pages_have_every_member_once(records: Records, page: int) -> None:
    """Reading a queue page by page, the last first, gives each member once, also among equal times."""
    members = [(at_ms, f"m{number}") for at_ms in (1, 1, 2, 3) for number in range(4)]
    _fill(records, "q", sorted(set(members)))
    members: list[tuple[int, str]] = []
    while page_members := records.latest("q", members[-1] if members else None, page):
        members += page_members
    assert members == sorted(set(members), reverse=True)


def test_a_page_starts_after_a_member_that_was_removed(records: Records) -> None:
    """A queue can be read on from a place whose member was removed meanwhile."""
    _fill(records, "q", [(1, "a"), (2, "b"), (2, "c"), (3, "d")])
    records.transact(("q",), lambda t: t.remove("q", 2, "c"))
    assert records.latest("q", (2, "c"), 9) == [(2, "b"), (1, "a")]


@pytest.mark.parametrize("most", [1, 3])
def test_a_log_keeps_the_last_entries(records: Records, most: int) -> None:
    """A log returns exactly the last ``most`` entries, the oldest first."""
    for number in range(7):
        records.append("a", str(number), most)
        records.append("b", f"b{number}", 2)
    assert records.entries("a", most) == [str(number) for number in range(7)][-most:]
    assert records.entries("b", 2) == ["b5", "b6"]


def test_a_log_does_not_grow_for_ever(records: Records) -> None:
    """However many entries are added, a log keeps few more than ``most``; asked for none, it returns none."""
    for number in range(450):
        records.append("a", str(number), 5)
    assert len(records.entries("a", 1000)) <= 105
    assert records.entries("a", 5) == [str(number) for number in range(445, 450)]
    assert records.entries("a", 0) == []


def test_one_log_or_everything_can_be_cleared(records: Records) -> None:
    """One log can be cleared, or everything."""
    _write(records, "a", "1")
    _fill(records, "q", [(1, "m")])
    records.append("l", "x", 9)
    records.append("k", "y", 9)
    records.clear("l")
    assert (records.entries("l", 9), records.entries("k", 9), records.get("a")) == ([], ["y"], "1")
    records.clear()
    assert (records.entries("k", 9), records.get("a"), records.earliest("q", 9, 9)) == ([], None, [])


def test_work_that_raises_changes_nothing(records: Records) -> None:
    """Where work raises before it writes, nothing changes, and the next transaction works."""

    def work(t: Transaction) -> None:
        t.get("a")
        raise LookupError("no")

    with pytest.raises(LookupError):
        records.transact(("a",), work)
    _write(records, "a", "1")
    assert records.get("a") == "1"


def test_transactions_are_isolated(records: Records) -> None:
    """Counting up in many threads at once loses nothing, and one thread alone takes each member of a queue.

    No transaction begins again where threads of one process alone use a record.
    """
    attempts: list[None] = []
    _fill(records, "q", [(number, f"m{number}") for number in range(60)])

    def count(t: Transaction) -> None:
        attempts.append(None)
        t.put("n", str(int(t.get("n") or 0) + 1))

    def take(t: Transaction) -> str | None:
        first = t.earliest("q", 2**52, 1)
        if not first:
            return None
        t.remove("q", *first[0])
        return first[0][1]

    def go(_: int) -> list[str | None]:
        for _ in range(20):
            records.transact(("n",), count)
        return [records.transact(("q",), take) for _ in range(10)]

    with ThreadPoolExecutor(8) as pool:
        taken_members = [member for members in pool.map(go, range(8)) for member in members if member is not None]
    assert records.get("n") == "160"
    assert len(attempts) == 160
    assert sorted(taken_members) == sorted(f"m{number}" for number in range(60))


def test_real_time_is_in_epoch_milliseconds(records: Records) -> None:
    """Real time is in epoch milliseconds, and does not go back, alone or beside a record."""
    _write(records, "a", "1")
    first_ms, (value, second_ms), last_ms = records.now_ms(), records.get_with_time("a"), records.now_ms()
    assert 1_700_000_000_000 < first_ms <= second_ms <= last_ms <= first_ms + 60_000
    assert (value, records.get_with_time("b")[0]) == ("1", None)


def test_the_same_records_opened_twice_are_shared(shared: Opener) -> None:
    """Records that are opened twice have the same content, and each sees what the other writes later."""
    one, two = shared(), shared()
    _write(one, "a", "1")
    assert two.get("a") == "1"
    two.append("l", "x", 9)
    assert one.entries("l", 9) == ["x"]


def test_a_file_that_is_locked_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write waits while another process has the lock of the file, but not for ever; a read does not wait."""
    file = tmp_path / "store.db"
    records = open_records(f"sqlite:{file}")
    _write(records, "a", "1")
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            other.execute("COMMIT")

    monkeypatch.setattr(sqlite_file, "sleep", pause)
    assert records.get("a") == "1"
    _write(records, "a", "2")
    assert (records.get("a"), len(pauses)) == ("2", 3)
    monkeypatch.setattr(sqlite_file, "BUSY_S", 0)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked"):
        records.append("l", "x", 3)
    other.close()
    records.close()


def test_a_write_waits_for_readers_where_there_is_no_wal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a file system without WAL a transaction ends when nobody reads the file any more."""
    file = tmp_path / "store.db"
    records = open_records(f"sqlite:{file}")
    reader = sqlite3.connect(file, isolation_level=None)
    assert reader.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)
    reader.executescript("BEGIN; SELECT count(*) FROM records")
    monkeypatch.setattr(sqlite_file, "sleep", lambda _: reader.in_transaction and reader.execute("COMMIT"))
    _write(records, "a", "1")
    assert (records.get("a"), reader.in_transaction) == ("1", False)
    reader.close()
    records.close()


def test_records_work_in_a_forked_process(shared: Opener) -> None:
    """A forked process reads and writes the same records with connections of its own."""
    records = shared()
    _write(records, "a", "parent")
    child = os.fork()
    if not child:
        try:
            _write(records, "b", f"child of {records.get('a')}")
        finally:
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert records.get("b") == "child of parent"


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    """A SQLite file that is none of ours is refused and stays as it is."""
    file = tmp_path / "other.db"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE mine (a)")
    connection.commit()
    connection.close()
    before = file.read_bytes()
    with pytest.raises(StoreError, match=r"other\.db: this file is not a store of the mock; name another file"):
        open_records(f"sqlite:{file}")
    assert file.read_bytes() == before


def test_a_file_that_cannot_be_opened_is_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is locked, that is no SQLite file or whose folder is missing has advice of its own."""
    file = tmp_path / "store.db"
    open_records(f"sqlite:{file}").close()
    monkeypatch.setattr(sqlite_file, "BUSY_S", 0)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match=r"another process has locked the file \(.*\); end its transaction$"):
        open_records(f"sqlite:{file}")
    other.close()
    text_file = tmp_path / "text.db"
    text_file.write_text("hello", "utf-8")
    with pytest.raises(StoreError, match=r"file is not a database\); name another file$"):
        open_records(f"sqlite:{text_file}")
    with pytest.raises(StoreError, match=r"name a file that can be written, in a folder that exists$"):
        open_records(f"sqlite:{tmp_path / 'none' / 'store.db'}")


def test_a_file_of_an_earlier_version_is_refused(tmp_path: Path) -> None:
    """A SQLite store of another layout is refused with both layouts and what to do, and stays as it is."""
    file = tmp_path / "earlier.db"
    open_records(f"sqlite:{file}").close()
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    connection.close()
    before = file.read_bytes()
    with pytest.raises(StoreError, match=r"layout 1; this version reads 2\); name another file, or delete this one"):
        open_records(f"sqlite:{file}")
    assert file.read_bytes() == before


@pytest.mark.parametrize("key", ["r:cell:clock", "r:cell:secret", "q:tasks"])
def test_a_redis_store_of_an_earlier_version_is_refused(valkey: str, key: str) -> None:
    """Where any key of the first layout stands, opening says so and what to do; without it the store opens."""
    prefix = f"earlier {key}:"
    server = redis.Redis.from_url(valkey)
    server.set(f"{prefix}{key}", "1")
    with pytest.raises(StoreError, match=r"earlier version of the mock wrote the store under .* another database"):
        RedisRecords(valkey, prefix)
    server.delete(f"{prefix}{key}")
    RedisRecords(valkey, prefix).close()


def test_a_transaction_stays_whole_while_its_redis_store_is_closed(valkey: str) -> None:
    """Law: where a process ends and closes its store, a transaction under way still sees that another was faster."""
    records, others_records = RedisRecords(valkey, "closed:"), RedisRecords(valkey, "closed:")
    values: list[str | None] = []

    def work(transaction: Transaction) -> None:
        values.append(transaction.get("name"))
        transaction.put("name", "own")
        if len(values) == 1:
            records.close()
            others_records.transact(("name",), lambda other: other.put("name", "other"))

    records.transact(("name",), work)
    assert values == [None, "other"]
    records.close()
    others_records.close()


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "redis://127.0.0.1:many/0", "sqlite:", "nothing"])
def test_a_store_that_cannot_be_opened_is_an_error_of_one_line(url: str) -> None:
    """An address that leads nowhere is an error of one line."""
    with pytest.raises(StoreError) as caught:
        open_records(url)
    assert len(str(caught.value).splitlines()) == 1


def test_a_reset_of_a_file_changes_each_row_once(tmp_path: Path) -> None:
    """Everything in a file is forgotten without a step for each place of a queue, as other processes wait meanwhile."""
    records = open_records(f"sqlite:{tmp_path / 'store.db'}")
    assert isinstance(records, SqliteRecords)
    _fill(records, "q", [(number, "m") for number in range(50)])
    connection = records._file.connection()
    change_count = connection.total_changes
    records.clear()
    assert connection.total_changes - change_count < 60
    records.close()

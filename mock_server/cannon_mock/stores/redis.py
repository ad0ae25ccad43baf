"""Records in a Redis or Valkey server, for several machines (floor 4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Lock
from typing import Any, TypeVar

import redis
from redis.backoff import NoBackoff
from redis.client import Pipeline
from redis.retry import Retry

from cannon_mock.stores.outage import Outage, reading, writing
from cannon_mock.stores.records import StoreError, StoreFailure, Transaction
from cannon_spec.redaction import redact

T = TypeVar("T")

_PREFIX = "cannon:"
_LAYOUT = 2
"""Changes with the form of what is stored: each layout has keys of its own, so that none is read by mistake."""

_KEYS_OF_LAYOUT_1 = ("r:cell:clock", "r:cell:secret", "q:tasks")
_UNKNOWN_OPTION = re.compile(r"unexpected keyword argument '(.*)'", re.DOTALL)
_PAGE = 1000
_CONNECTION_ERRORS = (redis.ConnectionError, redis.TimeoutError)
_TIMEOUT_S = 2
_REACH = "is the server up, and the address right?"
_FAILURES: tuple[tuple[type[Exception], str, StoreFailure], ...] = (
    (redis.AuthenticationError, "", StoreFailure("the server refuses the password", "change it in --store")),
    (
        redis.exceptions.NoPermissionError,
        "",
        StoreFailure("the server refuses the user", "allow the user of --store every command on its keys"),
    ),
    (redis.BusyLoadingError, "", StoreFailure("the server is loading its data", "wait")),
    (redis.TimeoutError, "", StoreFailure("the server does not answer in time", _REACH, is_slow=True)),
    (redis.ConnectionError, "", StoreFailure("the server cannot be reached", _REACH)),
    (
        redis.OutOfMemoryError,
        "",
        StoreFailure("the memory of the server is full", "raise its maxmemory, or free memory", is_of_writes=True),
    ),
    (
        redis.ReadOnlyError,
        "",
        StoreFailure("the server is a replica", "give the address of its primary", is_of_writes=True),
    ),
    (
        redis.ResponseError,
        "MISCONF",
        StoreFailure("the server cannot save its data", "look whether its disk is full", is_of_writes=True),
    ),
    (
        redis.ResponseError,
        "NOREPLICAS",
        StoreFailure("the server has too few replicas", "start them", is_of_writes=True),
    ),
    (redis.RedisError, "", StoreFailure("the server refuses a command", "look into its log")),
)
"""What an error means: the first line with its class, and with the start of its text, counts."""

_MOST_TRANSACTIONS = 64
"""How many transactions of one process may be under way."""


class RedisRecords:
    """Records on the server at ``url``, under keys that start with ``prefix``.

    A transaction during which the connection broke is not tried again, as the server may have carried it out: it raises
    StoreError. Raises StoreError too where there is no server, or where an earlier version of the mock has a store
    under the prefix.
    """

    is_shared = True
    errors: tuple[type[Exception], ...] = (redis.RedisError,)
    max_bytes = None

    def __init__(self, url: str, prefix: str = _PREFIX) -> None:
        self._prefix = f"{prefix}{_LAYOUT}:"
        self._address = redact(url)
        self.outage = Outage(self._address)
        self._locks = [Lock() for _ in range(_MOST_TRANSACTIONS)]
        try:
            self._client: Any = redis.Redis.from_url(
                url,
                decode_responses=True,
                socket_connect_timeout=_TIMEOUT_S,
                socket_timeout=_TIMEOUT_S,
                # once, for a pooled connection that a restart of the server has ended
                retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
            )
            self._client.connection_pool.make_connection()  # which checks the options of the address
        except (ValueError, TypeError, redis.RedisError) as error:
            raise StoreError(f"{self._address}: {_describe_bad_address(url, error)}") from None
        try:
            self._refuse_layout_1(prefix)
        except redis.RedisError as error:
            raise StoreError(f"{self._address}: {_read_reason(error)}; {_REACH}") from None

    def end_failed_call(self, error: Exception) -> StoreFailure:
        """See WithOutage. The client closes connections that break."""
        reason = _read_reason(error)
        failure = next(each for kind, start, each in _FAILURES if isinstance(error, kind) and reason.startswith(start))
        return replace(failure, problem=f"{failure.problem} ({reason})")

    @writing
    def transact(self, names: Sequence[str], work: Callable[[Transaction], T]) -> T:
        """See Records."""
        with self._find_lock(names):
            return self._transact_alone(names, work)

    # A guard of its own: a call that waited here while another one found that the server hangs fails at once. It would
    # wait for the server too, and the next one after it.
    @writing
    def _transact_alone(self, names: Sequence[str], work: Callable[[Transaction], T]) -> T:
        keys = [key for name in names for key in (self._record(name), self._queue(name))]
        pipeline: Any = _WatchingPipeline(self._client.connection_pool, self._client.response_callbacks, True, None)
        with pipeline as pipe:
            while True:
                try:
                    pipe.watch(*keys)
                    transaction = RedisTransaction(self, pipe)
                    result = work(transaction)
                    transaction.commit()
                    return result
                except redis.WatchError as error:
                    # redis-py raises it for a broken connection too; then the writes may have happened, and trying
                    # again could create a task twice.
                    if isinstance(error.__context__, _CONNECTION_ERRORS):
                        raise error.__context__ from None
                    # Else another process was faster. One of them always succeeds, so this ends.

    @reading
    def get(self, name: str) -> str | None:
        """See Reading."""
        value: str | None = self._client.get(self._record(name))
        return value

    def count_bytes(self) -> int:
        """See Reading."""
        return 0

    @reading
    def count(self, queue: str) -> int:
        """See Reading."""
        size: int = self._client.zcard(self._queue(queue))
        return size

    @reading
    def earliest(self, queue: str, until_ms: int, most: int) -> list[tuple[int, str]]:
        """See Reading."""
        return self._earliest(self._client, queue, until_ms, most)

    @reading
    def latest(self, queue: str, before: tuple[int, str] | None, most: int) -> list[tuple[int, str]]:
        """See Records."""
        key, start = self._queue(queue), 0
        if before is not None:
            rank = self._client.zrevrank(key, _encode_place(*before))
            start = self._count_later(key, before) if rank is None else rank + 1
        return [_decode_place(member) for member in self._client.zrevrange(key, start, start + most - 1)]

    @writing
    def append(self, log: str, value: str, most: int) -> None:
        """See Records."""
        with self._client.pipeline() as pipe:
            pipe.rpush(self._log(log), value)
            pipe.ltrim(self._log(log), -most, -1)
            pipe.execute()

    @reading
    def entries(self, log: str, most: int) -> list[str]:
        """See Records."""
        if not most:
            return []
        entries: list[str] = self._client.lrange(self._log(log), -most, -1)
        return entries

    @reading
    def get_with_time(self, name: str) -> tuple[str | None, int]:
        """See Records. One round trip."""
        with self._client.pipeline(transaction=False) as pipe:
            value, (seconds, micros) = pipe.get(self._record(name)).time().execute()
            return value, int(seconds) * 1000 + int(micros) // 1000

    @reading
    def now_ms(self) -> int:
        """See Records."""
        seconds, micros = self._client.time()
        return int(seconds) * 1000 + int(micros) // 1000

    @writing
    def clear(self, log: str | None = None, keep: Sequence[str] = ()) -> None:
        """See Records."""
        if log is not None:
            self._client.unlink(self._log(log))
            return
        page: list[str] = []
        keys_to_keep = {self._record(name) for name in keep}
        for key in self._client.scan_iter(match=f"{_escape_pattern(self._prefix)}*", count=_PAGE):
            page += [] if key in keys_to_keep else [key]
            if len(page) == _PAGE:
                self._client.unlink(*page)
                page.clear()
        if page:
            self._client.unlink(*page)

    def close(self) -> None:
        """See Records. Connections in use stay open: a process ends while threads still make calls."""
        self._client.connection_pool.disconnect(inuse_connections=False)

    def _find_lock(self, names: Sequence[str]) -> Lock:
        """A lock for transactions of this process: two with the same first name would make one of them begin again."""
        return self._locks[hash(names[0]) % len(self._locks)]

    def _refuse_layout_1(self, prefix: str) -> None:
        """Refuse the store of an earlier version, which a new one beside it would hide. Asks the server, once."""
        if self._client.exists(*(prefix + key for key in _KEYS_OF_LAYOUT_1)):
            problem = f"an earlier version of the mock wrote the store under {prefix} and this one cannot read it"
            advice = f"choose another database number, or delete the keys that start with {prefix}"
            raise StoreError(f"{self._address}: {problem}; {advice}")

    def _record(self, name: str) -> str:
        return f"{self._prefix}r:{name}"

    def _queue(self, name: str) -> str:
        return f"{self._prefix}q:{name}"

    def _log(self, name: str) -> str:
        return f"{self._prefix}l:{name}"

    def _earliest(self, client: Any, queue: str, until_ms: int, most: int) -> list[tuple[int, str]]:
        members = client.zrange(self._queue(queue), "-inf", until_ms, byscore=True, offset=0, num=most)
        return [_decode_place(member) for member in members]

    def _count_later(self, key: str, place: tuple[int, str]) -> int:
        """How many members come after a place whose own member has been removed."""
        later: int = self._client.zcount(key, f"({place[0]}", "+inf")
        same_time = self._client.zrange(key, place[0], place[0], byscore=True)
        return later + sum(_decode_place(member) > place for member in same_time)


class _WatchingPipeline(Pipeline):
    """A pipeline that lets go of a closed connection as it is.

    redis-py opens it again to send UNWATCH, twice, and each time waits as long as for the call that failed.
    """

    def reset(self) -> None:  # type: ignore[override]  # as Pipeline has it
        """See Pipeline."""
        if self.connection is not None and self.connection._sock is None:
            self.watching = False  # the server watches for open connections alone
        super().reset()


class RedisTransaction:
    """A transaction on the server: it reads at once, and collects its writes for ``commit``."""

    def __init__(self, records: RedisRecords, pipe: Pipeline) -> None:
        self._records = records
        self._pipe: Any = pipe
        self._writes: list[Callable[[], Any]] = []

    def get(self, name: str) -> str | None:
        """See Reading."""
        value: str | None = self._pipe.get(self._records._record(name))
        return value

    def count_bytes(self) -> int:
        """See Reading."""
        return 0

    def count(self, queue: str) -> int:
        """See Reading."""
        size: int = self._pipe.zcard(self._records._queue(queue))
        return size

    def earliest(self, queue: str, until_ms: int, most: int) -> list[tuple[int, str]]:
        """See Reading."""
        return self._records._earliest(self._pipe, queue, until_ms, most)

    def put(self, name: str, value: str) -> None:
        """See Transaction."""
        self._writes.append(lambda: self._pipe.set(self._records._record(name), value))

    def drop(self, name: str) -> None:
        """See Transaction."""
        self._writes.append(lambda: self._pipe.delete(self._records._record(name)))

    def add(self, queue: str, at_ms: int, member: str) -> None:
        """See Transaction."""
        self._writes.append(lambda: self._pipe.zadd(self._records._queue(queue), {_encode_place(at_ms, member): at_ms}))

    def remove(self, queue: str, at_ms: int, member: str) -> None:
        """See Transaction."""
        self._writes.append(lambda: self._pipe.zrem(self._records._queue(queue), _encode_place(at_ms, member)))

    def commit(self) -> None:
        """Write everything. Raises WatchError where a record or queue that the transaction names has changed since."""
        self._pipe.multi()
        for write in self._writes:
            write()
        self._pipe.execute()


def _encode_place(at_ms: int, member: str) -> str:
    """A member as the server has it, with its time, as a queue can have one member at two times."""
    return f"{at_ms} {member}"


def _decode_place(member: str) -> tuple[int, str]:
    at_ms, _, name = member.partition(" ")
    return int(at_ms), name


def _escape_pattern(prefix: str) -> str:
    """A prefix as a pattern of the server that matches it literally."""
    return "".join(f"\\{each}" if each in "*?[]\\^-" else each for each in prefix)


def _describe_bad_address(url: str, error: Exception) -> str:
    """What is wrong with an address that redis-py does not take, and what to do."""
    option = _UNKNOWN_OPTION.search(str(error))
    if option:
        return f"a connection has no option {option[1]}; leave it out"
    if "@" in url:  # the text of the error may show a part of the password
        return "the address cannot be read; write redis://HOST:PORT/NUMBER, and / in a password as %2F"
    return f"{error}; write redis://HOST:PORT/NUMBER"


def _read_reason(error: Exception) -> str:
    """What the server says, in one line, without the command, which may have a secret in it."""
    return redact(" ".join(str(error).rpartition("caused error: ")[2].split()))

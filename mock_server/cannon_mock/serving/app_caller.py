"""Answers to requests by calls of a WSGI application; late replies wait without holding a thread (floor 5)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from cannon_mock.notices import describe_failure
from cannon_mock.serving.connection import ClientConnection
from cannon_mock.serving.request_parser import HttpRequest
from cannon_mock.serving.thread_pool import ThreadPool
from cannon_mock.serving.turns import Turns
from cannon_mock.serving.wsgi_call import AppReply, BodyNeeded, Call, UnreadBody, run_app
from cannon_mock.views import reply_delay
from cannon_mock.views.faults import ConnectionReset
from cannon_mock.views.reply_delay import ReplyDelay

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

Place = Literal["now", "turn", "thread", "long"]
"""Where a call is made: by the loop at once, or when it is its turn; in a thread, where it may take its time; or in one
of many threads, where it may wait for long, as for receivers of webhooks.
"""

_MOST_LOOP_BYTES = 8 * 1024
"""A larger body is left to a thread: to judge one of a megabyte can take seconds. A long prompt has half of that."""

_MOST_CALLS = 4
_MOST_WAITS = 64
_FAILURE = AppReply(
    "500 Internal Server Error",
    [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")],
    [b"Internal Server Error"],
    None,
)

_logger = logging.getLogger("cannon_mock.serving")


class AppCaller:
    """Calls ``app`` where ``choose_place`` says for its path.

    A body of more than ``most_body_bytes`` is not read: the application gets its length, and refuses it. What a client
    sends of it afterwards is dropped. ``pass_delay`` is called in place of the wait of a late reply, if given.

    Where ``has_late_reads``, the application does nothing before it reads a body that it must not do twice. It is then
    called with the head of a request, and a large body is taken only where it reads that.
    """

    def __init__(
        self,
        app: WSGIApplication,
        choose_place: Callable[[str], Place],
        most_body_bytes: int,
        pass_delay: Callable[[int], object] | None = None,
        *,
        has_late_reads: bool = False,
    ) -> None:
        self._app = app
        self._has_late_reads = has_late_reads
        self._choose_place = choose_place
        self._pass_delay = pass_delay
        self._turns = Turns()
        self._call_pool, self._wait_pool = ThreadPool(_MOST_CALLS), ThreadPool(_MOST_WAITS)
        self._tasks: set[asyncio.Task[None]] = set()
        self.most_body_bytes = most_body_bytes

    def answer(self, connection: ClientConnection, request: HttpRequest) -> None:
        """Send the reply to a request, at once or later, or take its body first."""
        if request.is_awaited and not self._has_late_reads:
            asyncio.get_running_loop().call_soon(connection.take_body)
            return
        environ = _build_environ(connection, request)
        delay = reply_delay.offer_wait(environ)
        place = self._choose_place(environ["PATH_INFO"])
        call_here = partial(self._answer_here, connection, environ, delay)
        if place == "now":
            asyncio.get_running_loop().call_soon(call_here)
        elif place == "turn" and (request.is_awaited or len(request.body) <= _MOST_LOOP_BYTES):
            self._turns.add(call_here)
        else:
            pool = self._wait_pool if place == "long" else self._call_pool
            self._start(self._answer_in_thread(pool, connection, environ, delay))

    async def close(self, grace_s: float) -> None:
        """Give the calls under way a moment to end, and end the threads."""
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=grace_s)
        self._call_pool.close()
        self._wait_pool.close()

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _answer_here(self, connection: ClientConnection, environ: WSGIEnvironment, delay: ReplyDelay) -> None:
        reply = self._run_app(environ)
        if reply is None:
            connection.take_body()
        elif delay.ms or delay.steps or reply.drop is not None:
            self._start(self._end_answer(connection, delay, reply))
        else:
            _send(connection, delay, reply)

    async def _answer_in_thread(
        self, pool: ThreadPool, connection: ClientConnection, environ: WSGIEnvironment, delay: ReplyDelay
    ) -> None:
        reply = await pool.run(partial(self._run_app, environ))
        if reply is None:
            connection.take_body()
        else:
            await self._end_answer(connection, delay, reply)

    def _run_app(self, environ: WSGIEnvironment) -> AppReply | None:
        """The reply; None where the application needs a body that has not arrived."""
        try:
            return run_app(self._app, environ)
        except BodyNeeded:
            return None
        except Exception as error:  # noqa: BLE001 - whatever an application raises: its client gets a reply, and others are served
            _logger.error(describe_failure("the application failed", error))
            return _FAILURE

    async def _end_answer(self, connection: ClientConnection, delay: ReplyDelay, reply: AppReply) -> None:
        is_gone = False
        try:
            is_gone = await self._end_delay(connection, delay)
        except Exception as error:  # noqa: BLE001 - likewise
            _logger.error(describe_failure("the application failed after its reply", error))
            reply = _FAILURE
        if is_gone:
            delay.end()
            connection.close()
        else:
            _send(connection, delay, reply)
            if reply.drop is not None:
                await connection.break_off(is_reset=isinstance(reply.drop, ConnectionReset))

    async def _end_delay(self, connection: ClientConnection, delay: ReplyDelay) -> bool:
        """Wait as long as the application says, then make its calls, also where the client is gone; whether it is."""
        try:
            if delay.ms and self._pass_delay is not None:
                delay.steps.insert(0, partial(self._pass_delay, delay.ms))
            elif delay.ms:
                return await connection.wait_until_gone(delay.ms / 1000)
            return False
        finally:
            if delay.steps:
                await self._wait_pool.run(delay.finish)


def _build_environ(connection: ClientConnection, request: HttpRequest) -> WSGIEnvironment:
    environ = Call(
        connection.origin,
        request.method,
        request.target,
        request.headers,
        bytes(request.body),
        request.protocol,
        connection.client,
    ).build_environ()
    if request.is_awaited:
        environ["wsgi.input"] = UnreadBody()
    if not request.is_complete:  # the application refuses a body that is too large by its length
        environ["CONTENT_LENGTH"] = str(max(request.length, len(request.body), 1))
    return environ


def _send(connection: ClientConnection, delay: ReplyDelay, reply: AppReply) -> None:
    delay.end()
    try:
        connection.send(reply)
    except ValueError as error:
        _logger.error(describe_failure("the application failed", error))
        connection.send(_FAILURE)

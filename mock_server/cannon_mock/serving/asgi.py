"""A WSGI application as an ASGI application, which waits for late replies without holding a thread (floor 5)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from cannon_mock.serving.connection import EXTENSION
from cannon_mock.serving.thread_pool import ThreadPool
from cannon_mock.serving.turns import Turns
from cannon_mock.serving.wsgi_call import AppReply, Call, Origin, run_app
from cannon_mock.views import reply_delay
from cannon_mock.views.faults import ConnectionReset
from cannon_mock.views.reply_delay import ReplyDelay

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

Place = Literal["now", "turn", "thread", "long"]
"""Where a call is made: by the loop at once, or when it is its turn; in a thread, where it may take its time; or in one
of many threads, where it may wait for long, as for receivers of webhooks.
"""

_MOST_LOOP_BYTES = 8 * 1024
"""A larger body is left to a thread: to judge one of a megabyte can take seconds. A long prompt has half of that."""

_MOST_CALLS = 4
_MOST_WAITS = 64
_EXPECTS_CONTINUE = (b"expect", b"100-continue")


class ClientGone(Exception):
    """The client has closed its connection."""


class AsgiAdapter:
    """Calls ``app`` where ``choose_place`` says for its path.

    A body of more than ``most_body_bytes`` is not read: the application gets its length, and refuses it. What a client
    sends of it afterwards is dropped. ``pass_delay`` is called in place of the wait of a late reply, if given.
    """

    def __init__(
        self,
        app: WSGIApplication,
        choose_place: Callable[[str], Place],
        most_body_bytes: int,
        pass_delay: Callable[[int], object] | None = None,
    ) -> None:
        self._app = app
        self._choose_place = choose_place
        self._most_body_bytes = most_body_bytes
        self._pass_delay = pass_delay
        self._turns = Turns()
        self._call_pool, self._wait_pool = ThreadPool(_MOST_CALLS), ThreadPool(_MOST_WAITS)

    def close(self) -> None:
        """End the threads."""
        self._call_pool.close()
        self._wait_pool.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        with suppress(ClientGone, asyncio.CancelledError):  # the second where the server stops during the call
            body, has_whole_body = await self._read_body(scope, receive)
            delay, reply = await self._call_app(scope, body)
            await self._end_delay(delay, receive)
            await _send_reply(reply, scope, receive, send, may_reuse=has_whole_body or not _awaits_continue(scope))

    async def _read_body(self, scope: Scope, receive: Receive) -> tuple[bytes, bool]:
        """The body, and whether it is whole: of one that is too large there is a part at most. Raises ClientGone."""
        body = bytearray()
        has_more = _find_length(scope) <= self._most_body_bytes
        while has_more and len(body) <= self._most_body_bytes:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            body += message["body"]
            has_more = message["more_body"]
        return bytes(body), not has_more and max(_find_length(scope), len(body)) <= self._most_body_bytes

    async def _call_app(self, scope: Scope, body: bytes) -> tuple[ReplyDelay, AppReply]:
        place = self._choose_place(scope["path"])
        if place == "long":
            return await self._wait_pool.run(partial(self._run_app, scope, body))
        if place == "thread" or len(body) > _MOST_LOOP_BYTES:
            return await self._call_pool.run(partial(self._run_app, scope, body))
        if place == "turn":
            await self._turns.take()
        return self._run_app(scope, body)

    def _run_app(self, scope: Scope, body: bytes) -> tuple[ReplyDelay, AppReply]:
        environ = _build_environ(scope, body)
        return reply_delay.offer_wait(environ), run_app(self._app, environ)

    async def _end_delay(self, delay: ReplyDelay, receive: Receive) -> None:
        """Wait as long as the application says, then make its calls, also where the client is gone."""
        try:
            if delay.ms and self._pass_delay is not None:
                delay.steps.insert(0, partial(self._pass_delay, delay.ms))
            elif delay.ms:
                await _wait_with_client(delay.ms / 1000, receive)
        finally:
            if delay.steps:
                await self._wait_pool.run(delay.finish)


def _find_length(scope: Scope) -> int:
    """The length of the body, as the client tells it; 0 where it does not."""
    return next((int(value) for name, value in scope["headers"] if name == b"content-length"), 0)


def _build_environ(scope: Scope, body: bytes) -> WSGIEnvironment:
    query = scope["query_string"]
    target = scope["raw_path"] + (b"?" + query if query else b"")
    origin = Origin(scope["scheme"], *scope["server"])
    protocol = f"HTTP/{scope['http_version']}"
    client = scope["client"][0] if scope["client"] else ""
    environ = Call(origin, scope["method"], target, scope["headers"], body, protocol, client).build_environ()
    length = _find_length(scope)
    if length > len(body):  # a body that was not read, which the application refuses by its length
        environ["CONTENT_LENGTH"] = str(length)
    return environ


def _awaits_continue(scope: Scope) -> bool:
    """Whether the client sends its body only when it is told to, so that what follows may be a body or a request."""
    return any((name, value.lower()) == _EXPECTS_CONTINUE for name, value in scope["headers"])


async def _wait_with_client(seconds: float, receive: Receive) -> None:
    """Wait as long as the client does. Raises ClientGone when it closes its connection."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
            raise ClientGone


async def _send_reply(reply: AppReply, scope: Scope, receive: Receive, send: Send, *, may_reuse: bool) -> None:
    """Send a reply, or the part before the connection breaks."""
    headers = reply.headers if may_reuse else [*reply.headers, (b"connection", b"close")]
    if reply.drop is None or reply.chunks:
        await send({"type": "http.response.start", "status": reply.code, "headers": headers})
        body = {"type": "http.response.body", "body": b"".join(reply.chunks), "more_body": reply.drop is not None}
        await send(body)
    if reply.drop is not None:
        await scope["extensions"][EXTENSION].break_off(is_reset=isinstance(reply.drop, ConnectionReset))
        while (await receive())["type"] != "http.disconnect":
            pass

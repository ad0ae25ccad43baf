"""A WSGI application as an ASGI application, which waits for late replies without holding a thread (floor 5)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from cannon_mock.serving.connection import EXTENSION
from cannon_mock.serving.thread_pool import ThreadPool
from cannon_mock.serving.wsgi_call import AppReply, Call, Origin, run_app
from cannon_mock.views import reply_delay
from cannon_mock.views.faults import ConnectionReset
from cannon_mock.views.reply_delay import ReplyDelay

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_MOST_CALLS = 4
_MOST_STEPS = 64
_EXPECTS_CONTINUE = (b"expect", b"100-continue")


class ClientGone(Exception):
    """The client has closed its connection."""


class AsgiAdapter:
    """Calls ``app`` in the thread of the event loop where ``is_quick`` says so of its environment, else in a thread.

    A body of more than ``most_body_bytes`` is not read: the application gets its length, and refuses it. What a client
    sends of it afterwards is dropped. ``pass_delay`` is called in place of the wait of a late reply, if given.
    """

    def __init__(
        self,
        app: WSGIApplication,
        is_quick: Callable[[WSGIEnvironment], bool],
        most_body_bytes: int,
        pass_delay: Callable[[int], object] | None = None,
    ) -> None:
        self._app = app
        self._is_quick = is_quick
        self._most_body_bytes = most_body_bytes
        self._pass_delay = pass_delay
        self._call_pool, self._step_pool = ThreadPool(_MOST_CALLS), ThreadPool(_MOST_STEPS)

    def close(self) -> None:
        """End the threads."""
        self._call_pool.close()
        self._step_pool.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        with suppress(ClientGone, asyncio.CancelledError):  # the second where the server stops during the call
            environ, has_whole_body = await self._read_call(scope, receive)
            delay = reply_delay.offer_wait(environ)
            reply = await self._call_app(environ)
            await self._end_delay(delay, receive)
            await _send_reply(reply, scope, receive, send, may_reuse=has_whole_body or not _awaits_continue(scope))

    async def _read_call(self, scope: Scope, receive: Receive) -> tuple[WSGIEnvironment, bool]:
        """The request as an environment, and whether its body was read. Raises ClientGone."""
        length = next((int(value) for name, value in scope["headers"] if name == b"content-length"), 0)
        body = b"" if length > self._most_body_bytes else await _read_body(receive, self._most_body_bytes)
        length = max(length, len(body))
        query = scope["query_string"]
        target = scope["raw_path"] + (b"?" + query if query else b"")
        origin = Origin(scope["scheme"], *scope["server"])
        protocol = f"HTTP/{scope['http_version']}"
        client = scope["client"][0] if scope["client"] else ""
        call = Call(origin, scope["method"], target, scope["headers"], body, protocol, client)
        environ = call.build_environ()
        if length > self._most_body_bytes:
            environ["CONTENT_LENGTH"] = str(length)
        return environ, length <= self._most_body_bytes

    async def _call_app(self, environ: WSGIEnvironment) -> AppReply:
        if self._is_quick(environ):
            return run_app(self._app, environ)
        return await self._call_pool.run(partial(run_app, self._app, environ))

    async def _end_delay(self, delay: ReplyDelay, receive: Receive) -> None:
        """Wait as long as the application says, then make its calls, also where the client is gone."""
        try:
            if delay.ms and self._pass_delay is not None:
                delay.steps.insert(0, partial(self._pass_delay, delay.ms))
            elif delay.ms:
                await _wait_with_client(delay.ms / 1000, receive)
        finally:
            if delay.steps:
                await self._step_pool.run(delay.finish)


async def _read_body(receive: Receive, most_bytes: int) -> bytes:
    """The body, or its beginning where it is larger than that. Raises ClientGone."""
    body = b""
    while len(body) <= most_bytes:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body += message["body"]
        if not message["more_body"]:
            break
    return body


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

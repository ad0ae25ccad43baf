"""A server of one event loop in the thread that runs it (floor 5)."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from email.utils import formatdate
from typing import TYPE_CHECKING

from cannon_mock.serving.connection import ClientConnection, ServerState
from cannon_mock.serving.open_files import AcceptErrorHandler
from cannon_mock.serving.real_time_loop import RealTimeLoop

if TYPE_CHECKING:
    from cannon_mock.serving.app_caller import AppCaller

_BACKLOG = 1024
_ACCEPTS_A_ROUND = 16
"""The connections that one round of the loop accepts at most. Each one fails where no file is left to open."""

_GRACE_SECONDS = 1
_TICK_SECONDS = 1
_ROUNDS_TO_CONNECT = 3
"""In so many rounds of its loop asyncio makes a connection; if its server closes meanwhile, the socket stays open."""


class LoopServer:
    """Serves an application on sockets that listen, in TLS where a context for it is given."""

    def __init__(
        self, app_caller: AppCaller, listeners: Sequence[socket.socket], tls: ssl.SSLContext | None = None
    ) -> None:
        self._app_caller = app_caller
        self._listeners = listeners
        self._tls = tls
        self._state = ServerState()
        self._is_stopped = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop_event: asyncio.Event | None = None

    @property
    def scheme(self) -> str:
        """The scheme of its addresses."""
        return "http" if self._tls is None else "https"

    def run(self, on_ready: Callable[[], object] = lambda: None) -> None:
        """Serve until ``stop``; call ``on_ready`` when requests are answered."""
        with asyncio.Runner(loop_factory=RealTimeLoop) as runner:
            runner.run(self._serve(on_ready))

    def stop(self) -> None:
        """End ``run``, from any thread or a handler of a signal; connections break."""
        self._is_stopped = True
        if self._loop is not None and self._stop_event is not None:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._stop_event.set)

    async def _serve(self, on_ready: Callable[[], object]) -> None:
        loop, stop_event = asyncio.get_running_loop(), asyncio.Event()
        loop.set_exception_handler(AcceptErrorHandler())
        self._tick(loop)
        servers = []
        for listener in self._listeners:
            servers.append(
                await loop.create_server(self._build_connection, sock=listener, ssl=self._tls, backlog=_ACCEPTS_A_ROUND)
            )
            listener.listen(_BACKLOG)  # asyncio takes one number for both
        self._stop_event, self._loop = stop_event, loop
        if not self._is_stopped:  # else the signal came before there was a loop to stop
            on_ready()
            await stop_event.wait()
        await self._stop_accepting()
        for server in servers:
            server.close()
        await self._close_connections()

    def _build_connection(self) -> ClientConnection:
        return ClientConnection(self._app_caller.answer, self._state, self.scheme, self._app_caller.most_body_bytes)

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        """Set the date of replies, which has the precision of a second, and end late connections."""
        self._state.date_line = f"date: {formatdate(usegmt=True)}\r\n".encode()
        for connection in tuple(self._state.connections):
            connection.end_late_wait()
        loop.call_later(_TICK_SECONDS, self._tick, loop)

    async def _stop_accepting(self) -> None:
        """Take no further connection, and let those that were accepted just now come to be."""
        with suppress(NotImplementedError):  # a loop that does not wait for a socket to be readable
            for listener in self._listeners:
                asyncio.get_running_loop().remove_reader(listener)
        for _ in range(_ROUNDS_TO_CONNECT):
            await asyncio.sleep(0)

    async def _close_connections(self) -> None:
        """Break each connection, and give the calls under way a moment to end."""
        for connection in tuple(self._state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)
        await self._app_caller.close(_GRACE_SECONDS)

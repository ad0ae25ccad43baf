"""A server of one event loop in the thread that runs it (floor 5)."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from uvicorn.config import Config as UvicornConfig
from uvicorn.server import ServerState

from cannon_mock.serving.connection import ClientConnection
from cannon_mock.serving.real_time_loop import RealTimeLoop

if TYPE_CHECKING:
    from cannon_mock.serving.asgi import AsgiAdapter

_SETTINGS: dict[str, Any] = {
    "interface": "asgi3",
    "ws": "none",
    "lifespan": "off",
    "log_config": None,
    "proxy_headers": False,
}
_IDLE_SECONDS = 120
_BACKLOG = 1024
_GRACE_SECONDS = 1
_TICK_SECONDS = 1
_ROUNDS_TO_CONNECT = 3
"""In so many rounds of its loop asyncio makes a connection; if its server closes meanwhile, the socket stays open."""


class LoopServer:
    """Serves an application on sockets that listen, in TLS where a context for it is given."""

    def __init__(
        self, adapter: AsgiAdapter, listeners: Sequence[socket.socket], tls: ssl.SSLContext | None = None
    ) -> None:
        self._adapter = adapter
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
        config = UvicornConfig(self._adapter, timeout_keep_alive=_IDLE_SECONDS, **_SETTINGS)
        config.load()
        self._update_date(loop)

        def build_connection() -> ClientConnection:
            return ClientConnection(config, self._state, {}, loop)

        servers = [
            await loop.create_server(build_connection, sock=each, ssl=self._tls, backlog=_BACKLOG)
            for each in self._listeners
        ]
        self._stop_event, self._loop = stop_event, loop
        if not self._is_stopped:  # else the signal came before there was a loop to stop
            on_ready()
            await stop_event.wait()
        await self._stop_accepting()
        for server in servers:
            server.close()
        await self._close_connections()

    def _update_date(self, loop: asyncio.AbstractEventLoop) -> None:
        """Set the headers of each reply; the date among them has the precision of a second."""
        date = formatdate(usegmt=True).encode()
        self._state.default_headers = [(b"server", b"cannon-mock"), (b"date", date)]
        loop.call_later(_TICK_SECONDS, self._update_date, loop)

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
        tasks = tuple(self._state.tasks)
        if tasks:
            await asyncio.wait(tasks, timeout=_GRACE_SECONDS)
        self._adapter.close()

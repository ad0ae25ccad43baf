"""A mock behind a real WSGI server (floor 4). With __main__ the only place where a thread or a process starts."""

from __future__ import annotations

import contextlib
import http.client
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Flask, Response, request
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import WSGITask

from cannon_mock.config import Config
from cannon_mock.views import context
from cannon_mock.views.faults import ConnectionDropped

_THREADS = 4
_CONNECTIONS = 1000
_PROBE_SECONDS = 10
_ROUND_SECONDS = 0.1


def listen(config: Config) -> socket.socket:
    """A socket bound to the configured address; port 0 takes a free one. Raises OSError where that cannot be had."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    return socket.create_server((config.host, config.port), family=family, backlog=1024)


def find_address(bound: socket.socket) -> str:
    """The address of a bound socket: ``http://127.0.0.1:2266``."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(app: Flask, bound: socket.socket, announce: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C; ``announce`` is given the address once the mock answers."""
    for asked in (signal.SIGTERM, signal.SIGINT):  # a shell starts what runs in the background without SIGINT
        signal.signal(asked, _stop)
    announcing = threading.Thread(target=_announce, args=(find_address(bound), announce), daemon=True)
    announcing.start()
    with _round(app):
        _run(app, bound)
    announcing.join(_PROBE_SECONDS)  # an interpreter that ends while a thread prints is aborted


@contextlib.contextmanager
def serve_in_background(app: Flask) -> Iterator[str]:
    """Serve on a free port of this machine, in threads of this process, while the context lasts; gives the address.

    Webhooks that fell due are sent at the end of each exchange and when the clock is moved.
    """
    bound = listen(Config(port=0))
    server, channels = _server(app, bound)
    running = threading.Thread(target=server.run, daemon=True)
    running.start()
    try:
        yield find_address(bound)
    finally:
        server.trigger.pull_trigger(lambda: wasyncore.close_all(channels))  # in the server's own thread
        running.join(_PROBE_SECONDS)
        server.task_dispatcher.shutdown()


def log_exchanges(app: Flask) -> None:
    """Write a line per exchange to standard error: method, path and status; no header, no body, no key."""

    @app.after_request
    def log(response: Response) -> Response:
        print(f"{request.method} {quote(request.path)} {response.status_code}", file=sys.stderr, flush=True)
        return response


class _Task(WSGITask):
    """An exchange that breaks the connection where the application says so."""

    def execute(self) -> None:
        try:
            super().execute()
        except ConnectionDropped:
            self.wrote_header = True  # so that nothing more is written
            self.close_on_finish = True
            self.chunked_response = False


class _Channel(HTTPChannel):
    task_class = _Task


def _server(app: Flask, bound: socket.socket) -> tuple[Any, dict[int, Any]]:
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a queue is what a burst of calls is for
    channels: dict[int, Any] = {}
    server: Any = create_server(
        app, map=channels, sockets=[bound], threads=_THREADS, connection_limit=_CONNECTIONS, ident="cannon-mock"
    )
    server.channel_class = _Channel
    return server, channels


def _run(app: Flask, bound: socket.socket) -> None:
    server, channels = _server(app, bound)
    server.run()
    wasyncore.close_all(channels)


@contextlib.contextmanager
def _round(app: Flask) -> Iterator[None]:
    """A thread that delivers what falls due, instead of the end of each exchange; for a mock, not for another app."""
    if not context.is_mock(app):
        yield
        return
    postman, stopping = context.find_context(app).webhook_sender, threading.Event()

    def go() -> None:
        while not stopping.wait(_ROUND_SECONDS):
            try:
                postman.deliver()
            except Exception as error:  # noqa: BLE001 - a thread that ends here would end all webhooks
                print(f"cannon-mock: a webhook waits: {type(error).__name__}: {error}", file=sys.stderr, flush=True)

    rounds, postman.inline = threading.Thread(target=go, daemon=True), False
    rounds.start()
    try:
        yield
    finally:
        stopping.set()
        rounds.join(_PROBE_SECONDS)
        postman.inline = True


def _announce(url: str, announce: Callable[[str], None]) -> None:
    probed = urlsplit(url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:"))
    connection = http.client.HTTPConnection(probed.hostname or "", probed.port, timeout=_PROBE_SECONDS)
    try:
        with contextlib.closing(connection):
            connection.request("GET", "/__mock__/health")
            connection.getresponse().read()
    except (OSError, http.client.HTTPException):  # stopped before it ever answered
        return
    announce(url)


def _stop(_signum: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)

"""A mock behind a real WSGI server, in one process (floor 5)."""

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
    """A socket that listens on the configured address; port 0 takes a free one. Raises OSError where it cannot."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    return socket.create_server((config.host, config.port), family=family, backlog=1024)


def find_address(listener: socket.socket) -> str:
    """The address of a socket that listens: ``http://127.0.0.1:2266``."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(app: Flask, listener: socket.socket, announce: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C; ``announce`` gets the address as soon as the mock answers."""
    for signal_number in (signal.SIGTERM, signal.SIGINT):  # a shell starts background processes with SIGINT ignored
        signal.signal(signal_number, _exit)
    announcing = threading.Thread(target=_announce, args=(find_address(listener), announce), daemon=True)
    announcing.start()
    with _deliver_webhooks(app):
        _run(app, listener)
    announcing.join(_PROBE_SECONDS)  # an interpreter that ends while a thread prints is aborted


@contextlib.contextmanager
def serve_in_background(app: Flask) -> Iterator[str]:
    """Serve on a free port of this machine, in threads of this process, while the context lasts; yields the address.

    Due webhooks are sent at the end of each exchange and when the clock is advanced.
    """
    listener = listen(Config(port=0))
    server, channels = _build_server(app, listener)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield find_address(listener)
    finally:
        server.trigger.pull_trigger(lambda: wasyncore.close_all(channels))  # in the server's own thread
        thread.join(_PROBE_SECONDS)
        server.task_dispatcher.shutdown()


def log_exchanges(app: Flask) -> None:
    """Write one line per exchange to standard error: method, path and status, but no header, body or key."""

    @app.after_request
    def log(response: Response) -> Response:
        print(f"{request.method} {quote(request.path)} {response.status_code}", file=sys.stderr, flush=True)
        return response


class _ExchangeTask(WSGITask):
    """One exchange of the server; it breaks the connection where the application raises ConnectionDropped."""

    def execute(self) -> None:
        try:
            super().execute()
        except ConnectionDropped:
            self.wrote_header = True  # else the server would still write one
            self.close_on_finish = True
            self.chunked_response = False


class _Channel(HTTPChannel):
    task_class = _ExchangeTask


def _build_server(app: Flask, listener: socket.socket) -> tuple[Any, dict[int, Any]]:
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a burst of calls fills the queue; that is no warning
    channels: dict[int, Any] = {}
    server: Any = create_server(
        app, map=channels, sockets=[listener], threads=_THREADS, connection_limit=_CONNECTIONS, ident="cannon-mock"
    )
    server.channel_class = _Channel
    return server, channels


def _run(app: Flask, listener: socket.socket) -> None:
    server, channels = _build_server(app, listener)
    server.run()
    wasyncore.close_all(channels)


@contextlib.contextmanager
def _deliver_webhooks(app: Flask) -> Iterator[None]:
    """Send due webhooks from a thread instead of at the end of an exchange, if the application is a mock."""
    if not context.is_mock(app):
        yield
        return
    webhook_sender, stop = context.find_context(app).webhook_sender, threading.Event()

    def deliver_repeatedly() -> None:
        while not stop.wait(_ROUND_SECONDS):
            try:
                webhook_sender.deliver()
            except Exception as error:  # noqa: BLE001 - without this thread no webhook is sent
                text = f"cannot send webhooks yet: {type(error).__name__}: {error}"
                print(f"cannon-mock: {text}", file=sys.stderr, flush=True)

    thread, webhook_sender.inline = threading.Thread(target=deliver_repeatedly, daemon=True), False
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_PROBE_SECONDS)
        webhook_sender.inline = True


def _announce(url: str, announce: Callable[[str], None]) -> None:
    address = urlsplit(url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:"))
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=_PROBE_SECONDS)
    try:
        with contextlib.closing(connection):
            connection.request("GET", "/__mock__/health")
            connection.getresponse().read()
    except (OSError, http.client.HTTPException):  # it was stopped before it answered
        return
    announce(url)


def _exit(_signum: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)

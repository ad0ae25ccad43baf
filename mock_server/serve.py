"""A mock behind a real WSGI server (floor 4). With __main__ the only place where a thread starts."""

from __future__ import annotations

import contextlib
import http.client
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Flask, Response, request
from waitress import wasyncore
from waitress.server import create_server

from mock_server.config import Config

_THREADS = 4
_CONNECTIONS = 1000
_PROBE_SECONDS = 10


def listen(config: Config) -> socket.socket:
    """A socket bound to the configured address; port 0 takes a free one. Raises OSError where that cannot be had."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    return socket.create_server((config.host, config.port), family=family, backlog=1024)


def address(bound: socket.socket) -> str:
    """The address of a bound socket: ``http://127.0.0.1:2266``."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(app: Flask, bound: socket.socket, announce: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C; ``announce`` is given the address once the mock answers."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a queue is what a burst of calls is for
    channels: dict[int, Any] = {}
    server = create_server(
        app, map=channels, sockets=[bound], threads=_THREADS, connection_limit=_CONNECTIONS, ident="cannon-mock"
    )
    for asked in (signal.SIGTERM, signal.SIGINT):  # a shell starts what runs in the background without SIGINT
        signal.signal(asked, _stop)
    announcing = threading.Thread(target=_announce, args=(address(bound), announce), daemon=True)
    announcing.start()
    server.run()
    wasyncore.close_all(channels)
    announcing.join(_PROBE_SECONDS)  # an interpreter that ends while a thread prints is aborted


def log_exchanges(app: Flask) -> None:
    """Write a line per exchange to standard error: method, path and status; no header, no body, no key."""

    @app.after_request
    def log(response: Response) -> Response:
        print(f"{request.method} {quote(request.path)} {response.status_code}", file=sys.stderr, flush=True)
        return response


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

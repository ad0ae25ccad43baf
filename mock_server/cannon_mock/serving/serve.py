"""A mock behind a socket, in one process (floor 5)."""

from __future__ import annotations

import contextlib
import gc
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from types import FrameType
from typing import TYPE_CHECKING

from flask import Flask

from cannon_mock.app import MAX_BODY_BYTES
from cannon_mock.config import Config
from cannon_mock.notices import write_notice
from cannon_mock.serving import tls
from cannon_mock.serving.app_caller import AppCaller, Place
from cannon_mock.serving.loop_server import LoopServer
from cannon_mock.stores import StoreError
from cannon_mock.views import context
from cannon_mock.views.context import MockContext

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_PATIENCE_SECONDS = 10
_HEALTH = "/__mock__/health"
_CLOCK = "/__mock__/clock"
_SLOW_PARTS = ("/__mock__/", "/assets/")
_ROUND_SECONDS = 0.1


def listen(config: Config) -> socket.socket:
    """A socket that listens on the configured address; port 0 takes a free one. Raises OSError where it cannot."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    return socket.create_server((config.host, config.port), family=family, backlog=1024)


def listen_for_assets(config: Config) -> list[socket.socket]:
    """The socket that listens on the port of assets, where there is one. Raises OSError where it cannot."""
    return [listen(replace(config, port=config.asset_port))] if config.asset_port else []


def find_address(listener: socket.socket, scheme: str = "http") -> str:
    """The address of a socket that listens: ``http://127.0.0.1:2266``."""
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def serve(app: Flask, listener: socket.socket, announce: Callable[[str], None], *others: socket.socket) -> None:
    """Serve until SIGTERM or Ctrl-C; ``announce`` gets the address as soon as the mock answers.

    It answers on ``others`` too, sockets that listen. Raises SettingError for a certificate that cannot be used.
    """
    server = _build_server(app, [listener, *others])
    signal_numbers: list[int] = []

    def stop(signal_number: int, _frame: FrameType | None) -> None:
        if signal_numbers:
            raise SystemExit(0)  # the second one does not wait for anything
        signal_numbers.append(signal_number)
        server.stop()

    for signal_number in (signal.SIGTERM, signal.SIGINT):  # a shell starts background processes with SIGINT ignored
        signal.signal(signal_number, stop)
    gc.freeze()  # what a mock consists of stays: without this, Python would look through it at times, for 30 ms
    announcing = threading.Thread(target=announce, args=(find_address(listener, server.scheme),), daemon=True)
    with _deliver_webhooks(app):
        server.run(announcing.start)
    if announcing.ident is not None:
        announcing.join(_PATIENCE_SECONDS)  # an interpreter that ends while a thread prints is aborted


@contextlib.contextmanager
def serve_beside(app: Flask, config: Config) -> Iterator[str]:
    """Serve on the configured port in a thread, while the context lasts, as ``serve`` does; yields the address.

    Raises OSError where the mock cannot listen, and SettingError for a certificate that cannot be used.
    """
    with _deliver_webhooks(app), _run_in_thread(app, config) as url:
        yield url


@contextlib.contextmanager
def serve_in_background(app: WSGIApplication) -> Iterator[str]:
    """Serve on a free port of this machine, in a thread of this process, while the context lasts; yields the address.

    Due webhooks are sent at the end of each exchange and when the clock is advanced. Raises SettingError for a
    certificate that cannot be used.
    """
    mock = _find_mock(app)
    with _run_in_thread(app, Config(port=0, asset_port=mock.config.asset_port if mock else 0)) as url:
        yield url


@contextlib.contextmanager
def _run_in_thread(app: WSGIApplication, config: Config) -> Iterator[str]:
    """Serve on the ports of ``config`` in a thread, while the context lasts; yields the address."""
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(listen(config))]
        listeners += [stack.enter_context(each) for each in listen_for_assets(config)]
        server = _build_server(app, listeners)
        stack.pop_all()  # the server closes them
    thread = threading.Thread(target=server.run, daemon=True)
    url = find_address(listeners[0], server.scheme)
    thread.start()
    try:
        yield url
    finally:
        server.stop()
        thread.join(_PATIENCE_SECONDS)


def _build_server(app: WSGIApplication, listeners: Sequence[socket.socket]) -> LoopServer:
    """A server of a mock, or of any other application, whose calls are then all made in threads."""
    mock = _find_mock(app)
    if mock is None:
        return LoopServer(AppCaller(app, lambda _: "thread", MAX_BODY_BYTES), listeners)
    pass_delay = mock.clock.advance if mock.config.latency == "clock" else None
    app_caller = AppCaller(app, _build_choice(mock), MAX_BODY_BYTES, pass_delay, has_late_reads=True)
    return LoopServer(app_caller, listeners, tls.load_context(mock.config))


def _find_mock(app: WSGIApplication) -> MockContext | None:
    return context.find_context(app) if isinstance(app, Flask) and context.is_mock(app) else None


def _build_choice(mock: MockContext) -> Callable[[str], Place]:
    """The choice of where a mock's calls are made: what takes less time than to hand it to a thread has its turn.

    That is a call of the API, in memory. The mock's own API reads all of the store, and a file may have to be painted.
    A move of the clock sends webhooks, and waits for their receivers.
    """

    def choose_place(path: str) -> Place:
        if path in health_paths:  # not what only ends like it: that is in the journal, which may hang
            return "now"
        if path.endswith(_CLOCK):
            return "long"
        return "thread" if is_shared or any(part in path for part in _SLOW_PARTS) else "turn"

    is_shared = mock.store.records.is_shared
    health_paths = {_HEALTH, mock.config.root_path.rstrip("/") + _HEALTH}
    return choose_place


@contextlib.contextmanager
def _deliver_webhooks(app: Flask) -> Iterator[None]:
    """Send due webhooks from a thread instead of at the end of an exchange, if the application is a mock."""
    if not context.is_mock(app):
        yield
        return
    webhook_sender, stop = context.find_context(app).webhook_sender, threading.Event()

    def deliver_repeatedly() -> None:
        last_text = ""
        while not stop.wait(_ROUND_SECONDS):
            try:
                webhook_sender.start_due()
                text = ""
            except StoreError:  # which the store tells
                continue
            except Exception as error:  # noqa: BLE001 - without this thread no webhook is sent
                text = f"cannot send webhooks yet: {type(error).__name__}: {error}"
            if text and text != last_text:  # else it would be told in each round
                write_notice(text)
            last_text = text

    thread, webhook_sender.inline = threading.Thread(target=deliver_repeatedly, daemon=True), False
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_PATIENCE_SECONDS)
        webhook_sender.inline = True

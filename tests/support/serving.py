"""A mock behind a real socket, in this process, whose journal a test can read."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from waitress.server import create_server

from cannon_mock import Config, create_app
from cannon_mock.model import journal
from cannon_mock.model.journal import JournalEntry
from cannon_mock.views import context
from cannon_mock.views.context import MockContext


@dataclass(frozen=True, slots=True)
class ServedMock:
    """A mock behind a socket: its address and its parts."""

    url: str
    context: MockContext

    @property
    def creates(self) -> list[JournalEntry]:
        """The creates that the mock received, the oldest first."""
        entries = self.context.store.records.entries(journal.LOG, self.context.config.journal)
        return [each for each in map(journal.decode, entries) if each.method == "POST"]


@contextmanager
def serve_mock(layer: Callable[[Any], Any] = lambda app: app, **settings: Any) -> Iterator[ServedMock]:
    """A mock that goes a hundred times as fast as the service, behind a layer."""
    app = create_app(Config(**{"speed": 100, "credits": 100_000, **settings}))
    with listen(layer(app)) as url:
        yield ServedMock(url, context.find_context(app))


@contextmanager
def listen(app: Any) -> Iterator[str]:
    """The address of a WSGI application, until the end of the block."""
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.trigger.pull_trigger(server.close)  # within the server's own loop, which then has nothing left to do
        thread.join()
        server.task_dispatcher.shutdown()

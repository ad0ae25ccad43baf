"""A mock behind a real socket, in this process, whose journal a test can read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cannon_mock import Config, create_app
from cannon_mock.model.journal import JournalEntry
from cannon_mock.serving.serve import serve_in_background
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
        entries = self.context.store.journal.list_entries(self.context.config.journal)
        return [each for each in entries if each.method == "POST"]


@contextmanager
def serve_mock(layer: Callable[[Any], Any] = lambda app: app, **settings: Any) -> Iterator[ServedMock]:
    """A mock that goes a hundred times as fast as the service, behind a layer."""
    app = create_app(Config(**{"speed": 100, "credits": 100_000, **settings}))
    with serve_in_background(layer(app)) as url:
        yield ServedMock(url, context.find_context(app))

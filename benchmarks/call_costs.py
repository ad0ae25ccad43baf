"""The processor's time that a mock takes for each kind of call, without a socket."""

from __future__ import annotations

import json as json_module
from collections import Counter
from collections.abc import Mapping
from time import process_time
from typing import Any
from urllib.parse import urlsplit

from flask import Flask

from benchmarks.client_calls import make_picture
from cannon_mock import Config, create_app
from cannon_mock.serving.wsgi_call import AppReply, Call, Origin, run_app
from cannon_mock.views.context import find_context


class AppReplyView:
    """A reply as a session gives it."""

    def __init__(self, reply: AppReply) -> None:
        self.status_code = reply.code
        self._content = b"".join(reply.chunks)

    def json(self) -> Any:
        """The body as a JSON value."""
        return json_module.loads(self._content)


class AppSession:
    """A session that calls an application in this process. It has the number of calls and their seconds, by name."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self.counts: Counter[str] = Counter()
        self.seconds: Counter[str] = Counter()

    def request(
        self, method: str, path: str, *, name: str, headers: Mapping[str, str] | None = None, json: Any = None
    ) -> AppReplyView:
        """See client_calls.Session."""
        lines = [(b"host", b"127.0.0.1"), *((key.encode(), text.encode()) for key, text in (headers or {}).items())]
        body = b"" if json is None else json_module.dumps(json).encode()
        call = Call(Origin("http", "127.0.0.1", 80), method, urlsplit(path).path.encode(), lines, body)
        began_s = process_time()
        reply = run_app(self._app, call.build_environ())
        self.seconds[name] += process_time() - began_s  # type: ignore[assignment]  # a counter of any numbers
        self.counts[name] += 1
        return AppReplyView(reply)


def measure_costs(store: str, pictures: int) -> dict[str, float]:
    """The milliseconds of a processor that each kind of call takes, of a mock on a store."""
    app = create_app(Config(store=store, credits=10**9, progression="immediate"))
    make_picture(AppSession(app), "cs_costs", "the first call loads what it needs", lambda _: None)
    session = AppSession(app)
    for number in range(pictures):
        make_picture(session, "cs_costs", f"A lighthouse in fog, number {number}", lambda _: None)
    find_context(app).store.records.close()
    return {name: session.seconds[name] / count * 1000 for name, count in session.counts.items()}

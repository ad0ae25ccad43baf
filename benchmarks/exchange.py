"""What a create and a poll cost in the process, beside a Flask view that only parses and answers JSON."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from benchmarks import bare, traffic
from benchmarks.measure import NotMeasured, Pair, interleave, time_calls
from benchmarks.row import Aim, Row
from benchmarks.schema import PATH
from cannon_mock import create_app
from cannon_mock.config import Config

if TYPE_CHECKING:
    from benchmarks.bench import Bench

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def compare_creates(bench: Bench) -> Pair:
    """The seconds of one create."""
    return _compare(bench, _build_app(), lambda app: _build_call(app, "POST", PATH, bench.body.encode()))


def compare_polls(bench: Bench) -> Pair:
    """The seconds of one poll of a task that has ended."""
    app = _build_app()
    task = _create(app, bench.body.encode())
    return _compare(bench, app, lambda app: _build_call(app, "GET", task))


def _build_app() -> App:
    app: App = create_app(Config(credits=10**12, progression="immediate")).wsgi_app
    return app


def _create(app: App, body: bytes) -> str:
    return f"{PATH}/{json.loads(_build_call(app, 'POST', PATH, body)())['id']}"


def _compare(bench: Bench, app: App, build: Callable[[App], Callable[[], bytes]]) -> Pair:
    ours, peer = (time_calls(build(each), at_least_s=bench.size.calls_s) for each in (app, bare.app.wsgi_app))
    return interleave(ours, peer, rounds=bench.size.rounds)


def _build_call(app: App, method: str, path: str, body: bytes = b"") -> Callable[[], bytes]:
    """A call as a server makes it; gives the body of the reply. Raises NotMeasured for a refusal."""
    fixed_environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_X_API_KEY": traffic.KEY,
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
    }

    def start_response(status: str, *_: Any) -> None:
        if not status.startswith("2"):
            raise NotMeasured(f"{method} {path}: {status}")

    def run() -> bytes:
        return b"".join(app({**fixed_environ, "wsgi.input": io.BytesIO(body)}, start_response))

    return run


_US = 1e6

_CREATE_REMARK = (
    "by py-spy (500 samples a second over a loop of creates), Flask and what it stands on have a quarter of the time. "
    "Of the rest no function has more than 4 % by itself: planning the task, storing it, and reading and judging the "
    "body have a sixth each, the reply a tenth, the journal less. By cachegrind a create has 1.58 times as many "
    "instructions as the bare view; what makes the ratio of times higher than that was not measured."
)

ROWS = (
    Row(
        "create",
        "create, in process",
        "cannon-mock",
        "bare Flask",
        "µs",
        compare_creates,
        "One create through the WSGI application, with no server. "
        "The bare view parses the body and answers a small object.",
        _US,
        (Aim("ratio", "at most", 1.8),),
        remark=_CREATE_REMARK,
    ),
    Row(
        "poll",
        "poll, in process",
        "cannon-mock",
        "bare Flask",
        "µs",
        compare_polls,
        "One poll of a task that has ended. The bare view answers a small object.",
        _US,
        (Aim("ratio", "at most", 1.5),),
    ),
)

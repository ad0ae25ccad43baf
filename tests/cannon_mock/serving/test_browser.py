"""A page of another origin in a real browser: it drives the simulated API, and gets nothing of the mock's own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from flask import Response, request

from cannon_mock import Config, create_app
from cannon_mock.serving import serve
from cannon_mock.views import context
from tests.support.chromium import ADVICE, find_chromium, open_page
from tests.support.effort import PATIENCE_S

PAGE = Path(__file__).parents[2] / "support" / "page.html"
CHROMIUM = find_chromium()


@dataclass
class PageServer:
    """A server of the page, and the results that the page sends back."""

    url: str = ""
    results: dict[str, Any] = field(default_factory=dict)
    has_results: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serve_page() -> Iterator[PageServer]:
    """Serve the page on a port of its own while the context lasts."""
    page_server = PageServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply("text/html", PAGE.read_bytes())

        def do_POST(self) -> None:
            page_server.results = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.reply("text/plain", b"")
            page_server.has_results.set()

        def reply(self, media_type: str, data: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    page_server.url = f"http://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield page_server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.extended
@pytest.mark.skipif(CHROMIUM is None, reason=ADVICE)
def test_a_page_drives_the_api_and_nothing_else(tmp_path: Path) -> None:
    """A page creates, polls to success, and reads a picture and errors; under /__mock__/ it reads and moves nothing."""
    app = create_app(Config(progression="manual:1", seed="tests"))
    admin_calls: list[tuple[str, str, int]] = []

    @app.after_request
    def note(response: Response) -> Response:
        if request.path.startswith("/__mock__/"):
            admin_calls.append((request.method, request.path, response.status_code))
        return response

    mock = context.find_context(app)
    with serve.serve_in_background(app) as url, serve_page() as page_server:
        others = [url, url.replace("127.0.0.1", "localhost")]  # another site than the page, and the same one
        assert CHROMIUM is not None
        with open_page(CHROMIUM, f"{page_server.url}/?api={url}&others={','.join(others)}", tmp_path):
            assert page_server.has_results.wait(PATIENCE_S), "the page sent no results"
    api = json.loads(page_server.results["api"].removeprefix("default "))
    assert (api["status"], api["limited"], api["refused"]) == (
        *("succeeded", [429, "1", "rate_limited"]),
        [401, "unauthorized"],
    )
    assert api["image"][0] > 0
    assert "assumed:browser-access" in api["evidence"]
    for address in others:
        _check_refusals(page_server.results[address])
    assert {status for *_, status in admin_calls} == {403}
    assert admin_calls.count(("POST", "/__mock__/reset", 403)) == len(others) * 3
    assert (len(list(mock.store.tasks.list_all())), mock.clock.scale) == (1, 1)


def _check_refusals(results: dict[str, str]) -> None:
    """Check that the page read nothing: a blind call and a form only see that they were sent."""
    blind = {name for name in results if name.endswith("blindly") or name == "move the clock"}
    assert {results[name] for name in blind} <= {"opaque ", "TypeError"}
    assert {results[name] for name in results.keys() - blind - {"form", "image", "script"}} == {"TypeError"}
    assert (results["image"], results["script"], results["form"]) == ("refused", "refused", "sent")

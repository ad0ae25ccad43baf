"""A server of a page for a browser, which takes the results that the page sends back."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from tests.support.http_server import serve_handler


@dataclass
class PageServer:
    """The address of the page, and its results by name."""

    url: str = ""
    results: dict[str, Any] = field(default_factory=dict)
    has_results: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serve_page(page: Path, last_result: str) -> Iterator[PageServer]:
    """Serve a page on a port of its own while the context lasts.

    It has its results when one has arrived with ``last_result`` in its name.
    """
    page_server = PageServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply("text/html", page.read_bytes())

        def do_POST(self) -> None:
            page_server.results |= json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.reply("text/plain", b"")
            if any(last_result in name for name in page_server.results):
                page_server.has_results.set()

        def reply(self, media_type: str, data: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with serve_handler(Handler) as port:
        page_server.url = f"http://localhost:{port}"
        yield page_server

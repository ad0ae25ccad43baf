"""A receiver of webhooks on a socket of this machine, which answers as it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from tests.support.http_server import serve_handler

Answer = tuple[int, dict[str, str]]


@dataclass
class Receiver:
    """What was received, and what is answered: ``answers`` in turn, then ``then``, each after ``before_answer``."""

    url: str
    answers: list[Answer] = field(default_factory=list)
    then: Answer = (200, {})
    before_answer: Callable[[], object] = lambda: None
    received: list[tuple[bytes, dict[str, str]]] = field(default_factory=list)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver while the context lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.received.append((body, dict(self.headers.items())))
            receiver.before_answer()
            status, headers = receiver.answers.pop(0) if receiver.answers else receiver.then
            self.send_response(status)
            for name, value in {**headers, "Content-Length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with serve_handler(Handler) as port:
        receiver = Receiver(f"http://127.0.0.1:{port}/hook")
        yield receiver

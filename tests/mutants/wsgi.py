"""Layers around the real mock, of which each changes one thing about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

Wsgi = Callable[[dict[str, Any], Any], Any]


@dataclass(slots=True)
class Reply:
    """A reply that can be changed."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @json.setter
    def json(self, value: Any) -> None:
        self.body = json.dumps(value).encode()


@dataclass(frozen=True, slots=True)
class Call:
    """A call on its way to the mock."""

    app: Wsgi
    environ: dict[str, Any]
    content: bytes = field(default=b"")

    @property
    def what(self) -> str:
        """``POST create``, ``GET read``, ``GET status``, ``GET asset`` or another method with one of these."""
        path = self.environ["PATH_INFO"]
        kinds = {"/api/v1/status": "status", "/api/v1/requests": "create"}
        starts = {"/api/v1/requests/": "read", "/assets/": "asset"}
        place = kinds.get(path) or next((kind for start, kind in starts.items() if path.startswith(start)), "other")
        return f"{self.environ['REQUEST_METHOD']} {place}"

    @property
    def id(self) -> str:
        """The last part of the path."""
        return str(self.environ["PATH_INFO"].rpartition("/")[2])

    def header(self, name: str) -> str | None:
        """A request header."""
        value: str | None = self.environ.get(_variable(name))
        return value

    def passed_on(self, content: bytes | None = None, *, without: tuple[str, ...] = (), **headers: str | None) -> Reply:
        """What the mock answers to this call, with other content, or with headers changed or left out."""
        sent = self.content if content is None else content
        environ = {**self.environ, "wsgi.input": BytesIO(sent), "CONTENT_LENGTH": str(len(sent))}
        for name, value in headers.items():
            environ[_variable(name)] = value
        for name in without:
            environ.pop(_variable(name), None)
        return self.asked(environ)

    def asked(self, environ: dict[str, Any]) -> Reply:
        """What the mock answers to another call."""
        said: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            said.update(status=int(status[:3]), headers=dict(headers))

        chunks = self.app(environ, start)
        try:
            body = b"".join(chunks)
        finally:
            getattr(chunks, "close", lambda: None)()
        return Reply(said["status"], said["headers"], body)

    def created_too(self) -> None:
        """One more create, with the key of this call, of which the client is told nothing."""
        body = json.dumps({"operation": "image.generate", "input": {"prompt": "x", "model": "grok"}}).encode()
        environ = {**self.environ, "REQUEST_METHOD": "POST", "PATH_INFO": "/api/v1/requests", "CONTENT_TYPE": ""}
        environ.pop(_variable("x-idempotency-key"), None)
        Call(self.app, environ).passed_on(body)


Answer = Callable[[Call], Reply]


def answering(work: Callable[[], Answer]) -> Callable[[Wsgi], Wsgi]:
    """A layer that answers by ``work()``, made anew for each mock, so that it may remember things."""

    def layer(app: Wsgi) -> Wsgi:
        answer = work()

        def broken(environ: dict[str, Any], start: Any) -> list[bytes]:
            length = int(environ.get("CONTENT_LENGTH") or 0)
            call = Call(app, environ, environ["wsgi.input"].read(length) if length else b"")
            reply = answer(call)
            head = environ["REQUEST_METHOD"] == "HEAD"
            lengths = {} if head else {"Content-Length": str(len(reply.body))}
            start(f"{reply.status} Changed", list({**reply.headers, **lengths}.items()))
            return [] if head else [reply.body]

        return broken

    return layer


def changing(what: str, change: Callable[[Call, Reply], object]) -> Callable[[Wsgi], Wsgi]:
    """A layer that changes the replies to calls of one kind."""

    def work() -> Answer:
        def answer(call: Call) -> Reply:
            reply = call.passed_on()
            if call.what == what:
                change(call, reply)
            return reply

        return answer

    return answering(work)


def status(what: str, was: int, now: int) -> Callable[[Wsgi], Wsgi]:
    """A layer that answers with another HTTP status."""

    def change(call: Call, reply: Reply) -> None:
        reply.status = now if reply.status == was else reply.status

    return changing(what, change)


def fields(what: str, change: Callable[[dict[str, Any]], object], when: tuple[str, ...] = ()) -> Callable[[Wsgi], Wsgi]:
    """A layer that changes the JSON of good replies; of request objects only those whose status is in ``when``."""

    def changed(call: Call, reply: Reply) -> None:
        if reply.status < 300:
            body = reply.json
            if not when or body["status"] in when:
                change(body)
                reply.json = body

    return changing(what, changed)


def sent(change: Callable[[Call, dict[str, Any]], object]) -> Callable[[Wsgi], Wsgi]:
    """A layer that changes the body of creates on its way to the mock."""

    def answer(call: Call) -> Reply:
        if call.what != "POST create":
            return call.passed_on()
        try:
            body = json.loads(call.content)
            change(call, body)
        except (ValueError, KeyError, TypeError):
            return call.passed_on()
        return call.passed_on(json.dumps(body).encode())

    return answering(lambda: answer)


def headers(change: Callable[[Call], Mapping[str, str | None]]) -> Callable[[Wsgi], Wsgi]:
    """A layer that changes request headers on their way to the mock; None takes one away."""

    def answer(call: Call) -> Reply:
        changes = change(call)
        gone = tuple(name for name, value in changes.items() if value is None)
        return call.passed_on(without=gone, **{name: value for name, value in changes.items() if value is not None})

    return answering(lambda: answer)


def _variable(name: str) -> str:
    return "HTTP_" + name.upper().replace("-", "_")

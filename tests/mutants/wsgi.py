"""Wrappers around the mock's WSGI application; each changes one thing about its calls or replies."""

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
    """A call to the mock, before the mock gets it."""

    app: Wsgi
    environ: dict[str, Any]
    content: bytes = field(default=b"")

    @property
    def kind(self) -> str:
        """``POST create``, ``GET read``, ``GET status``, ``GET asset`` or another method with one of these."""
        path = self.environ["PATH_INFO"]
        exact = {"/api/v1/status": "status", "/api/v1/requests": "create"}
        prefixes = {"/api/v1/requests/": "read", "/assets/": "asset"}
        by_prefix = (name for prefix, name in prefixes.items() if path.startswith(prefix))
        return f"{self.environ['REQUEST_METHOD']} {exact.get(path) or next(by_prefix, 'other')}"

    @property
    def id(self) -> str:
        """The last part of the path."""
        return str(self.environ["PATH_INFO"].rpartition("/")[2])

    def header(self, name: str) -> str | None:
        """A request header."""
        value: str | None = self.environ.get(_variable(name))
        return value

    @property
    def key(self) -> str:
        """The API key of the call; empty where it has none."""
        return self.header("x-api-key") or (self.header("authorization") or "").partition(" ")[2]

    def forward(self, content: bytes | None = None, *, without: tuple[str, ...] = (), **headers: str | None) -> Reply:
        """The mock's reply to this call, with other content, or with headers changed or left out."""
        body = self.content if content is None else content
        environ = {**self.environ, "wsgi.input": BytesIO(body)}
        # A body above the limit has a length, and is not read.
        if content is not None or not environ.get("CONTENT_LENGTH"):
            environ["CONTENT_LENGTH"] = str(len(body))
        for name, value in headers.items():
            environ[_variable(name)] = value
        for name in without:
            environ.pop(_variable(name), None)
        return self.forward_environ(environ)

    def forward_environ(self, environ: dict[str, Any]) -> Reply:
        """The mock's reply to another call."""
        head: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            head.update(status=int(status[:3]), headers=dict(headers))

        chunks = self.app(environ, start)
        try:
            body = b"".join(chunks)
        finally:
            getattr(chunks, "close", lambda: None)()
        return Reply(head["status"], head["headers"], body)

    def create_silently(self) -> None:
        """Create one more request with the key of this call, without a word to the client."""
        body = json.dumps({"operation": "image.generate", "input": {"prompt": "x", "model": "grok"}}).encode()
        environ = {**self.environ, "REQUEST_METHOD": "POST", "PATH_INFO": "/api/v1/requests", "CONTENT_TYPE": ""}
        environ.pop(_variable("x-idempotency-key"), None)
        Call(self.app, environ).forward(body)

    def read_silently(self, id_: str) -> Any:
        """The request object of an id, read with the key of this call, without a word to the client."""
        environ = {**self.environ, "REQUEST_METHOD": "GET", "PATH_INFO": f"/api/v1/requests/{id_}"}
        return Call(self.app, environ).forward().json


Responder = Callable[[Call], Reply]
Wrapper = Callable[[Wsgi], Wsgi]


def respond_with(make_responder: Callable[[], Responder]) -> Wrapper:
    """Answer every call by a responder. It is made anew for each mock, so that it may remember calls."""

    def wrap(app: Wsgi) -> Wsgi:
        respond = make_responder()

        def serve(environ: dict[str, Any], start: Any) -> list[bytes]:
            length = int(environ.get("CONTENT_LENGTH") or 0)
            call = Call(app, environ, environ["wsgi.input"].read(length) if length else b"")
            reply = respond(call)
            is_head = environ["REQUEST_METHOD"] == "HEAD"
            length_header = {} if is_head else {"Content-Length": str(len(reply.body))}
            start(f"{reply.status} Changed", list({**reply.headers, **length_header}.items()))
            return [] if is_head else [reply.body]

        return serve

    return wrap


def change_replies(kind: str, change: Callable[[Call, Reply], object]) -> Wrapper:
    """Change the replies to calls of one kind."""

    def respond(call: Call) -> Reply:
        reply = call.forward()
        if call.kind == kind:
            change(call, reply)
        return reply

    return respond_with(lambda: respond)


def change_status(kind: str, before: int, after: int) -> Wrapper:
    """Answer calls of one kind with another HTTP status."""

    def change(call: Call, reply: Reply) -> None:
        reply.status = after if reply.status == before else reply.status

    return change_replies(kind, change)


def change_json(kind: str, change: Callable[[dict[str, Any]], object], statuses: tuple[str, ...] = ()) -> Wrapper:
    """Change the JSON of successful replies; of request objects only those that have one of the statuses."""

    def change_body(call: Call, reply: Reply) -> None:
        if reply.status < 300:
            body = reply.json
            if not statuses or body["status"] in statuses:
                change(body)
                reply.json = body

    return change_replies(kind, change_body)


def change_create_body(change: Callable[[Call, dict[str, Any]], object]) -> Wrapper:
    """Change the body of creates before the mock gets them."""

    def respond(call: Call) -> Reply:
        if call.kind != "POST create":
            return call.forward()
        try:
            body = json.loads(call.content)
            change(call, body)
        except (ValueError, KeyError, TypeError):
            return call.forward()
        return call.forward(json.dumps(body).encode())

    return respond_with(lambda: respond)


def change_headers(change: Callable[[Call], Mapping[str, str | None]]) -> Wrapper:
    """Change request headers before the mock gets them; None removes one."""

    def respond(call: Call) -> Reply:
        changes = change(call)
        without = tuple(name for name, value in changes.items() if value is None)
        return call.forward(without=without, **{name: value for name, value in changes.items() if value is not None})

    return respond_with(lambda: respond)


def _variable(name: str) -> str:
    return "HTTP_" + name.upper().replace("-", "_")

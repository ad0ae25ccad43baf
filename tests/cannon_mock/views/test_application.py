"""The mock's application answers as plain Flask does, in less time."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask, Response
from flask.ctx import RequestContext
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import HTTPException
from werkzeug.test import EnvironBuilder, run_wsgi_app

from cannon_mock import Config
from cannon_mock.app import create_app
from cannon_mock.compact_json import write_json
from cannon_mock.views.context import MockRequest
from cannon_mock.views.json_reply import JsonReply
from cannon_spec import document
from cannon_spec.fast_decoder import LateDecoder

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3),
    max_leaves=8,
)
_PATHS = st.lists(st.sampled_from(["/", "api", "v1", "requests", "status", "__mock__", "req_1", "é", "%"]), max_size=8)


def test_coroutines_are_told_from_functions_as_flask_tells_them() -> None:
    """Law: a function is called as it is, and a coroutine never, at each of its calls."""

    async def pause() -> None: ...

    for function in (test_coroutines_are_told_from_functions_as_flask_tells_them, pause) * 2:
        assert _describe_call(_APP, function) == _describe_call(_PLAIN, function)


def _describe_call(app: Flask, function: Callable[..., Any]) -> str:
    """Whether an application calls a function as it is; its error where it cannot call a coroutine."""
    try:
        return str(app.ensure_sync(function) is function)
    except RuntimeError as error:
        return str(error)


@given(_JSON, st.sampled_from([200, 202, 404]), st.sampled_from(["GET", "HEAD", "POST"]))
def test_a_json_reply_is_sent_as_flask_sends_it(content: Any, status: int, method: str) -> None:
    """Law: status, headers and body of a JSON reply are those of Flask's own response of the same JSON."""
    text = write_json(content).decode() + "\n"
    replies = JsonReply(content, status), Response(text, status, mimetype="application/json")
    sent, expected = (run_wsgi_app(reply, EnvironBuilder(method=method).get_environ()) for reply in replies)
    assert (b"".join(sent[0]), *sent[1:]) == (b"".join(expected[0]), *expected[1:])


@given(
    _PATHS.map("".join),
    st.sampled_from(["GET", "POST", "OPTIONS"]),
    st.sampled_from(["localhost", "EXAMPLE.com:80", "a_b:1"]),
    st.sampled_from([{}, {"Connection": "upgrade", "Upgrade": "websocket"}]),
)
def test_an_address_is_matched_as_flask_matches_it(path: str, method: str, host: str, headers: dict[str, str]) -> None:
    """Law: each request gets the view, the arguments or the routing error that Flask's own matching gives it."""
    environ = EnvironBuilder(path="/", method=method, headers={"Host": host, **headers}).get_environ()
    environ["PATH_INFO"] = path.encode().decode("latin-1")
    context = _APP.request_context(dict(environ))
    context.match_request()
    expected = RequestContext(_PLAIN, dict(environ))
    expected.match_request()
    assert _describe_match(context) == _describe_match(expected)


@given(
    st.binary(max_size=20),
    st.sampled_from(["0", "3", "20", "", "x", "+3", "9999999", None]),
    st.sampled_from([{}, {"HTTP_TRANSFER_ENCODING": "chunked"}]),
)
def test_a_body_is_read_as_flask_reads_it(data: bytes, length: str | None, headers: dict[str, str]) -> None:
    """Law: the body is the one that Flask reads, or Flask's error, whatever its length is said to be."""
    bodies = []
    for read in (MockRequest.read_body, MockRequest.get_data):
        environ = {**EnvironBuilder(method="POST").get_environ(), "wsgi.input": BytesIO(data), **headers}
        environ.pop("CONTENT_LENGTH", None)
        if length is not None:
            environ["CONTENT_LENGTH"] = length
        with _APP.request_context(environ) as context:
            try:
                bodies.append(read(context.request))  # type: ignore[arg-type]
            except HTTPException as error:
                bodies.append(type(error))  # type: ignore[arg-type]
    assert bodies[0] == bodies[1]


def test_the_first_body_is_read_by_the_fast_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a mock, which needs msgspec for its replies, reads its first body by it too."""
    monkeypatch.setattr(document, "_LATE_DECODER", LateDecoder(document.MAX_DEPTH))
    create_app(Config(clock="manual"))
    monkeypatch.setattr(document, "read_strictly", None)
    assert document.loads(b'{"operation": "image.generate"}') == {"operation": "image.generate"}


_APP = create_app(Config(clock="manual"))
_PLAIN = Flask("plain")
_PLAIN.url_map = _APP.url_map


def _describe_match(context: RequestContext) -> tuple[Any, ...]:
    request, error = context.request, context.request.routing_exception
    return request.endpoint, request.view_args, type(error), str(error), getattr(error, "new_url", "")

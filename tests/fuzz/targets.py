"""What atheris calls with bytes: the judge, the reader of recordings, and the mock's own API, each in this process."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from urllib.parse import quote

from flask.testing import FlaskClient

from cannon_mock import Config, create_app
from cannon_spec import Catalog, document, load_catalog, validate_request, validate_response
from cannon_spec.errors import NotJSON
from cannon_spec.traffic.exchanges import judge_calls
from cannon_spec.traffic.har import NotHAR, parse_recording
from tests.cannon_spec.test_document import read_by_steps
from tests.fuzz.api_document import ADMIN, SCHEMAS
from tests.support.payloads import CATALOG

Target = Callable[[bytes], None]

_BASE_URL = "https://www.cannonstudio.app"
_KEY = "cs_test_fuzz"
_BODY = {"operation": "image.generate", "input": {"prompt": "A red bicycle", "model": "gptimage2"}}
_SERVER_ERROR = 500
_SEPARATOR = b"\n"
_PARAMETER = re.compile(r"<\w+>")


@cache
def _load(engine: str) -> Catalog:
    return load_catalog(engine=engine)


def judge(data: bytes) -> None:
    """Judge a text: both decoders read the same value or refuse it, and both engines find the same in it."""
    try:
        value = document.loads(data)
    except NotJSON:
        return
    text = data.decode().removeprefix("\ufeff")
    assert repr(read_by_steps(text)) == repr(value)
    reference, fast = _load("jsonschema"), _load("jsonschema-rs")
    for check in (validate_request, _check_poll):
        assert check(value, catalog=reference) == check(value, catalog=fast)


def _check_poll(value: object, *, catalog: Catalog) -> object:
    return validate_response("request", value, catalog=catalog)


def read_recording(data: bytes) -> None:
    """Read and judge a recording: what is none is refused with a sentence."""
    try:
        recording = parse_recording(document.loads(data), _BASE_URL)
    except (NotJSON, NotHAR):
        return
    judge_calls(CATALOG, recording.calls)


def call_admin(data: bytes) -> None:
    """Call the mock's own API: a line chooses the route, a second one is a part of the path, a third one the query."""
    first, part, query, *rest = [*data.split(_SEPARATOR, 3), b"", b"", b""][:4]
    routes = _list_routes()
    method, path = routes[sum(first) % len(routes)]
    address = path.replace("{}", quote(part) or "x") + "?" + quote(query, safe="=&%+")
    response = _make_client().open(address, method=method, data=b"".join(rest))
    assert response.status_code < _SERVER_ERROR, f"{method} {address} {rest!r}: {response.status_code}"


@cache
def _make_client() -> FlaskClient:
    app = create_app(Config(max_tasks=100, credits=10**9))
    client = app.test_client()
    for number in range(3):
        client.post("/api/v1/requests", json=_BODY, headers={"x-api-key": _KEY, "x-idempotency-key": str(number)})
    return client


@cache
def _list_routes() -> list[tuple[str, str]]:
    rules = [rule for rule in _make_client().application.url_map.iter_rules() if rule.rule.startswith(ADMIN)]
    return [(method, _PARAMETER.sub("{}", rule.rule)) for rule in rules for method in sorted(rule.methods or ())]


def _list_documents() -> list[bytes]:
    return [file.read_bytes() for file in sorted((SCHEMAS / "examples").rglob("*.json"))]


def _list_recordings() -> list[bytes]:
    request = {"method": "POST", "url": f"{_BASE_URL}/api/v1/requests", "postData": {"text": json.dumps(_BODY)}}
    reply = {"status": 202, "content": {"text": '{"id": "req_1", "status": "queued"}', "encoding": "base64"}}
    entry = {"startedDateTime": "2026-01-01T00:00:00Z", "request": request, "response": reply}
    return [json.dumps({"log": {"entries": [entry] * count}}).encode() for count in (1, 3)]


def _list_admin_calls() -> list[bytes]:
    bodies = ('{"advance_ms": 1000}', '{"scenario": "default", "match": {"key": "a"}}', '{"what": "all"}', "{}", "")
    return [f"{chr(33 + number)}\nreq_1\nlimit=1\n{body}".encode() for number in range(40) for body in bodies]


TARGETS: dict[str, tuple[Target, Callable[[], list[bytes]]]] = {
    "judge": (judge, _list_documents),
    "recording": (read_recording, _list_recordings),
    "admin": (call_admin, _list_admin_calls),
}
"""Each target with the seeds that its inputs are bred from."""

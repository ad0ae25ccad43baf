"""Calls that a mock answers, and the HAR files that recorders write of them."""

from __future__ import annotations

import copy
import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from cannon_spec import Finding
from cannon_spec.pointer import follow
from cannon_spec.traffic import exchanges, har
from tests.support.mocks import FAILURE, KEY, LONG_MS, RETENTION_MS, body, build_driver
from tests.support.payloads import CATALOG

HOST = "https://www.cannonstudio.app"


REQUESTS = "/api/v1/requests"


STATUS = "/api/v1/status"


CALL_MS = 40


REST_MS = 600_000
"""After this time nobody polls any more."""


class WireCall(NamedTuple):
    """One call as it went over the wire, and when it started."""

    at_ms: int
    method: str
    path: str
    headers: dict[str, str]
    request_text: str
    status: int
    type: str
    response_body: bytes


class Recorder:
    """Call a mock as a client does, and record each call."""

    def __init__(self) -> None:
        self.mock = build_driver()
        self.calls: list[WireCall] = []

    def call(
        self, method: str, path: str, payload: Any = None, key: str | None = KEY, headers: dict[str, str] | None = None
    ) -> Any:
        """Call the mock, which takes CALL_MS; the JSON of the reply is returned, None for a reply of another type."""
        all_headers = {**({"x-api-key": key} if key else {}), **(headers or {})}
        text = "" if payload is None else json.dumps(payload, ensure_ascii=False)
        at_ms = self.mock.clock.now_ms()
        reply = self.mock.client.open(path, base_url=HOST, method=method, data=text.encode(), headers=all_headers)
        type_ = reply.headers.get("Content-Type", "")
        self.calls.append(WireCall(at_ms, method, path, all_headers, text, reply.status_code, type_, reply.data))
        self.wait(CALL_MS)
        return reply.get_json(silent=True)

    def create(self, key: str | None = KEY, idempotency: str | None = None, **headers: str) -> str:
        """Create a request; its id is returned. ``x_mock_scenario`` stands for the header ``x-mock-scenario``."""
        more_headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if idempotency is not None:
            more_headers["x-idempotency-key"] = idempotency
        return str(self.call("POST", REQUESTS, body(prompt="A red 🚲"), key, more_headers)["id"])

    def poll(self, id_: str, key: str | None = KEY) -> Any:
        return self.call("GET", f"{REQUESTS}/{id_}", key=key)

    def wait(self, ms: int) -> None:
        self.mock.clock.advance(ms)


def record_session() -> list[WireCall]:
    """The calls of an integration: a success, a repeat, a failure, an unknown id, a bad key and an asset."""
    recorder = Recorder()
    recorder.call("GET", STATUS)
    id_ = recorder.create(idempotency="one")
    recorder.wait(2000)
    recorder.poll(id_)
    assert recorder.create(idempotency="one") == id_
    recorder.wait(LONG_MS)
    last_view = recorder.poll(id_)
    assert last_view["status"] == "succeeded"
    recorder.call("GET", last_view["output"]["image_url"].removeprefix(HOST), key=None)
    recorder.wait(REST_MS)
    recorder.poll(id_)
    failing_id = recorder.create(idempotency="two", x_mock_scenario=FAILURE["x-mock-scenario"])
    recorder.wait(LONG_MS)
    assert recorder.poll(failing_id)["status"] == "failed"
    recorder.poll("req_unknown")
    recorder.call("GET", STATUS, key="bad")
    recorder.wait(RETENTION_MS)
    assert not recorder.poll(id_)["requestLog"]["available"]
    return recorder.calls


SESSION = record_session()


def format_time(ms: float, zone: str = "Z") -> str:
    """A time as recorders write it, in UTC or in another zone."""
    offset = timedelta(0) if zone == "Z" else timedelta(hours=int(zone[:3]))
    time = datetime.fromtimestamp(ms / 1000, UTC) + offset
    return time.isoformat(timespec="milliseconds").replace("+00:00", zone)


def list_headers(headers: dict[str, str]) -> list[dict[str, str]]:
    """Headers as a HAR has them."""
    return [{"name": name, "value": value} for name, value in headers.items()]


def format_chromium(calls: list[WireCall], host: str = HOST) -> dict[str, Any]:
    """Format calls as the developer tools of Chromium do, beside a page and other things that it loads."""
    others = ["https://cdn.example.com/app.js", "data:image/png;base64,iVBORw0KGgo=", "wss://example.com/socket"]
    log = {
        "version": "1.2",
        "creator": {"name": "WebInspector", "version": "537.36"},
        "pages": [{"startedDateTime": format_time(calls[0].at_ms), "id": "page_1", "title": "https://example.com/"}],
        "entries": [
            *(_format_chromium_entry(WireCall(calls[0].at_ms, "GET", "", {}, "", 200, "", b""), url) for url in others),
            *(_format_chromium_entry(call, host + call.path) for call in calls),
        ],
    }
    return {"log": log}


def _format_chromium_entry(call: WireCall, url: str) -> dict[str, Any]:
    text = call.response_body.decode(errors="ignore")
    if call.type == "application/json":  # other servers do not escape letters
        text = json.dumps(json.loads(text), ensure_ascii=False)
    content: dict[str, Any] = {"size": len(call.response_body), "mimeType": call.type.partition(";")[0] or "x-unknown"}
    if call.response_body and not call.type.startswith("image/"):
        is_plain = all(ord(letter) < 0xD800 for letter in text)
        base64_text = {"text": b64encode(text.encode()).decode(), "encoding": "base64"}
        content |= {"text": text} if is_plain else base64_text
    names = {":authority": "www.cannonstudio.app", ":method": call.method, ":path": call.path, ":scheme": "https"}
    request: dict[str, Any] = {
        "method": call.method,
        "url": url,
        "httpVersion": "http/2.0",
        "headers": list_headers({**names, "accept": "*/*", **call.headers}),
        "queryString": [],
        "cookies": [],
        "headersSize": -1,
        "bodySize": len(call.request_text.encode()),
    }
    if call.request_text:
        request["postData"] = {"mimeType": "application/json", "text": call.request_text}
    stack = {"callFrames": [{"functionName": "send", "url": "https://example.com/app.js", "lineNumber": 1}]}
    for _ in range(70):  # asynchronous calls nest
        stack = {"callFrames": [], "parent": stack}
    return {
        "_initiator": {"type": "script", "stack": stack},
        "_priority": "High",
        "_resourceType": "websocket" if url.startswith("wss") else "fetch",
        "cache": {},
        "connection": "4",
        "pageref": "page_1",
        "request": request,
        "response": {
            "status": call.status,
            "statusText": "",
            "httpVersion": "http/2.0",
            "headers": list_headers({"content-type": call.type}),
            "cookies": [],
            "content": content,
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": -1,
            "_transferSize": 300,
            "_error": None,
        },
        "serverIPAddress": "127.0.0.1",
        "startedDateTime": format_time(call.at_ms),
        "time": float(CALL_MS),
        "timings": {"blocked": 1.5, "dns": -1, "ssl": -1, "connect": -1, "send": 0.1, "wait": 38.4, "receive": 0},
    }


def format_mitmproxy(calls: list[WireCall], host: str = HOST) -> dict[str, Any]:
    """Format calls as ``mitmdump --set hardump`` does."""
    entries = [_format_mitmproxy_entry(call, host) for call in calls]
    creator = {"name": "mitmproxy", "version": "0.1", "comment": "mitmproxy version 12.1.1"}
    return {"log": {"version": "1.2", "creator": creator, "pages": [], "entries": entries}}


def _format_mitmproxy_entry(call: WireCall, host: str) -> dict[str, Any]:
    is_binary = call.type.startswith("image/")
    text = b64encode(call.response_body).decode() if is_binary else call.response_body.decode()
    content = {"size": len(call.response_body), "compression": 0, "mimeType": call.type, "text": text}
    headers = {"Host": "www.cannonstudio.app", "Content-Type": "application/json", **call.headers}
    request = {
        "method": call.method,
        "url": host + call.path,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": list_headers({name.title(): value for name, value in headers.items()}),
        "queryString": [],
        "headersSize": 200,
        "bodySize": len(call.request_text),
    }
    if call.method == "POST":
        request["postData"] = {"mimeType": "application/json", "text": call.request_text, "params": []}
    return {
        "startedDateTime": format_time(call.at_ms).replace("Z", "+00:00"),
        "time": CALL_MS + 0.25,
        "request": request,
        "response": {
            "status": call.status,
            "statusText": "",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": list_headers({"Content-Type": call.type}),
            "content": {**content, "encoding": "base64"} if is_binary else content,
            "redirectURL": "",
            "headersSize": 100,
            "bodySize": len(call.response_body),
        },
        "cache": {},
        "timings": {"connect": -1.0, "ssl": -1.0, "send": 0.25, "receive": 1, "wait": CALL_MS - 1},
        "serverIPAddress": "127.0.0.1",
    }


def format_firefox(calls: list[WireCall], host: str = HOST) -> dict[str, Any]:
    """Format calls as Firefox does: local time, and no base64 for JSON."""
    recording = format_mitmproxy(calls, host)
    for entry, call in zip(recording["log"]["entries"], calls, strict=True):
        entry["startedDateTime"] = format_time(call.at_ms, "+02:00").replace("Z", "+02:00")
        entry["request"]["headers"] = list_headers(call.headers)
    return recording


def format_playwright(calls: list[WireCall], host: str = HOST) -> dict[str, Any]:
    """Format calls as Playwright does: -1 for unknown values, and header names in lower case."""
    recording = format_chromium(calls, host)
    for entry in recording["log"]["entries"]:
        entry.pop("pageref")
        entry |= {"time": -1, "timings": {"send": -1, "wait": -1, "receive": -1}}
        if entry["response"]["content"].get("text") is None:
            entry["response"]["content"]["size"] = -1
    return recording


FORMATS = [format_chromium, format_mitmproxy, format_firefox, format_playwright]


def find_entry(recording: dict[str, Any], method: str, path: str, index: int = 0) -> int:
    """The number of the entry of such a call; ``index`` counts them from 0."""
    numbers = [
        number
        for number, entry in enumerate(recording["log"]["entries"])
        if entry["request"]["method"] == method and entry["request"]["url"].endswith(path)
    ]
    return numbers[index]


def change_json(holder: dict[str, Any], change: Callable[[Any], object]) -> None:
    """Change the JSON in a ``content`` or a ``postData``, in place."""
    text = holder["text"]
    if holder.pop("encoding", None):
        text = b64decode(text)
    value = json.loads(text)
    change(value)
    holder["text"] = json.dumps(value)


def change_reply(recording: dict[str, Any], number: int, change: Callable[[Any], Any]) -> None:
    """Change the JSON of a reply in place."""
    change_json(recording["log"]["entries"][number]["response"]["content"], change)


def judge_recording(recording: dict[str, Any], *base_urls: str) -> list[Finding]:
    """Judge a HAR by the contract, and return all findings."""
    reports = exchanges.judge_calls(CATALOG, har.parse_recording(recording, CATALOG.base_url, base_urls).calls)
    return [finding for _, report in reports for finding in report.findings]


def list_rows(recording: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Judge a HAR, and return severity, rule, claim and path of each finding."""
    return [(each.severity, each.rule, each.evidence.claim, each.path) for each in judge_recording(recording)]


def record(steps: Callable[[Recorder], object]) -> dict[str, Any]:
    """The HAR that mitmproxy writes of a client's steps."""
    recorder = Recorder()
    steps(recorder)
    return format_mitmproxy(recorder.calls)


def record_once(recorder: Recorder) -> None:
    """Create a request, poll it in time, poll it at its end, and read it once more later."""
    id_ = recorder.create(idempotency="a")
    recorder.wait(2000)
    recorder.poll(id_)
    recorder.wait(LONG_MS)
    recorder.poll(id_)
    recorder.wait(REST_MS)
    recorder.poll(id_)


ONCE = record(record_once)

CREATE, FIRST_POLL, END_POLL, LAST_POLL = 0, 1, 2, 3
"""The entries of ONCE."""


def change_entry(number: int, change: Callable[[Any], Any]) -> dict[str, Any]:
    """The short recording ONCE with a change in the reply of one entry."""
    recording = copy.deepcopy(ONCE)
    change_reply(recording, number, change)
    return recording


def response_path(number: int, place: str) -> str:
    """The JSON Pointer of a place in a reply."""
    return f"/log/entries/{number}/response/{place}"


def find_header(entry: dict[str, Any], name: str) -> dict[str, str]:
    """The header of that name in the request of an entry."""
    return next(each for each in entry["request"]["headers"] if each["name"].lower() == name)


def replace_value(recording: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of a document with another value in one place."""
    if not path:
        return value
    whole = copy.deepcopy(recording)
    follow(whole, path[:-1])[path[-1]] = value
    return whole

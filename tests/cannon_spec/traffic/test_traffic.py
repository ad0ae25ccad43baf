"""Recorded traffic: HAR files as browsers and proxies write them, of calls that a mock answered."""

from __future__ import annotations

import copy
import io
import json
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cannon_spec import Finding
from cannon_spec.cli import main, traffic_check
from cannon_spec.output.explanations import explain_topic
from cannon_spec.pointer import follow
from cannon_spec.traffic import exchanges, har, sequence
from tests.support.mocks import FAILURE, KEY, LONG_MS, OTHER_KEY, RETENTION_MS, body, driven
from tests.support.payloads import CATALOG

HOST = "https://www.cannonstudio.app"
REQUESTS = "/api/v1/requests"
STATUS = "/api/v1/status"
TOOK_MS = 40


class Take(NamedTuple):
    """One call as it went over the wire, and when."""

    at_ms: int
    method: str
    path: str
    headers: dict[str, str]
    sent: str
    status: int
    type: str
    received: bytes


class Recorder:
    """Makes a client's calls of a mock, and keeps each."""

    def __init__(self) -> None:
        self.mock = driven()
        self.takes: list[Take] = []

    def call(
        self, method: str, path: str, sent: Any = None, key: str | None = KEY, headers: dict[str, str] | None = None
    ) -> Any:
        """A call, which takes some time; the JSON of the reply, None for another."""
        given = {**({"x-api-key": key} if key else {}), **(headers or {})}
        text = "" if sent is None else sent if isinstance(sent, str) else json.dumps(sent, ensure_ascii=False)
        at_ms = self.mock.clock.now_ms()
        reply = self.mock.client.open(path, base_url=HOST, method=method, data=text.encode(), headers=given)
        type_ = reply.headers.get("Content-Type", "")
        self.takes.append(Take(at_ms, method, path, given, text, reply.status_code, type_, reply.data))
        self.wait(TOOK_MS)
        return reply.get_json(silent=True)

    def create(self, key: str | None = KEY, idempotency: str | None = None, **headers: str) -> str:
        """The id of a new request."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if idempotency is not None:
            given["x-idempotency-key"] = idempotency
        return str(self.call("POST", REQUESTS, body(prompt="A red 🚲"), key, given)["id"])

    def poll(self, id_: str, key: str | None = KEY) -> Any:
        return self.call("GET", f"{REQUESTS}/{id_}", key=key)

    def wait(self, ms: int) -> None:
        self.mock.clock.advance(ms)


def session() -> list[Take]:
    """A whole integration at work: a success, a repeat, a failure, what is not found, and an asset."""
    recorder = Recorder()
    recorder.call("GET", STATUS)
    id_ = recorder.create(idempotency="one")
    recorder.wait(2000)
    recorder.poll(id_)
    assert recorder.create(idempotency="one") == id_
    recorder.wait(LONG_MS)
    ended = recorder.poll(id_)
    assert ended["status"] == "succeeded"
    recorder.call("GET", ended["output"]["image_url"].removeprefix(HOST), key=None)
    recorder.poll(id_)
    failing = recorder.create(idempotency="two", x_mock_scenario=FAILURE["x-mock-scenario"])
    recorder.wait(LONG_MS)
    assert recorder.poll(failing)["status"] == "failed"
    recorder.poll("req_of_nobody")
    recorder.call("GET", STATUS, key="bad")
    recorder.wait(RETENTION_MS)
    assert not recorder.poll(id_)["requestLog"]["available"]
    return recorder.takes


SESSION = session()


def moment(ms: float, zone: str = "Z") -> str:
    offset = timedelta(0) if zone == "Z" else timedelta(hours=int(zone[:3]))
    at = datetime.fromtimestamp(ms / 1000, UTC) + offset
    return at.isoformat(timespec="milliseconds").replace("+00:00", zone)


def pairs(headers: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers.items()]


def chromium(takes: list[Take], host: str = HOST) -> dict[str, Any]:
    """What the developer tools of Chromium write: a page, what else it loads, and what never came."""
    others = ["https://cdn.example.com/app.js", "data:image/png;base64,iVBORw0KGgo=", "wss://example.com/socket"]
    log = {
        "version": "1.2",
        "creator": {"name": "WebInspector", "version": "537.36"},
        "pages": [{"startedDateTime": moment(takes[0].at_ms), "id": "page_1", "title": "https://example.com/"}],
        "entries": [
            *(_chromium(Take(takes[0].at_ms, "GET", "", {}, "", 200, "", b""), url) for url in others),
            *(_chromium(take, host + take.path) for take in takes),
        ],
    }
    return {"log": log}


def _chromium(take: Take, url: str) -> dict[str, Any]:
    text = take.received.decode(errors="ignore")
    if take.type == "application/json":  # as a server writes it that escapes no letters
        text = json.dumps(json.loads(text), ensure_ascii=False)
    content: dict[str, Any] = {"size": len(take.received), "mimeType": take.type.partition(";")[0] or "x-unknown"}
    if take.received and not take.type.startswith("image/"):
        plain = all(ord(letter) < 0xD800 for letter in text)
        encoded = {"text": b64encode(text.encode()).decode(), "encoding": "base64"}
        content |= {"text": text} if plain else encoded
    names = {":authority": "www.cannonstudio.app", ":method": take.method, ":path": take.path, ":scheme": "https"}
    request: dict[str, Any] = {
        "method": take.method,
        "url": url,
        "httpVersion": "http/2.0",
        "headers": pairs({**names, "accept": "*/*", **take.headers}),
        "queryString": [],
        "cookies": [],
        "headersSize": -1,
        "bodySize": len(take.sent.encode()),
    }
    if take.sent:
        request["postData"] = {"mimeType": "application/json", "text": take.sent}
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
            "status": take.status,
            "statusText": "",
            "httpVersion": "http/2.0",
            "headers": pairs({"content-type": take.type}),
            "cookies": [],
            "content": content,
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": -1,
            "_transferSize": 300,
            "_error": None,
        },
        "serverIPAddress": "127.0.0.1",
        "startedDateTime": moment(take.at_ms),
        "time": float(TOOK_MS),
        "timings": {"blocked": 1.5, "dns": -1, "ssl": -1, "connect": -1, "send": 0.1, "wait": 38.4, "receive": 0},
    }


def mitmproxy(takes: list[Take], host: str = HOST) -> dict[str, Any]:
    """What ``mitmdump --set hardump`` writes."""
    entries = [_mitmproxy(take, host) for take in takes]
    creator = {"name": "mitmproxy", "version": "0.1", "comment": "mitmproxy version 12.1.1"}
    return {"log": {"version": "1.2", "creator": creator, "pages": [], "entries": entries}}


def _mitmproxy(take: Take, host: str) -> dict[str, Any]:
    binary = take.type.startswith("image/")
    text = b64encode(take.received).decode() if binary else take.received.decode()
    content = {"size": len(take.received), "compression": 0, "mimeType": take.type, "text": text}
    headers = {"Host": "www.cannonstudio.app", "Content-Type": "application/json", **take.headers}
    request = {
        "method": take.method,
        "url": host + take.path,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": pairs({name.title(): value for name, value in headers.items()}),
        "queryString": [],
        "headersSize": 200,
        "bodySize": len(take.sent),
    }
    if take.method == "POST":
        request["postData"] = {"mimeType": "application/json", "text": take.sent, "params": []}
    return {
        "startedDateTime": moment(take.at_ms).replace("Z", "+00:00"),
        "time": TOOK_MS + 0.25,
        "request": request,
        "response": {
            "status": take.status,
            "statusText": "",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": pairs({"Content-Type": take.type}),
            "content": {**content, "encoding": "base64"} if binary else content,
            "redirectURL": "",
            "headersSize": 100,
            "bodySize": len(take.received),
        },
        "cache": {},
        "timings": {"connect": -1.0, "ssl": -1.0, "send": 0.25, "receive": 1, "wait": TOOK_MS - 1},
        "serverIPAddress": "127.0.0.1",
    }


def firefox(takes: list[Take], host: str = HOST) -> dict[str, Any]:
    """What Firefox writes: local time, and no base64 for JSON."""
    recorded = mitmproxy(takes, host)
    for entry, take in zip(recorded["log"]["entries"], takes, strict=True):
        entry["startedDateTime"] = moment(take.at_ms, "+02:00").replace("Z", "+02:00")
        entry["request"]["headers"] = pairs(take.headers)
    return recorded


def playwright(takes: list[Take], host: str = HOST) -> dict[str, Any]:
    """What Playwright writes: -1 for what it does not know, and names in small letters."""
    recorded = chromium(takes, host)
    for entry in recorded["log"]["entries"]:
        entry.pop("pageref")
        entry |= {"time": -1, "timings": {"send": -1, "wait": -1, "receive": -1}}
        if entry["response"]["content"].get("text") is None:
            entry["response"]["content"]["size"] = -1
    return recorded


WRITERS = [chromium, mitmproxy, firefox, playwright]


def entry_of(recorded: dict[str, Any], method: str, path: str, which: int = 0) -> int:
    """The number of the entry with the which-th such call."""
    numbers = [
        number
        for number, entry in enumerate(recorded["log"]["entries"])
        if entry["request"]["method"] == method and entry["request"]["url"].endswith(path)
    ]
    return numbers[which]


def patched(holder: dict[str, Any], change: Callable[[Any], object]) -> None:
    """Change the JSON in a ``content`` or a ``postData``, in place."""
    text = holder["text"]
    if holder.pop("encoding", None):
        text = b64decode(text)
    value = json.loads(text)
    change(value)
    holder["text"] = json.dumps(value)


def reply(recorded: dict[str, Any], number: int, change: Callable[[Any], Any]) -> None:
    patched(recorded["log"]["entries"][number]["response"]["content"], change)


def found(recorded: dict[str, Any], *bases: str) -> list[Finding]:
    judged = exchanges.judge_calls(CATALOG, har.parse_recording(recorded, CATALOG.base_url, bases).calls)
    return [finding for _, report in judged for finding in report.findings]


def said(recorded: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Each finding as severity, rule, claim and path."""
    return [(each.severity, each.rule, each.evidence.claim, each.path) for each in found(recorded)]


def takes_of(steps: Callable[[Recorder], object]) -> dict[str, Any]:
    """What mitmproxy would write of a client's steps."""
    recorder = Recorder()
    steps(recorder)
    return mitmproxy(recorder.takes)


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """The command on a HAR, or on bytes: exit status, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    for name in ("CANNON_SPEC_OVERLAY", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def run(recorded: Any, *flags: str, name: str = "a.har") -> tuple[int, str, str]:
        Path(name).write_bytes(recorded if isinstance(recorded, bytes) else json.dumps(recorded).encode())
        try:
            status = main.main(["check-traffic", name, *flags])
        except SystemExit as exit_:
            status = int(exit_.code or 0)
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.mark.parametrize("writer", WRITERS)
def test_an_honest_recording_has_no_finding(writer: Callable[..., Any], check: Callable[..., Any]) -> None:
    """Calls that the mock answered are found and judged, whoever wrote them, with not even a warning."""
    recorded = writer(SESSION)
    calls = [take for take in SESSION if take.path.startswith("/api/")]
    ignored = len(recorded["log"]["entries"]) - len(calls)
    count = f"{len(calls)} judged, {len(calls)} ok, 0 errors, 0 warnings, {ignored} ignored, 0 without body\n"
    assert check(recorded, "--strict") == (0, count, "")
    assert ignored >= 1


def test_letters_that_chromium_encodes_are_read() -> None:
    """The recording has replies in base64, as Chromium writes any with an emoji."""
    encoded = [each for each in chromium(SESSION)["log"]["entries"] if "encoding" in each["response"]["content"]]
    assert len(encoded) >= 2


@pytest.mark.parametrize("writer", WRITERS)
def test_two_defects_are_found_where_they_are(writer: Callable[..., Any], check: Callable[..., Any]) -> None:
    """A bad create body and a bad reply are found, each with the number of its entry and its place."""
    recorded = writer(SESSION)
    create = entry_of(recorded, "POST", REQUESTS, 2)
    poll = entry_of(recorded, "GET", SESSION[2].path, 1)
    square = {"aspect_ratio": "1:1", "resolution": "4K"}
    patched(recorded["log"]["entries"][create]["request"]["postData"], lambda sent: sent["input"].update(square))
    reply(recorded, poll, lambda got: got["output"].update(provider_image_count="one"))

    status, out, err = check(recorded)
    assert (status, err) == (1, "")
    place = f"/log/entries/{create}/request/postData/input/resolution"
    assert f"a.har: entry {create} (POST {REQUESTS}): error at {place}\n" in out
    place = f"/log/entries/{poll}/response/content/output/provider_image_count"
    assert f"a.har: entry {poll} (GET {SESSION[2].path}): error at {place}\n" in out

    status, out, _ = check(recorded, "--format", "json")
    results = json.loads(out)["results"]
    bad = [result for result in results if not result["ok"]]
    assert {result["entry"] for result in bad} >= {create, poll}
    assert bad[0].keys() == {"file", "line", "entry", "call", "ok", "findings"}
    assert (bad[0]["file"], bad[0]["line"]) == ("a.har", None)


def test_only_the_two_defects_are_found() -> None:
    """Neither defect drags other findings along, but that an ended request has changed, and is changed back."""
    recorded = mitmproxy(SESSION)
    poll = entry_of(recorded, "GET", SESSION[2].path, 1)
    reply(recorded, poll, lambda got: got["output"].update(provider_image_count="one"))
    again = entry_of(recorded, "GET", SESSION[2].path, 2)
    count = "output/provider_image_count"
    shape, final = "operations/image.generate/output#/properties/provider_image_count/type", "traffic-final"
    assert said(recorded) == [
        ("error", shape, "image-output-shape", f"/log/entries/{poll}/response/content/{count}"),
        ("error", final, "lifecycle-terminal", f"/log/entries/{again}/response/content/output"),
    ]


def once(recorder: Recorder) -> None:
    """A create, and a poll at its time, and one at the end."""
    id_ = recorder.create(idempotency="a")
    recorder.wait(2000)
    recorder.poll(id_)
    recorder.wait(LONG_MS)
    recorder.poll(id_)
    recorder.poll(id_)


ONCE = takes_of(once)
CREATE, AT_WORK, ENDED, AFTER = 0, 1, 2, 3


def changed(number: int, change: Callable[[Any], Any]) -> dict[str, Any]:
    """The short recording with another reply in one entry."""
    recorded = copy.deepcopy(ONCE)
    reply(recorded, number, change)
    return recorded


def test_the_short_recording_is_clean() -> None:
    """What the tests below break is whole."""
    assert said(ONCE) == []


def at(number: int, place: str) -> str:
    return f"/log/entries/{number}/response/{place}"


def test_a_create_that_is_not_answered_with_202() -> None:
    """Another success than 202 is an error; the body is held to the accepted reply all the same."""
    recorded = changed(CREATE, lambda got: got.pop("urls"))
    recorded["log"]["entries"][CREATE]["response"]["status"] = 200
    assert said(recorded) == [
        ("error", "envelope/accepted#/required", "create-reply-shape", at(CREATE, "content")),
        ("error", "traffic-accepted", "create-accepted-202", at(CREATE, "status")),
    ]


@pytest.mark.parametrize(
    ("number", "status", "claim"), [(AFTER, "processing", "lifecycle-terminal"), (ENDED, "queued", "lifecycle-order")]
)
def test_a_step_that_cannot_be(number: int, status: str, claim: str) -> None:
    """A request that goes on after its end, or goes back, is an error."""
    nothing = {"completedAtMs": None, "errorMessage": None}
    started = {"startedAtMs": None} if status == "queued" else {}
    output = {"output": {"task_id": "t", "status": "s", "provider": "p", "model": "m"}}
    recorded = changed(number, lambda got: got.update(status=status, **nothing, **started, **output))
    rules = [each for each in said(recorded) if each[1] == "traffic-step"]
    assert rules == [("error", "traffic-step", claim, at(number, "content/status"))]
    (finding,) = [each for each in found(recorded) if each.rule == "traffic-step"]
    assert finding.message.endswith(f"in entry {number - 1}")


def test_an_unknown_status_is_the_schemas_matter() -> None:
    """A status that nobody knows is refused by the schema alone, and the poll after it is held to the one before."""
    recorded = changed(ENDED, lambda got: got.update(status="paused"))
    assert [rule for _, rule, _, _ in said(recorded)] == ["envelope/request#/properties/status/enum"]


def test_an_ended_request_that_changes() -> None:
    """Each member of an ended request that changes, comes or goes is an error."""

    def change(got: dict[str, Any]) -> None:
        got.update({"billableCredits": 1, "new/name": 1})
        got.pop("outputPreview")

    rows = [("error", "traffic-final", "lifecycle-terminal", at(AFTER, f"content/{name}")) for name in (
        "billableCredits", "new~1name", "outputPreview"
    )]  # fmt: skip
    assert said(changed(AFTER, change)) == rows


def test_the_log_may_go_when_its_time_is_over() -> None:
    """The log of an ended request changes no sooner than it says."""
    swept = {"available": False, "retentionDays": 7, "retainedUntilMs": None}
    recorded = changed(AFTER, lambda got: got.update(requestLog=swept))
    assert [rule for _, rule, _, _ in said(recorded)] == ["traffic-final"]
    late = json.loads(ONCE["log"]["entries"][ENDED]["response"]["content"]["text"])["requestLog"]["retainedUntilMs"]
    recorded["log"]["entries"][AFTER]["startedDateTime"] = moment(late)
    assert said(recorded) == []
    without = changed(ENDED, lambda got: got["requestLog"].pop("retainedUntilMs"))
    assert said(without) == []


def test_times_that_run_backwards() -> None:
    """A request that started before it was created is an error, at the later one's place."""
    recorded = changed(AT_WORK, lambda got: got.update(startedAtMs=got["createdAtMs"] - 1))
    rows = [(rule, claim, path) for _, rule, claim, path in said(recorded)]
    assert rows[0] == ("traffic-times", "lifecycle-order", at(AT_WORK, "content/startedAtMs"))


def test_a_time_that_changes() -> None:
    """A time once given stays, and one that comes later is no change."""
    recorded = changed(AT_WORK, lambda got: got.update(createdAtMs=got["createdAtMs"] - 1))
    assert said(recorded) == [("error", "traffic-times", "lifecycle-order", at(ENDED, "content/createdAtMs"))]


def test_a_failure_with_an_output() -> None:
    """An output of a failed request is a warning: that there is none is an assumption."""

    def fail(recorder: Recorder) -> None:
        id_ = recorder.create(x_mock_scenario=FAILURE["x-mock-scenario"])
        recorder.wait(LONG_MS)
        recorder.poll(id_)

    recorded = takes_of(fail)
    assert said(recorded) == []
    reply(recorded, 1, lambda got: got.update(output={}))
    assert said(recorded) == [("warning", "traffic-failure", "request-failed-view", at(1, "content/output"))]


def test_a_repeat_that_makes_a_second_request() -> None:
    """A repeat with the same key and body has the same id; another body or another API key is another matter."""
    recorded = takes_of(lambda recorder: [recorder.create(idempotency="a") for _ in range(2)])
    assert said(recorded) == []
    reply(recorded, 1, lambda got: got.update(id="req_other"))
    assert said(recorded) == [("error", "traffic-repeat", "create-idempotent", at(1, "content/id"))]
    for change in ("body", "api key", "lifetime"):
        other = copy.deepcopy(recorded)
        entry = other["log"]["entries"][1]
        if change == "body":
            patched(entry["request"]["postData"], lambda sent: sent["input"].update(prompt="A blue bicycle"))
        elif change == "api key":
            header(entry, "x-api-key")["value"] = OTHER_KEY
        else:
            began = datetime.fromisoformat(entry["startedDateTime"]).timestamp() * 1000
            entry["startedDateTime"] = moment(began + CATALOG.lifecycle["idempotency_ms"]["value"])
        assert said(other) == [], change


def header(entry: dict[str, Any], name: str) -> dict[str, str]:
    return next(each for each in entry["request"]["headers"] if each["name"].lower() == name)


def test_two_keys_that_are_given_one_id() -> None:
    """Two idempotency keys make two requests; a key that is not in the file is no reason to complain."""
    recorded = takes_of(lambda recorder: [recorder.create(idempotency="a") for _ in range(2)])
    header(recorded["log"]["entries"][1], "x-idempotency-key")["value"] = "b"
    assert said(recorded) == [("error", "traffic-same-id", "create-idempotent", at(1, "content/id"))]
    recorded["log"]["entries"][1]["request"]["headers"].remove(
        header(recorded["log"]["entries"][1], "x-idempotency-key")
    )
    assert said(recorded) == []


@pytest.mark.parametrize(("waits", "warned"), [([1990], True), ([1999], False), ([2000], False), ([0, 0], True)])
def test_a_poll_that_comes_too_soon(waits: list[int], warned: bool) -> None:
    """The first poll before poll_after_ms has passed is a warning, whatever the ledger's strength; once a request."""

    def poll(recorder: Recorder) -> None:
        id_ = recorder.create()
        for wait in waits:
            recorder.wait(wait)
            recorder.poll(id_)

    recorded = takes_of(poll)
    for entry in recorded["log"]["entries"]:
        entry["time"] = TOOK_MS
    row = ("warning", "traffic-early", "poll-after", "/log/entries/1/startedDateTime")
    assert said(recorded) == ([row] if warned else [])
    assert [each.message for each in found(recorded)] == [
        f"the first poll came {waits[0]} ms after the answer to the create in entry 0, whose poll_after_ms is 2000"
    ] * warned


def test_a_request_that_another_key_can_read() -> None:
    """A request read with another key is an error, unless it was refused; a key as bearer token is the same key."""
    recorded = copy.deepcopy(ONCE)
    poll = recorded["log"]["entries"][AFTER]
    header(poll, "x-api-key").update(name="authorization", value=f"Bearer {KEY}")
    assert said(recorded) == []
    header(poll, "authorization")["value"] = f"bearer {OTHER_KEY}"
    assert said(recorded) == [("error", "traffic-other-key", "read-same-key", at(AFTER, "status"))]
    header(poll, "authorization")["value"] = "Basic abc"
    assert said(recorded) == []
    refused = takes_of(lambda recorder: recorder.poll(recorder.create(), OTHER_KEY))
    assert [rule for _, rule, _, _ in said(refused)] == ["traffic-early"]


def test_keys_that_were_cut_out_are_no_finding() -> None:
    """A file without headers is judged by what is left."""
    recorded = copy.deepcopy(ONCE)
    for entry in recorded["log"]["entries"]:
        entry["request"].pop("headers")
    assert said(recorded) == []


@pytest.mark.parametrize(
    ("number", "status", "severity", "claim"),
    [
        (CREATE, 202, "error", "create-reply-shape"),
        (ENDED, 200, "error", "request-shape"),
        (ENDED, 502, "warning", "error-envelope"),
    ],
)
def test_a_reply_that_is_no_json(number: int, status: int, severity: str, claim: str) -> None:
    """A reply that is no JSON rests on what says which object it is: for an error body that is an assumption."""
    recorded = copy.deepcopy(ONCE)
    response = recorded["log"]["entries"][number]["response"]
    response["status"], response["content"]["text"] = status, "<html>Bad gateway</html>"
    assert said(recorded) == [(severity, "json", claim, at(number, "content"))]


def test_a_create_that_is_no_json() -> None:
    """A body that is no JSON is an error, in its place."""
    recorded = copy.deepcopy(ONCE)
    recorded["log"]["entries"][CREATE]["request"]["postData"]["text"] = "{"
    assert said(recorded) == [("error", "json", "json-body", "/log/entries/0/request/postData")]


def test_a_refused_create_is_judged() -> None:
    """The body of a create that was refused is judged, and so is the refusal."""
    recorded = takes_of(lambda recorder: recorder.call("POST", REQUESTS, body(resolution="8K")))
    assert recorded["log"]["entries"][0]["response"]["status"] == 400
    path = "/log/entries/0/request/postData/input/resolution"
    assert [(severity, where) for severity, _, _, where in said(recorded)] == [("error", path)]
    reply(recorded, 0, lambda got: got.pop("error"))
    assert ("warning", at(0, "content")) in [(severity, where) for severity, _, _, where in said(recorded)]


def test_a_status_reply_is_judged() -> None:
    """The status reply is held to its schema."""
    recorded = takes_of(lambda recorder: recorder.call("GET", STATUS))
    reply(recorded, 0, lambda got: got.update(ok=False))
    assert said(recorded) == [("error", "envelope/status#/properties/ok/const", "status-ok", at(0, "content/ok"))]


def test_entries_are_taken_in_the_order_of_their_times() -> None:
    """The order in the file does not matter, zones are heeded, and a finding names its place in the file."""
    recorded = copy.deepcopy(ONCE)
    entries = recorded["log"]["entries"]
    entries.reverse()
    first = datetime.fromisoformat(entries[-1]["startedDateTime"])
    entries[-1]["startedDateTime"] = (first + timedelta(hours=5)).isoformat().replace("+00:00", "+05:00")
    assert said(recorded) == []
    entries[-1]["response"]["status"] = 201
    assert [path for _, _, _, path in said(recorded)] == [at(3, "status")]
    back = changed(ENDED, lambda got: got.update(createdAtMs=got["createdAtMs"] + 1))
    back["log"]["entries"].reverse()
    assert ("traffic-times", at(1, "content/createdAtMs")) in [(rule, path) for _, rule, _, path in said(back)]


@pytest.mark.parametrize("time", [None, "40", True, -5000, 10**400, float("nan"), float("inf")])
def test_a_duration_that_is_none_counts_as_nothing(time: Any) -> None:
    """Where a file does not know how long a create took, its answer came when it was sent."""
    recorded = takes_of(lambda recorder: [recorder.wait(1000), recorder.poll(recorder.create())])
    recorded["log"]["entries"][0]["time"] = time
    assert [each.message.partition(" after")[0] for each in found(recorded)] == [f"the first poll came {TOOK_MS} ms"]


def test_polls_that_overlap_are_not_compared() -> None:
    """Of two polls under way at once nobody knows which was answered first."""
    recorded = copy.deepcopy(ONCE)
    entries = recorded["log"]["entries"]
    entries[AT_WORK], entries[ENDED] = entries[ENDED], entries[AT_WORK]
    entries[AT_WORK]["startedDateTime"], entries[ENDED]["startedDateTime"] = (
        entries[ENDED]["startedDateTime"],
        entries[AT_WORK]["startedDateTime"],
    )
    assert [rule for _, rule, _, _ in said(recorded)] == ["traffic-step"]
    entries[AT_WORK]["time"] = LONG_MS + 2000.0
    assert said(recorded) == []


@pytest.mark.parametrize(
    ("change", "judged", "without"),
    [
        (lambda entry: entry["response"].update(status=0, content={}, _error="net::ERR_ABORTED"), 3, 1),
        (lambda entry: entry["response"].update(status=-1, content={"size": -1, "mimeType": "x-unknown"}), 3, 1),
        (lambda entry: entry["response"]["content"].pop("text"), 3, 1),
        (lambda entry: entry["response"]["content"].update(text=None), 3, 1),
        (lambda entry: entry["response"]["content"].update(text="", size=0), 3, 1),
        (lambda entry: entry["response"].update(status=304), 3, 1),
        (lambda entry: entry["response"].update(status=204), 3, 1),
        (lambda entry: entry["response"].update(status=307), 3, 1),
        (lambda entry: entry.pop("response"), 3, 1),
        (lambda entry: entry["request"].update(method="OPTIONS"), 3, 0),
    ],
)
def test_what_has_no_body_is_counted(
    change: Callable[[Any], Any], judged: int, without: int, check: Callable[..., Any]
) -> None:
    """A call without a reply, or whose reply has no body in the file, is counted and no finding."""
    recorded = copy.deepcopy(ONCE)
    change(recorded["log"]["entries"][AT_WORK])
    status, out, _ = check(recorded, "--format", "json")
    assert status == 0
    assert json.loads(out)["summary"] == {
        "judged": judged,
        "ok": judged,
        "errors": 0,
        "warnings": 0,
        "ignored": 1 - without,
        "without_body": without,
    }


def test_a_create_without_a_reply_is_judged_by_its_body(check: Callable[..., Any]) -> None:
    """A create that was cut off was sent all the same; one whose body is not in the file is judged by its reply."""
    recorded = copy.deepcopy(ONCE)
    recorded["log"]["entries"][CREATE]["response"] = {"status": 0, "content": {}}
    assert check(recorded)[1].startswith("4 judged, 4 ok, 0 errors, 0 warnings, 0 ignored, 1 without body")
    recorded = copy.deepcopy(ONCE)
    recorded["log"]["entries"][CREATE]["request"]["postData"]["text"] = ""
    assert check(recorded)[1].startswith("4 judged, 4 ok, 0 errors, 0 warnings, 0 ignored, 0 without body")


def test_a_recording_without_any_body_could_not_be_judged(check: Callable[..., Any]) -> None:
    """Where every body was left out there is nothing to be sure of."""
    recorded = copy.deepcopy(ONCE)
    for entry in recorded["log"]["entries"]:
        entry["response"]["content"].pop("text")
        entry["request"].pop("postData", None)
    status, _, err = check(recorded)
    assert (status, err) == (2, "cannon-spec: a.har: no call of the API has a body; save the HAR with content\n")


@pytest.mark.parametrize(
    ("host", "flag"),
    [
        (HOST, None),
        ("https://cannonstudio.app", None),
        ("https://eu.cannonstudio.app:8443", None),
        ("HTTPS://WWW.CannonStudio.app.", None),
        ("http://127.0.0.1:2266", "http://127.0.0.1:2266/"),
        ("http://proxy.example.com:80/cannon", "http://proxy.example.com/cannon"),
        ("http://[::1]:2266", "http://[::1]:2266"),
    ],
)
def test_calls_are_known_by_their_address(host: str, flag: str | None, check: Callable[..., Any]) -> None:
    """The vendor's host counts with and without www and with subdomains; another where a flag names it."""
    recorder = Recorder()
    once(recorder)
    flags = () if flag is None else ("--base-url", flag)
    status, out, err = check(mitmproxy(recorder.takes, host), *flags)
    assert (status, err) == (0, "")
    assert out.startswith("4 judged, 4 ok")


@pytest.mark.parametrize(
    ("host", "elsewhere"),
    [
        ("http://127.0.0.1:2266", "http://127.0.0.1:2266"),
        ("https://user:secret@example.com:443/api", "https://example.com/api"),
        ("https://notcannonstudio.app", "https://notcannonstudio.app"),
        (f"{HOST}/v2", f"{HOST}/v2"),
    ],
)
def test_calls_elsewhere_are_named(host: str, elsewhere: str, check: Callable[..., Any]) -> None:
    """Without a call of the API the file could not be judged; where calls like them go is said, with the flag."""
    status, out, err = check(mitmproxy(SESSION, host))
    assert (status, out.split(",")[0]) == (2, "0 judged")
    assert err == (
        f"cannon-spec: a.har: none of {len(SESSION)} entries is a call of the API; "
        f"calls like the API's go to {elsewhere}: judge them with --base-url {elsewhere}\n"
    )
    assert check(mitmproxy(SESSION, host), "--base-url", elsewhere)[0] == 0


def test_the_first_address_is_named(check: Callable[..., Any]) -> None:
    """Of several addresses where calls could go the first is said."""
    first, second = mitmproxy(SESSION, "http://a.example.com"), mitmproxy(SESSION, "http://b.example.com")
    first["log"]["entries"] += second["log"]["entries"]
    assert "calls like the API's go to http://a.example.com:" in check(first)[2]


def test_a_file_without_calls_could_not_be_judged(check: Callable[..., Any]) -> None:
    """A recording of something else is no success."""
    status, _, err = check({"log": {"entries": [{"request": {"method": "GET", "url": "http://[bad/api/v1/status"}}]}})
    assert status == 2
    assert err.startswith("cannon-spec: a.har: none of 1 entries is a call of the API; record the calls, or name")


@pytest.mark.parametrize("url", ["127.0.0.1:2266", "ftp://example.com", "http://", "http://[bad", "http://a:99999"])
def test_a_base_url_must_be_an_address(url: str, check: Callable[..., Any]) -> None:
    """A base that is no address is wrong usage."""
    status, _, err = check(ONCE, "--base-url", url)
    assert status == 2
    assert "is not an http or https address with a host" in err


def test_a_contract_with_a_bad_address_could_not_be_used(check: Callable[..., Any]) -> None:
    """An overlay that takes the vendor's address away is named."""
    Path("mine.json").write_text('{"base_url": "nowhere"}')
    status, _, err = check(ONCE, "--overlay", "mine.json")
    assert (status, err.startswith("cannon-spec: base_url: 'nowhere' is not an http")) == (2, True)


ENTRY = ("log", "entries", 1)
MALFORMED: list[tuple[Any, Any, str]] = [
    ((), [], "expected an object at the top of the document, got an array"),
    (("log",), None, "/log is missing"),
    (("log",), "x", "expected an object at /log, got a string"),
    (("log", "entries"), None, "/log/entries is missing"),
    (("log", "entries"), {}, "expected an array at /log/entries, got an object"),
    (ENTRY, 7, "expected an object at /log/entries/1, got an integer"),
    ((*ENTRY, "request"), None, "/log/entries/1/request is missing"),
    ((*ENTRY, "request"), [], "expected an object at /log/entries/1/request, got an array"),
    ((*ENTRY, "request", "url"), 7, "expected a string at /log/entries/1/request/url, got an integer"),
    ((*ENTRY, "request", "method"), None, "/log/entries/1/request/method is missing"),
    ((*ENTRY, "request", "headers"), {}, "expected an array at /log/entries/1/request/headers, got an object"),
    ((*ENTRY, "request", "headers"), [7], "expected an object at /log/entries/1/request/headers/0, got an integer"),
    (
        (*ENTRY, "request", "headers"),
        [{"name": 7}],
        "a string at /log/entries/1/request/headers/0/name, got an integer",
    ),
    ((*ENTRY, "response"), "x", "expected an object at /log/entries/1/response, got a string"),
    ((*ENTRY, "response", "status"), "200", "expected an integer at /log/entries/1/response/status, got a string"),
    ((*ENTRY, "response", "status"), True, "expected an integer at /log/entries/1/response/status, got a boolean"),
    ((*ENTRY, "response", "content"), [], "expected an object at /log/entries/1/response/content, got an array"),
    (
        (*ENTRY, "response", "content", "text"),
        {},
        "a string at /log/entries/1/response/content/text, got an object",
    ),
    ((*ENTRY, "response", "content"), {"text": "é", "encoding": "base64"}, "content/text is not base64"),
    ((*ENTRY, "response", "content"), {"text": "a", "encoding": "base64"}, "content/text is not base64"),
    ((*ENTRY, "startedDateTime"), None, "/log/entries/1/startedDateTime is missing"),
    (
        (*ENTRY, "startedDateTime"),
        "yesterday",
        "expected an ISO 8601 time with a time zone at /log",
    ),
    (
        (*ENTRY, "startedDateTime"),
        "2026-05-01T00:00:00",
        "expected an ISO 8601 time with a time zone at /log",
    ),
]


def replaced(recorded: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The document with another value in one place."""
    if not path:
        return value
    whole = copy.deepcopy(recorded)
    follow(whole, path[:-1])[path[-1]] = value
    return whole


@pytest.mark.parametrize(("path", "value", "words"), MALFORMED)
def test_what_is_no_har_is_refused(path: tuple[Any, ...], value: Any, words: str, check: Callable[..., Any]) -> None:
    """A file with the wrong type in a place that counts has exit status 2, and a line that names the place."""
    status, out, err = check(replaced(ONCE, path, value))
    assert (status, out) == (2, "0 judged, 0 ok, 0 errors, 0 warnings, 0 ignored, 0 without body\n")
    assert err.startswith("cannon-spec: a.har: not a HAR file that can be read: ")
    assert words in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not JSON: Expecting value at line 1, column 1"),
        (b"PK\x03\x04\xff", "the text is not UTF-8"),
        (b"[" * 100_000, "nests too deep"),
        (b"[" + b"9" * 5000 + b"]", "a number too long"),
        (b"null", "expected an object at the top of the document, got null"),
    ],
)
def test_what_is_no_json_is_refused(data: bytes, words: str, check: Callable[..., Any]) -> None:
    """A file that is no JSON has exit status 2, and one line."""
    status, _, err = check(data)
    assert (status, err.count("\n")) == (2, 1)
    assert words in err


def test_a_file_that_is_too_large_is_refused(check: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Past the bound nothing is read."""
    size = len(json.dumps(ONCE))
    monkeypatch.setattr(traffic_check, "MAX_BYTES", size)
    assert check(ONCE)[0] == 0
    monkeypatch.setattr(traffic_check, "MAX_BYTES", size - 1)
    status, _, err = check(ONCE)
    assert status == 2
    assert "the file is larger than 0 MiB; keep only the calls of the API" in err


def test_several_files_and_standard_input(check: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be read beats errors; the others are judged, standard input too."""
    early = takes_of(lambda recorder: recorder.poll(recorder.create()))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(early).encode())))
    status, out, err = check(ONCE, "nowhere.har", ".", "-")
    assert (status, err.splitlines()) == (
        2,
        [
            "cannon-spec: nowhere.har: No such file or directory; check the path",
            "cannon-spec: .: Is a directory; check the path",
        ],
    )
    assert out.startswith("<stdin>: entry 1 (GET /api/v1/requests/req_")
    assert out.endswith("6 judged, 6 ok, 0 errors, 1 warning, 0 ignored, 0 without body\n")


def test_strict_and_lenient(check: Callable[..., Any]) -> None:
    """Strict makes an error of a warning about the integration, lenient drops it."""
    early = takes_of(lambda recorder: recorder.poll(recorder.create()))
    assert [check(early, *flags)[0] for flags in ((), ("--strict",), ("--lenient",))] == [0, 1, 0]
    assert "traffic-early" not in check(early, "--lenient")[1]
    assert check(early, "--color", "always")[1].count("\x1b[33mwarning\x1b[0m at") == 1


def test_an_overlay_is_heeded(check: Callable[..., Any]) -> None:
    """An overlay changes what recorded bodies are held to, and where the calls go."""
    schema = {"envelope/accepted": {"properties": {"poll_after_ms": {"minimum": 5000}}}}
    Path("mine.json").write_text(json.dumps({"schemas": schema}))
    assert check(ONCE, "--overlay", "mine.json")[0] == 1
    Path("mine.json").write_text('{"base_url": "https://example.com/cannon"}')
    recorder = Recorder()
    once(recorder)
    assert check(mitmproxy(recorder.takes, "https://example.com/cannon"), "--overlay", "mine.json")[0] == 0


def test_a_guessed_identifier_is_said_once(check: Callable[..., Any]) -> None:
    """The warning on a guessed identifier is given once a run; as an error, each time."""
    flux = body(model="flux2", resolution="1K")
    recorded = takes_of(lambda recorder: [recorder.call("POST", REQUESTS, flux) for _ in range(3)])
    assert check(recorded)[1].count("rule: model-assumed") == 1
    assert check(recorded, "--strict")[1].count("rule: model-assumed") == 3


def test_nothing_secret_is_written(check: Callable[..., Any]) -> None:
    """Keys are compared and never shown, nor are prompts."""
    recorded = copy.deepcopy(ONCE)
    header(recorded["log"]["entries"][AFTER], "x-api-key")["value"] = OTHER_KEY
    patched(recorded["log"]["entries"][CREATE]["request"]["postData"], lambda sent: sent["input"].pop("model"))
    for form in ("text", "json"):
        status, out, err = check(recorded, "--format", form)
        assert status == 1
        assert not any(secret in out + err for secret in (KEY, OTHER_KEY, "A red"))


def test_control_characters_of_a_recording_are_escaped(check: Callable[..., Any]) -> None:
    """Neither a path nor a member's name moves the cursor."""
    recorded = changed(AFTER, lambda got: got.update({"\x1b[31m": 1}))
    for entry in recorded["log"]["entries"][1:]:
        entry["request"]["url"] += "\x9b1"
    assert "\x1b" not in check(recorded)[1]
    assert "\x9b" not in check(recorded)[1]


@pytest.mark.parametrize("word", sequence.WORDS)
def test_each_rule_is_explained(word: str) -> None:
    """The command explain knows the rules on traffic."""
    assert explain_topic(CATALOG, word) == f"{word}\n  {sequence.WORDS[word]}"


def test_help_tells_how_to_record(capsys: pytest.CaptureFixture[str]) -> None:
    """Help tells how each of the usual tools saves a file."""
    with pytest.raises(SystemExit):
        main.main(["check-traffic", "--help"])
    out = capsys.readouterr().out
    assert all(word in out for word in ("examples:", "Chromium", "Firefox", "Playwright", "mitmdump --set hardump="))


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _places(item, (*path, key))


PLACES = list(_places(ONCE))
BODIES = [
    *((number, "response", "content") for number in range(4)),
    (CREATE, "request", "postData"),
]
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**308),
    st.floats(),
    st.text(),
    st.sampled_from(["\ud800", "base64", "2026-05-01T00:00:00+23:59", "0001-01-01T00:00:00+23:59", HOST + STATUS]),
)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)


def run_quietly(data: bytes, file: Path) -> tuple[int, str, str]:
    file.write_bytes(data)
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = main.main(["check-traffic", str(file), "--format", "json"])
    return status, out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("har") / "a.har"


@pytest.mark.parametrize(("recorder", "end"), [("mitmproxy", 5), ("playwright", 6)])
def test_what_recorders_wrote_is_read(recorder: str, end: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Files that mitmproxy 11, and Playwright 1.65 with Chromium 150, wrote of a mock with two defects, both found."""
    file = Path(__file__).parents[2] / "recordings" / f"{recorder}.har"
    base = "http://127.0.0.1:2401"
    assert main.main(["check-traffic", "--base-url", base, "--format", "json", str(file)]) == 1
    said = json.loads(capsys.readouterr().out)
    assert [(each["entry"], finding["path"]) for each in said["results"] for finding in each["findings"]] == [
        (1, "/log/entries/1/response/content/poll_after_ms"),
        (end, f"/log/entries/{end}/response/content/requestLog/retentionDays"),
    ]
    assert said["summary"]["judged"] == 6


@settings(max_examples=150)
@given(changes=st.lists(st.tuples(st.sampled_from(PLACES), VALUES), min_size=1, max_size=3))
def test_any_file_is_judged_or_refused(changes: list[tuple[tuple[Any, ...], Any]], file: Path) -> None:
    """Whatever stands wherever in a file, it is judged or refused, and the JSON that is written is whole."""
    recorded: Any = ONCE
    for path, value in changes:
        try:
            recorded = replaced(recorded, path, value)
        except (LookupError, TypeError):
            continue  # an earlier change took the place away
    status, out, err = run_quietly(json.dumps(recorded).encode(), file)
    assert status in (0, 1, 2), err
    assert json.loads(out)["summary"].keys() >= {"judged", "ignored", "without_body"}


@settings(max_examples=150)
@given(where=st.sampled_from(BODIES), change=st.dictionaries(st.sampled_from(
    ["id", "status", "poll_after_ms", "createdAtMs", "startedAtMs", "completedAtMs", "requestLog", "output", "input"]
), VALUES, max_size=3), whole=st.none() | VALUES)  # fmt: skip
def test_any_body_is_judged(where: tuple[int, str, str], change: dict[str, Any], whole: Any, file: Path) -> None:
    """Whatever a body holds, it is judged."""
    number, side, member = where
    recorded = copy.deepcopy(ONCE)
    holder = recorded["log"]["entries"][number][side][member]
    patched(holder, lambda got: got.update(change))
    if whole is not None:
        holder["text"] = json.dumps(whole)
    status, _, err = run_quietly(json.dumps(recorded).encode(), file)
    assert status in (0, 1), err


@settings(max_examples=100)
@given(data=st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes, file: Path) -> None:
    """Bytes that are no HAR have exit status 2."""
    assert run_quietly(data, file)[0] == 2

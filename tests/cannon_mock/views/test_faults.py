"""The faults of a scenario: one order for create, poll and asset, and every part of a fault counts."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from cannon_mock.views.faults import ConnectionDropped, ConnectionReset
from tests.support.mocks import PRICE, START, Driver, DriverFactory

ERROR = {"status": 502, "code": "x", "message": "x"}
SCENARIO = {"x-mock-scenario": "mine"}
POINTS = ["create", "create-stored", "poll", "asset"]


def _add_fault(mock: Driver, point: str, **parts: Any) -> None:
    """Add the scenario ``mine``, whose one fault has these parts; it happens once, each time with ``times=None``."""
    on, _, stored = point.partition("-")
    fault = {"on": on, "times": 1, **parts, **({"stored": True} if stored else {})}
    fault = {name: value for name, value in fault.items() if value is not None}
    reply = mock.client.put("/__mock__/scenarios/mine", data=json.dumps({"faults": [fault]}))
    assert reply.status_code == 201, reply.get_json()


def _call(mock: Driver, point: str) -> TestResponse:
    """The call that the fault is for."""
    if point.startswith("create"):
        return mock.create(headers=SCENARIO)
    id_ = mock.create_and_get_id(headers=SCENARIO)
    if point == "poll":
        return mock.get(f"/api/v1/requests/{id_}")
    mock.clock.advance(60_000)
    return mock.client.get(mock.poll(id_)["output"]["image_url"])


def _read_half(response: TestResponse) -> bytes:
    """The one chunk of a body that arrives before its connection breaks."""
    chunks: Iterator[Any] = iter(response.response)
    data = bytes(next(chunks))
    with pytest.raises(ConnectionDropped):
        next(chunks)
    return data


@pytest.mark.parametrize("point", POINTS)
def test_a_fault_with_status_and_body_applies_both(mock: Driver, point: str) -> None:
    """M9: a fault with a status and a truncated body answers half of the error body with that status."""
    _add_fault(mock, point, **ERROR, body="truncated")
    reply = _call(mock, point)
    whole = b'{"error":{"code":"x","message":"x"}}\n'
    assert (reply.status_code, reply.data) == (502, whole[: len(whole) // 2])


@pytest.mark.parametrize("point", POINTS)
def test_a_fault_waits_then_answers_then_breaks_the_connection(mock: Driver, point: str) -> None:
    """Every part of a fault applies: the wait, the status, the damaged body, and half of that on the connection."""
    _add_fault(mock, point, **ERROR, latency_ms=1500, body="malformed", connection="in-body")
    before_ms = mock.clock.now_ms()
    reply = _call(mock, point)
    whole = b'{"error":{"code":"x","message":"x"}},]'
    assert (reply.status_code, reply.headers["Content-Length"]) == (502, str(len(whole)))
    assert _read_half(reply) == whole[: len(whole) // 2]
    assert (mock.clock.now_ms() - before_ms) % 60_000 == 1500


@pytest.mark.parametrize("headers", [None, {"If-None-Match": "*"}], ids=["HEAD", "304"])
def test_a_connection_breaks_where_there_is_no_body(mock: Driver, headers: dict[str, str] | None) -> None:
    """A fault that leaves a call unanswered does so too where the reply, to HEAD or with 304, would have no body."""
    _add_fault(mock, "asset", times=None, connection="reset")
    url = mock.create_and_finish(headers=SCENARIO)["output"]["image_url"]
    with pytest.raises(ConnectionReset):
        mock.client.open(url, method="GET" if headers else "HEAD", headers=headers)


@pytest.mark.parametrize("point", POINTS)
def test_a_fault_can_answer_an_html_page(mock: Driver, point: str) -> None:
    """A fault with the body html answers a page, as a proxy before the service does, with its status."""
    _add_fault(mock, point, **ERROR, body="html")
    reply = _call(mock, point)
    assert (reply.status_code, reply.mimetype) == (502, "text/html")
    assert b"<title>502 Bad Gateway</title>" in reply.data


@pytest.mark.parametrize(("point", "credits"), [("create", START), ("create-stored", START - PRICE)])
@pytest.mark.parametrize("parts", [ERROR, {**ERROR, "body": "html"}, {**ERROR, "connection": "no-answer"}], ids=str)
def test_stored_says_whether_the_create_is_carried_out(
    mock: Driver, point: str, credits: int, parts: dict[str, Any]
) -> None:
    """A create is carried out, and paid for, only where its fault is stored, whatever else the fault does."""
    _add_fault(mock, point, **parts)
    with suppress(ConnectionDropped):
        assert _call(mock, point).status_code == 502
    assert mock.read_credits() == credits


def test_a_connection_that_breaks_before_the_create_stores_nothing(mock: Driver) -> None:
    """A fault that only breaks the connection, and is not stored, leaves no task and sends nothing."""
    _add_fault(mock, "create", connection="no-answer")
    with pytest.raises(ConnectionDropped):
        _call(mock, "create")
    assert (mock.read_credits(), mock.client.get("/__mock__/tasks").get_json()["tasks"]) == (START, [])


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        (ERROR, "502"),
        ({**ERROR, "body": "html"}, "502, html"),
        ({"body": "truncated", "connection": "in-body"}, "truncated, in-body"),
        ({"latency_ms": 10}, "latency"),
        ({**ERROR, "latency_ms": 10}, "502"),
    ],
    ids=str,
)
@pytest.mark.parametrize("point", POINTS)
def test_the_journal_names_every_part(mock: Driver, point: str, parts: dict[str, Any], text: str) -> None:
    """The journal names each part of the fault of an exchange, and none for an exchange without a fault."""
    _add_fault(mock, point, **parts)
    with suppress(ConnectionDropped):
        _call(mock, point)
    mock.get("/api/v1/status")
    *_, entry, last_entry = mock.client.get("/__mock__/journal").get_json()["exchanges"]
    assert (entry["fault"], last_entry["fault"]) == (text, None)


@pytest.mark.parametrize("limit", [{"retry_after_s": 90}, {"limit": {"requests": 1, "window_ms": 90_000}}], ids=str)
def test_retry_after_may_be_a_date(mock: Driver, limit: dict[str, Any]) -> None:
    """With the form date Retry-After is a time in HTTP's own form: of a client's clock, whatever the mock's is."""
    mock.clock.advance(86_400_000)
    fault = {"on": "create", **ERROR, **limit, "retry_after_form": "date"}
    mock.client.put("/__mock__/scenarios/mine", data=json.dumps({"faults": [fault]}))
    before_s = time.time()
    replies = [mock.create(headers=SCENARIO) for _ in range(2)]
    text = replies[-1].headers["Retry-After"]
    assert text.endswith(" GMT")
    assert before_s + 90 <= parsedate_to_datetime(text).timestamp() <= time.time() + 91


def test_the_first_status_of_several_faults_counts(mock: Driver) -> None:
    """Of several faults each waits in turn, and the first with a status answers."""
    faults = [{"on": "poll", "latency_ms": 100}, {"on": "poll", **ERROR}, {"on": "poll", **ERROR, "status": 503}]
    mock.client.put("/__mock__/scenarios/mine", data=json.dumps({"faults": faults}))
    id_ = mock.create_and_get_id(headers=SCENARIO)
    before_ms = mock.clock.now_ms()
    assert mock.get(f"/api/v1/requests/{id_}").status_code == 502
    assert mock.clock.now_ms() - before_ms == 100


def test_several_faults_of_one_create_all_apply(make_mock: DriverFactory, tmp_path: Path) -> None:
    """A scenario with latency and another fault applies both, in either order."""
    latency, truncation = (
        {"on": "create", "stored": True, "latency_ms": 700},
        {"on": "create", "stored": True, "body": "truncated"},
    )
    rejection = {"on": "create", "latency_ms": 300, "status": 503, "code": "busy", "message": "later"}
    file = tmp_path / "mine.json"
    mine = {"one": [latency, truncation], "two": [truncation, latency], "three": [rejection]}
    file.write_text(json.dumps({"scenarios": {name: {"faults": faults} for name, faults in mine.items()}}))
    mock = make_mock(catalog=None, scenarios=str(file))
    for name, duration_ms in (("one", 700), ("two", 700), ("three", 300)):
        before_ms = mock.clock.now_ms()
        reply = mock.create(headers={"x-mock-scenario": name})
        assert mock.clock.now_ms() - before_ms == duration_ms
        assert reply.get_json(silent=True) is None or (name, reply.status_code) == ("three", 503)


def test_every_key_has_a_first_try(make_mock: DriverFactory) -> None:
    """H6: each of 600 idempotency keys has one first try that fails, however many keys come in between."""
    mock = make_mock(scenario="error-500", journal=0)
    numbers = [*range(600), 0, 299, 599]
    statuses = [mock.create(headers={"x-idempotency-key": f"order-{number}"}).status_code for number in numbers]
    assert statuses == [500] * 600 + [202] * 3

"""Each shipped scenario, as a client on a real socket meets it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from cannon_mock import Config, ManualClock, create_app
from cannon_mock.serving import serve
from cannon_mock.views import context as mocks
from cannon_spec import validate_response
from tests.support.effort import PATIENCE_S
from tests.support.mocks import PRICE, START, body
from tests.support.payloads import CATALOG
from tests.support.receiver import Receiver, receiving

NAMES = list(CATALOG.scenarios["scenarios"])
SUCCESS = 202


class Site:
    """A client of a mock on a socket: one account, one scenario for all that it creates."""

    def __init__(self, url: str, clock: ManualClock, secret: str, scenario: str) -> None:
        self.clock, self.secret = clock, secret
        headers = {"x-api-key": f"cs_{scenario}", "x-mock-scenario": scenario}
        self.client = httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=PATIENCE_S)

    def create(self, **more: Any) -> httpx.Response:
        return self.client.post("/api/v1/requests", json={**body(), **more})

    def poll(self, id_: str) -> httpx.Response:
        return self.client.get(f"/api/v1/requests/{id_}")

    def create_and_get_id(self, **more: Any) -> str:
        reply = self.create(**more)
        assert reply.status_code == SUCCESS, reply.text
        return str(reply.json()["id"])

    def finish(self, id_: str) -> dict[str, Any]:
        self.clock.advance(minutes=20)
        return dict(self.poll(id_).json())

    def read_credits(self) -> int:
        return int(self.client.get("/api/v1/status").json()["creditsRemaining"])

    def get_asset_url(self) -> str:
        id_ = self.create_and_get_id()
        self.clock.advance(minutes=1)
        return str(self.poll(id_).json()["output"]["image_url"])

    def count_tasks(self) -> int:
        key = self.client.headers["x-api-key"]
        return len(self.client.get("/__mock__/tasks", params={"key": key}).json()["tasks"])


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, ManualClock, str]]:
    clock = ManualClock()
    app = create_app(Config(seed="tests", latency="clock"), catalog=CATALOG, clock=clock)
    with serve.serve_in_background(app) as url:
        yield url, clock, mocks.find_context(app).webhook_sender.secret


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def _succeeds(site: Site) -> None:
    assert site.finish(site.create_and_get_id())["status"] == "succeeded"


def _slow(site: Site) -> None:
    id_ = site.create_and_get_id()
    site.clock.advance(seconds=15)
    assert site.poll(id_).json()["status"] == "processing"
    assert site.finish(id_)["status"] == "succeeded"


def _stays_processing(site: Site) -> None:
    id_ = site.create_and_get_id()
    site.clock.advance(days=1000)
    assert site.poll(id_).json()["status"] == "processing"
    assert site.read_credits() == START - PRICE


def _fails(message: str) -> Callable[[Site], None]:
    def see(site: Site) -> None:
        id_ = site.create_and_get_id()
        assert site.read_credits() == START - PRICE
        view = site.finish(id_)
        assert (view["status"], view["output"]) == ("failed", None)
        assert message in view["errorMessage"]
        assert site.read_credits() == START

    return see


def _is_an_error(status: int, code: str) -> Callable[[Site], None]:
    def see(site: Site) -> None:
        reply = site.create()
        assert (reply.status_code, reply.json()["error"]["code"]) == (status, code)
        assert validate_response("error", reply.json()).ok
        assert (site.count_tasks(), site.read_credits()) == (0, START)

    return see


def _is_rate_limited(site: Site) -> None:
    replies = [site.create() for _ in range(3)]
    assert [reply.status_code for reply in replies] == [429, 429, SUCCESS]
    assert [reply.headers.get("Retry-After") for reply in replies] == ["1", "1", None]
    assert site.count_tasks() == 1


def _limited_polls(site: Site) -> None:
    id_ = site.create_and_get_id()
    assert [site.poll(id_).status_code for _ in range(3)] == [429, 429, 200]


def _read_wait_s(reply: httpx.Response) -> float:
    """How many seconds of real time a reply with a date in Retry-After says to wait."""
    assert reply.status_code == 429
    return parsedate_to_datetime(reply.headers["Retry-After"]).timestamp() - time.time()


def _limited_to_date(site: Site) -> None:
    assert [0 < _read_wait_s(site.create()) <= 2 for _ in range(2)] == [True, True]
    assert (site.create().status_code, site.count_tasks()) == (SUCCESS, 1)


def _limited_polls_to_date(site: Site) -> None:
    id_ = site.create_and_get_id()
    assert [0 < _read_wait_s(site.poll(id_)) <= 2 for _ in range(2)] == [True, True]
    assert site.poll(id_).status_code == 200


def _unknown_at_first(site: Site) -> None:
    id_ = site.create_and_get_id()
    replies = [site.poll(id_) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [404, 404]
    assert {reply.json()["error"]["code"] for reply in replies} == {"request_not_found"}
    assert site.finish(id_)["status"] == "succeeded"


def _window(site: Site) -> None:
    assert [site.create().status_code for _ in range(21)] == [SUCCESS] * 20 + [429]
    assert site.create().headers["Retry-After"] == "10"
    site.clock.advance(seconds=10)
    assert site.create().status_code == SUCCESS


def _breaks(status: int, is_stored: bool) -> Callable[[Site], None]:
    def see(site: Site) -> None:
        key = {"x-idempotency-key": "order-1"}
        site.client.headers.update(key)
        assert site.create().status_code == status
        assert site.count_tasks() == (1 if is_stored else 0)
        assert [site.create().status_code for _ in range(2)] == [SUCCESS] * 2
        assert (site.count_tasks(), site.read_credits()) == (1, START - PRICE)

    return see


def _broken_poll(site: Site) -> None:
    id_ = site.create_and_get_id()
    assert [site.poll(id_).status_code for _ in range(2)] == [500, 200]


def _late(on: str) -> Callable[[Site], None]:
    def see(site: Site) -> None:
        id_ = site.create_and_get_id()
        before = site.clock.now_ms()
        if on == "create":
            site.create_and_get_id()
        elif on == "poll":
            site.poll(id_)
        assert site.clock.now_ms() - before == 1500

    return see


def _cut(error: type[Exception], is_stored: bool) -> Callable[[Site], None]:
    def see(site: Site) -> None:
        with pytest.raises(error):
            site.create()
        assert site.count_tasks() == (1 if is_stored else 0)
        assert site.create().status_code == SUCCESS

    return see


def _cut_poll(error: type[Exception]) -> Callable[[Site], None]:
    def see(site: Site) -> None:
        id_ = site.create_and_get_id()
        with pytest.raises(error):
            site.poll(id_)
        assert site.poll(id_).status_code == 200

    return see


def _not_json(site: Site) -> None:
    reply = site.create()
    assert (reply.status_code, site.count_tasks()) == (SUCCESS, 1)
    with pytest.raises(ValueError, match=r"."):
        reply.json()
    assert site.create().json()["status"] == "queued"


def _poll_not_json(site: Site) -> None:
    id_ = site.create_and_get_id()
    with pytest.raises(ValueError, match=r"."):
        site.poll(id_).json()
    assert site.poll(id_).json()["id"] == id_


def _page(reply: httpx.Response, status: str, retry_after: str | None) -> None:
    assert (f"{reply.status_code}", reply.headers["Content-Type"]) == (status[:3], "text/html; charset=utf-8")
    assert reply.text.startswith("<!doctype html>")
    assert status in reply.text
    assert reply.headers.get("Retry-After") == retry_after


def _html_page(status: str, retry_after: str | None = None) -> Callable[[Site], None]:
    def see(site: Site) -> None:
        _page(site.create(), status, retry_after)
        assert (site.count_tasks(), site.create().status_code) == (0, SUCCESS)

    return see


def _html_page_poll(status: str, retry_after: str | None = None) -> Callable[[Site], None]:
    def see(site: Site) -> None:
        id_ = site.create_and_get_id()
        _page(site.poll(id_), status, retry_after)
        assert site.poll(id_).status_code == 200

    return see


def _no_asset(status: int) -> Callable[[Site], None]:
    def see(site: Site) -> None:
        assert site.client.get(site.get_asset_url()).status_code == status

    return see


def _slow_asset(site: Site) -> None:
    url, before = site.get_asset_url(), site.clock.now_ms()
    assert site.client.get(url).content.startswith(b"\x89PNG")
    assert site.clock.now_ms() - before == 2000


def _cut_asset(site: Site) -> None:
    url = site.get_asset_url()
    with pytest.raises(httpx.RemoteProtocolError):
        site.client.get(url)
    assert site.client.get(url).content.startswith(b"\x89PNG")


def _extra(site: Site) -> None:
    response = site.create().json()
    assert response["priority"] == "normal"
    assert site.finish(response["id"])["cost"] == {"estimated": True}


def _missing(site: Site) -> None:
    view = site.finish(site.create_and_get_id())
    assert view["status"] == "succeeded"
    assert not {"inputPreview", "outputPreview", "requestLog"} & view.keys()


def _unknown_status(site: Site) -> None:
    id_ = site.create_and_get_id()
    site.clock.advance(seconds=2)
    assert site.poll(id_).json()["status"] == "moderating"
    assert site.finish(id_)["status"] == "succeeded"


def _new_value(site: Site) -> None:
    output = site.finish(site.create_and_get_id())["output"]
    assert (output["asset_type"], output["provider"]) == ("image_set", "nextgen")
    assert output["image_url"]


CHECKS: dict[str, Callable[[Site], None]] = {
    "success": _succeeds,
    "slow": _slow,
    "stuck": _stays_processing,
    "failed-moderation": _fails("flagged by the safety system"),
    "failed-internal": _fails("internal error"),
    "failed-timeout": _fails("busy"),
    "failed-combination": _fails("not within the range"),
    "failed-upstream": _fails("rejected"),
    "shut-down-failed": _fails("no longer serves"),
    "shut-down-refused": _is_an_error(400, "shut_down"),
    "insufficient-credits": _is_an_error(402, "insufficient_credits"),
    "key-revoked": _is_an_error(401, "unauthorized"),
    "scope-missing": _is_an_error(403, "missing_scope"),
    "rate-limited": _is_rate_limited,
    "rate-limited-poll": _limited_polls,
    "rate-limited-date": _limited_to_date,
    "rate-limited-date-poll": _limited_polls_to_date,
    "rate-window": _window,
    **{f"error-{status}": _breaks(status, False) for status in (500, 502, 503)},
    **{f"error-{status}-stored": _breaks(status, True) for status in (500, 502, 503)},
    "error-500-poll": _broken_poll,
    "error-404-poll": _unknown_at_first,
    "latency": _late("create"),
    "latency-poll": _late("poll"),
    "no-answer": _cut(httpx.RemoteProtocolError, False),
    "no-answer-stored": _cut(httpx.RemoteProtocolError, True),
    "connection-reset": _cut(httpx.ReadError, False),
    "connection-reset-stored": _cut(httpx.ReadError, True),
    "connection-reset-poll": _cut_poll(httpx.ReadError),
    "connection-refused": _cut(httpx.ReadError, False),
    "connection-refused-poll": _cut_poll(httpx.ReadError),
    "name-unresolved": _cut(httpx.ReadError, False),
    "name-unresolved-poll": _cut_poll(httpx.ReadError),
    "cut-off": _cut(httpx.RemoteProtocolError, True),
    "cut-off-poll": _cut_poll(httpx.RemoteProtocolError),
    "truncated-json": _not_json,
    "truncated-json-poll": _poll_not_json,
    "malformed-json": _not_json,
    "malformed-json-poll": _poll_not_json,
    "html-error": _html_page("502 Bad Gateway"),
    "html-error-poll": _html_page_poll("502 Bad Gateway"),
    "html-error-503": _html_page("503 Service Unavailable", "1"),
    "html-error-503-poll": _html_page_poll("503 Service Unavailable", "1"),
    "asset-missing": _no_asset(404),
    "asset-expired": _no_asset(410),
    "asset-slow": _slow_asset,
    "asset-cut-off": _cut_asset,
    "drift-extra-field": _extra,
    "drift-missing-field": _missing,
    "drift-unknown-status": _unknown_status,
    "drift-new-value": _new_value,
}

WEBHOOKS: dict[str, list[int]] = {
    "webhook-lost": [0, 0, 0],
    "webhook-late": [0, 0, 1],
    "webhook-duplicate": [2, 2, 2],
    "webhook-reordered": [0, 1, 1],
    "webhook-stale": [1, 1, 1],
    "webhook-wrong-secret": [1, 1, 1],
    "webhook-changed-body": [1, 1, 1],
    "webhook-respelled-body": [1, 1, 1],
}
"""How many have come half a minute, two minutes and half an hour after the create."""

GOOD = ("webhook-late", "webhook-duplicate", "webhook-reordered", "webhook-respelled-body")


@pytest.mark.parametrize("name", NAMES)
def test_each_scenario_does_what_it_says(name: str, server: tuple[str, ManualClock, str], receiver: Receiver) -> None:
    """A client meets what the scenario's text says; every shipped scenario is tested here."""
    site = Site(*server, name)
    with site.client:
        if name in CHECKS:
            CHECKS[name](site)
        else:
            _webhook(site, receiver, name)


def _webhook(site: Site, receiver: Receiver, name: str) -> None:
    receiver.received.clear()
    site.create_and_get_id(webhook_url=receiver.url)
    counts = []
    for minutes in (0.5, 1.5, 28):
        site.clock.advance(minutes=minutes)
        counts.append(len(receiver.received))
    assert counts == WEBHOOKS[name]
    for webhooks in receiver.received:
        if name in GOOD:
            assert Webhook(site.secret).verify(*webhooks)["type"] == "request.succeeded"
        else:
            with pytest.raises(WebhookVerificationError):
                Webhook(site.secret).verify(*webhooks)


def test_a_key_is_in_flight_while_its_create_is_answered(server: tuple[str, ManualClock, str]) -> None:
    """A repeat during the first create is told when to come back; after it, the repeat gets the same request."""
    site = Site(*server, "latency")
    site.client.headers["x-idempotency-key"] = "busy"
    responses: list[httpx.Response] = []

    def repeat(_: int) -> None:
        site.clock.move_handlers.remove(repeat)
        responses.append(site.create())

    site.clock.move_handlers.append(repeat)
    with site.client:
        first = site.create()
        assert (responses[0].status_code, responses[0].json()["error"]["code"]) == (409, "idempotency_key_busy")
        assert responses[0].headers["Retry-After"] == "2"
        assert site.create().json() == first.json()

"""Several mocks over one store, as several processes are."""

from __future__ import annotations

from typing import Any

from flask import Flask

from cannon_mock import Config, create_app
from cannon_mock.model.scenarios import ScenarioRule
from cannon_mock.views import context as mocks
from cannon_mock.views.context import MockContext
from tests.support.mocks import body
from tests.support.stores import Opener

KEY = {"x-api-key": "cs_test_shared"}


def _two(shared: Opener, **config: Any) -> tuple[Flask, Flask]:
    settings = Config(clock="manual", **config)
    return create_app(settings, records=shared()), create_app(settings, records=shared())


def _parts(app: Flask) -> MockContext:
    return mocks.find_context(app)


def test_mocks_over_one_store_share_their_clock(shared: Opener) -> None:
    """A clock that one mock moves, stops or speeds up is moved for the other, and for one that starts later."""
    one, two = (_parts(app).clock for app in _two(shared))
    start = one.now_ms()
    assert two.now_ms() == start
    two.advance(days=1)
    assert one.now_ms() == start + 86_400_000
    one.run(60)
    assert two.scale == 60
    two.freeze()
    late = _parts(create_app(Config(clock="system"), records=shared())).clock
    assert (late.scale, late.now_ms()) == (0, one.now_ms())


def test_mocks_over_one_store_share_their_requests(shared: Opener) -> None:
    """A request that one mock accepted can be polled at the other, with its credits and its idempotency key."""
    one, two = (app.test_client() for app in _two(shared))
    headers = {**KEY, "x-idempotency-key": "order-1"}
    response = one.post("/api/v1/requests", json=body(), headers=headers).get_json()
    assert two.post("/api/v1/requests", json=body(), headers=headers).get_json()["id"] == response["id"]
    two.post("/__mock__/clock", json={"advance_ms": 60_000})
    assert one.get(f"/api/v1/requests/{response['id']}", headers=KEY).get_json()["status"] == "succeeded"
    status = [client.get("/api/v1/status", headers=KEY).get_json()["creditsRemaining"] for client in (one, two)]
    assert status == [1219, 1219]
    assert two.get("/__mock__/journal/count").get_json() == {"count": 5}


def test_mocks_over_one_store_share_ids_secret_and_rules(shared: Opener) -> None:
    """No two mocks make the same id, one secret signs all webhooks, and a rule counts whichever mock got it."""
    one, two = _two(shared, seed="7")
    ids = [
        app.test_client().post("/api/v1/requests", json=body(), headers=KEY).get_json()["id"]
        for app in (one, two, one, two)
    ]
    assert len(set(ids)) == 4
    assert _parts(one).webhook_sender.secret == _parts(two).webhook_sender.secret
    _parts(one).scenarios.add_rule(ScenarioRule(0, "insufficient-credits", times=1))
    statuses = [two.test_client().post("/api/v1/requests", json=body(), headers=KEY).status_code for _ in range(2)]
    assert statuses == [402, 202]


def test_a_reset_of_one_is_a_reset_of_all(shared: Opener) -> None:
    """What one mock forgets the other has forgotten; time, secret and the ids that were used stay."""
    one, two = _two(shared)
    first = one.test_client().post("/api/v1/requests", json=body(), headers=KEY).get_json()["id"]
    now_ms = _parts(one).clock.now_ms()
    two.test_client().post("/__mock__/reset")
    assert one.test_client().get(f"/api/v1/requests/{first}", headers=KEY).status_code == 404
    assert _parts(one).clock.now_ms() == now_ms
    again = one.test_client().post("/api/v1/requests", json=body(), headers=KEY).get_json()["id"]
    assert again != first

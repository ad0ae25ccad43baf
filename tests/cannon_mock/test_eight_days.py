"""Eight days of the mock's time, by plain httpx, in a moment."""

from __future__ import annotations

import httpx

from cannon_mock import Config, create_app
from cannon_mock.serving import serve
from tests.support.mocks import body
from tests.support.receiver import receiving


def test_eight_days_pass_at_once() -> None:
    """One call moves the clock by eight days.

    The task has ended, the webhook was sent at the third attempt, key, log and asset have expired.
    """
    key = {"x-api-key": "cs_test_days", "x-idempotency-key": "order-1"}
    with receiving() as receiver, serve.serve_in_background(create_app(Config(clock="manual"))) as url:
        receiver.answers = [(500, {}), (503, {})]
        with httpx.Client(base_url=url, headers=key, trust_env=False) as client:
            task = client.post("/api/v1/requests", json={**body(), "webhook_url": receiver.url}).json()
            repeat = client.post("/api/v1/requests", json={**body(), "webhook_url": receiver.url}).json()
            assert repeat["id"] == task["id"]
            client.post("/__mock__/clock", json={"advance_ms": 60_000})
            asset = client.get(task["urls"]["get"]).json()["output"]["image_url"]
            assert client.get(asset).status_code == 200

            client.post("/__mock__/clock", json={"advance_ms": 8 * 86_400_000})
            view = client.get(task["urls"]["get"]).json()
            assert view["status"] == "succeeded"
            (hook,) = client.get("/__mock__/webhooks").json()["webhooks"]
            assert [attempt["status"] for attempt in hook["attempts"]] == [500, 503, 200]
            assert view["requestLog"]["available"] is False
            assert view["requestLog"]["input"] is None
            assert client.get(asset).status_code == 410
            assert client.post("/api/v1/requests", json=body()).json()["id"] != task["id"]

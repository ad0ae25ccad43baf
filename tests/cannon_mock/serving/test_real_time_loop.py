"""The time of the server's event loop."""

from __future__ import annotations

import time

import httpx
import pytest

from cannon_mock.testing.mock_handle import MockHandle


def test_a_late_reply_comes_though_the_test_freezes_time(
    cannon_server: MockHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server waits by a clock of its own: a reply that is 10 ms late comes while time.monotonic stands still."""
    cannon_server.scenario(latency_ms=10)
    moment = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: moment)
    body = {"operation": "image.generate", "input": {"prompt": "A red bicycle"}}
    headers = {"x-api-key": cannon_server.key}
    assert httpx.post(f"{cannon_server.url}/api/v1/requests", json=body, headers=headers).status_code == 202

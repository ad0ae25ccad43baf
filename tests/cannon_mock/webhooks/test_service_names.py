"""Webhooks to services of Docker Compose, whose names may have ``_``."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable
from typing import Any
from urllib.parse import urlsplit

import pytest

from cannon_mock.model.deliveries import DeliveryResponse
from cannon_mock.webhooks.outgoing import build_post
from tests.support.mocks import DriverFactory, body
from tests.support.receiver import receiving


def test_a_webhook_goes_to_a_service_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """M7: an allowed host whose name has ``_`` is resolved and called by that name."""
    resolve = socket.getaddrinfo

    def resolve_service(host: Any, *rest: Any, **more: Any) -> Any:
        return resolve("127.0.0.1" if host in ("my_app", b"my_app") else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_service)
    with receiving() as receiver:
        port = urlsplit(receiver.url).port
        post = build_post(frozenset({"my_app"}))(f"http://my_app:{port}/hook", b"{}", {})
        response = asyncio.run(_wait(post))
    assert response == DeliveryResponse(200)
    assert [headers["Host"] for _, headers in receiver.received] == [f"my_app:{port}"]


async def _wait(post: Awaitable[DeliveryResponse | None]) -> DeliveryResponse | None:
    return await post


@pytest.mark.parametrize(("hosts", "warnings"), [("my_app", None), ("", "address-unreachable")])
def test_an_allowed_service_name_has_no_warning(make_mock: DriverFactory, hosts: str, warnings: str | None) -> None:
    """M7: a create with such an address is accepted; without a warning where ``--allow-webhooks-to`` has the name."""
    mock = make_mock(allow_webhooks_to=hosts)
    reply = mock.create({**body(), "webhook_url": "http://my_app:8000/hook"})
    assert (reply.status_code, reply.headers.get("x-mock-warnings")) == (202, warnings)

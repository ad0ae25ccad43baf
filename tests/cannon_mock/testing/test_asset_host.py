"""Assets at a host of their own, in process."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import requests

from cannon_mock.testing.mock_handle import MockHandle
from cannon_mock.testing.vendor_guard import VendorCallError, take_attempts
from tests.support.mocks import body

HOST = "storage.googleapis.com"
KEY = {"Authorization": "Bearer cs_test_assets"}


@pytest.mark.cannon(asset_host=HOST)
@pytest.mark.parametrize("fetch", [httpx.get, requests.get], ids=["httpx", "requests"])
def test_assets_are_served_at_their_host(cannon_mock: MockHandle, fetch: Callable[..., Any]) -> None:
    """M10: the address of an asset has the host that the mark names; it is served there, and refused with a key."""
    accepted = httpx.post("https://www.cannonstudio.app/api/v1/requests", json=body(), headers=KEY).json()
    statuses = iter(lambda: httpx.get(accepted["urls"]["get"], headers=KEY).json(), None)
    url = next(each for each in statuses if each["status"] == "succeeded")["output"]["image_url"]
    assert url.startswith(f"https://{HOST}/assets/img_")
    assert fetch(url).content.startswith(b"\x89PNG")
    assert fetch(url, headers=KEY).status_code == 400


@pytest.mark.cannon(asset_host=HOST)
def test_the_host_of_assets_is_guarded(cannon_mock: MockHandle) -> None:
    """A library that the mock does not serve is refused at the host of assets too: nothing is asked outside."""
    with pytest.raises(VendorCallError, match=f"tried to reach {HOST}"):
        http.client.HTTPSConnection(HOST).request("GET", "/assets/x")
    assert len(take_attempts()) == 1  # and so this test passes


@pytest.mark.cannon(asset_host=HOST)
def test_the_host_of_assets_is_guarded_beside_a_server(cannon_server: MockHandle) -> None:
    """Where a server hands out asset addresses of a host on the network, that host is not asked for."""
    with pytest.raises(VendorCallError, match=f"tried to reach {HOST}"):
        socket.getaddrinfo(HOST, 80)
    assert len(take_attempts()) == 1


@pytest.mark.cannon(asset_host="127.0.0.1:2267")
def test_other_servers_of_this_machine_can_be_called(cannon_mock: MockHandle) -> None:
    """Where assets have a host of this machine, nothing else on it is taken for the vendor's."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()

"""The addresses that the mock hands out: they work from where the client called."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from cannon_mock.model.deliveries import DeliveryResponse
from tests.support.mocks import KEY, Driver, DriverFactory, body, read_clean_reply, read_error


@pytest.mark.parametrize("base", ["http://10.0.0.7:8080", "https://mock.example.com", "http://[::1]:2266"])
def test_addresses_start_as_the_client_called(make_mock: DriverFactory, base: str) -> None:
    """urls.get and the addresses of the picture have the scheme, host and port of the call."""
    mock = make_mock(progression="immediate")
    headers = {"x-api-key": KEY}
    reply = mock.client.post("/api/v1/requests", json=body(), headers=headers, base_url=base)
    url = read_clean_reply("accepted", reply)["urls"]["get"]
    output = mock.client.get(url, headers=headers, base_url=base).get_json()["output"]
    assert url.startswith(f"{base}/api/v1/requests/req_")
    assert all(each.startswith(f"{base}/assets/img_") for each in _addresses(output))


@pytest.mark.parametrize("public", ["https://mock.example.com/cannon", "https://mock.example.com/cannon/"])
def test_addresses_start_with_the_public_url(make_mock: DriverFactory, public: str) -> None:
    """Where a public URL is configured, addresses start with it, however the client called."""
    mock = make_mock(public_url=public, progression="immediate")
    reply = mock.create(headers={"host": "10.0.0.7"}).get_json()
    output = mock.poll(reply["id"])["output"]
    assert reply["urls"]["get"] == f"https://mock.example.com/cannon/api/v1/requests/{reply['id']}"
    assert all(each.startswith("https://mock.example.com/cannon/assets/img_") for each in _addresses(output))


def _addresses(output: dict[str, Any]) -> list[str]:
    return [output["image_url"], *output["image_urls"], *output["provider_image_urls"]]


@pytest.mark.parametrize("host", ["a b", 'a"b', "mock.example:99999", "mock.example/path"])
def test_an_invalid_host_gives_no_broken_address(mock: Driver, host: str) -> None:
    """A Host header that cannot be part of an address is refused, or the reply has an address that works."""
    reply = mock.create(headers={"host": host})
    assert reply.status_code in (202, 400)
    read_clean_reply("accepted" if reply.status_code == 202 else "error", reply)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("cannon_mock:2266", "http://cannon_mock:2266"),
        ("_mock", "http://_mock"),
        ("cannon_mock:80", "http://cannon_mock"),
        ("cannon_mock:443", "http://cannon_mock:443"),
        ("[::1]:2266", "http://[::1]:2266"),
    ],
)
def test_addresses_start_with_the_called_host(make_mock: DriverFactory, host: str, address: str) -> None:
    """M7: a host name with ``_``, as services of Docker Compose have, is answered, and stands in each address."""
    mock = make_mock(progression="immediate")
    assert mock.get("/__mock__/health", host=host).status_code == 200
    reply = mock.create(headers={"host": host}).get_json()
    output = mock.get(f"/api/v1/requests/{reply['id']}", host=host).get_json()["output"]
    assert reply["urls"]["get"] == f"{address}/api/v1/requests/{reply['id']}"
    assert all(each.startswith(f"{address}/assets/img_") for each in _addresses(output))


@pytest.mark.parametrize(("prefix", "path"), [("/cannon", "/cannon"), ("/a b/100%/é", "/a%20b/100%25/%C3%A9")])
def test_the_prefix_of_a_proxy_stands_in_addresses(make_mock: DriverFactory, prefix: str, path: str) -> None:
    """M8: where the application is mounted under a prefix, addresses in replies and webhooks carry it and work."""
    sent_bodies: list[bytes] = []

    def record(url: str, content: bytes, headers: Mapping[str, str]) -> DeliveryResponse:
        sent_bodies.append(content)
        return DeliveryResponse(200)

    mock = make_mock(progression="immediate", send=record)
    mount_path = prefix.encode().decode("latin-1")  # the form of paths in WSGI
    client = Client(DispatcherMiddleware(NotFound(), {mount_path: mock.client.application.wsgi_app}))
    payload = {**body(), "webhook_url": "http://127.0.0.1:9/hook"}
    start = f"http://localhost{path}"
    reply = client.post(f"{start}/api/v1/requests", json=payload, headers={"x-api-key": KEY}).get_json()
    assert reply["urls"]["get"] == f"{start}/api/v1/requests/{reply['id']}"
    output = client.get(reply["urls"]["get"], headers={"x-api-key": KEY}).get_json()["output"]
    assert all(each.startswith(f"{start}/assets/img_") for each in _addresses(output))
    assert client.get(output["image_url"]).status_code == 200
    assert [json.loads(each)["data"]["output"] for each in sent_bodies] == [output]


@pytest.mark.parametrize("host", ["localhost:80:80", "cannon_mock:0", "cannon_mock:", "[1.2]", "cannon_mock:99999", ""])
def test_an_invalid_host_is_refused_before_anything_is_stored(mock: Driver, host: str) -> None:
    """A Host header that is no host with a port is refused with 400, and no task is stored."""
    assert read_error(mock.create(headers={"host": host})) == (400, "invalid_host")
    assert mock.get("/__mock__/health", host=host).status_code == 400
    assert mock.get("/__mock__/tasks").get_json()["tasks"] == []


@pytest.mark.parametrize("host", ["a b", "mock.example:99999", "x" * 500, "\u202e"])
def test_a_refused_host_is_named(mock: Driver, host: str) -> None:
    """The message has the refused value, at most 60 characters of it, none of which a terminal would obey."""
    message = mock.create(headers={"host": host}).get_json()["error"]["message"]
    assert message == f"the Host {host[:60]!a} is no host name with a port; call the mock by its address"


@pytest.mark.parametrize(
    ("name", "port", "address"),
    [
        ("my_mock", "2266", "http://my_mock:2266"),
        ("my_mock", "80", "http://my_mock"),
        ("::1", "2266", "http://[::1]:2266"),
        ("127.0.0.1", "2266", "http://127.0.0.1:2266"),
    ],
)
def test_without_a_host_header_the_server_gives_the_address(mock: Driver, name: str, port: str, address: str) -> None:
    """M7: HTTP/1.0 needs no Host header; addresses then start with the server's name, one with ``_`` too."""
    environ = {"SERVER_NAME": name, "SERVER_PORT": port, "HTTP_HOST": None, "SERVER_PROTOCOL": "HTTP/1.0"}
    reply = mock.client.post("/api/v1/requests", json=body(), headers={"x-api-key": KEY}, environ_overrides=environ)
    assert reply.get_json()["urls"]["get"].startswith(f"{address}/api/v1/requests/req_")


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix"])
def test_headers_of_proxies_are_ignored(mock: Driver, header: str) -> None:
    """No header that a proxy, or anyone, adds changes the addresses: ``--public-url`` and ``--root-path`` do."""
    reply = mock.create(headers={header: "host=evil.example;proto=https"}).get_json()
    assert reply["urls"]["get"] == f"http://localhost/api/v1/requests/{reply['id']}"


@pytest.mark.parametrize("root_path", ["/cannon", "/cannon/"])
@pytest.mark.parametrize("called_prefix", ["", "/cannon"])
def test_the_root_path_stands_in_addresses(make_mock: DriverFactory, root_path: str, called_prefix: str) -> None:
    """M8: with ``--root-path`` addresses carry the prefix, whether or not the proxy removes it."""
    mock = make_mock(progression="immediate", root_path=root_path)
    headers = {"x-api-key": KEY}
    reply = mock.client.post(f"{called_prefix}/api/v1/requests", json=body(), headers=headers).get_json()
    assert reply["urls"]["get"] == f"http://localhost/cannon/api/v1/requests/{reply['id']}"
    output = mock.client.get(reply["urls"]["get"], headers=headers).get_json()["output"]
    assert all(each.startswith("http://localhost/cannon/assets/img_") for each in _addresses(output))
    assert mock.get("/cannonade/api/v1/status").status_code == 404

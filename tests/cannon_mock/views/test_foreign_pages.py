"""Pages of other origins: they read and move nothing of the mock's own API."""

from __future__ import annotations

import pytest

from tests.support.admin_calls import get, read_problem
from tests.support.mocks import Driver, DriverFactory

HOST = "127.0.0.1:2266"
LINK = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
FRAME = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
CALLS = [("POST", "reset"), ("POST", "clock"), ("DELETE", "scenarios"), ("GET", "journal"), ("GET", "health")]


@pytest.mark.parametrize(("method", "path"), CALLS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:5173"},
        {"Origin": "http://localhost:2266"},
        {"Origin": "null"},
        {"Origin": "http://[::1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": f"http://{HOST}"},
        {"Sec-Fetch-Site": "cross-site", **FRAME},
    ],
    ids=str,
)
def test_a_call_of_a_foreign_page_is_refused(mock: Driver, method: str, path: str, headers: dict[str, str]) -> None:
    """H7: whatever a page of another origin calls under /__mock__/ is answered with 403, and nothing happens."""
    mock.create_and_get_id()
    reply = mock.client.open(f"/__mock__/{path}", method=method, headers={"Host": HOST, **headers}, data="{}")
    status, detail = read_problem(reply)
    assert (status, "called the mock's own API; call it from" in detail) == (403, True)
    assert len(get(mock, "tasks")["tasks"]) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": f"http://{HOST}"},
        {"Origin": f"https://{HOST}"},
        {"Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://localhost:5173", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none", **LINK},
    ],
    ids=str,
)
def test_a_call_of_the_mocks_own_page_or_of_no_page_is_answered(mock: Driver, headers: dict[str, str]) -> None:
    """A client that is no browser, and a page of the mock's origin, also behind a proxy that changed the host, may."""
    mock.create_and_get_id()
    assert mock.client.post("/__mock__/reset", headers={"Host": HOST, **headers}).status_code == 200
    assert get(mock, "tasks")["tasks"] == []


def test_a_link_to_the_mock_may_be_followed(mock: Driver) -> None:
    """A link on any page opens an address of the mock; a form that posts there does nothing."""
    headers = {"Sec-Fetch-Site": "cross-site", **LINK}
    assert mock.client.get("/__mock__/health", headers=headers).status_code == 200
    assert mock.client.post("/__mock__/reset", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "host",
    ["attacker.example", "attacker.example:2266", "Attacker.Example.", "a_b.attacker.example", "x.xn--p1ai", "lan.dev"],
)
@pytest.mark.parametrize("root_path", ["", "/cannon"])
def test_a_call_by_a_public_name_is_refused(make_mock: DriverFactory, host: str, root_path: str) -> None:
    """H8: a page whose own name leads to this machine is of the mock's origin, and reads and moves nothing."""
    mock = make_mock(root_path=root_path)
    mock.create_and_get_id()
    headers = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
    for method, path in [*CALLS, ("GET", "webhooks")]:
        for sent in (headers, {"Host": host}):
            reply = mock.client.open(f"{root_path}/__mock__/{path}", method=method, headers=sent, data="{}")
            status, detail = read_problem(reply)
            assert (status, " is a public name, by which any page" in detail) == (403, True)
            assert detail.endswith(f"start the mock with --public-url http://{host} or --admin-token TOKEN")
    assert len(get(mock, "tasks")["tasks"]) == 1
    assert mock.create(headers={"Host": host}).status_code == 202


@pytest.mark.parametrize(
    "host",
    [
        *(
            "localhost:2266",
            "app.localhost",
            "127.0.0.1",
            "10.0.0.7:8080",
            "93.184.216.34",
            "[::1]:2266",
            "[2001:db8::1]",
        ),
        *(
            "cannon-mock",
            "cannon_mock:2266",
            "mock.shop_default",
            "host.docker.internal",
            "mock.prod.svc.cluster.local",
        ),
        "localhost.",
    ],
)
def test_a_call_by_a_private_name_is_answered(mock: Driver, host: str) -> None:
    """The mock's own API answers to this machine, IP addresses, and names that no public name server knows."""
    assert mock.client.get("/__mock__/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "settings",
    [
        {"public_url": "https://Mock.example.com:8443/cannon"},
        {"admin_token": "t"},
        {"host": "mock.example.com"},
    ],
    ids=str,
)
def test_settings_allow_a_public_name(make_mock: DriverFactory, settings: dict[str, str]) -> None:
    """A mock that is told its public name, or asks for a token that no page knows, is called by that name."""
    mock = make_mock(**settings)
    headers = {"Host": "mock.example.com", "Authorization": "Bearer t"}
    assert mock.client.get("/__mock__/tasks", headers=headers).status_code == 200


def test_the_setting_for_pages_does_not_open_the_api_of_the_mock(make_mock: DriverFactory) -> None:
    """Whatever ``--cors`` allows, and with the right token too, a foreign page is refused."""
    mock = make_mock(cors="*", admin_token="t")
    headers = {"Origin": "https://app.example.com", "Authorization": "Bearer t"}
    assert mock.client.post("/__mock__/reset", headers=headers).status_code == 403

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


def test_the_setting_for_pages_does_not_open_the_api_of_the_mock(make_mock: DriverFactory) -> None:
    """Whatever ``--cors`` allows, and with the right token too, a foreign page is refused."""
    mock = make_mock(cors="*", admin_token="t")
    headers = {"Origin": "https://app.example.com", "Authorization": "Bearer t"}
    assert mock.client.post("/__mock__/reset", headers=headers).status_code == 403

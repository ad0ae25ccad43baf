"""CORS: which pages may call the simulated API from a browser, and what their browser is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from cannon_mock.origins import may_be_origins, read_origins
from tests.support.admin_calls import get, put_scenario
from tests.support.mocks import KEY, Driver, DriverFactory, body

PAGE = "http://localhost:5173"
OTHER_PAGE = "https://app.example.com"
CORS_HEADERS = {"Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Access-Control-Expose-Headers"}
ANSWERS = [
    ("loopback", PAGE, PAGE),
    ("loopback", "https://localhost", "https://localhost"),
    ("loopback", "http://app.localhost:3000", "http://app.localhost:3000"),
    ("loopback", "http://127.0.0.1", "http://127.0.0.1"),
    ("loopback", "http://127.8.8.8:1", "http://127.8.8.8:1"),
    ("loopback", "http://[::1]:8080", "http://[::1]:8080"),
    ("loopback", OTHER_PAGE, None),
    ("loopback", "http://localhost.example.com", None),
    ("loopback", "http://10.0.0.7", None),
    ("loopback", "chrome-extension://localhost", None),
    ("loopback", "null", None),
    ("loopback", "http://[::1", None),
    ("*", OTHER_PAGE, "*"),
    ("*", "null", "*"),
    ("none", PAGE, None),
    ("NONE", PAGE, None),
    (OTHER_PAGE, OTHER_PAGE, OTHER_PAGE),
    (OTHER_PAGE, "http://app.example.com", None),
    (OTHER_PAGE, PAGE, None),
    ("HTTPS://App.example.com:443", OTHER_PAGE, OTHER_PAGE),
    (f" {OTHER_PAGE} , loopback", OTHER_PAGE, OTHER_PAGE),
    (f"{OTHER_PAGE},loopback", PAGE, PAGE),
    ("http://[::1]:80", "http://[::1]", "http://[::1]"),
    ("app://.", "app://.", "app://."),
    ("loopback", "http://localhost:99999", None),
    ("capacitor://localhost", "capacitor://localhost", "capacitor://localhost"),
    ("null", "null", "null"),
]


def _ask(mock: Driver, path: str = "/api/v1/requests", origin: str = PAGE, **headers: str) -> TestResponse:
    """The preflight request that a browser sends before a POST with a key."""
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key"}
    return _call(mock, "OPTIONS", path, **{"Origin": origin, **asks, **headers})


def _call(mock: Driver, method: str, path: str, **headers: str) -> TestResponse:
    # The path apart from the address: the test client would take the host from one that starts with two slashes.
    return mock.client.open(method=method, headers=headers, environ_overrides={"PATH_INFO": path})


def _list_names(reply: TestResponse, name: str) -> set[str]:
    return set(reply.headers[name].split(", "))


@pytest.mark.parametrize(("cors", "origin", "answer"), ANSWERS)
def test_the_setting_says_which_pages_may_call(
    make_mock: DriverFactory, cors: str, origin: str, answer: str | None
) -> None:
    """A preflight request and a reply allow the origin of a page where ``--cors`` does, and are silent elsewhere."""
    mock = make_mock(cors=cors)
    for reply in (_ask(mock, origin=origin), mock.get("/api/v1/status", origin=origin)):
        assert reply.status_code in (200, 204)
        assert reply.headers.get("Access-Control-Allow-Origin") == answer
        assert bool(CORS_HEADERS & set(reply.headers.keys())) is (answer is not None)
        assert ("assumed:browser-access" in reply.headers.get("x-mock-evidence", "")) is (answer is not None)


def test_a_preflight_request_is_answered_as_browsers_need_it(mock: Driver) -> None:
    """M17: OPTIONS with an origin of this machine gets the methods and headers that calls need, without any key."""
    reply = _ask(mock)
    assert (reply.status_code, reply.data, reply.headers["Access-Control-Allow-Origin"]) == (204, b"", PAGE)
    assert _list_names(reply, "Access-Control-Allow-Methods") == {"GET", "HEAD", "POST"}
    names = {"authorization", "content-type", "x-api-key", "x-idempotency-key", "x-mock-scenario", "range"}
    assert names <= _list_names(reply, "Access-Control-Allow-Headers")
    assert int(reply.headers["Access-Control-Max-Age"]) > 0
    assert "Access-Control-Allow-Private-Network" not in reply.headers
    assert "Content-Type" not in reply.headers


def test_a_page_of_another_network_may_call_a_private_one(mock: Driver) -> None:
    """A browser that asks whether a page may call into a private network is told yes, for an allowed origin only."""
    asks = {"Access-Control-Request-Private-Network": "true"}
    assert _ask(mock, **asks).headers["Access-Control-Allow-Private-Network"] == "true"
    assert "Access-Control-Allow-Private-Network" not in _ask(mock, origin=OTHER_PAGE, **asks).headers


def test_a_preflight_request_is_no_exchange(mock: Driver) -> None:
    """The journal shows no preflight request, allowed or not; an OPTIONS that is none stands in it."""
    _ask(mock)
    _ask(mock, origin=OTHER_PAGE)
    mock.client.options("/api/v1/requests", headers={"Origin": PAGE})
    assert [each["method"] for each in get(mock, "journal")["exchanges"]] == ["OPTIONS"]
    assert get(mock, "journal/count")["count"] == 1


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/api/v1/status", {"x-api-key": "bad"}, 401),
        ("GET", "/api/v1/nothing", {}, 404),
        ("DELETE", "/api/v1/status", {}, 405),
        ("GET", "/api/v1/status", {"Host": "a b"}, 400),
        ("POST", "/api/v1/requests", {"x-api-key": KEY}, 400),
        ("GET", "/assets/img_1/image.png", {}, 404),
    ],
)
def test_a_page_may_read_error_replies(
    mock: Driver, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    """Each error reply allows the page too: otherwise it would see a failed call without a reason."""
    reply = mock.client.open(path, method=method, headers={"Origin": PAGE, **headers})
    assert (reply.status_code, reply.headers["Access-Control-Allow-Origin"]) == (status, PAGE)


@pytest.mark.parametrize("damage", [{"body": "html"}, {"body": "truncated"}, {}], ids=str)
def test_a_page_may_read_what_a_fault_left(mock: Driver, damage: dict[str, Any]) -> None:
    """A reply with a fault allows the page, and lets it read Retry-After."""
    error = {"status": 503, "code": "x", "message": "x", "retry_after_s": 1}
    put_scenario(mock, "mine", {"faults": [{"on": "create", "times": 1, **error, **damage}]})
    reply = mock.create(headers={"Origin": PAGE, "x-mock-scenario": "mine"})
    assert (reply.status_code, reply.headers["Access-Control-Allow-Origin"]) == (503, PAGE)
    assert {"retry-after", "x-mock-evidence", "x-mock-warnings", "etag"} <= _list_names(
        reply, "Access-Control-Expose-Headers"
    )


def test_a_page_may_fetch_an_asset(mock: Driver) -> None:
    """An asset is fetched by a page, and a cache keeps it apart from the reply to another page."""
    url = mock.create_and_finish()["output"]["image_url"]
    reply = mock.client.get(url, headers={"Origin": PAGE})
    assert (reply.status_code, reply.headers["Access-Control-Allow-Origin"]) == (200, PAGE)
    assert "Origin" in mock.client.get(url).headers["Vary"]


@pytest.mark.parametrize(("cors", "varies"), [("loopback", True), (OTHER_PAGE, True), ("*", False), ("none", False)])
def test_a_reply_varies_where_it_depends_on_the_origin(make_mock: DriverFactory, cors: str, varies: bool) -> None:
    """Vary names Origin wherever the reply depends on it, also in a reply to a call without one, and nowhere else."""
    reply = make_mock(cors=cors).get("/api/v1/status")
    assert reply.headers.get("Vary") == ("Origin" if varies else None)


@pytest.mark.parametrize("cors", ["*", "loopback", PAGE])
@pytest.mark.parametrize("path", ["/__mock__/journal", "/__mock__/reset", "/__mock__/nothing", "//__mock__/health"])
def test_no_page_gets_the_api_of_the_mock(make_mock: DriverFactory, cors: str, path: str) -> None:
    """Whatever ``--cors`` says, no address under /__mock__/ allows a page, neither before nor in a reply."""
    mock = make_mock(cors=cors)
    replies = [_call(mock, each, path, Origin=PAGE) for each in ("GET", "POST")]
    for reply in (_ask(mock, path), *replies):
        assert not CORS_HEADERS & set(reply.headers.keys())


def test_no_reply_allows_credentials(make_mock: DriverFactory) -> None:
    """No reply lets a browser send cookies, whatever the setting."""
    for cors in ("*", "loopback", PAGE):
        mock = make_mock(cors=cors)
        replies = _ask(mock), mock.create(body(), headers={"Origin": PAGE})
        assert not any("Access-Control-Allow-Credentials" in each.headers for each in replies)


def test_an_overlay_may_set_the_pages(make_mock: DriverFactory, tmp_path: Any) -> None:
    """An overlay that knows what the service does sets it, since no page says whether browsers may call."""
    overlay = tmp_path / "observed.json"
    overlay.write_text(json.dumps({"settings": {"cors": "none"}}))
    mock = make_mock(catalog=None, overlay=str(overlay))
    assert "Access-Control-Allow-Origin" not in _ask(mock).headers
    assert get(mock, "assumptions")["switches"]["cors"] == "none"


@given(st.text())
def test_any_text_is_a_list_of_origins_or_is_none(text: str) -> None:
    """A text is read as origins exactly where it is valid for the setting, and no text allows everything by chance."""
    if may_be_origins(text):
        assert read_origins(text).has_all is (text.strip() == "*")

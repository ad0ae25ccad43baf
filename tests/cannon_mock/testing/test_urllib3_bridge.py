"""What requests and urllib3 do by themselves, their retries, pools and warnings, works against the mock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.util import Retry, Timeout

from cannon_mock.clock import ManualClock
from cannon_mock.testing.bridge import bridge_app
from cannon_mock.testing.mock_handle import MockHandle
from tests.cannon_mock.testing.test_bridge_clients import (
    BASE,
    BODY,
    HEADERS,
    REQUESTS,
    build_app,
    echo,
    outside,  # noqa: F401 - refuses the network in these tests too
)

SESSION = requests.Session()
"""A session that is made when the module is imported, before any mock."""

RETRY = Retry(3, allowed_methods={"GET", "POST"}, status_forcelist={429, 500, 502, 503}, raise_on_status=False)


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch, cannon_clock: ManualClock) -> requests.Session:
    """A session that repeats calls, by an adapter of its own; its waits move the mock's clock."""
    monkeypatch.setattr(time, "sleep", cannon_clock.sleep)
    session = requests.Session()
    session.mount("https://", HTTPAdapter(max_retries=RETRY))
    return session


@pytest.mark.usefixtures("cannon_mock")
@pytest.mark.parametrize("round_", [1, 2])
def test_a_session_made_at_import_sees_the_mock_of_each_test(cannon_mock: MockHandle, round_: int) -> None:
    """M2: a session that is made at import is served, and two tests after each other do not see each other."""
    assert SESSION.post(REQUESTS, json=BODY, headers=HEADERS, timeout=5).status_code == 202
    assert len(cannon_mock.tasks) == 1
    cannon_mock.assert_called(1)


@pytest.mark.parametrize("scenario", ["error-500", "error-503", "rate-limited"])
def test_retry_repeats_a_refused_create(cannon_mock: MockHandle, session: requests.Session, scenario: str) -> None:
    """Retry of urllib3 sees each refusal, waits as Retry-After says, and gets the 202 at the end."""
    cannon_mock.scenario(scenario)
    start_ms = cannon_mock.clock.now_ms()
    reply = session.post(REQUESTS, json=BODY, headers=HEADERS, timeout=5)
    statuses = [entry.status for entry in reply.raw.retries.history]
    waits_s = {"error-500": 0, "error-503": 1, "rate-limited": 2}[scenario]
    assert (reply.status_code, statuses) == (202, [int(scenario[-3:])] if "error" in scenario else [429, 429])
    assert cannon_mock.clock.now_ms() - start_ms == 1000 * waits_s
    assert len(cannon_mock.tasks) == 1


@pytest.mark.parametrize("scenario", ["no-answer", "no-answer-stored"])
def test_retry_repeats_a_lost_create(cannon_mock: MockHandle, session: requests.Session, scenario: str) -> None:
    """Retry repeats a create whose answer was lost; its idempotency key keeps it from being made twice."""
    cannon_mock.scenario(scenario)
    reply = session.post(REQUESTS, json=BODY, headers=HEADERS, timeout=5)
    assert isinstance(reply.raw.retries.history[0].error, urllib3.exceptions.ProtocolError)
    assert (reply.status_code, len(cannon_mock.tasks)) == (202, 1)
    cannon_mock.assert_called(2, method="POST")


def test_retry_counts_read_time_outs(cannon_mock: MockHandle, session: requests.Session) -> None:
    """M3: Retry repeats a create that is later than the client's time-out; its key finds the request that was made."""
    cannon_mock.scenario("latency", times=1)
    reply = session.post(REQUESTS, json=BODY, headers=HEADERS, timeout=(5, 0.5))
    assert isinstance(reply.raw.retries.history[0].error, urllib3.exceptions.ReadTimeoutError)
    assert (reply.status_code, len(cannon_mock.tasks)) == (202, 1)


def test_a_total_time_out_strikes(cannon_mock: MockHandle) -> None:
    """M3: a time-out of urllib3's for the whole call raises its read time-out; one of None waits for ever."""
    cannon_mock.scenario("latency")
    with urllib3.PoolManager(retries=False) as pool:
        with pytest.raises(urllib3.exceptions.ReadTimeoutError):
            pool.request("POST", REQUESTS, json=BODY, headers=HEADERS, timeout=Timeout(total=1))
        assert pool.request("POST", REQUESTS, json=BODY, headers=HEADERS, timeout=None).status == 202


def test_threads_share_a_session(cannon_mock: MockHandle) -> None:
    """Calls of many threads with one session get their own responses."""

    def ask(number: int) -> bool:
        body = {**BODY, "input": {"prompt": f"Bicycle {number}", "model": "gptimage2"}}
        headers = {"x-api-key": "cs_test_a"}
        address = SESSION.post(REQUESTS, json=body, headers=headers, timeout=5).json()["urls"]["get"]
        SESSION.get(address, headers=headers, timeout=5).raise_for_status()
        return cannon_mock.calls(path=address.removeprefix(BASE))[0].status == 200

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(16)))
    assert {task.input["prompt"] for task in cannon_mock.tasks} == {f"Bicycle {number}" for number in range(16)}


def test_a_stream_is_read_in_pieces_and_closed_early() -> None:
    """A streamed body is read in pieces; a session goes on after one that was closed before its end."""
    with bridge_app(build_app("200 OK", [("Content-Length", "6")], b"abc", b"def"), BASE):
        with SESSION.get(BASE, stream=True, timeout=5) as reply:
            assert next(reply.iter_content(2)) == b"ab"
        with SESSION.get(BASE, stream=True, timeout=5) as reply:
            assert list(reply.iter_content(4)) == [b"abcd", b"ef"]


def test_a_redirect_is_followed(outside: list[str]) -> None:  # noqa: F811 - the fixture above
    """A redirect within the vendor's domain is followed, and one elsewhere leaves it."""

    def redirect(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        if environ["PATH_INFO"] == "/end":
            return echo(environ, start)
        start("302 Found", [("Location", environ["QUERY_STRING"] or "/end")])
        return []

    with bridge_app(redirect, BASE):
        reply = SESSION.get(f"{BASE}/start", timeout=5)
        assert (reply.url, len(reply.history)) == (f"{BASE}/end", 1)
        with pytest.raises(requests.ConnectionError):
            SESSION.get(f"{BASE}/start?https://elsewhere.example/", timeout=5)
    assert len(outside) == 1


def test_an_upload_in_pieces_arrives_with_its_length() -> None:
    """A body that is sent in chunks reaches the application whole."""
    with bridge_app(echo, BASE):
        environ = SESSION.post(BASE, data=iter([b"ab", b"cd"]), timeout=5).json()
    assert (environ["body"], environ["CONTENT_LENGTH"]) == ("abcd", "4")
    assert "HTTP_TRANSFER_ENCODING" not in environ


def test_an_unverified_host_is_warned_of() -> None:
    """A client that does not verify certificates gets urllib3's warning, as of the vendor."""
    with bridge_app(echo, BASE), pytest.warns(urllib3.exceptions.InsecureRequestWarning):
        requests.get(BASE, verify=False, timeout=5)


def test_a_time_out_behind_a_proxy_is_not_the_proxy_s(cannon_mock: MockHandle) -> None:
    """A late answer raises the read time-out of the vendor, and no error of the proxy, where the client has one."""
    cannon_mock.scenario("latency")
    with urllib3.ProxyManager("http://proxy.example:1", retries=False) as pool:
        for address in (REQUESTS, REQUESTS.replace("https", "http")):
            with pytest.raises(urllib3.exceptions.ReadTimeoutError):
                pool.request("POST", address, json=BODY, headers=HEADERS, timeout=0.5)


def test_a_pool_is_limited() -> None:
    """A pool of one connection that blocks refuses a second call while a first one is read, and not after it."""
    with (
        bridge_app(build_app("200 OK", [("Content-Length", "1")], b"a"), BASE),
        urllib3.HTTPSConnectionPool("www.cannonstudio.app", maxsize=1, block=True, retries=False) as pool,
    ):
        first = pool.urlopen("GET", "/", preload_content=False)
        with pytest.raises(urllib3.exceptions.EmptyPoolError):
            pool.urlopen("GET", "/", pool_timeout=0.001)
        first.read()
        first.release_conn()
        assert pool.urlopen("GET", "/").data == b"a"


def test_a_connection_from_before_is_not_used() -> None:
    """A connection that a pool had kept from before is closed; none of the bridge's is kept after it."""
    closings: list[bool] = []

    class KeptSocket:
        def close(self) -> None:
            closings.append(True)

        def __getattr__(self, name: str) -> Any:
            raise AssertionError(f"the old connection was used: {name}")

    with urllib3.HTTPConnectionPool("www.cannonstudio.app", maxsize=1, retries=False) as pool:
        connection: Any = pool._get_conn()
        connection.sock = KeptSocket()
        with bridge_app(echo, BASE):
            pool._make_request(connection, "GET", "/")
        assert (closings, connection.sock) == ([True], None)


def test_urllib3_is_unchanged_after_the_bridge() -> None:
    """Of two bridges the last one answers; after them urllib3 is as before, also where a test fails."""
    methods = urllib3.HTTPConnectionPool._make_request, urllib3.HTTPSConnectionPool._prepare_proxy
    threads = threading.active_count()
    with bridge_app(echo, BASE), bridge_app(build_app("418 Mine", []), BASE):
        assert SESSION.get(BASE, timeout=5).status_code == 418
    with pytest.raises(ZeroDivisionError), bridge_app(echo, BASE):
        raise ZeroDivisionError
    assert (urllib3.HTTPConnectionPool._make_request, urllib3.HTTPSConnectionPool._prepare_proxy) == methods
    assert threading.active_count() == threads

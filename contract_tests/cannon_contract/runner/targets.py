"""Targets at an address: what they are, whether they may charge, and how the tests call them (floor 6)."""

from __future__ import annotations

import secrets
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from cannon_contract import claim_ids
from cannon_contract.client.api import Api, Send
from cannon_contract.client.bounded_reading import KEY_HEADERS, bound_reply
from cannon_contract.client.call_deadline import DeadlineClient
from cannon_contract.client.outcomes import NotTested
from cannon_contract.client.recording import redact_response
from cannon_contract.runner.options import CALL_TIMEOUT_S, KEY, ApiKeys
from cannon_contract.spending.budget import Budget
from cannon_contract.spending.guard import Guard, with_retries
from cannon_contract.spending.time_limit import TimeLimit, WaitAllowance
from cannon_spec import Catalog
from cannon_spec.hosts import find_domain, is_in_domain
from cannon_spec.redaction import Redactor

_LIVE_PATIENCE_S = 900
_SOCKET_PATIENCE_S = 60
_LONGEST_START_S = 300.0
_READING_BACK_S = 60.0
_NO_LIMIT = TimeLimit()
_NO_SUCH_API = (404, 405, 501)
_KEY_REFUSED = (401, 403)
_WITHOUT_SETTINGS = "it asks for a token, which these tests do not have; start it without --admin-token"
_EVIDENCE_HEADER = "x-mock-evidence"


class NoTarget(Exception):
    """Nothing at the address can be tested; says why and what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """What answers at an address.

    ``switches`` are the settings of our mock, empty for any other target and for one that ``hides_settings``.
    ``may_charge`` says that creates may cost
    credits, ``accepts_any_key`` that the target is our mock and knows no list of keys, ``has_list_of_keys`` that it
    accepts the keys of a list only, unless it says that it does not.
    """

    url: str
    is_mock: bool
    may_charge: bool
    accepts_any_key: bool
    switches: Mapping[str, Any]
    has_list_of_keys: bool = True

    @property
    def hides_settings(self) -> bool:
        """Whether it is our mock and does not tell how it is set, as where it asks for a token."""
        return self.is_mock and not self.switches


def make_key() -> str:
    """Make an API key that a mock has not had yet."""
    return f"cs_test_{secrets.token_hex(8)}"


def open_client(call_timeout_s: float = CALL_TIMEOUT_S) -> httpx.Client:
    """Open a client of HTTP, for ``with``: its cookies and connections are its own, and it bounds each call."""
    hooks = {"response": [bound_reply]}
    return DeadlineClient(call_timeout_s, verify=_read_certificates(), event_hooks=hooks)


@cache
def _read_certificates() -> ssl.SSLContext:
    # Reading them takes longer than a dozen calls, and each test has a client of its own.
    return httpx.create_ssl_context()


def find_target(
    catalog: Catalog,
    address: str,
    keys: ApiKeys,
    *,
    is_live: bool,
    time_limit: TimeLimit = _NO_LIMIT,
    call_timeout_s: float = CALL_TIMEOUT_S,
    announce: Callable[[str], object] = lambda line: None,
) -> Target:
    """Find what answers at an address, or the vendor's service for ``live``.

    A target may charge if it is the vendor's, if ``is_live`` says to treat it so, and if it is called with a key of
    the user's and does not say that it is our mock. ``announce`` gets a line where the target asks to wait, which is
    five minutes at most in all, and where our mock does not tell its settings, as by a name that it does not allow.

    Raises NoTarget where the API is not there, and where the time of the run is over.
    """
    is_live = is_live or is_vendor_address(address, catalog.base_url)
    url = (catalog.base_url if address == "live" else address).rstrip("/")

    def wait(seconds: float) -> None:
        announce(f"{url} asks to wait {seconds:g} s")
        time_limit.sleep(seconds)

    with open_client(call_timeout_s) as client:
        send_once = time_limit.bound(client.send)
        send = with_retries(send_once, wait, WaitAllowance(_LONGEST_START_S).take)
        try:
            without_key = _get_status(send, url, None)
            with_new_key = _get_status(send, url, make_key())
            with_key = with_new_key if keys.main is None else _get_status(send, url, keys.main)
            # A live target is asked for nothing that the vendor does not document.
            is_mock = not is_live and _is_mock(send_once, url)
            switches = _read_switches(send_once, url, announce) if is_mock else {}
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NoTarget(f"no answer from {url}: {error}; check the address, and that the server is up") from None
        except NotTested as error:
            raise NoTarget(f"{url} is not ready: it asks to wait or is slow, and {error}; try again later") from None
    accepts_any_key = is_mock and with_new_key.status_code == httpx.codes.OK
    _check(url, without_key, with_new_key if accepts_any_key else with_key, has_key=keys.main is not None)
    may_charge = is_live or (any(keys) and not is_mock)
    return Target(url, is_mock, may_charge, accepts_any_key, switches, not _says_it_accepts_any_key(with_new_key))


def _says_it_accepts_any_key(with_new_key: httpx.Response) -> bool:
    """Whether the reply to a made-up key is a success that our mock explains, also where it stands for the service."""
    return with_new_key.is_success and claim_ids.AUTH_KEY_FORM in with_new_key.headers.get(_EVIDENCE_HEADER, "")


def _check(url: str, without_key: httpx.Response, with_key: httpx.Response, *, has_key: bool) -> None:
    """Raise NoTarget where the status endpoint does not answer as the API does, or refuses the key."""
    status = with_key.status_code
    if without_key.status_code in _NO_SUCH_API:
        raise NoTarget(_describe_other_api(url, f"answers {without_key.status_code}"))
    if status in _KEY_REFUSED:
        advice = f"is the one in the environment variable {KEY} right?" if has_key else f"put one into {KEY}"
        raise NoTarget(f"{url} does not take the API key: it answers {status}; {advice}")
    if status != httpx.codes.OK:
        location = f" (to {with_key.headers['Location']})" if "Location" in with_key.headers else ""
        advice = "check the address, or try again later"
        raise NoTarget(f"{url} is not ready: GET /api/v1/status answers {status}{location}; {advice}")
    if not _is_object(with_key):
        raise NoTarget(_describe_other_api(url, "does not answer with a JSON object"))


def _describe_other_api(url: str, difference: str) -> str:
    return f"{url} is no such API: GET /api/v1/status {difference}; check the address"


def make_server_api(
    catalog: Catalog,
    target: Target,
    operation: str,
    default_input: Mapping[str, Any],
    *,
    key: str,
    budget: Budget,
    client: httpx.Client,
    shared_runs: dict[str, Any],
    redactor: Redactor,
    time_limit: TimeLimit = _NO_LIMIT,
) -> Api:
    """Make the means to call a target that was found, with one API key.

    Where the target may charge, the guard stands before it, and ``shared_runs`` keeps the plain request of each
    operation. ``redactor`` removes secrets from each reply before any test sees it. Where the time of the run is over,
    a call raises NotTested.
    """
    send = build_sender(client, redactor.with_secret(key))
    guard = _build_guard(catalog, target, send, budget, time_limit.sleep) if target.may_charge else None
    if guard is not None:
        send = with_retries(guard, time_limit.sleep)
    return Api(
        url=target.url,
        key=key,
        send=time_limit.bound(send),
        sleep=time_limit.sleep,
        now_s=time.monotonic,
        catalog=catalog,
        is_mock=target.is_mock,
        may_move_clock=False,
        patience_s=_LIVE_PATIENCE_S if target.may_charge else _SOCKET_PATIENCE_S,
        switches=target.switches,
        operation=operation,
        default_input=default_input,
        shared_runs=shared_runs if target.may_charge else None,
        send_all=time_limit.bound(guard.create_in_parallel) if guard is not None else None,
        account_use=budget.account_use,
        find_open_credits=lambda: budget.open_credits,
    )


def read_open_requests(
    catalog: Catalog,
    target: Target,
    keys: Iterable[str],
    budget: Budget,
    redactor: Redactor,
    call_timeout_s: float = CALL_TIMEOUT_S,
) -> None:
    """Poll each request once that has not ended yet, and read each balance: late charges count too."""
    with open_client(call_timeout_s) as client:
        # The time of the run may be over by now: this takes some of its own.
        time_limit = TimeLimit(_READING_BACK_S)
        send = time_limit.bound(build_sender(client, redactor))
        guard = _build_guard(catalog, target, send, budget, time_limit.sleep)
        for key in keys:
            requests = (f"requests/{quote(id_, safe='', errors='replace')}" for id_ in budget.open_requests)
            for path in ["status", *requests]:
                try:
                    guard.read(httpx.Request("GET", f"{target.url}/api/v1/{path}", headers={"x-api-key": key}))
                except (httpx.HTTPError, httpx.InvalidURL, NotTested):
                    continue


def is_vendor_address(address: str, vendor_url: str) -> bool:
    """Whether an address is the vendor's: the word live, or any host of the vendor's domain."""
    return address == "live" or is_in_domain(urlsplit(address).hostname or "", find_domain(vendor_url))


def build_sender(client: httpx.Client, redactor: Redactor) -> Send:
    """Build the function that sends requests and redacts replies.

    It follows redirects of requests without an API key only, as those for assets: a key goes to the target alone.
    """

    def send(request: httpx.Request) -> httpx.Response:
        has_key = any(name in request.headers for name in KEY_HEADERS)
        return redact_response(client.send(request, follow_redirects=not has_key), redactor)

    return send


def _build_guard(catalog: Catalog, target: Target, send: Send, budget: Budget, sleep: Callable[[float], None]) -> Guard:
    return Guard(send, budget, target.url, tuple(catalog.lifecycle["terminal"]), sleep)


def _get_status(send: Send, url: str, key: str | None) -> httpx.Response:
    headers = {} if key is None else {"x-api-key": key}
    return send(httpx.Request("GET", f"{url}/api/v1/status", headers=headers))


def _is_mock(send: Send, url: str) -> bool:
    """Whether a target says that it is our mock. No other one needs to answer at an address that no page names."""
    try:
        return _get_admin(send, url, "health").get("name") == "cannon-mock"
    except httpx.HTTPError:
        return False


def _read_switches(send: Send, url: str, announce: Callable[[str], object]) -> dict[str, Any]:
    """Read how our mock is set; empty where it does not tell."""
    body = _get_admin(send, url, "assumptions")
    if "switches" not in body:
        reason = _WITHOUT_SETTINGS if body.get("status") == 401 else body.get("detail", "it does not tell them")
        advice = "what it does otherwise is observed, and breaks no assumption"
        announce(f"{url} is tested as if it had the default settings, and {advice}: {reason}")
    switches: dict[str, Any] = body.get("switches", {})
    return switches


def _get_admin(send: Send, url: str, route: str) -> dict[str, Any]:
    """Read a route of our mock's own API; empty where there is none, or where it needs a token."""
    response = send(httpx.Request("GET", f"{url}/__mock__/{route}"))
    body: dict[str, Any] = response.json() if _is_object(response) else {}
    return body


def _is_object(response: httpx.Response) -> bool:
    try:
        return isinstance(response.json(), dict)
    except (ValueError, RecursionError):
        return False

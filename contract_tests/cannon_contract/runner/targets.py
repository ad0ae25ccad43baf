"""How the tests reach a target: a mock in this process, or whatever answers at an address (floor 5)."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from cannon_contract.client.api import OPERATION, Api, Send
from cannon_contract.client.recording import redact_response
from cannon_contract.client.redact import Redactor
from cannon_contract.spending import plan
from cannon_contract.spending.budget import Budget
from cannon_contract.spending.guard import Guard, with_retries
from cannon_spec import Catalog

_LIVE_PATIENCE_S = 900
_SOCKET_PATIENCE_S = 60
_IN_PROCESS_PATIENCE_S = 1800
SECONDS = 30.0
"""How long a reply may take."""
_NO_SUCH_API = (404, 405, 501)
_NOT_TAKEN = (401, 403)


class NoTarget(Exception):
    """There is nothing at the address that could be tested; says what to do."""


@dataclass(frozen=True, slots=True)
class MockWrapper:
    """What is put around a mock in this process: around its application, and around what sends its webhooks.

    The tests of the contract tests break promises with it.
    """

    app: Callable[[Any], Any] = lambda app: app
    send: Callable[[Any], Any] = lambda send: send


@dataclass(frozen=True, slots=True)
class Target:
    """A target as it was found: its address, whether it is our mock and how that is set, and whether it may charge."""

    url: str
    is_mock: bool
    may_charge: bool
    takes_any_key: bool
    switches: Mapping[str, Any]


def make_key() -> str:
    """An API key that a mock has not seen yet."""
    return f"cs_test_{secrets.token_hex(8)}"


def make_mock_api(
    catalog: Catalog,
    layer: MockWrapper,
    send: Any = None,
    while_waiting: Callable[[], object] | None = None,
    **settings: Any,
) -> Api:
    """A mock of its own, in this process, with a clock that ``sleep`` moves.

    ``send`` gets its webhooks; ``while_waiting`` is called once while the mock keeps a call waiting.
    """
    from cannon_mock import Config, ManualClock, create_app

    class Clock(ManualClock):
        """Calls ``while_waiting`` before it moves for a wait of the mock's own."""

        def sleep_ms(self, ms: int) -> None:
            nonlocal while_waiting
            called, while_waiting = while_waiting, None
            if called is not None:
                called()
            super().sleep_ms(ms)

    clock, config = Clock(), Config(**{"admin": False, **settings})  # a routine of its own API is never asked for
    app = create_app(
        config, catalog=None if config.overlay else catalog, clock=clock, send=layer.send(send) if send else None
    )
    client = httpx.Client(transport=httpx.WSGITransport(app=layer.app(app)))
    switches = {name: getattr(config, name) for name in config.__dataclass_fields__}
    return Api(
        url="http://mock.test",
        key=make_key(),
        send=_sender(client, Redactor(())),
        sleep=clock.sleep,
        now_s=lambda: clock.now_ms() / 1000,
        catalog=catalog,
        is_mock=True,
        may_move_clock=True,
        patience_s=_IN_PROCESS_PATIENCE_S,
        switches=switches,
        operation=OPERATION,
        default_input=plan.find_default_input(catalog, OPERATION),
    )


def find_target(catalog: Catalog, target: str, keys: Sequence[str | None], *, as_live: bool) -> Target:
    """What answers at an address, or the vendor's for ``live``. Raises NoTarget where the API is not there.

    ``keys`` are the user's, the first for all that needs no other. A target may charge if it is the vendor's, if it is
    to be treated so, and if it is called with a key of the user's and does not say that it is our mock.
    """
    live, url = is_vendors(target, catalog.base_url), (catalog.base_url if target == "live" else target).rstrip("/")
    with httpx.Client(timeout=SECONDS) as client:
        try:
            without_key = _status(client, url, None)
            with_any = _status(client, url, make_key())
            good = with_any if keys[0] is None else _status(client, url, keys[0])
            says = {} if live or as_live else _admin(client, url, "health")
            is_mock = says.get("name") == "cannon-mock"
            switches = _admin(client, url, "assumptions").get("switches", {}) if is_mock else {}
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NoTarget(f"no answer from {url}: {error}; check the address, and that the server is up") from None
    is_open = with_any.status_code == httpx.codes.OK
    _check(url, without_key, with_any if is_mock and is_open else good, has_key=keys[0] is not None)
    may_charge = live or as_live or (any(keys) and not is_mock)
    return Target(url, is_mock, may_charge, is_mock and is_open, switches)


def _check(url: str, without_key: httpx.Response, good: httpx.Response, *, has_key: bool) -> None:
    """Raise NoTarget for what does not answer as the API does, or does not take the key."""
    if without_key.status_code in _NO_SUCH_API:
        said = f"answers {without_key.status_code}"
    elif good.status_code in _NOT_TAKEN:
        name = "CANNON_API_KEY"
        advice = f"is the one in the environment variable {name} right?" if has_key else f"put one into {name}"
        raise NoTarget(f"{url} does not take the API key: it answers {good.status_code}; {advice}")
    elif good.status_code != httpx.codes.OK:
        where = f" (to {good.headers['Location']})" if "Location" in good.headers else ""
        advice = "check the address, or try again later"
        raise NoTarget(f"{url} is not ready: GET /api/v1/status answers {good.status_code}{where}; {advice}")
    elif _is_object(good):
        return
    else:
        said = "does not answer with a JSON object"
    raise NoTarget(f"{url} is no such API: GET /api/v1/status {said}; check the address")


def make_server_api(
    catalog: Catalog,
    place: Target,
    key: str,
    spending: Budget,
    client: httpx.Client,
    shared_runs: dict[str, Any],
    hidden: Redactor,
) -> Api:
    """A target that was found. Where it may charge, it is behind the guard, and ``shared_runs`` keeps a plain request.

    What a target says that is ``hidden`` is cut out before anybody sees it.
    """
    send = _sender(client, hidden)
    chosen = plan.find_default_input(catalog, OPERATION)
    if place.may_charge:
        send = with_retries(_guard(catalog, place, send, spending), time.sleep)
        chosen = plan.find_cheapest_input(catalog, OPERATION, spending.prices)
    return Api(
        url=place.url,
        key=key,
        send=send,
        sleep=time.sleep,
        now_s=time.monotonic,
        catalog=catalog,
        is_mock=place.is_mock,
        may_move_clock=False,
        patience_s=_LIVE_PATIENCE_S if place.may_charge else _SOCKET_PATIENCE_S,
        switches=place.switches,
        operation=OPERATION,
        default_input=chosen,
        shared_runs=shared_runs if place.may_charge else None,
    )


def read_open_requests(
    catalog: Catalog, place: Target, keys: Iterable[str], spending: Budget, hidden: Redactor
) -> None:
    """Poll every request once that was not seen to end, and look at each balance: what shows only now counts too."""
    with httpx.Client(timeout=SECONDS) as client:
        guard = _guard(catalog, place, _sender(client, hidden), spending)
        for key in keys:
            paths = ["status", *(f"requests/{quote(id_, safe='', errors='replace')}" for id_ in spending.open_requests)]
            for path in paths:
                try:
                    guard.read(httpx.Request("GET", f"{place.url}/api/v1/{path}", headers={"x-api-key": key}))
                except (httpx.HTTPError, httpx.InvalidURL):
                    continue


def is_vendors(target: str, vendor: str) -> bool:
    """Whether a target is the vendor's: the word live, or any host of the vendor's domain."""
    host, domain = urlsplit(target).hostname or "", (urlsplit(vendor).hostname or "").removeprefix("www.")
    return target == "live" or host == domain or host.endswith("." + domain)


def _guard(catalog: Catalog, place: Target, send: Send, spending: Budget) -> Guard:
    return Guard(send, spending, place.url, tuple(catalog.lifecycle["terminal"]))


def _sender(client: httpx.Client, hidden: Redactor) -> Send:
    """Sends requests; what is asked for without an API key, as a file is, may be somewhere else."""

    def send(request: httpx.Request) -> httpx.Response:
        return redact_response(client.send(request, follow_redirects="x-api-key" not in request.headers), hidden)

    return send


def _status(client: httpx.Client, url: str, key: str | None) -> httpx.Response:
    headers = {} if key is None else {"x-api-key": key}
    return with_retries(client.send, time.sleep)(httpx.Request("GET", f"{url}/api/v1/status", headers=headers))


def _admin(client: httpx.Client, url: str, what: str) -> dict[str, Any]:
    """What our mock's own API says; nothing where there is none, or a token is asked for."""
    response = client.get(f"{url}/__mock__/{what}")
    said: dict[str, Any] = response.json() if _is_object(response) else {}
    return said


def _is_object(response: httpx.Response) -> bool:
    try:
        return isinstance(response.json(), dict)
    except (ValueError, RecursionError):
        return False

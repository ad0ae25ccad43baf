"""How the tests reach a target: a mock in this process, or whatever answers at an address (floor 5)."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from cannon_spec import Catalog
from contract_tests import plan
from contract_tests.broken import Stopped
from contract_tests.guard import Guard, patient
from contract_tests.spending import Spending
from contract_tests.target import OPERATION, Api, Send

_LIVE_PATIENCE_S = 900
_SOCKET_PATIENCE_S = 60
_IN_PROCESS_PATIENCE_S = 1800
SECONDS = 30.0
"""How long a reply may take."""
_NO_SUCH_API = (404, 405, 501)


class NoTarget(Exception):
    """There is nothing at the address that could be tested; says what to do."""


@dataclass(frozen=True, slots=True)
class Layer:
    """What is put around a mock in this process: around its application, and around what sends its webhooks.

    The tests of the contract tests break promises with it.
    """

    app: Callable[[Any], Any] = lambda app: app
    send: Callable[[Any], Any] = lambda send: send


@dataclass(frozen=True, slots=True)
class Place:
    """A target as it was found: its address, whether it is our mock and how that is set, and whether it may charge."""

    url: str
    is_mock: bool
    may_charge: bool
    takes_any_key: bool
    switches: Mapping[str, Any]


def fresh_key() -> str:
    """An API key that a mock has not seen yet."""
    return f"cs_test_{secrets.token_hex(8)}"


def in_process(
    catalog: Catalog,
    layer: Layer,
    send: Any = None,
    while_waiting: Callable[[], object] | None = None,
    **settings: Any,
) -> Api:
    """A mock of its own, in this process, with a clock that ``sleep`` moves.

    ``send`` gets its webhooks; ``while_waiting`` is called once while the mock keeps a call waiting.
    """
    from mock_server import Config, ManualClock, create_app

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
        url=httpx.URL("http://mock.test"),
        key=fresh_key(),
        send=_sender(client),
        sleep=clock.sleep,
        catalog=catalog,
        is_mock=True,
        moves_clock=True,
        patience_s=_IN_PROCESS_PATIENCE_S,
        switches=switches,
        chosen=plan.default(catalog, OPERATION),
    )


def found(catalog: Catalog, target: str, keys: Sequence[str | None], *, as_live: bool) -> Place:
    """What answers at an address, or the vendor's for ``live``. Raises NoTarget where the API is not there.

    ``keys`` are the user's, the first for all that needs no other. A target may charge if it is the vendor's, if it is
    to be treated so, and if it is called with a key of the user's and does not say that it is our mock.
    """
    live, url = is_vendors(target, catalog.base_url), catalog.base_url if target == "live" else target
    with httpx.Client(timeout=SECONDS) as client:
        try:
            status = _status(client, url, None)
            is_open = _status(client, url, fresh_key()) == httpx.codes.OK
            is_good = is_open if keys[0] is None else _status(client, url, keys[0]) == httpx.codes.OK
            says = {} if live or as_live else _admin(client, url, "health")
            is_mock = says.get("name") == "cannon-mock"
            switches = _admin(client, url, "assumptions").get("switches", {}) if is_mock else {}
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise NoTarget(f"no answer from {url}: {error}; check the address, and that the server is up") from None
    if status in _NO_SUCH_API:
        raise NoTarget(f"{url} is no such API: GET /api/v1/status answers {status}; check the address")
    may_charge = live or as_live or (any(keys) and not is_mock)
    if not is_good and not (is_mock and is_open):
        advice = "is it the right one?" if keys[0] else "set one that is"
        raise NoTarget(f"{url} does not take the API key of the environment variable CANNON_API_KEY; {advice}")
    return Place(url, is_mock, may_charge, is_mock and is_open, switches)


def _status(client: httpx.Client, url: str, key: str | None) -> int:
    headers = {} if key is None else {"x-api-key": key}
    return client.get(f"{url.rstrip('/')}/api/v1/status", headers=headers).status_code


def over_socket(
    catalog: Catalog, place: Place, key: str, spending: Spending, client: httpx.Client, shared: list[Any]
) -> Api:
    """A target that was found. Where it may charge, it is behind the guard, and a plain request is ``shared``."""
    send = _sender(client)
    chosen = plan.default(catalog, OPERATION)
    if place.may_charge:
        send = patient(Guard(send, spending, tuple(catalog.lifecycle["terminal"])), time.sleep)
        chosen = plan.cheapest(catalog, OPERATION, spending.prices)
    return Api(
        url=httpx.URL(place.url),
        key=key,
        send=send,
        sleep=time.sleep,
        catalog=catalog,
        is_mock=place.is_mock,
        moves_clock=False,
        patience_s=_LIVE_PATIENCE_S if place.may_charge else _SOCKET_PATIENCE_S,
        switches=place.switches,
        chosen=chosen,
        shared=shared if place.may_charge else None,
    )


def look_again(catalog: Catalog, place: Place, keys: Iterable[str], spending: Spending) -> str:
    """Poll every request once that was not seen to end, with each of the keys it may be of; that costs nothing.

    What is told is an overrun that shows only now, or nothing.
    """
    overrun = ""
    with httpx.Client(timeout=SECONDS) as client:
        for key in keys:
            api = over_socket(catalog, place, key, spending, client, [])
            for id_ in tuple(spending.waiting):
                try:
                    api.get(f"/api/v1/requests/{id_}")
                except Stopped as error:
                    overrun = overrun or str(error)
                except (httpx.HTTPError, httpx.InvalidURL):
                    continue
    return overrun


def is_vendors(target: str, vendor: str) -> bool:
    """Whether a target is the vendor's: the word live, or any host of the vendor's domain."""
    host, domain = urlsplit(target).hostname or "", (urlsplit(vendor).hostname or "").removeprefix("www.")
    return target == "live" or host == domain or host.endswith("." + domain)


def _sender(client: httpx.Client) -> Send:
    """Sends requests; what is asked for without an API key, as a file is, may be somewhere else."""
    return lambda request: client.send(request, follow_redirects="x-api-key" not in request.headers)


def _admin(client: httpx.Client, url: str, what: str) -> dict[str, Any]:
    """What our mock's own API says; nothing where there is none, or a token is asked for."""
    try:
        said = client.get(f"{url.rstrip('/')}/__mock__/{what}").json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}

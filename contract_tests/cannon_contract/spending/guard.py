"""The door to a target that may charge: no create passes that could cost more than was allowed (floor 5)."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import httpx

from cannon_contract.client.amounts import to_credits, to_number
from cannon_contract.client.api import Send
from cannon_contract.client.outcomes import NotTested
from cannon_contract.spending.accounts import BalanceReading
from cannon_contract.spending.budget import Budget

_TRIES = 6
_LONGEST_WAIT_S = 300.0
_TOO_MANY, _BUSY = 429, 503
_KEY_HEADERS = ("x-api-key", "authorization")


def with_retries(send: Send, sleep: Callable[[float], None]) -> Send:
    """A door that tries again where it is told to come back later, after the time it is told, up to six times.

    It gives up where that is more than five minutes. A create without an idempotency key is not sent again after a
    503: it may have been stored.
    """

    def door(request: httpx.Request) -> httpx.Response:
        for _ in range(_TRIES - 1):
            response = send(request)
            wait_s = _wait_s(response)
            is_unsafe = request.method == "POST" and "x-idempotency-key" not in request.headers
            if wait_s is None or wait_s > _LONGEST_WAIT_S or (is_unsafe and response.status_code == _BUSY):
                return response
            sleep(wait_s)
        return send(request)

    return door


def _wait_s(response: httpx.Response) -> float | None:
    """How long to wait before another try; None where there is to be none."""
    said = _retry_after_s(response.headers.get("Retry-After", ""))
    if response.status_code == _TOO_MANY:
        return 1.0 if said is None else said
    return said if response.status_code == _BUSY else None


def _retry_after_s(said: str) -> float | None:
    """Seconds, as a number or until a date; None for neither."""
    try:
        seconds = float(said)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):  # no date, or one without a zone
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


@dataclass(frozen=True, slots=True)
class Guard:
    """A door that sends a create only if ``spending`` admits it, and reads back what it cost.

    ``base`` is the address that the API is under.
    """

    send: Send
    budget: Budget
    base: str
    terminal: tuple[str, ...]
    sleep: Callable[[float], None] = time.sleep

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Send a request. Raises NotTested for a create that must not be sent, and for all that follows an overrun."""
        if self.budget.overrun:
            raise NotTested(self.budget.overrun)
        return self._create(request) if request.method == "POST" else self.read(request)

    def read(self, request: httpx.Request) -> httpx.Response:
        """Send what creates nothing, and note what it tells of balances and costs."""
        response = self.send(request)
        if request.url.path.endswith("/api/v1/status"):
            self.budget.record_balance(_balance(request, response))
        elif "/requests/" in request.url.path:
            self.budget.record_poll(_object(response), self.terminal)
        return response

    def _create(self, request: httpx.Request) -> httpx.Response:
        spending, before = self.budget, self._balance(request)
        spending.record_balance(before)
        number = spending.begin_create(_loaded(request.read()))
        try:
            response = self.send(request)
        except (httpx.HTTPError, KeyboardInterrupt) as error:
            spending.record_answer(number, f"got no answer ({type(error).__name__})")
            spending.settle(number, before, self._balance(request))
            raise
        id_ = _object(response).get("id")
        if response.is_success and isinstance(id_, str):
            is_new = spending.record_acceptance(number, id_)
            said = self._billable(request, id_) if is_new else None
            spending.settle(number, before, self._balance(request), is_free=not is_new, said=said)
        else:
            spending.record_answer(number, f"was answered with {response.status_code}")
            spending.settle(number, before, self._balance(request), is_free=response.is_client_error)
        return response

    def _balance(self, request: httpx.Request) -> BalanceReading:
        return _balance(request, self._asked(request, "status"))

    def _billable(self, request: httpx.Request, id_: str) -> float | None:
        """What an accepted request says that it costs; None while it says nothing."""
        said = _object(self._asked(request, f"requests/{quote(id_, safe='', errors='replace')}"))
        return to_credits(said.get("billableCredits")) or None

    def _asked(self, request: httpx.Request, path: str) -> httpx.Response | None:
        keys = {name: request.headers[name] for name in _KEY_HEADERS if name in request.headers}
        try:
            return with_retries(self.send, self.sleep)(httpx.Request("GET", f"{self.base}/api/v1/{path}", headers=keys))
        except (httpx.HTTPError, httpx.InvalidURL):
            return None


def _balance(request: httpx.Request, status: httpx.Response | None) -> BalanceReading:
    """What a status reply says that the API key of a request has."""
    if status is not None and status.status_code == httpx.codes.UNAUTHORIZED:
        return BalanceReading("", 0.0)
    return BalanceReading(_key(request), to_number(_object(status).get("creditsRemaining")))


def _key(request: httpx.Request) -> str:
    """The API key of a request, in whichever header it has it."""
    return next((request.headers[name] for name in _KEY_HEADERS if request.headers.get(name)), "(none)")


def _loaded(content: bytes) -> Any:
    try:
        return json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _refuse(word: str) -> None:
    """NaN and its like are no JSON."""
    raise ValueError(word)


def _object(response: httpx.Response | None) -> dict[str, Any]:
    body = None if response is None else _loaded(response.read())
    return body if isinstance(body, dict) else {}

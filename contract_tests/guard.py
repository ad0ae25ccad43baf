"""The door to a target that may charge: no create passes that could cost more than was allowed (floor 5)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from contract_tests.prices import amount, finite
from contract_tests.spending import Spending
from contract_tests.target import Send

_TRIES = 6
_LONGEST_WAIT_S = 60.0
_REFUSED = 300
_TOO_MANY, _BUSY = 429, 503


def patient(send: Send, sleep: Callable[[float], None]) -> Send:
    """A door that tries again where it is told to come back later, after the time it is told, up to six times."""

    def door(request: httpx.Request) -> httpx.Response:
        for _ in range(_TRIES - 1):
            response = send(request)
            wait_s = _wait_s(response)
            if wait_s is None:
                return response
            sleep(wait_s)
        return send(request)

    return door


def _wait_s(response: httpx.Response) -> float | None:
    """How long to wait before another try; None where there is to be none."""
    said = response.headers.get("Retry-After", "")
    if response.status_code == _TOO_MANY:
        return min(float(said), _LONGEST_WAIT_S) if said.isdecimal() else 1.0
    return min(float(said), _LONGEST_WAIT_S) if response.status_code == _BUSY and said.isdecimal() else None


@dataclass(frozen=True, slots=True)
class Guard:
    """A door that sends a create only if ``spending`` admits it, and reads back what it cost."""

    send: Send
    spending: Spending
    terminal: tuple[str, ...]
    sleep: Callable[[float], None] = time.sleep

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Send a request. Raises Untested where it must not be sent, Stopped where it cost more than it might."""
        if request.method == "POST":
            return self._create(request)
        response = self.send(request)
        if "/requests/" in request.url.path:
            self.spending.saw(_object(response), self.terminal)
        return response

    def _create(self, request: httpx.Request) -> httpx.Response:
        spending, body = self.spending, _loaded(request.read())
        price = spending.admit(body)
        before = self._balance(request)
        spending.sending(price)
        try:
            response = self.send(request)
        except (httpx.HTTPError, KeyboardInterrupt) as error:
            answer = f"got no answer ({type(error).__name__})"
            spending.not_accepted(body, price, answer, self._fell(request, before))
            raise
        id_ = _object(response).get("id")
        if response.status_code >= _REFUSED or not isinstance(id_, str):
            answer = f"was answered with {response.status_code}"
            spending.not_accepted(body, price, answer, self._fell(request, before))
        else:
            spending.answered(id_)
            spending.accepted(body, price, id_, self._billable(request, id_), self._fell(request, before))
        return response

    def _fell(self, request: httpx.Request, before: float | None) -> float | None:
        """How far the balance fell; None where it cannot be read."""
        after = self._balance(request)
        return None if before is None or after is None else before - after

    def _balance(self, request: httpx.Request) -> float | None:
        """What the key of a request has left: nothing where no account has that key, None where it cannot be read."""
        response = self._asked(request, "status")
        if response is not None and response.status_code == httpx.codes.UNAUTHORIZED:
            return 0.0
        return finite(_object(response).get("creditsRemaining"))

    def _billable(self, request: httpx.Request, id_: str) -> float | None:
        """What an accepted request says that it costs; None while it says nothing."""
        said = _object(self._asked(request, f"requests/{quote(id_, safe='')}"))
        return amount(said.get("billableCredits")) or None

    def _asked(self, request: httpx.Request, path: str) -> httpx.Response | None:
        keys = {name: request.headers[name] for name in ("x-api-key", "authorization") if name in request.headers}
        try:
            return patient(self.send, self.sleep)(
                httpx.Request("GET", request.url.join(f"/api/v1/{path}"), headers=keys)
            )
        except (httpx.HTTPError, httpx.InvalidURL):
            return None


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

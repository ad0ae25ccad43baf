"""The guard of a target that may charge: it sends no create that could cost more than was allowed (floor 6)."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import httpx

from cannon_contract.client.api import Send
from cannon_contract.client.bounded_reading import KEY_HEADERS
from cannon_contract.client.outcomes import NotTested
from cannon_contract.client.parallel import Answer, send_in_parallel
from cannon_contract.spending.accounts import BalanceReading
from cannon_contract.spending.budget import Budget
from cannon_spec.amounts import to_credits, to_number

_TRIES = 6
_LONGEST_WAIT_S = 300.0


def with_retries(
    send: Send, sleep: Callable[[float], None], may_wait: Callable[[float], bool] = lambda wait_s: True
) -> Send:
    """Wrap ``send`` so that it tries again after a 429, and after a 503 with Retry-After, up to six times in all.

    It waits as long as Retry-After says, and does not wait where that is more than five minutes, or ``may_wait`` says
    no: then the last reply stands. It does not repeat a create without an idempotency key after a 503: the target may
    have stored it.
    """

    def send_with_retries(request: httpx.Request) -> httpx.Response:
        for _ in range(_TRIES - 1):
            response = send(request)
            wait_s = _find_wait_s(response)
            is_unsafe = request.method == "POST" and "x-idempotency-key" not in request.headers
            may_be_stored = is_unsafe and response.status_code == httpx.codes.SERVICE_UNAVAILABLE
            if wait_s is None or wait_s > _LONGEST_WAIT_S or may_be_stored or not may_wait(wait_s):
                return response
            sleep(wait_s)
        return send(request)

    return send_with_retries


def _find_wait_s(response: httpx.Response) -> float | None:
    """Find how long to wait before the next try; None where there is none."""
    wait_s = _parse_retry_after(response.headers.get("Retry-After", ""))
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return 1.0 if wait_s is None else wait_s
    return wait_s if response.status_code == httpx.codes.SERVICE_UNAVAILABLE else None


def _parse_retry_after(text: str) -> float | None:
    """Parse a number of seconds, or a date; None for neither."""
    try:
        wait_s = float(text)
    except ValueError:
        try:
            wait_s = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):  # not a date, or one without a zone
            return None
    return max(0.0, wait_s) if math.isfinite(wait_s) else None


@dataclass(frozen=True, slots=True)
class Guard:
    """Sends requests to a target that may charge: a create only if ``budget`` admits it, and then reads back its cost.

    ``base`` is the address of the target, ``terminal`` the statuses at which a request ends.
    """

    send: Send
    budget: Budget
    base: str
    terminal: tuple[str, ...]
    sleep: Callable[[float], None]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Send a request. Raises NotTested for a create that may not be sent, and for everything after an overrun."""
        if self.budget.overrun_reason:
            raise NotTested(self.budget.overrun_reason)
        return self._create(request) if request.method == "POST" else self.read(request)

    def read(self, request: httpx.Request) -> httpx.Response:
        """Send a request that creates nothing, and record what its reply says about balances and costs."""
        response = self.send(request)
        if request.url.path.endswith("/api/v1/status"):
            self.budget.record_balance(_to_reading(request, response))
            self._end_suspicion(request)
        elif "/requests/" in request.url.path:
            self.budget.record_poll(_to_object(response), self.terminal)
        return response

    def create_in_parallel(self, requests: Sequence[httpx.Request]) -> list[Answer]:
        """Send creates of one API key at the same time, all or none of them; each counts as a create of its own.

        Raises NotTested where they could cross the ceiling if each of them made a request, and sends none.
        """
        before, numbers = self._begin(requests)
        answers: list[Answer] = [KeyboardInterrupt()] * len(requests)
        try:
            answers = send_in_parallel(self.send, requests)
        finally:
            self._settle(numbers, requests, answers, before)
        self._end_suspicion(requests[0])
        return answers

    def _create(self, request: httpx.Request) -> httpx.Response:
        before, numbers = self._begin([request])
        try:
            response = self.send(request)
        except (httpx.HTTPError, KeyboardInterrupt) as error:
            self._settle(numbers, [request], [error], before)
            if isinstance(error, httpx.HTTPError):  # an interrupted run looks no longer
                self._end_suspicion(request)
            raise
        self._settle(numbers, [request], [response], before)
        self._end_suspicion(request)
        return response

    def _begin(self, requests: Sequence[httpx.Request]) -> tuple[BalanceReading, list[int]]:
        """Record creates that are about to be sent. Returns the balance before them, and their numbers."""
        # The balance is read on both sides of creates. A charge that no reply states shows as a fall, and a refusal
        # counts as free only where the balance did not fall.
        self._watch_account(requests[0])
        before = self._read_balance(requests[0])
        self.budget.record_balance(before)
        self._end_suspicion(requests[0])
        return before, self.budget.begin_creates(*(_parse(each.read()) for each in requests))

    def _settle(
        self, numbers: list[int], requests: Sequence[httpx.Request], answers: Sequence[Answer], before: BalanceReading
    ) -> None:
        """Record what came of creates that were sent together, and read their cost back."""
        pairs = zip(numbers, requests, answers, strict=True)
        costs = [(number, *self._record_answer(number, request, answer)) for number, request, answer in pairs]
        after, start = _to_reading(requests[0], self._get_in_time(requests[0], "status")), before
        # The balance fell once for all of them: the first that is not free explains the fall, the others find none.
        for number, is_free, stated_cost in sorted(costs, key=lambda each: each[1]):
            self.budget.settle(number, start, after, is_free=is_free, stated_cost=stated_cost)
            start = after if before.can_show_charge(after) else before

    def _record_answer(self, number: int, request: httpx.Request, answer: Answer) -> tuple[bool, float | None]:
        """Record what came of a create. Returns whether it should be free, and the cost that its request states."""
        if isinstance(answer, BaseException):
            # Without a reply it is unknown whether the target stored the create: it counts at its estimate.
            self.budget.record_answer(number, f"got no answer ({type(answer).__name__})")
            return False, None
        id_ = _to_object(answer).get("id")
        if answer.is_success and isinstance(id_, str):
            is_new = self.budget.record_acceptance(number, id_)
            return not is_new, self._read_stated_cost(request, id_) if is_new else None
        self.budget.record_answer(number, f"was answered with {answer.status_code}")
        # A valid create may be stored although it was answered with 5xx. An invalid one is refused by any status.
        is_refusal = answer.is_client_error or not self.budget.may_accept(_parse(request.read()))
        return is_refusal, None

    def _watch_account(self, request: httpx.Request) -> None:
        """See before the first create what else moves the balance: later every fall may be a charge of this run."""
        use = self.budget.account_use
        # With a key that the target does not take there is no balance to watch: the next create looks.
        if self.budget.ceiling and not use.is_watched and self._read_balance(request).key:
            use.watch(lambda: self._read_and_record(request), self.sleep)

    def _end_suspicion(self, request: httpx.Request) -> None:
        """Look whether the account is used from elsewhere, where the balance fell further than the creates may cost."""
        # With a key that the target does not take nothing can be seen: a later request with another key looks.
        if self.budget.suspicion and self._read_balance(request).key:
            self.budget.account_use.watch_longer(lambda: self._read_and_record(request), self.sleep)
            self.budget.end_suspicion()

    def _read_and_record(self, request: httpx.Request) -> float | None:
        reading = self._read_balance(request)
        self.budget.record_balance(reading)
        return reading.credits if reading.key else None

    def _read_balance(self, request: httpx.Request) -> BalanceReading:
        return _to_reading(request, self._get(request, "status"))

    def _read_stated_cost(self, request: httpx.Request, id_: str) -> float | None:
        """Read the ``billableCredits`` of a request; None where it has none, or 0: that may only not be set yet."""
        reply = _to_object(self._get_in_time(request, f"requests/{quote(id_, safe='', errors='replace')}"))
        return to_credits(reply.get("billableCredits")) or None

    def _get(self, request: httpx.Request, path: str) -> httpx.Response | None:
        """GET with the API key of another request; None where no reply came.

        Raises NotTested where the target asks to wait for longer than the run may.
        """
        keys = {name: request.headers[name] for name in KEY_HEADERS if name in request.headers}
        try:
            send = with_retries(self.send, self.sleep, self.budget.waits.take)
            return send(httpx.Request("GET", f"{self.base}/api/v1/{path}", headers=keys))
        except (httpx.HTTPError, httpx.InvalidURL):
            return None

    def _get_in_time(self, request: httpx.Request, path: str) -> httpx.Response | None:
        """GET after a create, which is recorded also where the run has no time left: None then."""
        try:
            return self._get(request, path)
        except NotTested:
            return None


def _to_reading(request: httpx.Request, status: httpx.Response | None) -> BalanceReading:
    """Convert a status reply to the reading of the balance of a request's API key."""
    if status is not None and status.status_code == httpx.codes.UNAUTHORIZED:
        return BalanceReading("", 0.0)
    return BalanceReading(_find_key(request), to_number(_to_object(status).get("creditsRemaining")))


def _find_key(request: httpx.Request) -> str:
    """Find the API key of a request in whichever header has it."""
    return next((request.headers[name] for name in KEY_HEADERS if request.headers.get(name)), "(none)")


def _parse(content: bytes) -> Any:
    """Parse JSON; None for anything else."""
    try:
        return json.loads(content, parse_constant=_reject_constant)
    except (ValueError, RecursionError):
        return None


def _reject_constant(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _to_object(response: httpx.Response | None) -> dict[str, Any]:
    """Parse the JSON object of a reply; an empty one for anything else."""
    body = None if response is None else _parse(response.read())
    return body if isinstance(body, dict) else {}

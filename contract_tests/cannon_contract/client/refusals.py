"""Creates that a target should refuse, and what a refusal may not do (floor 6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

import httpx

from cannon_contract import claim_ids
from cannon_contract.client.api import Api
from cannon_contract.client.expectations import REFUSAL, describe_answer, expect_status
from cannon_contract.client.flows import check_account, check_shut_down, confirm_accepted
from cannon_contract.client.outcomes import ClaimBroken, NotTested
from cannon_spec import validate_request

_TRIES = 2
"""How often a target may fail at a body: the first time may have another reason."""

_STATUS, _CREATE = "/api/v1/status", "POST /api/v1/requests"
_LEAST_QUIET_S = 0.05


def send_invalid(api: Api, body: Any, circumstance: str) -> httpx.Response:
    """The answer to a create that should be refused; ``body`` is a JSON value, or the bytes of the whole body.

    A target that fails at the body twice, by a 5xx status or without an answer, has not validated it: that raises
    ClaimBroken where it still answers a status call. Raises NotTested for an answer that is about the account.
    """
    for _ in range(_TRIES):
        answer = _send(api, body)
        if isinstance(answer, httpx.Response) and not answer.is_server_error:
            check_account(api, answer)
            check_shut_down(api, answer, validate_request(body, catalog=api.catalog).findings)
            return answer
    raise _build_failure(api, answer, circumstance)


def expect_refused(
    api: Api, body: Any, circumstance: str, *claims: str, valid_body: dict[str, Any] | None = None
) -> httpx.Response:
    """The refusal of an invalid create.

    Raises ClaimBroken where the target accepts it, or creates a request all the same. Raises NotTested where the target
    does not accept ``valid_body`` either, which is the default one: then the refusal may have any reason.
    """
    response = expect_status(send_invalid(api, body, circumstance), REFUSAL, circumstance, *claims)
    _expect_no_request(api, response, circumstance)
    confirm_accepted(api, valid_body)
    return response


def measure_refusals(api: Api, bodies: Sequence[Any]) -> float:
    """The credits by which the balance falls while the target refuses creates with each of the bodies; 0 for none.

    A fall counts where it is twice as deep for twice as many refusals, and the balance stands still while nothing is
    sent for as long. Raises NotTested where it moves in another way: then something else spends from the account.
    """
    start_s = api.now_s()
    fall = _measure_fall(api, lambda: _refuse_each(api, bodies))
    if fall <= 0:
        return 0
    api.account_use.check_quiet()
    quiet_s = max(2 * (api.now_s() - start_s), _LEAST_QUIET_S)
    falls = (
        _measure_fall(api, lambda: api.sleep(quiet_s)),
        _measure_fall(api, lambda: _refuse_each(api, [*bodies, *bodies])),
        _measure_fall(api, lambda: api.sleep(quiet_s)),
    )
    if falls != (0, 2 * fall, 0):
        raise NotTested("the balance falls while nothing is created too: the account is in use, or charges come late")
    return fall


def _measure_fall(api: Api, act: Callable[[], object]) -> float:
    before = api.read_credits()
    act()
    return before - api.read_credits()


def _refuse_each(api: Api, bodies: Sequence[Any]) -> None:
    for body in bodies:
        response = send_invalid(api, body, "with an invalid body")
        if not response.is_client_error:
            raise NotTested(f"an invalid create was answered with {response.status_code}: it was not refused")


def _send(api: Api, body: Any) -> httpx.Response | httpx.TransportError:
    try:
        return api.post(body) if isinstance(body, bytes) else api.create(body)
    except httpx.TransportError as error:
        return error


def _build_failure(
    api: Api, answer: httpx.Response | httpx.TransportError, circumstance: str
) -> ClaimBroken | NotTested:
    """What a failure shows: a broken claim where the target answers other calls, else that nothing was tested."""
    if not api.get(_STATUS).is_success:
        return NotTested("the target answers neither an invalid create nor a status call")
    text = describe_answer(answer) if isinstance(answer, httpx.Response) else f"no answer ({type(answer).__name__})"
    return ClaimBroken(
        f"{_CREATE} {circumstance}: expected a 4xx status, got {text}, twice, while a status call is answered",
        claim_ids.CREATE_VALIDATES,
    )


def _expect_no_request(api: Api, refusal: httpx.Response, circumstance: str) -> None:
    """Raise ClaimBroken where a refusal names the id of a request that exists."""
    try:
        id_ = refusal.json()["id"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return
    if isinstance(id_, str) and id_ and api.get(f"/api/v1/requests/{quote(id_, safe='')}").is_success:
        raise ClaimBroken(
            f"{_CREATE} {circumstance}: expected no request, got {refusal.status_code} and a request that can be read",
            claim_ids.CREATE_VALIDATES,
        )

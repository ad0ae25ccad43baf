"""A request's way through the API, as a client sees it (floor 5)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import httpx

from cannon_contract import claim_ids
from cannon_contract.client.amounts import to_number
from cannon_contract.client.api import Api, Notes
from cannon_contract.client.outcomes import ClaimBroken, NotTested
from cannon_spec import validate_request

_LEAST_WAIT_S = 0.005
_LONGEST_WAIT_S = 60.0


def new_key() -> str:
    """An idempotency key that nobody has used."""
    return secrets.token_hex(8)


def create(api: Api, body: Any = None, *, key: str | None = None, **headers: str) -> dict[str, Any]:
    """The accepted reply to a create, a good one unless another is given. Raises Broken where it is refused."""
    body = api.build_body() if body is None else body
    return expect_accepted(api, api.create(body, key=key, **headers), body)


def expect_accepted(api: Api, response: httpx.Response, body: Any, *blamed: str) -> dict[str, Any]:
    """The accepted reply to a create.

    Raises Broken where it was refused, for the claims that are named. Where none are, and the contract has only
    assumptions against the body, these are blamed, as that the identifier of its model is the one that is assumed.
    """
    _check_account(api, response)
    if response.status_code >= 300:
        findings = validate_request(body, catalog=api.catalog).findings
        if findings and api.read_switch("strict", False):
            raise NotTested("this mock is strict: it refuses what the contract only warns of")
        assumed = tuple(dict.fromkeys(finding.evidence.claim for finding in findings))
        claims = blamed or assumed or (claim_ids.CREATE_ACCEPTED,)
        raise ClaimBroken(f"a good create was answered with {response.status_code}", *claims)
    reply: dict[str, Any] = api.check_reply("accepted", response)
    if not isinstance(reply.get("id"), str):
        raise NotTested("an accepted reply has no id by which the request could be asked for")
    return reply


def expect_not_account_error(api: Api, response: httpx.Response) -> httpx.Response:
    """The answer to a create that is to be refused. Raises Untested for one that speaks of something else."""
    _check_account(api, response)
    if response.is_server_error and not api.is_mock:
        raise NotTested(f"a create was answered with {response.status_code}, which says nothing of its body")
    return response


def _check_account(api: Api, response: httpx.Response) -> None:
    """Raise Untested for what is refused whatever its body is; our mock has no reason to do that."""
    reasons = {
        401: "the API key is not taken for creates",
        402: "the account may have too few credits for this run",
        403: "the API key may not create",
        429: "the target asked to come back later, again and again",
    }
    if response.status_code in reasons and not api.may_move_clock:
        raise NotTested(f"a create was answered with {response.status_code}: {reasons[response.status_code]}")


@dataclass(frozen=True, slots=True)
class SharedRun:
    """A plain request from its create to its end: what was sent and answered, each poll, and the balances.

    ``credits`` are those before the create, after it, and after the end; ``notes`` what was seen on the way.
    """

    body: dict[str, Any]
    created: httpx.Response
    polls: list[dict[str, Any]]
    credits: tuple[float, float, float]
    notes: Notes

    @property
    def reply(self) -> dict[str, Any]:
        """The accepted reply."""
        reply: dict[str, Any] = self.created.json()
        return reply

    @property
    def end(self) -> dict[str, Any]:
        """The request object at its end."""
        return self.polls[-1]

    @property
    def output(self) -> dict[str, Any]:
        """The output of its success. Raises Untested where it failed, as any request may."""
        output: dict[str, Any] = expect_success(self.end)["output"]
        return output


@dataclass(frozen=True, slots=True)
class FailedRun:
    """A journey that went wrong: the error, and what was seen on the way."""

    error: Exception
    notes: Notes


def shared_run(api: Api) -> SharedRun:
    """A journey to look at: the shared one where there is one, else a new one. What went wrong goes wrong for all."""
    if api.shared_runs is None:
        return _run_to_end(api)
    if (run := api.shared_runs.get(api.operation)) is None:
        run = api.shared_runs[api.operation] = _run_or_failure(api)
        if isinstance(run, FailedRun):
            raise run.error
    else:
        api.notes.add(run.notes)
    if isinstance(run, FailedRun):
        error = run.error
        raise NotTested("the shared request got no answer") if isinstance(error, httpx.TransportError) else error
    return run


def _run_or_failure(api: Api) -> SharedRun | FailedRun:
    start = api.notes.size
    try:
        return _run_to_end(api)
    except Exception as error:  # noqa: BLE001 - whatever it is, every test that shares the run ends with it
        return FailedRun(error, api.notes.since(start))


def _run_to_end(api: Api) -> SharedRun:
    body, start = api.build_body(), api.notes.size
    before, created = api.read_credits(), api.create(body)
    reply = expect_accepted(api, created, body)
    after = api.read_credits()
    seen = poll_to_end(api, reply)
    credits = (before, after, api.read_credits())
    return SharedRun(body, created, seen, credits, api.notes.since(start))


def poll_to_end(api: Api, reply: dict[str, Any]) -> list[dict[str, Any]]:
    """Every request object that polling sees, until a terminal one; each is held to the schema.

    Polls at once, then every ``poll_after_ms``. Raises Broken for a status that there is not, and when the target's
    patience is over.
    """
    seen, until_s = [poll(api, reply)], api.now_s() + api.patience_s
    while (status := seen[-1]["status"]) not in api.catalog.lifecycle["terminal"]:
        if status not in api.catalog.lifecycle["states"]:
            raise ClaimBroken(f"a request has the status {status}", claim_ids.LIFECYCLE_STATES)
        if api.now_s() > until_s:
            raise ClaimBroken(f"a request is {status} after {api.patience_s} s", claim_ids.LIFECYCLE_ORDER)
        wait_before_poll(api, reply)
        seen.append(poll(api, reply))
    return seen


def wait_before_poll(api: Api, reply: dict[str, Any]) -> None:
    """Wait as long as an accepted reply says, and no longer than a minute; a second where it says nothing of use."""
    said_ms = to_number(reply.get("poll_after_ms"))
    api.sleep(1.0 if said_ms is None else min(max(said_ms / 1000, _LEAST_WAIT_S), _LONGEST_WAIT_S))


def poll(api: Api, reply: dict[str, Any]) -> dict[str, Any]:
    """The request object now, held to the schema."""
    response = api.get(f"/api/v1/requests/{reply['id']}")
    if response.status_code != httpx.codes.OK:
        raise ClaimBroken(
            f"a poll of one's own request was answered with {response.status_code}", claim_ids.READ_SAME_KEY
        )
    seen: dict[str, Any] = api.check_reply("request", response)
    return seen


def create_and_finish(api: Api, body: Any = None, **headers: str) -> dict[str, Any]:
    """The request object of a new create, at its end."""
    return poll_to_end(api, create(api, body, **headers))[-1]


def create_and_succeed(api: Api, body: Any = None, **headers: str) -> dict[str, Any]:
    """The request object of a new create that succeeds. Raises Untested where it fails, as any request may."""
    return expect_success(create_and_finish(api, body, **headers))


def expect_success(end: dict[str, Any]) -> dict[str, Any]:
    """The request object of a success. Raises Untested for a failure, which any request may have."""
    if end["status"] != "succeeded":
        raise NotTested(f"{end['id']} failed: {end['errorMessage']}")
    return end


def fetch_asset(api: Api, url: str, method: str = "GET", **headers: str) -> httpx.Response:
    """An asset, asked for without the API key."""
    response: httpx.Response = api.call(method, url, headers)
    return response


def read_error_code(response: httpx.Response) -> tuple[int, str]:
    """Status and error code of a refusal; the code is empty where its body has another form."""
    try:
        said = response.json()["error"]["code"]
    except (ValueError, KeyError, TypeError):
        said = ""
    return response.status_code, str(said)

"""A request's way through the API, as a client sees it (floor 5)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import httpx

from cannon_spec import validate_request
from contract_tests.broken import Broken, Untested
from contract_tests.recording import Exchange
from contract_tests.target import Api

_LEAST_WAIT_S = 0.005


def fresh() -> str:
    """An idempotency key that nobody has used."""
    return secrets.token_hex(8)


def accepted(api: Api, body: Any = None, *, key: str | None = None, **headers: str) -> dict[str, Any]:
    """The accepted reply to a create, a good one unless another is given. Raises Broken where it is refused."""
    body = api.body() if body is None else body
    return granted(api, api.create(body, key=key, **headers), body)


def granted(api: Api, response: httpx.Response, body: Any) -> dict[str, Any]:
    """The accepted reply to a create.

    Raises Broken where it was refused: if the contract has only assumptions against the body, these are blamed, as
    that the identifier of its model is the one that is assumed.
    """
    if response.status_code == httpx.codes.PAYMENT_REQUIRED and not api.moves_clock:
        raise Untested("a create was answered with 402: the account may have too few credits for this run")
    if response.status_code >= 300:
        findings = validate_request(body, catalog=api.catalog).findings
        if findings and api.switch("strict", False):
            raise Untested("this mock is strict: it refuses what the contract only warns of")
        blamed = dict.fromkeys(finding.evidence.claim for finding in findings) or ("create-accepted-202",)
        raise Broken(f"a good create was answered with {response.status_code}", *blamed)
    reply: dict[str, Any] = api.held("accepted", response)
    return reply


@dataclass(frozen=True, slots=True)
class Journey:
    """A plain request from its create to its end: what was sent and answered, each poll, and the balances.

    ``credits`` are those before the create, after it, and after the end.
    """

    body: dict[str, Any]
    created: httpx.Response
    polls: list[dict[str, Any]]
    credits: tuple[float, float, float]
    exchanges: list[Exchange]

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
        output: dict[str, Any] = succeeded(self.end)["output"]
        return output


def plain(api: Api) -> Journey:
    """A journey to look at: the shared one where there is one, else a new one."""
    if api.shared is None:
        return _travelled(api)
    if not api.shared:
        try:
            api.shared.append(_travelled(api))
        except Exception as error:
            api.shared.append(error)
            raise
    elif isinstance(api.shared[0], Journey):
        api.notes.exchanges.extend(api.shared[0].exchanges)
    if isinstance(api.shared[0], Exception):
        raise api.shared[0]
    journey: Journey = api.shared[0]
    return journey


def _travelled(api: Api) -> Journey:
    body, before, start = api.body(), api.credits(), len(api.notes.exchanges)
    created = api.create(body)
    reply = granted(api, created, body)
    after = api.credits()
    seen = polls(api, reply)
    return Journey(body, created, seen, (before, after, api.credits()), api.notes.exchanges[start:])


def polls(api: Api, reply: dict[str, Any]) -> list[dict[str, Any]]:
    """Every request object that polling sees, until a terminal one; each is held to the schema.

    Polls at once, then every ``poll_after_ms``. Raises Broken when the target's patience is over.
    """
    wait_s = max(reply["poll_after_ms"] / 1000, _LEAST_WAIT_S)
    seen, waited_s = [poll(api, reply)], 0.0
    while seen[-1]["status"] not in api.catalog.lifecycle["terminal"]:
        if waited_s > api.patience_s:
            raise Broken(f"{reply['id']} is {seen[-1]['status']} after {waited_s:.0f} s", "lifecycle-order")
        api.sleep(wait_s)
        waited_s += wait_s
        seen.append(poll(api, reply))
    return seen


def poll(api: Api, reply: dict[str, Any]) -> dict[str, Any]:
    """The request object now, held to the schema."""
    response = api.get(f"/api/v1/requests/{reply['id']}")
    if response.status_code != httpx.codes.OK:
        raise Broken(f"a poll of one's own request was answered with {response.status_code}", "read-same-key")
    seen: dict[str, Any] = api.held("request", response)
    return seen


def ended(api: Api, body: Any = None, **headers: str) -> dict[str, Any]:
    """The request object of a new create, at its end."""
    return polls(api, accepted(api, body, **headers))[-1]


def made(api: Api, body: Any = None, **headers: str) -> dict[str, Any]:
    """The request object of a new create that succeeds. Raises Untested where it fails, as any request may."""
    return succeeded(ended(api, body, **headers))


def succeeded(end: dict[str, Any]) -> dict[str, Any]:
    """The request object of a success. Raises Untested for a failure, which any request may have."""
    if end["status"] != "succeeded":
        raise Untested(f"{end['id']} failed: {end['errorMessage']}")
    return end


def asset(api: Api, url: str, method: str = "GET", **headers: str) -> httpx.Response:
    """An asset, asked for without the API key."""
    response: httpx.Response = api.call(method, url, headers)
    return response


def code(response: httpx.Response) -> tuple[int, str]:
    """Status and error code of a refusal; the code is empty where its body has another form."""
    try:
        said = response.json()["error"]["code"]
    except (ValueError, KeyError, TypeError):
        said = ""
    return response.status_code, str(said)

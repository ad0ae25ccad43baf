"""What clients do with a request: create it, poll it to its end, fetch its files (floor 6)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

import httpx

from cannon_contract import claim_ids
from cannon_contract.client.api import Api, Notes
from cannon_contract.client.charges import Charge, begin_charge, measure_charge
from cannon_contract.client.documented_bodies import is_documented_body, list_sources
from cannon_contract.client.expectations import describe_answer, expect_one_of, expect_status
from cannon_contract.client.outcomes import ClaimBroken, NotTested
from cannon_spec import validate_request
from cannon_spec.amounts import to_number
from cannon_spec.finding import Finding, Report
from cannon_spec.named_rules import NOTICE, SHUT_DOWN

_LEAST_WAIT_S = 0.005
_LONGEST_WAIT_S = 60.0


def create(api: Api, body: Any = None, *, key: str | None = None, **headers: str) -> dict[str, Any]:
    """The accepted reply to a create with a body, or with the default one. Raises ClaimBroken for a refusal."""
    body = api.build_body() if body is None else body
    return expect_accepted(api, api.create(body, key=key, **headers), body)


def expect_accepted(api: Api, response: httpx.Response, body: Any, *claims: str) -> dict[str, Any]:
    """The accepted reply to a create.

    Raises ClaimBroken for a refusal. It breaks ``claims``, or without them the assumptions that the contract's
    warnings on the body rest on, such as the assumed identifier of its model, or else that a body like one of the
    vendor's examples is accepted. That any other valid body is accepted is an assumption too, and so is one that names
    files: those of the examples exist nowhere.
    """
    check_account(api, response)
    if response.status_code >= 300:
        findings = validate_request(body, catalog=api.catalog).findings
        if not Report(findings).with_strictness("strict").ok and api.read_switch("strict", False):
            raise NotTested("this mock is strict: it refuses bodies that the contract only warns of")
        check_shut_down(api, response, findings)
        assumptions = tuple(dict.fromkeys(finding.evidence.claim for finding in findings))
        is_documented = is_documented_body(api.catalog, body) and not list_sources(body["input"])
        acceptance = claim_ids.CREATE_ACCEPTED if is_documented else claim_ids.CREATE_ACCEPTS_VALID
        broken_claims = claims or assumptions or (acceptance,)
        raise ClaimBroken(f"a create with a valid body: expected 202, got {describe_answer(response)}", *broken_claims)
    reply: dict[str, Any] = api.check_reply("accepted", response)
    if not isinstance(reply.get("id"), str):
        raise NotTested("an accepted reply has no id, so the request cannot be polled")
    return reply


def expect_not_account_error(api: Api, response: httpx.Response) -> httpx.Response:
    """The reply to a create that should be refused. Raises NotTested for a reply that is not about its body."""
    check_account(api, response)
    if response.is_server_error and not api.is_mock:
        raise NotTested(f"a create was answered with {response.status_code}, which says nothing about its body")
    return response


def check_shut_down(api: Api, response: httpx.Response, findings: Iterable[Finding]) -> None:
    """Raise NotTested for a refusal of what its maker has shut down, or what the contract has a notice on.

    A notice says that a model or an operation is disabled or outdated, so that a server may refuse it. Our mock must
    accept both, but for what it was told to be shut down.
    """
    rules = {finding.rule for finding in findings}
    may_refuse = api.read_switch("shut_down", "works" if api.is_mock else "refused") == "refused"
    reasons = {SHUT_DOWN: may_refuse, NOTICE: not api.is_mock}
    if response.is_client_error and any(is_reason and rule in rules for rule, is_reason in reasons.items()):
        text = "what it needs is disabled, outdated or shut down"
        raise NotTested(f"a create was answered with {response.status_code}: {text}")


def check_account(api: Api, response: httpx.Response) -> None:
    """Raise NotTested for a refusal that is about the account. A mock in this process has no reason for one."""
    reasons = {
        401: "the API key is not accepted for creates",
        402: "the account may have too few credits for this run",
        403: "the API key may not create",
        429: "the target is still limiting the rate after several attempts",
    }
    if response.status_code in reasons and not api.may_move_clock:
        raise NotTested(f"a create was answered with {response.status_code}: {reasons[response.status_code]}")


@dataclass(frozen=True, slots=True)
class SharedRun:
    """A request from its create to its end: the body, the response to the create, and each poll.

    ``credits`` are the balances before the create, after it, and after the end; ``server_times`` are the serverTime of
    status replies before the create and after the end. ``charge`` is what the balance showed of its charge; it is None
    where the request failed. ``notes`` has what was noted.
    """

    body: dict[str, Any]
    response: httpx.Response
    polls: list[dict[str, Any]]
    credits: tuple[float, float, float]
    server_times: tuple[Any, Any]
    charge: Charge | None
    notes: Notes

    @property
    def reply(self) -> dict[str, Any]:
        """The accepted reply."""
        reply: dict[str, Any] = self.response.json()
        return reply

    @property
    def end(self) -> dict[str, Any]:
        """The request object at its end."""
        return self.polls[-1]

    @property
    def output(self) -> dict[str, Any]:
        """The output. Raises NotTested where the request failed, as any request may."""
        output: dict[str, Any] = expect_success(self.end)["output"]
        return output


@dataclass(frozen=True, slots=True)
class FailedRun:
    """A run that ended with an error, and its notes."""

    error: Exception
    notes: Notes


class _RunWithNotes(Protocol):
    @property
    def notes(self) -> Notes: ...


_AnyRun = TypeVar("_AnyRun", bound=_RunWithNotes)


def shared_run(api: Api, body: dict[str, Any] | None = None) -> SharedRun:
    """The run of a body, or of the default one, that tests share; a new one where creates cost nothing."""
    body = api.build_body() if body is None else body
    return share_run(api, json.dumps(body, sort_keys=True), lambda: run_to_end(api, body))


def share_run(api: Api, name: str, make: Callable[[], _AnyRun]) -> _AnyRun:
    """The run that tests share by a name, or a new one where creates cost nothing.

    An error of the shared run is that of the first test; each later one raises NotTested.
    """
    if api.shared_runs is None:
        return make()
    run: _AnyRun | FailedRun | None = api.shared_runs.get(name)
    if run is None:
        run = api.shared_runs[name] = _run_or_failure(api, make)
        if isinstance(run, FailedRun):
            raise run.error
    else:
        api.notes.add(run.notes)
    if isinstance(run, FailedRun):
        # The first test has shown the cause: the others name it and show nothing of their own.
        raise NotTested(f"the request that this test shares with others ended early: {_describe_error(run.error)}")
    return run


def confirm_accepted(api: Api, body: dict[str, Any] | None = None) -> None:
    """Show that the target accepts a body, or the default one: by the run that tests share, or by a create of its own.

    Without that a refusal of a body like it may have any reason.
    """
    if api.shared_runs is None:
        create(api, body)
    else:
        shared_run(api, body)


def _describe_error(error: Exception) -> str:
    is_silent = isinstance(error, httpx.TransportError)
    return f"no answer ({type(error).__name__})" if is_silent else str(error)


def _run_or_failure(api: Api, make: Callable[[], _AnyRun]) -> _AnyRun | FailedRun:
    start = api.notes.size
    try:
        return make()
    except Exception as error:  # noqa: BLE001 - every test that shares the run must end with it
        return FailedRun(error, api.notes.since(start))


def run_to_end(api: Api, body: dict[str, Any]) -> SharedRun:
    """A new request from its create to its end."""
    start = api.notes.size
    server_time = api.read_status().get("serverTime")
    before, response = begin_charge(api), api.create(body)
    reply = expect_accepted(api, response, body)
    after = api.read_credits()
    polls = poll_to_end(api, reply)
    credits = (before.balance, after, api.read_credits())
    server_times = (server_time, api.read_status().get("serverTime"))
    # Measured now: later the creates of other tests may be charged meanwhile.
    charge = measure_charge(api, before, polls[-1])
    return SharedRun(body, response, polls, credits, server_times, charge, api.notes.since(start))


def poll_to_end(api: Api, reply: dict[str, Any], on_poll: Callable[[], object] = lambda: None) -> list[dict[str, Any]]:
    """The request objects of all polls until the end of a request, each checked by the schema.

    Polls at once, then every ``poll_after_ms``, and calls ``on_poll`` after each. Raises ClaimBroken for an unknown
    status, and for a request that has not ended when the target's patience is over.
    """
    polls, until_s = [poll(api, reply)], api.now_s() + api.patience_s
    on_poll()
    while (status := polls[-1]["status"]) not in api.catalog.lifecycle["terminal"]:
        expect_one_of(status, api.catalog.lifecycle["states"], "the status of a request", claim_ids.LIFECYCLE_STATES)
        if api.now_s() > until_s:
            what = f"the status of a request {api.patience_s:g} s after its create"
            expect_one_of(status, api.catalog.lifecycle["terminal"], what, claim_ids.LIFECYCLE_ORDER)
        wait_before_poll(api, reply)
        polls.append(poll(api, reply))
        on_poll()
    return polls


def wait_before_poll(api: Api, reply: dict[str, Any]) -> None:
    """Wait for poll_after_ms of an accepted reply, a minute at most; a second where it is not a number."""
    after_ms = to_number(reply.get("poll_after_ms"))
    api.sleep(1.0 if after_ms is None else min(max(after_ms / 1000, _LEAST_WAIT_S), _LONGEST_WAIT_S))


def find_path(reply: dict[str, Any]) -> str:
    """The path of the request that a reply names; no page says which letters its id has."""
    return f"/api/v1/requests/{quote(str(reply['id']), safe='')}"


def poll(api: Api, reply: dict[str, Any]) -> dict[str, Any]:
    """The request object now, checked by the schema."""
    response = api.get(find_path(reply))
    expect_status(response, 200, "with the key of the create", claim_ids.READ_SAME_KEY)
    view: dict[str, Any] = api.check_reply("request", response)
    return view


def create_and_finish(api: Api, body: Any = None, **headers: str) -> dict[str, Any]:
    """The request object at the end of a new request."""
    return poll_to_end(api, create(api, body, **headers))[-1]


def create_and_succeed(api: Api, body: Any = None, **headers: str) -> dict[str, Any]:
    """The request object of a new request that succeeds. Raises NotTested where it fails, as any request may."""
    return expect_success(create_and_finish(api, body, **headers))


def expect_success(end: dict[str, Any]) -> dict[str, Any]:
    """The request object of a success. Raises NotTested for a failure, as any request may fail."""
    if end["status"] != "succeeded":
        raise NotTested(f"{end['id']} failed: {end.get('errorMessage')}")
    return end


def read_error_code(response: httpx.Response) -> tuple[int, str]:
    """Status and error code of a refusal; the code is empty where the body has another form."""
    try:
        error_code = response.json()["error"]["code"]
    except (ValueError, KeyError, TypeError):
        error_code = ""
    return response.status_code, str(error_code)

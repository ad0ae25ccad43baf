"""One target as tests call it: calls, the wait between them, and the check of every reply (floor 6)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from cannon_contract import claim_ids
from cannon_contract.client.balance import AccountUse
from cannon_contract.client.differences import show
from cannon_contract.client.input_fields import change_fields
from cannon_contract.client.outcomes import ClaimBroken, NotTested
from cannon_contract.client.parallel import SendAll, send_in_parallel
from cannon_contract.client.recording import SHOWS_KEY, Exchange, describe_call, find_keys, record_exchange
from cannon_spec import Catalog, validate_response
from cannon_spec.amounts import to_number

Send = Callable[[httpx.Request], httpx.Response]
"""Sends a request and returns its reply; raises httpx.TransportError where no reply comes."""

_MOST_FINDINGS = 50
"""How many findings on one reply are noted: a target decides how many there are."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """A difference between a target and an assumption of the contract, which the target need not keep.

    ``exchange`` is the call that shows it.
    """

    claim: str
    description: str
    exchange: Exchange | None = None


@dataclass(frozen=True, slots=True)
class ObservedValue:
    """What a target showed in place of a value of the contract, as JSON.

    ``pointer`` is the JSON Pointer of the value in the contract as one object, or ``/settings/NAME`` for a setting of
    our mock.
    """

    claim: str
    pointer: str
    value: Any


@dataclass(frozen=True, slots=True)
class MalformedReply:
    """A reply that does not match its schema: the claims that it breaks, how, and the exchange."""

    claims: tuple[str, ...]
    description: str
    exchange: Exchange


@dataclass(slots=True)
class Notes:
    """What one test has noted.

    These are every exchange, each malformed reply, each deviation from an assumption, and the values that the target
    showed where the contract has one.
    """

    exchanges: list[Exchange] = field(default_factory=list)
    malformed_replies: list[MalformedReply] = field(default_factory=list)
    deviations: list[Deviation] = field(default_factory=list)
    values: list[ObservedValue] = field(default_factory=list)

    @property
    def size(self) -> tuple[int, ...]:
        """How many of each there are."""
        return tuple(map(len, self._lists()))

    def since(self, size: tuple[int, ...]) -> Notes:
        """The notes that came after the notes had this size."""
        return Notes(*(notes[count:] for notes, count in zip(self._lists(), size, strict=True)))

    def add(self, more: Notes) -> None:
        """Add the notes of another test."""
        for own, other in zip(self._lists(), more._lists(), strict=True):
            own.extend(other)

    def _lists(self) -> tuple[list[Any], ...]:
        return self.exchanges, self.malformed_replies, self.deviations, self.values


@dataclass(frozen=True, slots=True)
class Api:
    """One target, called with one API key.

    ``url`` is the address below which the API's paths are; every call goes through ``send``. ``sleep`` waits for a
    number of seconds and ``now_s`` counts them: of a mock in this process they move the clock (``may_move_clock``),
    of any other target they take real time. ``is_mock`` says that the target is our mock, which keeps every claim and
    not only the documented ones. ``patience_s`` is how long a request may take. ``switches`` are the settings that a
    mock reports. ``operation`` and ``default_input`` are what a create has unless a test needs another.
    ``shared_runs`` keeps one run of each operation for all tests that need no run of their own, since creates may cost
    credits; it is None where they do not. ``send_all`` sends creates at the same time, where they may cost credits.
    ``account_use`` says what else moves the balance, ``find_open_credits`` how much of what the creates of the run cost
    no balance has shown yet.
    """

    url: str
    key: str = field(repr=False)
    send: Send = field(repr=False)
    sleep: Callable[[float], None]
    now_s: Callable[[], float]
    catalog: Catalog
    is_mock: bool
    may_move_clock: bool
    patience_s: float
    switches: Mapping[str, Any]
    operation: str
    default_input: Mapping[str, Any]
    shared_runs: dict[str, Any] | None = field(default=None, repr=False)
    notes: Notes = field(default_factory=Notes, repr=False)
    send_all: SendAll | None = field(default=None, repr=False)
    account_use: AccountUse = field(default_factory=AccountUse, repr=False)
    find_open_credits: Callable[[], float] = field(default=lambda: 0.0, repr=False)

    def call(self, method: str, url: str, headers: Mapping[str, str] | None = None, content: bytes = b"") -> Any:
        """Send a request with these headers only. ``url`` is an address, or a path of the target."""
        address = self.url + url if url.startswith("/") else url
        request = httpx.Request(method, address, headers=headers or {}, content=content)
        response = None
        try:
            response = self.send(request)
            return response
        finally:
            self._record(request, response)

    def get(self, url: str) -> httpx.Response:
        """GET with the API key."""
        response: httpx.Response = self.call("GET", url, {"x-api-key": self.key})
        return response

    def create(self, body: Any, *, key: str | None = None, **headers: str) -> httpx.Response:
        """POST a create body with an idempotency key: a new one, where none is given.

        The vendor advises a key for each create, so a target may require one. An underscore in a header's name means a
        hyphen.
        """
        return self.post(_encode(body), key, **headers)

    def create_without_key(self, body: Any) -> httpx.Response:
        """POST a create body without an idempotency key."""
        return self._post(_encode(body), {})

    def post(self, content: bytes, key: str | None = None, **headers: str) -> httpx.Response:
        """POST bytes as a create, with an idempotency key as in ``create``."""
        named_headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._post(content, {"x-idempotency-key": new_key() if key is None else key, **named_headers})

    def _post(self, content: bytes, headers: Mapping[str, str]) -> httpx.Response:
        all_headers = {"x-api-key": self.key, "content-type": "application/json", **headers}
        response: httpx.Response = self.call("POST", "/api/v1/requests", all_headers, content)
        return response

    def create_in_parallel(self, body: Any, key: str, count: int) -> list[httpx.Response]:
        """POST a create body several times at once with one idempotency key.

        Returns the responses that came, in no order that means anything. Raises httpx.TransportError where none came.
        """
        headers = {"x-api-key": self.key, "x-idempotency-key": key}
        address = f"{self.url}/api/v1/requests"
        requests = [httpx.Request("POST", address, headers=headers, json=body) for _ in range(count)]
        answers = self.send_all(requests) if self.send_all else send_in_parallel(self.send, requests)
        responses = [each if isinstance(each, httpx.Response) else None for each in answers]
        for request, response in zip(requests, responses, strict=True):
            self._record(request, response)
        errors = [each for each in answers if isinstance(each, BaseException)]
        for error in errors:
            if len(errors) == count or not isinstance(error, httpx.TransportError):
                raise error
        return [each for each in responses if each is not None]

    def build_body(self, **changes: Any) -> dict[str, Any]:
        """A create body with the default input, in which fields are changed; None leaves one out."""
        return {"operation": self.operation, "input": change_fields(self.default_input, changes)}

    def read_credits(self) -> float:
        """The balance that the status reply names. Raises NotTested where that is no number."""
        value = self.read_status()["creditsRemaining"]
        credits = to_number(value)
        if credits is None:
            raise NotTested(f"creditsRemaining of the status reply is {show(value)}, which is no number")
        return credits

    def read_status(self) -> dict[str, Any]:
        """The status reply, checked by its schema."""
        reply: dict[str, Any] = self.check_reply("status", self.get("/api/v1/status"))
        return reply

    def check_reply(self, kind: str, response: httpx.Response) -> Any:
        """The JSON object of a reply, checked by the schema of its kind.

        A breach is noted as a malformed reply; where the target is not our mock and the rule is only assumed, as a
        deviation. Raises ClaimBroken for a reply that is not JSON, NotTested for one that is not an object.
        """
        call = f"{describe_call(response.request)} answered {response.status_code}"
        try:
            body = response.json()
        except (ValueError, RecursionError):
            raise ClaimBroken(f"{call} with a body that is not JSON", *_find_shape_claims(self.catalog, kind)) from None
        report = validate_response(kind, body, catalog=self.catalog)
        exchange = record_exchange(response.request, response, (self.key,)) if report.findings else None
        for finding in report.findings[:_MOST_FINDINGS]:
            description = f"{call}: {finding.path or 'its body'}: {finding.message}"
            if exchange and (self.is_mock or finding.severity == "error"):
                reply = MalformedReply((finding.evidence.claim,), description, exchange)
                self.notes.malformed_replies.append(reply)
            else:
                self.note_deviation(finding.evidence.claim, description, exchange)
        if not isinstance(body, dict):
            raise NotTested(f"{call} with a body that is not a JSON object")
        return body

    def _record(self, request: httpx.Request, response: httpx.Response | None) -> None:
        """Note an exchange, and as a malformed reply one that shows the API key of the call."""
        exchange = record_exchange(request, response, (self.key,))
        self.notes.exchanges.append(exchange)
        if response is not None and response.extensions.get(SHOWS_KEY) and self.key in find_keys(request):
            description = f"{describe_call(request)} answered {response.status_code} with the API key of the call in it"
            self.notes.malformed_replies.append(MalformedReply((claim_ids.AUTH_KEY_NOT_SHOWN,), description, exchange))

    def note_deviation(self, claim: str, description: str, exchange: Exchange | None = None) -> None:
        """Note a difference from an assumption, and the call that shows it: without one the last."""
        exchange = exchange or next(reversed(self.notes.exchanges), None)
        self.notes.deviations.append(Deviation(claim, description, exchange))

    def note_value(self, claim: str, pointer: str, value: Any) -> None:
        """Note what the target shows where the contract has a value: if it differs, an overlay can take it over.

        ``pointer`` is that of the value in the contract as one object, or ``/settings/NAME`` for a setting of our mock.
        """
        self.notes.values.append(ObservedValue(claim, pointer, value))

    def read_switch(self, name: str, default: Any) -> Any:
        """A setting that a mock reports; the default where the target is not a mock."""
        return self.switches.get(name, default)

    def with_key(self, key: str) -> Api:
        """The same target, called with another API key."""
        return replace(self, key=key)


def new_key() -> str:
    """An idempotency key that was never used."""
    return secrets.token_hex(8)


def _encode(body: Any) -> bytes:
    return httpx.Request("POST", "http://x", json=body).read()


def _find_shape_claims(catalog: Catalog, kind: str) -> tuple[str, ...]:
    """The claims on the type of a whole reply."""
    return (catalog.rule_by_id(f"envelope/{kind}#/type").claim.id,)

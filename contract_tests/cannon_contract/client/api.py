"""What the tests run against: a door for every call, a way to wait, and what may be demanded of it (floor 5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from cannon_contract.client.outcomes import ClaimBroken, NotTested
from cannon_contract.client.recording import Exchange, record_exchange
from cannon_spec import Catalog, validate_response

Send = Callable[[httpx.Request], httpx.Response]
"""Sends a request and gives its reply; raises httpx.TransportError where none comes."""

PROMPT = "A lighthouse on a cliff at dawn"


@dataclass(frozen=True, slots=True)
class Deviation:
    """Something that is otherwise than an assumption has it."""

    claim: str
    description: str


@dataclass(frozen=True, slots=True)
class MalformedReply:
    """A reply that is not of its form: the claims that it breaks, what is wrong with it, and the exchange."""

    claims: tuple[str, ...]
    description: str
    exchange: Exchange


@dataclass(slots=True)
class Notes:
    """What one test has seen: every exchange, what is not of its form, and what is otherwise than assumed."""

    exchanges: list[Exchange] = field(default_factory=list)
    malformed_replies: list[MalformedReply] = field(default_factory=list)
    deviations: list[Deviation] = field(default_factory=list)

    @property
    def size(self) -> tuple[int, int, int]:
        """How much of each was noted by now."""
        return len(self.exchanges), len(self.malformed_replies), len(self.deviations)

    def since(self, size: tuple[int, int, int]) -> Notes:
        """What was noted after that."""
        return Notes(self.exchanges[size[0] :], self.malformed_replies[size[1] :], self.deviations[size[2] :])

    def add(self, more: Notes) -> None:
        """Note what another test has seen."""
        self.exchanges.extend(more.exchanges)
        self.malformed_replies.extend(more.malformed_replies)
        self.deviations.extend(more.deviations)


@dataclass(frozen=True, slots=True)
class Api:
    """One target, called with one API key.

    ``url`` is what the paths of the API follow, ``send`` the one door to it. ``sleep`` waits for a number of seconds,
    and ``now_s`` counts them: the clock of a mock in this process is moved, elsewhere time passes. ``is_mock`` says
    that what only our mock promises may be demanded, ``moves_clock`` that ``sleep`` takes no time, ``patience_s`` how
    long a request may take, ``switches`` how a mock says that it is set, ``chosen`` the input that a create has unless
    a test needs another. Where creates may cost credits, ``shared`` keeps the one plain request that all tests look at
    which need no other; None where each makes its own.
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

    def call(self, method: str, url: str, headers: Mapping[str, str] | None = None, content: bytes = b"") -> Any:
        """Any request, with no other headers than these; the reply, read. A path is one of the target's."""
        whole = self.url + url if url.startswith("/") else url
        request = httpx.Request(method, whole, headers=headers or {}, content=content)
        response = None
        try:
            response = self.send(request)
            return response
        finally:
            self.notes.exchanges.append(record_exchange(request, response, (self.key,)))

    def get(self, url: str) -> httpx.Response:
        """GET with this target's key."""
        response: httpx.Response = self.call("GET", url, {"x-api-key": self.key})
        return response

    def create(self, body: Any, *, key: str | None = None, **headers: str) -> httpx.Response:
        """POST a create body, with an idempotency key or without; an underscore in a header stands for a hyphen."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.post(httpx.Request("POST", "http://x", json=body).read(), key, **more)

    def post(self, content: bytes, key: str | None = None, **headers: str) -> httpx.Response:
        """POST these bytes as a create."""
        keyed = {} if key is None else {"x-idempotency-key": key}
        own = {"x-api-key": self.key, "content-type": "application/json", **keyed, **headers}
        response: httpx.Response = self.call("POST", "/api/v1/requests", own, content)
        return response

    def build_body(self, **input: Any) -> dict[str, Any]:
        """A create body that the contract has nothing against, with fields of its input set; None leaves one out."""
        fields = {"prompt": PROMPT, "aspect_ratio": "16:9", **self.default_input, **input}
        return {"operation": self.operation, "input": {name: each for name, each in fields.items() if each is not None}}

    def read_credits(self) -> float:
        """The credits that the status endpoint says are left."""
        return float(self.check_reply("status", self.get("/api/v1/status"))["creditsRemaining"])

    def check_reply(self, kind: str, response: httpx.Response) -> Any:
        """The reply's body, held to the schema of its kind. What breaks that is noted, and breaks the claims it names.

        What it has otherwise than our mock promises is a sighting where the target is not our mock. Raises Broken for
        a reply that is not JSON, Untested for one that is no object.
        """
        call = f"{response.request.method} {_route(response)} answered {response.status_code}"
        try:
            body = response.json()
        except (ValueError, RecursionError):
            raise ClaimBroken(f"{call} with what is not JSON", *_shapes(self.catalog, kind)) from None
        report = validate_response(kind, body, catalog=self.catalog)
        for finding in report.findings:
            seen = f"{call}: {finding.path or 'its body'}: {finding.message}"
            if self.is_mock or finding in report.errors:
                shown = record_exchange(response.request, response, (self.key,))
                self.notes.malformed_replies.append(MalformedReply((finding.evidence.claim,), seen, shown))
            else:
                self.note_deviation(finding.evidence.claim, seen)
        if not isinstance(body, dict):
            raise NotTested(f"{call} with what is no JSON object")
        return body

    def note_deviation(self, claim: str, seen: str) -> None:
        """Note that something is otherwise than assumed."""
        self.notes.deviations.append(Deviation(claim, seen))

    def read_switch(self, name: str, default: Any) -> Any:
        """How a mock says that it is set; the default where the target is no mock."""
        return self.switches.get(name, default)

    def with_key(self, key: str) -> Api:
        """The same target, called with another API key."""
        return replace(self, key=key)


OPERATION = "image.generate"
"""The operation that the tests are about."""


def _route(response: httpx.Response) -> str:
    """The path of a call, without the id of a request in it."""
    start, reads, id_ = response.request.url.path.partition("/requests/")
    return f"{start}{reads}{{id}}" if id_ else start


def _shapes(catalog: Catalog, kind: str) -> tuple[str, ...]:
    """The claims on the type of a whole reply."""
    return (catalog.rule_by_id(f"envelope/{kind}#/type").claim.id,)

"""What the tests run against: a door for every call, a way to wait, and what may be demanded of it (floor 5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from cannon_spec import Catalog, validate_response
from contract_tests.broken import Broken
from contract_tests.recording import Exchange, exchange

Send = Callable[[httpx.Request], httpx.Response]
"""Sends a request and gives its reply; raises httpx.TransportError where none comes."""

PROMPT = "A lighthouse on a cliff at dawn"


@dataclass(frozen=True, slots=True)
class Sighting:
    """Something that is otherwise than an assumption has it."""

    claim: str
    seen: str


@dataclass(slots=True)
class Notes:
    """What one test has seen: every exchange, and what is otherwise than assumed."""

    exchanges: list[Exchange] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Api:
    """One target, called with one API key.

    ``send`` is the one door to it. ``sleep`` waits for a number of seconds: the clock of a mock in this process is
    moved, elsewhere time passes. ``is_mock`` says that what only our mock promises may be demanded, ``moves_clock``
    that ``sleep`` takes no time, ``patience_s`` how long a request may take, ``switches`` how a mock says that it is
    set, ``chosen`` the input that a create has unless a test needs another. Where creates may cost credits, ``shared``
    keeps the one plain request that all tests look at which need no other; None where each makes its own.
    """

    url: httpx.URL
    key: str = field(repr=False)
    send: Send = field(repr=False)
    sleep: Callable[[float], None]
    catalog: Catalog
    is_mock: bool
    moves_clock: bool
    patience_s: float
    switches: Mapping[str, Any]
    chosen: Mapping[str, Any]
    shared: list[Any] | None = field(default=None, repr=False)
    notes: Notes = field(default_factory=Notes, repr=False)

    def call(self, method: str, url: str, headers: Mapping[str, str] | None = None, content: bytes = b"") -> Any:
        """Any request, with no other headers than these; the reply, read. A short ``url`` is within the target."""
        request = httpx.Request(method, self.url.join(url), headers=headers or {}, content=content)
        response = None
        try:
            response = self.send(request)
            return response
        finally:
            self.notes.exchanges.append(exchange(request, response, (self.key,)))

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

    def body(self, **input: Any) -> dict[str, Any]:
        """A create body that the contract has nothing against, with fields of its input set; None leaves one out."""
        fields = {"prompt": PROMPT, "aspect_ratio": "16:9", **self.chosen, **input}
        return {"operation": OPERATION, "input": {name: each for name, each in fields.items() if each is not None}}

    def credits(self) -> float:
        """The credits that the status endpoint says are left."""
        return float(self.held("status", self.get("/api/v1/status"))["creditsRemaining"])

    def held(self, kind: str, response: httpx.Response) -> Any:
        """The reply's body, held to the schema of its kind. Raises Broken with the claims that it breaks.

        What it has otherwise than our mock promises is only noted where the target is not our mock.
        """
        call = f"{response.request.method} {response.request.url.path} answered {response.status_code}"
        try:
            body = response.json()
        except ValueError:
            raise Broken(f"{call} with what is not JSON", *_shapes(self.catalog, kind)) from None
        report = validate_response(kind, body, catalog=self.catalog)
        grave = report.findings if self.is_mock else report.errors
        if grave:
            claims = dict.fromkeys(finding.evidence.claim for finding in grave)
            raise Broken(f"{call}: {grave[0].path or 'its body'}: {grave[0].message}", *claims)
        for finding in report.warnings:
            self.note(finding.evidence.claim, f"{call}: {finding.path or 'its body'}: {finding.message}")
        return body

    def note(self, claim: str, seen: str) -> None:
        """Note that something is otherwise than assumed."""
        self.notes.sightings.append(Sighting(claim, seen))

    def switch(self, name: str, default: Any) -> Any:
        """How a mock says that it is set; the default where the target is no mock."""
        return self.switches.get(name, default)

    def called_with(self, key: str) -> Api:
        """The same target, called with another API key."""
        return replace(self, key=key)


OPERATION = "image.generate"
"""The operation that the tests are about."""


def _shapes(catalog: Catalog, kind: str) -> tuple[str, ...]:
    """The claims on the type of a whole reply."""
    return (catalog.rule_named(f"envelope/{kind}#/type").claim.id,)

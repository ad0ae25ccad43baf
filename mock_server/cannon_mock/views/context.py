"""One mock and what it is made of, as the views find it (floor 4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from flask import Flask, Response, current_app, g, request

from cannon_mock.clock import Clock
from cannon_mock.config import Config
from cannon_mock.model.keys import Keys
from cannon_mock.model.scenarios import Fault
from cannon_mock.stores import Store
from cannon_mock.stores.scenario_registry import ScenarioRegistry
from cannon_mock.webhooks.sender import WebhookSender
from cannon_spec.contract.catalog import Catalog

_EXTENSION = "cannon_mock"
EVIDENCE_HEADER = "x-mock-evidence"


@dataclass(frozen=True, slots=True)
class MockContext:
    """Settings, contract, keys, store, clock and postman of one mock.

    ``seed`` and ``numbers`` are where its chance comes from.
    """

    config: Config
    catalog: Catalog
    keys: Keys
    store: Store
    clock: Clock
    webhook_sender: WebhookSender
    seed: str
    numbers: Iterator[int]
    scenarios: ScenarioRegistry
    evidence_texts: dict[tuple[str, ...], str] = field(default_factory=dict)


@dataclass(slots=True)
class ExchangeNotes:
    """What is known of the exchange at hand, for the journal; ``fault`` is what its reply is to suffer."""

    account: str | None = None
    operation: str | None = None
    model: str | None = None
    idempotency_key: str | None = None
    request_id: str | None = None
    scenario: str | None = None
    body: bytes = b""
    fault: Fault | None = None

    def apply_fault(self, fault: Fault) -> None:
        """Let the reply suffer a fault, unless that leaves it as it is and another does not."""
        if self.fault is None or fault.body or fault.connection:
            self.fault = fault


def install(app: Flask, mock: MockContext) -> None:
    """Make ``mock`` the one that the views of ``app`` find."""
    app.extensions[_EXTENSION] = mock


def is_mock(app: Flask) -> bool:
    """Whether an application is a mock."""
    return _EXTENSION in app.extensions


def find_context(app: Flask) -> MockContext:
    """The mock of an application."""
    mock: MockContext = app.extensions[_EXTENSION]
    return mock


def current_context() -> MockContext:
    """The mock that serves the request at hand."""
    mock: MockContext = current_app.extensions[_EXTENSION]
    return mock


def current_notes() -> ExchangeNotes:
    """The note of the exchange at hand. To be asked for once in a view, and handed on: it takes its time."""
    found: ExchangeNotes | None = g.get("note")
    if found is None:
        found = g.note = ExchangeNotes()
    return found


def find_base_url(mock: MockContext) -> str:
    """Where addresses handed out start: as configured, else as the client called."""
    return mock.config.public_url.rstrip("/") or f"{request.scheme}://{request.host}"


def add_evidence_header(response: Response, *claims: str) -> Response:
    """Name, in a header, each claim among ``claims`` that the vendor does not document."""
    mock = current_context()
    citation = mock.evidence_texts.get(claims)
    if citation is None:
        known = [mock.catalog.claims[id_] for id_ in dict.fromkeys(claims)]
        weak = (f"{claim.strength}:{claim.id}" for claim in known if claim.severity == "warning")
        citation = mock.evidence_texts[claims] = ", ".join(weak)
    if citation:
        response.headers[EVIDENCE_HEADER] = citation
    return response

"""The parts of one mock and the notes of one exchange, for the views (floor 4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from flask import Flask, Response, current_app, g, request

from cannon_mock.clock import Clock
from cannon_mock.config import Config
from cannon_mock.model.keys import Keys
from cannon_mock.model.scenarios import Fault
from cannon_mock.stores import Store
from cannon_mock.stores.scenario_registry import ScenarioRegistry
from cannon_mock.views.reply_delay import ReplyDelay, find_offer
from cannon_mock.webhooks.sender import WebhookSender
from cannon_spec.contract.catalog import Catalog
from cannon_spec.finding import Finding

_EXTENSION = "cannon_mock"
EVIDENCE_HEADER = "x-mock-evidence"
ADMIN_PATH = "/__mock__/"
"""What the addresses of the mock's own API start with."""
_PATH_CHARACTERS = "/!$&'()*+,:;=@"
"""What stands in a path as it is (RFC 3986), besides letters, digits and ``-._~``."""


@dataclass(frozen=True, slots=True)
class MockContext:
    """The parts of one mock. Ids and durations are drawn from ``seed`` and ``numbers``."""

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
    """What the journal shows of the exchange at hand; ``faults`` damage its reply, and ``delay`` holds it back.

    ``findings`` are those on an accepted payload.
    """

    account: str | None = None
    operation: str | None = None
    model: str | None = None
    idempotency_key: str | None = None
    request_id: str | None = None
    scenario: str | None = None
    body: bytes = b""
    faults: list[Fault] = field(default_factory=list)
    delay: ReplyDelay = field(default_factory=ReplyDelay)
    findings: tuple[Finding, ...] = ()


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
    """The notes of the exchange at hand. A view calls this once and passes them on: the look-up is slow."""
    notes: ExchangeNotes | None = g.get("notes")
    if notes is None:
        notes = g.notes = ExchangeNotes(delay=find_offer(request.environ) or ReplyDelay())
    return notes


def is_admin_call() -> bool:
    """Whether the request at hand calls the mock's own API."""
    return f"/{request.path.lstrip('/')}".startswith(ADMIN_PATH)  # //__mock__/ is redirected to /__mock__/


def find_base_url(mock: MockContext) -> str:
    """The start of addresses in replies: as configured, else as the client called, with the prefix of a proxy."""
    if mock.config.public_url:
        return mock.config.public_url.rstrip("/")
    return f"{request.scheme}://{find_called_host()}{quote(request.script_root, safe=_PATH_CHARACTERS)}"


def find_asset_url(mock: MockContext) -> str:
    """The start of the addresses of assets: as of other addresses, but with the host and port of assets."""
    base_url, asset_host, asset_port = find_base_url(mock), mock.config.asset_host, mock.config.asset_port
    if not (asset_host or asset_port):
        return base_url
    parts = urlsplit(base_url)
    host, port = _split_host(asset_host)
    called_host, called_port = _split_host(parts.netloc)
    port = port or (f":{asset_port}" if asset_port else called_port)
    return f"{parts.scheme}://{host or called_host}{port}{parts.path}"


def _split_host(text: str) -> tuple[str, str]:
    """A host, and its port with the colon; empty where it has none."""
    host, colon, port = text.rpartition(":")
    return (host, colon + port) if port.isdecimal() and not host.endswith(":") else (text, "")


def find_called_host() -> str:
    """The host and port that the client called, without the port where it is the default one.

    Werkzeug's ``request.host`` is empty for a name with ``_``, which services of Docker Compose may have.
    """
    header = request.headers.get("Host")
    if header is None:  # HTTP/1.0: the address of the server
        name, port = request.server or ("", None)
        header = (f"[{name}]" if ":" in name else name) + (f":{port}" if port else "")
    return header.removesuffix(":443" if request.is_secure else ":80")


def add_evidence_header(response: Response, *claims: str) -> Response:
    """Name, in a header of the reply, each of the claims that the vendor does not document."""
    mock = current_context()
    text = mock.evidence_texts.get(claims)
    if text is None:  # the same few combinations come again and again
        entries = [mock.catalog.claims[id_] for id_ in dict.fromkeys(claims)]
        weak_claims = (f"{claim.strength}:{claim.id}" for claim in entries if claim.severity == "warning")
        text = mock.evidence_texts[claims] = ", ".join(weak_claims)
    if text:
        earlier_text = response.headers.get(EVIDENCE_HEADER)
        response.headers[EVIDENCE_HEADER] = f"{earlier_text}, {text}" if earlier_text else text
    return response

"""The parts of one mock and the notes of one exchange, for the views (floor 4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import flask
from flask import Flask, Request, Response
from werkzeug.exceptions import ClientDisconnected

from cannon_mock.asset_files.file_renderer import FileRenderer
from cannon_mock.clock import Clock
from cannon_mock.config import Config
from cannon_mock.host_and_port import HostAndPort, parse_host_and_port
from cannon_mock.model.keys import Keys
from cannon_mock.model.scenarios import Fault
from cannon_mock.model.tasks import Pace, UpstreamViolation
from cannon_mock.stores import Store
from cannon_mock.stores.scenario_registry import ScenarioRegistry
from cannon_mock.views.reply_delay import ReplyDelay, find_offer
from cannon_mock.webhooks.sender import WebhookSender
from cannon_spec.contract.catalog import Catalog
from cannon_spec.finding import Finding

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_EXTENSION = "cannon_mock"
EVIDENCE_HEADER = "x-mock-evidence"
ADMIN_PATH = "/__mock__/"
"""What the addresses of the mock's own API start with."""
_MOST_DIGITS = 6
"""A length with no more digits is below the limit of a body."""
_PATH_CHARACTERS = "/!$&'()*+,:;=@"
"""What stands in a path as it is (RFC 3986), besides letters, digits and ``-._~``."""


@dataclass(frozen=True, slots=True)
class MockContext:
    """The parts of one mock. Ids and durations are drawn from ``seed`` and ``numbers``.

    ``poll_after_ms`` is when a client should first poll.
    """

    config: Config
    pace: Pace
    catalog: Catalog
    keys: Keys
    store: Store
    clock: Clock
    webhook_sender: WebhookSender
    seed: str
    numbers: Iterator[int]
    scenarios: ScenarioRegistry
    poll_after_ms: int
    file_renderer: FileRenderer
    evidence_texts: dict[tuple[str, ...], str] = field(default_factory=dict)


@dataclass(slots=True)
class ExchangeNotes:
    """What the journal shows of the exchange at hand; ``faults`` damage its reply, and ``delay`` holds it back.

    ``findings`` are those on an accepted payload, and ``violation`` is the one for which its request fails.
    """

    account: str | None = None
    operation: str | None = None
    model: str | None = None
    idempotency_key: str | None = None
    request_id: str | None = None
    scenario: str | None = None
    violation: UpstreamViolation | None = None
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


class MockRequest(Request):
    """A request to a mock, with that mock and the notes of the exchange.

    A view looks it up once and passes it on: each look-up takes time.
    """

    mock: MockContext
    # Python's cached properties take more time than what they save here.
    _blueprints: list[str] | None = None
    _now_ms: int | None = None

    def __init__(self, environ: WSGIEnvironment, populate_request: bool = True, shallow: bool = False) -> None:
        super().__init__(environ, populate_request, shallow)
        self.notes = ExchangeNotes(delay=find_offer(environ) or ReplyDelay())

    @property
    def is_admin_call(self) -> bool:
        """Whether it calls the mock's own API."""
        return self.path.startswith(ADMIN_PATH)  # which werkzeug makes of //__mock__/ too: no view has that address

    @property
    def blueprints(self) -> list[str]:
        """See Flask, which asks for it three times."""
        if self._blueprints is None:
            self._blueprints = super().blueprints
        return self._blueprints

    def close(self) -> None:
        """See werkzeug: there is nothing to close where no view has read files."""
        if "files" in self.__dict__:
            super().close()

    @property
    def now_ms(self) -> int:
        """The time of this exchange, in epoch milliseconds. It is read once, as a shared store may be far away."""
        if self._now_ms is None:
            self._now_ms = self.mock.clock.now_ms()
        return self._now_ms

    def read_body(self) -> bytes:
        """The body. Raises werkzeug's errors for one that is too long, and for one that breaks off."""
        environ = self.environ
        source, length = environ["wsgi.input"], environ.get("CONTENT_LENGTH", "")
        is_in_memory = type(source) is BytesIO and "HTTP_TRANSFER_ENCODING" not in environ
        if not (is_in_memory and length.isdecimal() and len(length) <= _MOST_DIGITS):
            return self.get_data(cache=False)
        # A server has read it: werkzeug's stream, which reads from a socket, is slower.
        data: bytes = source.read(int(length))
        if len(data) < int(length):
            raise ClientDisconnected
        return data

    def read_header(self, name: str) -> str | None:
        """The value of a header, by its name in capitals with ``_``: the application's server stores it so."""
        value: str | None = self.environ.get(f"HTTP_{name}")
        return value


def current_request() -> MockRequest:
    """The request at hand."""
    request: MockRequest = flask.request._get_current_object()  # type: ignore[attr-defined]  # of werkzeug's proxy
    return request


def current_context() -> MockContext:
    """The mock that serves the request at hand."""
    return current_request().mock


def find_base_url(request: MockRequest) -> str:
    """The start of addresses in replies: as configured, else as the client called, with the prefix of a proxy."""
    public_url = request.mock.config.public_url
    if public_url:
        return public_url.rstrip("/")
    return f"{request.scheme}://{find_called_host(request)}{quote_prefix(request)}"


def quote_prefix(request: MockRequest) -> str:
    """The path under which the application is mounted, as an address has it; empty where it is at the root."""
    return quote(request.root_path, safe=_PATH_CHARACTERS)


def find_asset_url(request: MockRequest) -> str:
    """The start of the addresses of assets: as of other addresses, but with the host and port of assets."""
    config = request.mock.config
    base_url, asset_host, asset_port = find_base_url(request), config.asset_host, config.asset_port
    if not (asset_host or asset_port):
        return base_url
    parts = urlsplit(base_url)
    called = parse_host_and_port(parts.netloc)
    named = parse_host_and_port(asset_host) if asset_host else HostAndPort(called.host)
    return f"{parts.scheme}://{HostAndPort(named.host, named.port or asset_port or called.port)}{parts.path}"


def find_called_host(request: Request) -> str:
    """The host and port that the client called, without the port where it is the default one."""
    return read_host(request).removesuffix(":443" if request.is_secure else ":80")


def read_host(request: Request) -> str:
    """The host as the header Host has it, which may be no host at all.

    Werkzeug's ``request.host`` is empty for a name with ``_``, which services of Docker Compose may have.
    """
    header: str | None = request.environ.get("HTTP_HOST")
    if header is None:  # HTTP/1.0: the address of the server
        name, port = request.server or ("", None)
        header = (f"[{name}]" if ":" in name else name) + (f":{port}" if port else "")
    return header


def add_evidence_header(mock: MockContext, response: Response, *claims: str) -> Response:
    """Name, in a header of the reply, each of the claims that the vendor does not document."""
    text = mock.evidence_texts.get(claims)
    if text is None:  # the same few combinations come again and again
        entries = [mock.catalog.claims[id_] for id_ in dict.fromkeys(claims)]
        weak_claims = (f"{claim.strength}:{claim.id}" for claim in entries if claim.severity == "warning")
        text = mock.evidence_texts[claims] = ", ".join(weak_claims)
    if text:
        earlier_texts = response.headers.getlist(EVIDENCE_HEADER)
        if earlier_texts:
            response.headers[EVIDENCE_HEADER] = ", ".join((*earlier_texts, text))
        else:
            response.headers.add(EVIDENCE_HEADER, text)
    return response

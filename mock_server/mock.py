"""One mock and what it is made of, as the views find it (floor 4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from flask import Flask, Response, current_app, request

from cannon_spec.contract import Catalog
from mock_server.clock import Clock
from mock_server.config import Config
from mock_server.stores import Store
from mock_server.tasks import Pace

_EXTENSION = "cannon_mock"
EVIDENCE_HEADER = "x-mock-evidence"


@dataclass(frozen=True, slots=True)
class Mock:
    """Settings, contract, store and clock of one mock; ``seed`` and ``numbers`` are where its chance comes from."""

    config: Config
    catalog: Catalog
    store: Store
    clock: Clock
    seed: str
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    citations: dict[tuple[str, ...], str] = field(default_factory=dict)

    @property
    def pace(self) -> Pace:
        """How fast its tasks go."""
        return Pace(self.config.progression == "immediate", self.config.speed)


def install(app: Flask, mock: Mock) -> None:
    """Make ``mock`` the one that the views of ``app`` find."""
    app.extensions[_EXTENSION] = mock


def current() -> Mock:
    """The mock that serves the request at hand."""
    mock: Mock = current_app.extensions[_EXTENSION]
    return mock


def base_url(mock: Mock) -> str:
    """Where addresses handed out start: as configured, else as the client called."""
    return mock.config.public_url.rstrip("/") or f"{request.scheme}://{request.host}"


def cite(response: Response, *claims: str) -> Response:
    """Name, in a header, each claim among ``claims`` that the vendor does not document."""
    mock = current()
    citation = mock.citations.get(claims)
    if citation is None:
        known = [mock.catalog.claims[id_] for id_ in dict.fromkeys(claims)]
        weak = (f"{claim.strength}:{claim.id}" for claim in known if claim.severity == "warning")
        citation = mock.citations[claims] = ", ".join(weak)
    if citation:
        response.headers[EVIDENCE_HEADER] = citation
    return response

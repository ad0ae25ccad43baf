"""One mock and what it is made of, as the views find it (floor 4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

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
    """Settings, contract, store and clock of one mock; ``seed`` is where its chance comes from."""

    config: Config
    catalog: Catalog
    store: Store
    clock: Clock
    seed: str

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
    return (mock.config.public_url or request.host_url).rstrip("/")


def cite(response: Response, claims: Iterable[str]) -> Response:
    """Name, in a header, each claim among ``claims`` that the vendor does not document."""
    ledger = current().catalog.claims
    weak = [f"{ledger[id_].strength}:{id_}" for id_ in dict.fromkeys(claims) if ledger[id_].severity == "warning"]
    if weak:
        response.headers[EVIDENCE_HEADER] = ", ".join(weak)
    return response

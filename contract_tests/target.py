"""What the tests run against: a client, a way to wait, and what may be demanded of it (floor 5)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from cannon_spec import Catalog, validate_response

_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Api:
    """One target with one API key.

    ``sleep`` waits for a number of seconds: the clock of a mock in this process is moved, elsewhere time passes.
    ``is_mock`` says that what only our mock promises may be demanded; ``moves_clock`` that ``sleep`` takes no time, so
    that each state can be met; ``patience_s`` how long a request may take.
    """

    client: httpx.Client
    sleep: Callable[[float], None]
    catalog: Catalog
    is_mock: bool
    moves_clock: bool
    patience_s: float

    def get(self, url: str, **more: Any) -> httpx.Response:
        """GET with this target's key."""
        return self.client.get(url, **more)

    def create(self, body: Any, *, key: str | None = None) -> httpx.Response:
        """POST a create body, with an idempotency key or without."""
        headers = {} if key is None else {"x-idempotency-key": key}
        return self.client.post("/api/v1/requests", json=body, headers=headers)

    def credits(self) -> float:
        """The credits that the status endpoint says are left."""
        return float(self.held("status", self.get("/api/v1/status"))["creditsRemaining"])

    def held(self, kind: str, response: httpx.Response) -> Any:
        """The reply's body, held to the schema of its kind."""
        body = response.json()
        report = validate_response(kind, body, catalog=self.catalog)
        assert report.ok, f"{response.request.method} {response.request.url}: {report.errors}"
        return body


def over_socket(catalog: Catalog, url: str, key: str, patience_s: float) -> Api:
    """Whatever answers at ``url``. It counts as our mock where it says so itself."""
    client = httpx.Client(base_url=url, headers={"x-api-key": key}, timeout=_SECONDS)
    return Api(client, time.sleep, catalog, _says_mock(client), False, patience_s)


def _says_mock(client: httpx.Client) -> bool:
    reply = client.get("/__mock__/health", headers={"x-api-key": ""})
    try:
        said = reply.json()
    except ValueError:
        return False
    return isinstance(said, dict) and said.get("name") == "cannon-mock"

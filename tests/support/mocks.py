"""A mock that a test drives from outside, as a client does, on a clock that the test moves."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cannon_mock import Config, ManualClock, create_app
from cannon_mock.views import context
from cannon_mock.views.context import MockContext
from cannon_mock.webhooks.outgoing import Send
from cannon_spec import Catalog, validate_response
from tests.support.payloads import CATALOG

KEY = "cs_live_one"
OTHER_KEY = "cs_live_two"
PRICE = 31
"""What GPT Image 2 costs at 1K, in credits."""
PRICE_4K = 81

START = 1250
POLL_MS = 2000
LONG_MS = 60_000
"""After this time every task has ended, at speed 1."""
RETENTION_MS = 7 * 24 * 60 * 60 * 1000
FAILURE = {"x-mock-scenario": "failed-internal"}


def body(**input: Any) -> dict[str, Any]:
    """A create body without a finding; arguments set fields of its input, None leaves a field out."""
    fields = {"prompt": "A lone detective", "model": "gptimage2", "aspect_ratio": "16:9", "resolution": "1K", **input}
    return {"operation": "image.generate", "input": {name: each for name, each in fields.items() if each is not None}}


SQUARE_4K = body(aspect_ratio="1:1", resolution="4K")


class Driver:
    """One mock with its clock and its parts, and the calls that a client makes."""

    def __init__(self, app: Flask, clock: ManualClock) -> None:
        self.client: FlaskClient = app.test_client()
        self.clock = clock
        self.context: MockContext = context.find_context(app)
        self.store = self.context.store

    def get(self, path: str, key: str = KEY, **headers: str) -> TestResponse:
        """GET with a key; an underscore in the name of a header stands for a hyphen."""
        return self.client.get(path, headers={"x-api-key": key, **_format_headers(headers)})

    def post(self, data: bytes | str, key: str = KEY, headers: dict[str, str] | None = None) -> TestResponse:
        """POST bytes as a create body."""
        return self.client.post("/api/v1/requests", data=data, headers={"x-api-key": key, **(headers or {})})

    def create(self, payload: Any = None, key: str = KEY, headers: dict[str, str] | None = None) -> TestResponse:
        """POST a create body; the one of ``body()`` unless another is passed."""
        return self.post(json.dumps(body() if payload is None else payload), key, headers)

    def create_and_get_id(self, payload: Any = None, key: str = KEY, headers: dict[str, str] | None = None) -> str:
        """Create a request that is accepted, and return its id."""
        reply = self.create(payload, key, headers)
        assert reply.status_code == 202, reply.get_json()
        return str(reply.get_json()["id"])

    def poll(self, id_: str, key: str = KEY) -> dict[str, Any]:
        """The request object of a poll."""
        reply = self.get(f"/api/v1/requests/{id_}", key)
        assert reply.status_code == 200, reply.get_json()
        return dict(reply.get_json())

    def create_and_finish(self, payload: Any = None, headers: dict[str, str] | None = None) -> dict[str, Any]:
        """Create a request, wait for its end, and return its request object."""
        id_ = self.create_and_get_id(payload, headers=headers)
        self.clock.advance(LONG_MS)
        return self.poll(id_)

    def read_credits(self, key: str = KEY) -> int:
        """The credits in the status reply."""
        return int(self.get("/api/v1/status", key).get_json()["creditsRemaining"])


DriverFactory = Callable[..., Driver]
"""Makes a mock: ``catalog``, ``clock``, ``send`` and fields of Config by keyword; without a catalog, by its overlay."""


def build_driver(
    catalog: Catalog | None = CATALOG, clock: ManualClock | None = None, send: Send | None = None, **config: Any
) -> Driver:
    """Build a mock and its driver. The seed is fixed, so that a failing test fails again."""
    settings, clock = Config(**{"seed": "tests", **config}), clock or ManualClock()
    return Driver(create_app(settings, catalog=catalog, clock=clock, send=send), clock)


def read_clean_reply(kind: str, reply: TestResponse) -> Any:
    """Check that a reply has no finding, not even a warning, and return its JSON."""
    assert reply.is_json
    assert validate_response(kind, reply.get_json(), strictness="strict").findings == ()
    return reply.get_json()


def read_error(reply: TestResponse) -> tuple[int, str]:
    """Status and error code of an error reply, whose body matches the error schema."""
    return reply.status_code, read_clean_reply("error", reply)["error"]["code"]


def _format_headers(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}

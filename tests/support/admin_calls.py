"""Calls of the mock's own API, under /__mock__/."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.test import TestResponse

from tests.support.mocks import Driver


def post(mock: Driver, path: str, content: Any) -> TestResponse:
    """POST content, as it stands if it is text, else as JSON."""
    return mock.client.post(f"/__mock__/{path}", data=content if isinstance(content, str) else json.dumps(content))


def put_scenario(mock: Driver, name: str, content: Any) -> TestResponse:
    """PUT a scenario under a name."""
    data = content if isinstance(content, str) else json.dumps(content)
    return mock.client.put(f"/__mock__/scenarios/{name}", data=data)


def get(mock: Driver, path: str) -> Any:
    """The JSON of a page that exists."""
    reply = mock.client.get(f"/__mock__/{path}")
    assert reply.status_code == 200, reply.get_json()
    return reply.get_json()


def read_problem(reply: TestResponse) -> tuple[int, str]:
    """Status and detail of an error in the form of RFC 9457."""
    assert reply.mimetype == "application/problem+json"
    problem = reply.get_json()
    assert problem["status"] == reply.status_code
    return reply.status_code, problem["detail"]

"""A mutant: a mock that breaks one claim in one way, and the ways there are."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cannon_contract.runner.mock_target import MockWrapper
from tests.mutants import wsgi
from tests.mutants.changes import Send
from tests.mutants.wsgi import Call, Reply, Responder

Kind = Literal[
    "status", "reply", "body field", "credits", "time", "request header", "request body", "call", "memory", "webhook"
]


@dataclass(frozen=True, slots=True)
class Mutant:
    """What one mutant breaks: the claim, in words how, the kind of change, and the wrapper that makes it."""

    claim: str
    description: str
    kind: Kind
    wrapper: MockWrapper


def break_status(claim: str, description: str, call_kind: str, before: int, after: int) -> Mutant:
    """Answer with another HTTP status."""
    return _wrap_app("status", claim, description, wsgi.change_status(call_kind, before, after))


def break_reply(claim: str, description: str, call_kind: str, change: Callable[[Call, Reply], object]) -> Mutant:
    """Change a whole reply."""
    return _wrap_app("reply", claim, description, wsgi.change_replies(call_kind, change))


def break_credits(claim: str, description: str, call_kind: str, charge: Callable[[Call, Reply], object]) -> Mutant:
    """Charge for more than one create."""
    return _wrap_app("credits", claim, description, wsgi.change_replies(call_kind, charge))


def break_field(
    claim: str,
    description: str,
    call_kind: str,
    change: Callable[[dict[str, Any]], object],
    statuses: tuple[str, ...] = (),
) -> Mutant:
    """Change the JSON of a successful reply; of request objects only those with one of the statuses."""
    return _wrap_app("body field", claim, description, wsgi.change_json(call_kind, change, statuses))


def break_time(
    claim: str,
    description: str,
    call_kind: str,
    change: Callable[[dict[str, Any]], object],
    statuses: tuple[str, ...] = (),
) -> Mutant:
    """Change a time or a duration in the JSON of a successful reply."""
    return _wrap_app("time", claim, description, wsgi.change_json(call_kind, change, statuses))


def break_request_header(claim: str, description: str, change: Callable[[Call], Mapping[str, str | None]]) -> Mutant:
    """Change a request header before the mock gets it."""
    return _wrap_app("request header", claim, description, wsgi.change_headers(change))


def break_request_body(claim: str, description: str, change: Callable[[Call, dict[str, Any]], object]) -> Mutant:
    """Change the body of a create before the mock gets it."""
    return _wrap_app("request body", claim, description, wsgi.change_create_body(change))


def break_call(claim: str, description: str, respond: Responder) -> Mutant:
    """Answer a call otherwise than the mock, by the call alone."""
    return _wrap_app("call", claim, description, wsgi.respond_with(lambda: respond))


def break_memory(claim: str, description: str, make_responder: Callable[[], Responder]) -> Mutant:
    """Answer a call otherwise than the mock, by the calls before it."""
    return _wrap_app("memory", claim, description, wsgi.respond_with(make_responder))


def break_webhook(claim: str, description: str, change: Callable[[Send], Send]) -> Mutant:
    """Change what is sent to a receiver."""
    return Mutant(claim, description, "webhook", MockWrapper(send=change))


def break_webhook_time(claim: str, description: str) -> Mutant:
    """Tell a receiver the end of each request when it is created."""
    senders: list[Send] = []

    def keep_sender(send: Send) -> Send:
        senders.append(send)
        return send

    def tell_end(call: Call, reply: Reply) -> None:
        url = json.loads(call.content).get("webhook_url") if reply.status == 202 else None
        if url:
            senders[-1](url, json.dumps({"id": reply.json["id"], "status": "succeeded"}).encode(), {})

    return Mutant(claim, description, "webhook", MockWrapper(wsgi.change_replies("POST create", tell_end), keep_sender))


def _wrap_app(kind: Kind, claim: str, description: str, wrapper: wsgi.Wrapper) -> Mutant:
    return Mutant(claim, description, kind, MockWrapper(app=wrapper))

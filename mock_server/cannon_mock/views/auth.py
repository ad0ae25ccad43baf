"""Who may call: the API key of a request and its scopes (floor 4)."""

from __future__ import annotations

from flask import request

from cannon_mock.model.keys import Key
from cannon_mock.views.context import ExchangeNotes, MockContext
from cannon_mock.views.errors import ApiError

WRITE = "requests:write"
READ = "requests:read"


def authorize(mock: MockContext, seen: ExchangeNotes, scope: str | None = None) -> Key:
    """The key of the request at hand. Refuses one that is missing or no good, or lacks the scope."""
    key = mock.keys.find(_secret())
    if key is None:
        raise unauthorized()
    seen.account = key.account
    if scope is not None and scope not in key.scopes:
        message = f"this API key lacks the scope {scope}"
        raise ApiError(403, "missing_scope", message, "scope-403", *find_claims())
    return key


def unauthorized() -> ApiError:
    """The refusal of a key that is missing, malformed, unknown or revoked."""
    message = "no good API key: send x-api-key: cs_… or Authorization: Bearer cs_…"
    elsewhere = () if request.endpoint == "api.status" else ("auth-401-everywhere",)
    return ApiError(401, "unauthorized", message, *elsewhere, *find_claims(), headers={"WWW-Authenticate": "Bearer"})


def find_claims() -> tuple[str, ...]:
    """The claims that a judgement of the key rests on."""
    both = "x-api-key" in request.headers and "Authorization" in request.headers
    return ("auth-key-form", "auth-x-api-key-first") if both else ("auth-key-form",)


def _secret() -> str:
    key = request.headers.get("x-api-key")
    if key is not None:
        return key
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""

"""The API key of a request and its scopes (floor 4)."""

from __future__ import annotations

from cannon_mock import claim_ids
from cannon_mock.model.keys import Key
from cannon_mock.views.context import MockRequest
from cannon_mock.views.errors import ApiError

WRITE_SCOPE = "requests:write"
READ_SCOPE = "requests:read"
_OWN_HEADER, _USUAL_HEADER = "X_API_KEY", "AUTHORIZATION"


def authorize(request: MockRequest, scope: str | None = None) -> Key:
    """The key of a request. Raises ApiError for one that is missing or invalid, or lacks the scope."""
    key = request.mock.keys.find(read_secret(request))
    if key is None:
        raise build_unauthorized(request)
    request.notes.account = key.account
    if scope is not None and scope not in key.scopes:
        message = f"this API key lacks the scope {scope}; use a key that has it"
        raise ApiError(403, "missing_scope", message, claim_ids.SCOPE_403, *find_claims(request))
    return key


def build_unauthorized(request: MockRequest) -> ApiError:
    """The error for a key that is missing, malformed, unknown or revoked."""
    message = "missing or invalid API key; send x-api-key: cs_… or Authorization: Bearer cs_…"
    elsewhere = () if request.endpoint == "api.show_status" else (claim_ids.AUTH_401_EVERYWHERE,)
    claims = (*elsewhere, claim_ids.AUTH_OTHER_FORMS, *find_claims(request))
    return ApiError(401, "unauthorized", message, *claims, headers={"WWW-Authenticate": "Bearer"})


def find_claims(request: MockRequest) -> tuple[str, ...]:
    """The claims that the judgement of a key rests on."""
    has_both = request.read_header(_OWN_HEADER) is not None and request.read_header(_USUAL_HEADER) is not None
    return (claim_ids.AUTH_KEY_FORM, claim_ids.AUTH_X_API_KEY_FIRST) if has_both else (claim_ids.AUTH_KEY_FORM,)


def read_secret(request: MockRequest) -> str:
    """The API key of a request, as it was sent; empty where there is none."""
    key = request.read_header(_OWN_HEADER)
    return read_bearer(request) if key is None else key


def read_bearer(request: MockRequest) -> str:
    """The bearer token of a request; empty where it has none. The scheme is named in any case (RFC 9110, 11.1)."""
    scheme, _, token = (request.read_header(_USUAL_HEADER) or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""

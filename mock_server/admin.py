"""What the mock says of itself, under /__mock__/ (floor 4)."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Response, jsonify

from cannon_spec import Claim, __version__
from mock_server.mock import current

blueprint = Blueprint("admin", __name__, url_prefix="/__mock__")

_SWITCHES = ("progression", "speed", "credits", "strict", "refusal_status", "square_4k")


@blueprint.get("/health")
def health() -> Response:
    """Whether the mock answers; needs no key."""
    return jsonify(ok=True, name="cannon-mock", version=__version__, engine=current().catalog.engine)


@blueprint.get("/assumptions")
def assumptions() -> Response:
    """Every claim on the service that the vendor does not document, and the switches that are in force."""
    mock = current()
    claims = [asdict(claim) for claim in mock.catalog.claims.values() if _is_weak(claim)]
    switches = {name: getattr(mock.config, name) for name in _SWITCHES}
    return jsonify(assumptions=claims, switches=switches)


def _is_weak(claim: Claim) -> bool:
    return claim.strength == "assumed" or (claim.kind == "behaviour" and claim.severity == "warning")

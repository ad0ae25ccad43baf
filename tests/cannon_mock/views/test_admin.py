"""The parts of the mock's own API that describe the mock."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from cannon_spec import Claim, __version__, load_catalog
from tests.support.admin_calls import read_problem
from tests.support.mocks import Driver, DriverFactory
from tests.support.payloads import CATALOG


def test_health_needs_no_key(mock: Driver) -> None:
    """Health needs no key and gives the version and the engine that judges."""
    reply = mock.client.get("/__mock__/health")
    assert reply.status_code == 200
    assert reply.get_json().items() >= {"ok": True, "version": __version__, "engine": CATALOG.engine}.items()


def test_every_assumption_is_listed_and_nothing_else(mock: Driver) -> None:
    """The list has each assumed claim of the ledger, whole, each weaker claim on behaviour, and no other."""
    items = mock.client.get("/__mock__/assumptions").get_json()["assumptions"]
    claims = {id_: claim for id_, claim in CATALOG.claims.items() if _is_weak(claim)}
    assert {each["id"]: each["text"] for each in items} == {id_: claim.text for id_, claim in claims.items()}
    assert all(set(each) == {field.name for field in fields(Claim)} for each in items)


def _is_weak(claim: Claim) -> bool:
    return claim.strength == "assumed" or (claim.kind == "behaviour" and claim.strength in ("upstream", "reported"))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"progression": "immediate"},
        {"speed": 20.0},
        {"credits": 50},
        {"strict": True},
        {"refusal_status": 422},
        {"square_4k": "cap"},
        {"shut_down": "refused"},
        {"scenario": "slow"},
        {"mismatch_status": 409},
        {"webhook_timestamps": "clock"},
    ],
    ids=str,
)
def test_the_switches_are_shown_with_their_values(make_mock: DriverFactory, settings: dict[str, Any]) -> None:
    """Each switch that changes a reply is shown with its value."""
    defaults = {
        "progression": "time",
        "speed": 1.0,
        "credits": 1250,
        "strict": False,
        "refusal_status": 400,
        "square_4k": "refuse",
        "shut_down": "works",
        "upstream_violations": "warn",
        "cors": "loopback",
        "asset_key": "refuse-authorization",
        "clock": "system",
        "scenario": "",
        "mismatch_status": 422,
        "webhook_timestamps": "wall",
        "webhook_body": "uncommon",
        "webhook_timeout": 15.0,
    }
    switches = make_mock(**settings).client.get("/__mock__/assumptions").get_json()["switches"]
    assert switches == {**defaults, **settings}


def test_an_overlay_settles_an_assumption(make_mock: DriverFactory, tmp_path: Path) -> None:
    """A claim that the user's overlay settles is no longer listed."""
    overlay = tmp_path / "mine.json"
    overlay.write_text(json.dumps({"claims": {"error-envelope": {"strength": "observed"}}}))
    page = make_mock(catalog=load_catalog(overlay=overlay)).client.get("/__mock__/assumptions").get_json()
    assert "error-envelope" not in {each["id"] for each in page["assumptions"]}


@pytest.mark.parametrize(
    ("path", "method", "status"), [("/__mock__/nothing", "GET", 404), ("/__mock__/health", "POST", 405)]
)
def test_an_unknown_address_is_refused(mock: Driver, path: str, method: str, status: int) -> None:
    """An unknown address or method under /__mock__/ is refused."""
    assert mock.client.open(path, method=method).status_code == status


def test_a_token_protects_all_but_health(make_mock: DriverFactory) -> None:
    """H15: with a token the mock's own API needs it as a bearer, except health, ready and version; the API does not."""
    mock = make_mock(admin_token="letmein")
    for path, status in (("health", 200), ("ready", 200), ("version", 200), ("clock", 401), ("journal", 401)):
        assert mock.client.get(f"/__mock__/{path}").status_code == status
    for credentials in ("Bearer letmei", "Bearer", "letmein", "Basic letmein", "Bearerletmein", "Bearer letmein x"):
        reply = mock.client.get("/__mock__/clock", headers={"Authorization": credentials})
        assert (read_problem(reply)[0], reply.headers["WWW-Authenticate"]) == (401, "Bearer")
    for scheme in ("Bearer", "bearer", "BEARER"):
        reply = mock.client.get("/__mock__/clock", headers={"Authorization": f"{scheme} letmein"})
        assert reply.status_code == 200
    assert mock.create().status_code == 202


def test_the_own_api_can_be_turned_off(make_mock: DriverFactory) -> None:
    """With admin off nothing answers under /__mock__/, and the simulated API does."""
    mock = make_mock(admin=False)
    assert mock.client.get("/__mock__/health").status_code == 404
    assert mock.create().status_code == 202


@pytest.mark.parametrize(("path", "method", "status"), [("nothing", "GET", 404), ("clock", "PUT", 405)])
def test_an_unknown_address_is_a_problem(mock: Driver, path: str, method: str, status: int) -> None:
    """Under /__mock__/ every error has the form of RFC 9457, also for an unknown address or method."""
    assert read_problem(mock.client.open(f"/__mock__/{path}", method=method))[0] == status


def test_an_unknown_address_names_the_known_ones(mock: Driver, make_mock: DriverFactory) -> None:
    """The error of an unknown address lists the addresses that there are, or says that --no-admin left them out."""
    _, detail = read_problem(mock.client.get("/__mock__/nothing"))
    assert detail.startswith("no such address under /__mock__/; there are assumptions, clock, health, journal, ")
    _, detail = read_problem(make_mock(admin=False).client.get("/__mock__/clock"))
    assert "--no-admin" in detail

"""An overlay of what a contract run observed: the judge and the mock then behave as the service did."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cannon_mock import Config, create_app
from cannon_mock.config import SETTINGS as MOCK_SETTINGS
from cannon_spec import load_catalog
from cannon_spec.cli.main import main
from cannon_spec.output.observation_overlay import SETTINGS
from tests.support.payloads import FOLDER

PRICE = "/operations/image.generate/price/cases/3/credits"


def observe(claim: str, *values: tuple[str, Any]) -> dict[str, Any]:
    """An entry of observations.json."""
    pairs = [{"pointer": pointer, "value": value} for pointer, value in values]
    return {"claim": claim, "strength": "assumed", "assumed": "", "seen": "seen it", "test": "t", "values": pairs}


@pytest.fixture
def write_overlay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Writes an overlay from observations by the command; returns its status, the overlay's file and the messages."""

    def write(*observations: dict[str, Any], flags: tuple[str, ...] = ()) -> tuple[int, str, str]:
        file, overlay = tmp_path / "observations.json", tmp_path / "observed.json"
        whole = {"format": 1, "target": "https://api.example", "observed_at": "2026-11-26T12:00:00Z"}
        file.write_text(json.dumps({**whole, "observations": observations}))
        status = main(["overlay", "--from", str(file), *flags])
        out, messages = capsys.readouterr()
        overlay.write_text(out)
        return status, str(overlay), messages

    return write


def test_an_observed_value_replaces_the_assumed_one(write_overlay: Callable[..., tuple[int, str, str]]) -> None:
    """The contract has the observed value, with a claim of strength observed that names date and target."""
    observed = observe("poll-after-2000", ("/lifecycle/poll_after_ms/value", 1500))
    status, overlay, messages = write_overlay(observed)
    catalog = load_catalog(overlay=overlay)
    assert (status, messages) == (0, "1 observation written\n")
    assert catalog.lifecycle["poll_after_ms"] == {"value": 1500, "claim": "observed-poll-after-2000"}
    claim = catalog.claims["observed-poll-after-2000"]
    assert (claim.strength, claim.text) == ("observed", "Observed: seen it")
    assert claim.source == "no public address: observed at https://api.example on 2026-11-26T12:00:00Z"


def test_an_item_of_a_list_is_replaced(write_overlay: Callable[..., tuple[int, str, str]]) -> None:
    """A price, which is one of a list, has the observed credits and the new claim; the others stay."""
    _, overlay, _ = write_overlay(observe("credits-price-seedream5", (PRICE, 14)))
    before, after = (
        each.operations["image.generate"].prices for each in (load_catalog(), load_catalog(overlay=overlay))
    )
    assert (after[3].credits, after[3].claim) == (14, "observed-credits-price-seedream5")
    assert [*before[:3], *before[4:]] == [*after[:3], *after[4:]]


def test_a_keyword_of_a_schema_has_the_new_claim(write_overlay: Callable[..., tuple[int, str, str]]) -> None:
    """An observed limit of a schema is judged by, as an error that cites the observation."""
    limit = "/schemas/models~1seedream5/properties/prompt/maxLength"
    _, overlay, _ = write_overlay(observe("seedream5-pixels", (limit, 7)))
    rule = load_catalog(overlay=overlay).rule_by_id("models/seedream5#/properties/prompt/maxLength")
    assert (rule.value, rule.claim.id, rule.severity) == (7, "observed-seedream5-pixels", "error")


@pytest.mark.parametrize(("name", "value"), [("refusal_status", 422), ("mismatch_status", 409), ("square_4k", "cap")])
def test_each_setting_that_a_run_observes_is_written(
    name: str, value: Any, write_overlay: Callable[..., tuple[int, str, str]]
) -> None:
    """The overlay has the setting that a test has noted."""
    status, overlay, messages = write_overlay(observe("refusal-status", (f"/settings/{name}", value)))
    assert (status, load_catalog(overlay=overlay).settings) == (0, {name: value}), messages


def test_a_mock_takes_over_an_observed_setting(write_overlay: Callable[..., tuple[int, str, str]]) -> None:
    """A mock with the overlay refuses with the observed status, unless the user chose another one himself."""
    _, overlay, _ = write_overlay(observe("refusal-status", ("/settings/refusal_status", 422)))
    client = create_app(Config(overlay=overlay)).test_client()
    assert client.post("/api/v1/requests", json={}, headers={"x-api-key": "cs_a"}).status_code == 422
    assert load_catalog().settings == {}


def test_an_overlay_sets_no_address(tmp_path: Path) -> None:
    """An overlay cannot set what says nothing about the service, such as the port or the hosts of webhooks."""
    file = tmp_path / "overlay.json"
    file.write_text('{"settings": {"webhook_hosts": "*"}}')
    with pytest.raises(ValueError, match=r"an overlay cannot set webhook_hosts; it can set .*clock, progression, "):
        create_app(Config(overlay=str(file)))


def test_what_has_no_value_is_left_out_and_named(write_overlay: Callable[..., tuple[int, str, str]]) -> None:
    """An observation that is only a text changes nothing, and the command says so."""
    status, overlay, messages = write_overlay(observe("error-envelope"))
    assert (status, Path(overlay).read_text()) == (0, "{}\n")
    assert messages == (
        "0 observations written\nleft out, as the contract has no value for it: error-envelope: seen it\n"
    )


def test_the_users_overlay_stays(write_overlay: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    """What the user's own overlay says is in the new overlay too."""
    own = tmp_path / "own.json"
    own.write_text('{"lifecycle": {"idempotency_ms": {"value": 5}}}')
    observed = observe("poll-after-2000", ("/lifecycle/poll_after_ms/value", 1500))
    _, overlay, _ = write_overlay(observed, flags=("--overlay", str(own)))
    lifecycle = load_catalog(overlay=overlay).lifecycle
    assert (lifecycle["idempotency_ms"]["value"], lifecycle["poll_after_ms"]["value"]) == (5, 1500)


@pytest.mark.parametrize(
    "pointer",
    [
        "/lifecycle/no_such/value",
        "/operations/image.generate/price/cases/99/credits",
        "x",
        "/settings",
        "/settings/port",
        "/settings/a/refusal_status",
    ],
)
def test_a_value_that_the_contract_lacks_is_refused(
    write_overlay: Callable[..., tuple[int, str, str]], pointer: str
) -> None:
    """A value of another version of the contract is refused with its pointer, and nothing is written."""
    status, overlay, messages = write_overlay(observe("poll-after-2000", (pointer, 1)))
    assert (status, Path(overlay).read_text()) == (2, "")
    assert f"the observed value {pointer}" in messages


@pytest.mark.parametrize(
    ("pointer", "value", "problem"),
    [
        ("/lifecycle", "x", "lifecycle has the wrong JSON type; "),
        ("/lifecycle/poll_after_ms/value", "x", "lifecycle: poll_after_ms/value: "),
        ("/settings/refusal_status", [], "settings: refusal_status: "),
    ],
)
def test_what_cannot_be_loaded_is_not_written(
    write_overlay: Callable[..., tuple[int, str, str]], pointer: str, value: Any, problem: str
) -> None:
    """An overlay that the next command would refuse is refused by this one, and nothing is written."""
    status, overlay, messages = write_overlay(observe("poll-after-2000", (pointer, value)))
    assert (status, Path(overlay).read_text(), messages.count("\n")) == (2, "", 1)
    assert "observations.json: the overlay of its values" in messages
    assert problem in messages


def test_each_setting_that_a_run_observes_is_one_of_the_mock() -> None:
    """The settings that an overlay of observations may have are switches of the mock, and those that tests note."""
    switches = {setting.name for setting in MOCK_SETTINGS if setting.is_switch}
    suite = "".join(file.read_text() for file in (FOLDER.parent / "contract_tests/cannon_contract/suite").glob("*.py"))
    noted_settings = re.findall(r'note_setting\([\w.]+, [\w.]+, "(\w+)"|"/settings/(\w+)"', suite)
    assert {first or second for first, second in noted_settings} == set(SETTINGS) <= switches

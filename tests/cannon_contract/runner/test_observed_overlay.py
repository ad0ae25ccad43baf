"""One run against a server makes a mock that behaves as the server did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cannon_contract.runner.options import KEY
from cannon_spec.cli.main import main
from tests.support.contract_runs import run_contract
from tests.support.serving import serve_mock

OTHER_VALUES = {
    "lifecycle": {"poll_after_ms": {"value": 1500}},
    "media": {"image": {"models": {"seedream5": {"sizes": {"2K": {"16:9": "1600x900", "4:3": "1600x1200"}}}}}},
}
"""Where the contract only assumes: what another service may do."""

SETTINGS = {"refusal_status": 422, "mismatch_status": 409, "square_4k": "cap", "progression": "immediate", "speed": 1}


def run_as_live(folder: Path, **settings: Any) -> dict[str, Any]:
    """What a run observes at a mock that it takes for another's server: the values, by claim."""
    spend = ("--treat-as-live", "--allow-spend", "100000", "--assume-price", "300", "--report", str(folder))
    with serve_mock(**{"progression": "immediate", "speed": 1, **settings}) as served:
        run = run_contract("--target", served.url, *spend, **{KEY: "cs_live_main"})
    assert run.returncode == 0, run.output
    observations = json.loads((folder / "observations.json").read_text())["observations"]
    return {each["claim"]: each["values"] for each in observations}


@pytest.mark.extended
def test_a_mock_behaves_as_the_observed_service(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A mock with the overlay of a run shows the next run the same as the observed server did."""
    other_service, overlay = tmp_path / "other.json", tmp_path / "observed.json"
    other_service.write_text(json.dumps(OTHER_VALUES))
    values = run_as_live(tmp_path / "first", overlay=str(other_service), **SETTINGS)
    expected_claims = {"poll-after-2000", "refusal-status", "idempotency-mismatch", "seedream5-pixels"}
    assert expected_claims <= {claim for claim, each in values.items() if each}
    capsys.readouterr()
    assert main(["overlay", "--from", str(tmp_path / "first" / "observations.json")]) == 0
    overlay.write_text(capsys.readouterr().out)
    assert run_as_live(tmp_path / "second", overlay=str(overlay)) == values

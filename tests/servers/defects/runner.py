"""Runs the contract tests against a server with a defect, and reads what they found."""

from __future__ import annotations

import re

from tests.servers.defects.defect import Defect
from tests.support.contract_runs import ContractRun, run_contract
from tests.support.honest_servers import KEY, OTHER_KEY, serve_plain

_SPENDING = ("--allow-spend", "1000000", "--assume-price", "100")
_FINDING = re.compile(r"^(broken|observed): (\S+) \(.*$((?:\n    .*$)*)", re.MULTILINE)


def run_claim(defect: Defect) -> ContractRun:
    """Run only the tests of the claim that a defect breaks."""
    return run_whole(defect, "-p", "tests.support.only_claims", "--only-claim", defect.claim)


def run_whole(defect: Defect, *flags: str) -> ContractRun:
    """Run all tests of the operation of a defect."""
    with serve_plain(defect.settings, defect.parts, defect.service, defect.handler) as address:
        return run_contract(
            *("--target", address, *_SPENDING, *defect.flags, *flags),
            operation=defect.operation,
            CANNON_API_KEY=KEY,
            CANNON_OTHER_API_KEY=OTHER_KEY,
        )


def read_findings(output: str, outcome: str = "broken") -> dict[str, str]:
    """Read what a run printed for each claim that it found broken, or of which it observed another behaviour."""
    return {match[2]: match[3] for match in _FINDING.finditer(output) if match[1] == outcome}


def find_problem(defect: Defect, run: ContractRun) -> str:
    """Say why a run did not find a defect as it should; empty where it did."""
    findings = read_findings(run.stdout)
    is_broken = defect.outcome == "broken"
    expected_claims = [defect.claim] if is_broken else []
    has_ended_well = run.returncode == defect.exit_status if is_broken else run.returncode != 1
    if not has_ended_well or list(findings) != expected_claims:
        claims = ", ".join(findings) or "none"
        expected = f"{defect.outcome} {defect.claim}"
        return f"expected {expected}, got {run.returncode} and {claims}: {run.stdout.splitlines()[-1:]}"
    if defect.outcome == "observed":
        findings = read_findings(run.stdout, "observed")
    if defect.claim not in findings:
        return f"expected observed {defect.claim}, got {', '.join(findings) or 'nothing'}"
    if defect.sentence not in findings[defect.claim]:
        return f"expected a sentence with {defect.sentence!r}, got {findings[defect.claim]}"
    return ""

"""The report of a run and its observations, as JSON values (floor 6)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from cannon_contract.client.times import show_time
from cannon_contract.runner.results import CLAIM_OUTCOMES, Verdict
from cannon_contract.runner.run import Run
from cannon_contract.spending.budget import to_short_line

FORMAT = 1

Redact = Callable[[Any], Any]


def build_report(run: Run) -> dict[str, Any]:
    """Build the value of report.json, without secrets: claims, tests, exchanges and spending."""
    verdicts, target, redact = run.verdicts(), run.target, run.redactor.redact_value
    return {
        "format": FORMAT,
        "target": redact(run.options.target if target is None else target.url),
        "is_mock": target is None or target.is_mock,
        "began_at": show_time(run.start_time),
        "ended_at": show_time(datetime.now(UTC)),
        "stopped": redact(run.stop_reason),
        "finished_claims": run.find_finished_claims(),
        "counts": {outcome: sum(each.outcome == outcome for each in verdicts) for outcome in CLAIM_OUTCOMES},
        "reach": run.count_costs(),
        "claims": [_build_claim(each, redact) for each in verdicts],
        "tests": _build_tests(run, redact),
        "spending": _build_spending(run, redact),
    }


def build_observations(report: dict[str, Any]) -> dict[str, Any]:
    """Build the value of observations.json from a report: what differs from an assumption, claim by claim."""
    return {
        "format": FORMAT,
        "target": report["target"],
        "observed_at": report["ended_at"],
        "observations": [
            {
                "claim": claim["id"],
                "strength": claim["strength"],
                "assumed": claim["text"],
                "seen": "; ".join(claim["why"]),
                "test": claim["tests"][0] if claim["tests"] else "",
                "values": claim["values"],
            }
            for claim in report["claims"]
            if claim["outcome"] == "observed"
        ],
    }


def to_json(value: Any) -> str:
    """Write a value as the text of a JSON file."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _build_claim(verdict: Verdict, redact: Redact) -> dict[str, Any]:
    claim = verdict.claim
    return {
        "id": claim.id,
        "text": claim.text,
        "strength": claim.strength,
        "kind": claim.kind,
        "source": claim.source,
        "outcome": verdict.outcome,
        "why": redact(list(verdict.reasons)),
        "tests": list(verdict.tests),
        "exchanges": [redact(asdict(each)) for each in verdict.exchanges],
        "values": [{"pointer": each.pointer, "value": redact(each.value)} for each in verdict.values],
    }


def _build_tests(run: Run, redact: Redact) -> list[dict[str, Any]]:
    return [
        {
            "test": result.test,
            "outcome": result.outcome,
            "claims": result.claims,
            "why": redact(result.why),
            "breaches": [
                {"claims": each.claims, "seen": redact(each.description)} for each in result.malformed_replies
            ],
        }
        for result in run.results
    ]


def _build_spending(run: Run, redact: Redact) -> dict[str, Any]:
    budget = run.budget
    # A test that was left out for its cost may have run after all, once others had cost less.
    tests_that_ran = {result.test for result in run.results if result.outcome != "not tested"}
    skips = [each for each in run.plan_by_test.values() if each.skip_reason and each.test not in tests_that_ran]
    return {
        "may_charge": run.may_charge,
        "allowed": budget.ceiling,
        "spent": budget.spent_credits,
        "unexplained": budget.unexplained_fall,
        "elsewhere": budget.account_use.elsewhere,
        "creates": [redact(each.to_dict()) for each in budget.creates],
        "remarks": redact(budget.remarks),
        "open": [
            {"request": redact(to_short_line(id_)), "status": redact(status)}
            for id_, status in budget.open_requests.items()
        ],
        "left_out": [each.to_dict() for each in skips],
    }

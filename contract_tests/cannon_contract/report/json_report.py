"""The report of a run and its observations, as JSON values (floor 6)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from cannon_contract.client.recording import cut_body
from cannon_contract.report.bounds import LEVELS, ReportBounds, bound
from cannon_contract.runner.results import CLAIM_OUTCOMES, TestResult, Verdict
from cannon_contract.runner.run import Run
from cannon_contract.spending.budget import SentCreate, to_short_line
from cannon_spec.printable import escape_lines
from cannon_spec.times import show_time

FORMAT = 1
_LARGEST_VALUE = 2000

Redact = Callable[[Any], Any]


def build_report(run: Run, bounds: ReportBounds = LEVELS[0]) -> dict[str, Any]:
    """Build the value of report.json, without secrets: claims, tests, exchanges and spending.

    Each list whose length a target decides has no more than ``bounds`` says; ``more_`` and its name say how many more
    there are.
    """
    verdicts, target, redact = run.verdicts(), run.target, run.redactor.redact_value
    return {
        "format": FORMAT,
        "target": redact(run.options.target if target is None else target.url),
        "is_mock": target is None or target.is_mock,
        "began_at": show_time(run.start_time),
        "ended_at": show_time(datetime.now(UTC)),
        "stopped": redact(bounds.cut_text(run.stop_reason)),
        "finished_claims": run.find_finished_claims(),
        "counts": {outcome: sum(each.outcome == outcome for each in verdicts) for outcome in CLAIM_OUTCOMES},
        "reach": run.count_costs(),
        "claims": [_build_claim(run, each, bounds, redact) for each in verdicts],
        **bound("tests", [_build_test(each, bounds, redact) for each in _sort_results(run.results)], bounds.results),
        "spending": _build_spending(run, bounds, redact),
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
    """Write a value as the text of a JSON file, with what is not printable as escapes."""
    return escape_lines(json.dumps(value, indent=1, ensure_ascii=False)) + "\n"


def _build_claim(run: Run, verdict: Verdict, bounds: ReportBounds, redact: Redact) -> dict[str, Any]:
    claim = verdict.claim
    return {
        "id": claim.id,
        "text": claim.text,
        "strength": claim.strength,
        "kind": claim.kind,
        "source": claim.source,
        "outcome": verdict.outcome,
        **bound("why", [bounds.cut_text(redact(each)) for each in verdict.reasons], bounds.reasons),
        **bound("tests", verdict.tests, bounds.tests),
        "showing_tests": list(verdict.showing_tests[: bounds.tests]),
        "to_test": redact(run.find_command(claim.id)) if verdict.outcome == "not tested" else "",
        **redact(bounds.cut_exchanges(verdict.exchanges)),
        "values": [
            {"pointer": each.pointer, "value": redact(each.value)}
            for each in verdict.values[: bounds.reasons]
            if len(to_json(each.value)) <= _LARGEST_VALUE
        ],
    }


def _sort_results(results: Sequence[TestResult]) -> list[TestResult]:
    """Sort results so that those which showed something come first: a list that is cut has them."""
    return sorted(results, key=lambda result: CLAIM_OUTCOMES.index(result.outcome))


def _build_test(result: TestResult, bounds: ReportBounds, redact: Redact) -> dict[str, Any]:
    breaches = [
        {"claims": each.claims, "seen": bounds.cut_text(redact(each.description))} for each in result.malformed_replies
    ]
    return {
        "test": result.test,
        "outcome": result.outcome,
        "claims": result.claims,
        "why": bounds.cut_text(redact(result.why)),
        **(bound("breaches", breaches, bounds.reasons) if breaches else {"breaches": []}),
    }


def _build_spending(run: Run, bounds: ReportBounds, redact: Redact) -> dict[str, Any]:
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
        **bound("creates", [redact(_build_create(each, bounds)) for each in budget.creates], bounds.entries),
        **bound("remarks", [bounds.cut_text(redact(each)) for each in budget.remarks], bounds.entries),
        **bound("open", [_build_open_request(*each, redact) for each in budget.open_requests.items()], bounds.entries),
        **bound("left_out", [each.to_dict() for each in skips], bounds.entries // 5),
    }


def _build_create(create: SentCreate, bounds: ReportBounds) -> dict[str, Any]:
    """Build the entry of a create; a body that is too long is a text that is cut."""
    text = json.dumps(create.body, ensure_ascii=False)
    body = create.body if len(text.encode()) <= bounds.body else cut_body(text, bounds.body)
    return {**create.to_dict(), "body": body}


def _build_open_request(id_: str, status: str, redact: Redact) -> dict[str, Any]:
    return {"request": redact(to_short_line(id_)), "status": redact(status)}

"""What a run showed, as files and in a few lines: claim by claim (floor 5)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from cannon_contract.runner.results import OUTCOMES, Verdict
from cannon_contract.runner.run import Run
from cannon_contract.spending.budget import to_short_line

FORMAT = 1
_MOST_SEEN = 3


def make_folder(path: str) -> Path:
    """The folder of a report, made where it is not there."""
    made = Path(path)
    made.mkdir(parents=True, exist_ok=True)
    return made


def write_report(run: Run) -> None:
    """Write report.json, index.html, observations.json and, where creates were paid for, prices.json."""
    into, whole = make_folder(str(run.options.report)), _whole(run)
    (into / "report.json").write_text(_json(whole), encoding="utf-8")
    (into / "index.html").write_text(_page(whole), encoding="utf-8")
    (into / "observations.json").write_text(_json(_observations(whole)), encoding="utf-8")
    learnt = run.budget.learn_prices()
    if run.budget.creates and learnt.known:
        (into / "prices.json").write_text(learnt.to_json(), encoding="utf-8")


def summarize(run: Run) -> list[str]:
    """What became of the claims, what was spent, what is open, in lines for people, with the secrets cut out."""
    return [run.redactor.redact_text(line) for line in _lines(run)]


def _lines(run: Run) -> list[str]:
    found = run.verdicts()
    counts = ", ".join(f"{_count(found, outcome)} {outcome}" for outcome in OUTCOMES)
    lines = [counts, _reached(run)] if run.results else []
    if _count(found, "observed"):
        lines.append("observed is what differs from what is only assumed, and no failure: pytest calls it xfailed")
    for each in found:
        if each.outcome in ("broken", "observed"):
            lines.append(f"{each.outcome}: {each.claim.id} ({each.claim.strength}): {each.claim.text}")
            lines += [f"    seen: {why}" for why in each.reasons[:_MOST_SEEN]]
            if len(each.reasons) > _MOST_SEEN:
                lines.append(f"    and {len(each.reasons) - _MOST_SEEN} more")
    return [*lines, *_spent(run), *([f"the run was stopped: {run.stop_reason}"] if run.stop_reason else [])]


def _reached(run: Run) -> str:
    claims = run.reach()
    return (
        f"of these tests' claims {claims['nothing']} can be tested for nothing on any target, {claims['credits']} only "
        f"by creating requests, which may cost credits, and {claims['a mock']} only on a mock; the other "
        f"{len(run.verdicts()) - sum(claims.values())} are rules that are judged before anything is sent"
    )


def _spent(run: Run) -> list[str]:
    spending = run.budget
    if not run.may_charge:
        return []
    creates = f"{len(spending.creates)} creates, of which {len(spending.charges)} cost something"
    lines = [f"spent: {spending.spent_credits:g} of {spending.ceiling:g} credits allowed, in {creates}"]
    lines += [f"  {each.cost:g} for {each.request_id or 'a create that ' + each.answer}" for each in spending.charges]
    if spending.unexplained_fall:
        lines.append(f"  {spending.unexplained_fall:g} that the balance fell by beyond what these creates count as")
    lines += [f"  {remark}" for remark in spending.remarks]
    return [*lines, *(f"still open: {to_short_line(id_)} ({status})" for id_, status in spending.open_requests.items())]


def _whole(run: Run) -> dict[str, Any]:
    found, place, told = run.verdicts(), run.target, run.redactor.redact_value
    return {
        "format": FORMAT,
        "target": told(run.options.target if place is None else place.url),
        "is_mock": place is None or place.is_mock,
        "began_at": _moment(run.start_time),
        "ended_at": _moment(datetime.now(UTC)),
        "stopped": told(run.stop_reason),
        "counts": {outcome: _count(found, outcome) for outcome in OUTCOMES},
        "reach": run.reach(),
        "claims": [_shown(each, told) for each in found],
        "tests": [
            {
                "test": each.test,
                "outcome": each.outcome,
                "claims": each.claims,
                "why": told(each.why),
                "breaches": [{"claims": breach.claims, "seen": told(breach.description)} for breach in each.breaches],
            }
            for each in run.results
        ],
        "spending": _spending(run, told),
    }


def _spending(run: Run, told: Callable[[Any], Any]) -> dict[str, Any]:
    spending, ran = run.budget, {result.test for result in run.results if result.outcome != "not tested"}
    return {
        "may_charge": run.may_charge,
        "allowed": spending.ceiling,
        "spent": spending.spent_credits,
        "unexplained": spending.unexplained_fall,
        "creates": [told(each.to_dict()) for each in spending.creates],
        "remarks": told(spending.remarks),
        "open": [
            {"request": told(to_short_line(id_)), "status": told(each)} for id_, each in spending.open_requests.items()
        ],
        "left_out": [each.to_dict() for each in run.plan_by_test.values() if each.skip_reason and each.test not in ran],
    }


def _observations(whole: dict[str, Any]) -> dict[str, Any]:
    seen = [each for each in whole["claims"] if each["outcome"] == "observed"]
    return {
        "format": FORMAT,
        "target": whole["target"],
        "observed_at": whole["ended_at"],
        "observations": [
            {
                "claim": each["id"],
                "strength": each["strength"],
                "assumed": each["text"],
                "seen": "; ".join(each["why"]),
                "test": each["tests"][0] if each["tests"] else "",
            }
            for each in seen
        ],
    }


def _shown(verdict: Verdict, told: Callable[[Any], Any]) -> dict[str, Any]:
    claim = verdict.claim
    return {
        "id": claim.id,
        "text": claim.text,
        "strength": claim.strength,
        "kind": claim.kind,
        "source": claim.source,
        "outcome": verdict.outcome,
        "why": told(list(verdict.reasons)),
        "tests": list(verdict.tests),
        "exchanges": [told(asdict(each)) for each in verdict.exchanges],
    }


def _page(whole: dict[str, Any]) -> str:
    return str(_template().render(**whole, outcomes=OUTCOMES))


@cache
def _template() -> Any:
    from jinja2 import Environment, StrictUndefined  # late: a run without a report needs it not

    text = files("cannon_contract.report").joinpath("page.html.jinja").read_text(encoding="utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(text)


def _count(found: tuple[Verdict, ...], outcome: str) -> int:
    return sum(each.outcome == outcome for each in found)


def _moment(time: datetime) -> str:
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"

"""The closing lines of a run on the terminal (floor 6)."""

from __future__ import annotations

from collections.abc import Sequence

from cannon_contract.runner.results import CLAIM_OUTCOMES, Verdict
from cannon_contract.runner.run import Run
from cannon_contract.spending.budget import SentCreate, to_short_line
from cannon_spec.contract.wording import format_count
from cannon_spec.printable import escape_unprintable

_MOST_REASONS = 3
_MOST_ENTRIES = 50
_LONGEST_REASON = 400


def build_summary(run: Run) -> list[str]:
    """Build the lines on claims, costs and open requests, without secrets."""
    verdicts = run.verdicts()
    lines = [*(_summarize_claims(run, verdicts) if run.results else []), *_describe_differences(verdicts)]
    lines += _summarize_spending(run) if run.may_charge else []
    lines += [f"the run was stopped: {run.stop_reason}", *_list_finished_claims(run)] if run.stop_reason else []
    lines += [f"the report is incomplete: {each}; name another folder" for each in run.report_problems]
    return [escape_unprintable(run.redactor.redact_text(line)) for line in lines]


def _list_finished_claims(run: Run) -> list[str]:
    """Name the claims that a run had finished when it was stopped; none where no test ran, or in another process."""
    if not run.results or not run.tests_by_claim:
        return []
    claims = run.find_finished_claims()
    return [
        f"claims finished before that: {len(claims)} of {len(run.tests_by_claim)}",
        *_bound([f"  {each}" for each in claims], _MOST_ENTRIES, "  "),
    ]


def _summarize_claims(run: Run, verdicts: tuple[Verdict, ...]) -> list[str]:
    counts = {outcome: sum(each.outcome == outcome for each in verdicts) for outcome in CLAIM_OUTCOMES}
    costs = run.count_costs()
    lines = [
        ", ".join(f"{count} {outcome}" for outcome, count in counts.items()),
        f"of these claims, {costs['nothing']} can be tested without cost on any target, {costs['credits']} only by "
        f"creating requests, which may cost credits, and {costs['a mock']} only on a mock; the other "
        f"{len(verdicts) - sum(costs.values())} are rules that are judged before anything is sent",
    ]
    if counts["observed"]:
        lines.append("observed means different from an assumption, which is no failure; pytest calls it xfailed")
    return lines


def _describe_differences(verdicts: tuple[Verdict, ...]) -> list[str]:
    lines = []
    for verdict in verdicts:
        if verdict.outcome in ("broken", "observed"):
            lines.append(f"{verdict.outcome}: {verdict.claim.id} ({verdict.claim.strength}): {verdict.claim.text}")
            reasons = [f"    seen: {_cut(reason)}" for reason in verdict.reasons]
            lines += [*_bound(reasons, _MOST_REASONS, "    "), f"    {_name_tests(verdict.showing_tests)}"]
    return lines


def _name_tests(tests: Sequence[str]) -> str:
    """Name the first of the tests that show something, and how many there are beside it."""
    return f"test: {tests[0]}" + (f" and {len(tests) - 1} more" if len(tests) > 1 else "")


def _bound(lines: list[str], most: int, indent: str) -> list[str]:
    """The first lines, and how many more there are."""
    return lines if len(lines) <= most else [*lines[:most], f"{indent}and {len(lines) - most} more"]


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_REASON else text[:_LONGEST_REASON] + "…"


def _summarize_spending(run: Run) -> list[str]:
    budget = run.budget
    estimates = [each for each in budget.charges if each.is_estimated]
    count = format_count(len(budget.creates), "create")
    creates = f"{count}, of which {len(budget.charges) - len(estimates)} cost something"
    creates += f" and {len(estimates)} may have, and count at the estimate" if estimates else ""
    lines = [f"spent: {budget.spent_credits:g} of {budget.ceiling:g} credits allowed, in {creates}"]
    lines += _bound([_describe_charge(each) for each in budget.charges], _MOST_ENTRIES, "  ")
    if budget.account_use.elsewhere:
        lines.append(f"  {budget.account_use.elsewhere}; so its falls say nothing of the costs of these creates")
    elif budget.unexplained_fall:
        lines.append(f"  {budget.unexplained_fall:g} that the balance fell by beyond the costs of these creates")
    lines += _bound([f"  {_cut(remark)}" for remark in budget.remarks], _MOST_ENTRIES, "  ")
    open_requests = [f"still open: {to_short_line(id_)} ({status})" for id_, status in budget.open_requests.items()]
    return [*lines, *_bound(open_requests, _MOST_ENTRIES, "")]


def _describe_charge(create: SentCreate) -> str:
    name = create.request_id or f"a create that {create.answer}"
    return f"  {create.cost:g} for {name}{' (its estimate)' if create.is_estimated else ''}"

"""The claims of the contract by operation and strength, with what rests on each (floor 2)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from cannon_spec.contract.claim import STRENGTHS, Claim
from cannon_spec.contract.wording import format_count
from cannon_spec.output.claim_uses import ClaimUse
from cannon_spec.output.tables import PLAIN_WIDTH, Table, fill
from cannon_spec.output.tables import render_text as render_table

WHOLE_API, SEVERAL_OPERATIONS = "the API as a whole", "several operations"
"""The groups of the claims that no operation, or more than one operation, uses."""

_LEGEND = """\
rules: keywords of schemas that rest on the claim
examples: documents in schemas/examples that break one of these rules; each is a test"""
_INDENT = 4
_TESTS_LEGEND = "tests: contract tests of the claim in that run"


def select_claims(
    uses: Iterable[ClaimUse], strength: str | None, kind: str | None, operation: str | None = None
) -> list[ClaimUse]:
    """The claims of a strength, of a kind and of an operation; of any where None is given."""
    return [
        each
        for each in uses
        if strength in (None, each.claim.strength)
        and kind in (None, each.claim.kind)
        and (operation is None or operation in each.operations)
    ]


def group_by_operation(uses: Iterable[ClaimUse], operations: Iterable[str]) -> dict[str, list[ClaimUse]]:
    """The claims by the operation that uses them, from strong to weak; shared claims come first."""
    groups: dict[str, list[ClaimUse]] = {name: [] for name in (WHOLE_API, SEVERAL_OPERATIONS, *operations)}
    for each in uses:
        names = each.operations or (WHOLE_API,)
        groups[names[0] if len(names) == 1 else SEVERAL_OPERATIONS].append(each)
    return {name: sorted(group, key=lambda each: rank_strength(each.claim)) for name, group in groups.items() if group}


def rank_strength(claim: Claim) -> int:
    """Sorts claims from strong to weak."""
    return STRENGTHS.index(claim.strength)


def render_text(uses: Sequence[ClaimUse], operations: Iterable[str], width: int = PLAIN_WIDTH) -> str:
    """Render the claims by operation, in their order, each with its text below it, and how many there are."""
    count = format_count(len(uses), "claim")
    if not uses:
        return count
    legend = _LEGEND if uses[0].tests is None else f"{_LEGEND}\n{_TESTS_LEGEND}"
    groups = [
        f"{name}:\n\n{_render_group(group, width)}" for name, group in group_by_operation(uses, operations).items()
    ]
    return "\n\n".join([*groups, legend, count])


def _render_group(uses: Sequence[ClaimUse], width: int) -> str:
    """A table with the text of each claim below its row, where it has room."""
    head, rule, *rows = render_table(_tabulate(uses), width).splitlines()
    texts = (fill(each.claim.text, _INDENT, width, _INDENT) for each in uses)
    return "\n".join([head, rule, *(line for pair in zip(rows, texts, strict=True) for line in pair)])


def _tabulate(uses: Sequence[ClaimUse]) -> Table:
    has_tests = uses[0].tests is not None
    rows = [
        (
            each.claim.id,
            each.claim.strength,
            each.claim.kind,
            str(each.rules),
            str(each.examples),
            *([str(each.tests)] if has_tests else []),
        )
        for each in uses
    ]
    head = ("claim", "strength", "kind", "rules", "examples", *(["tests"] if has_tests else []))
    return [head, *rows]


def render_json(uses: Sequence[ClaimUse]) -> str:
    """Render the claims with all their members, sources and uses too."""
    return json.dumps({"claims": [_build_entry(each) for each in uses]}, indent=2)


def _build_entry(use: ClaimUse) -> dict[str, object]:
    entry = {**asdict(use.claim), "operations": use.operations, "rules": use.rules, "examples": use.examples}
    return entry if use.tests is None else {**entry, "tests": use.tests}

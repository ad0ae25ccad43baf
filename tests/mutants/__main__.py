"""Prints what caught each mutant; the exit status is 1 where one survives, or a claim on behaviour has none."""

from __future__ import annotations

import sys

from cannon_spec import load_catalog
from tests.mutants.mutant import Mutant
from tests.mutants.runner import MutantResults, run_mutants
from tests.mutants.table import MUTANTS


def main() -> int:
    """Run all mutants."""
    results = run_mutants(MUTANTS)
    width = max(len(mutant.claim) for mutant in MUTANTS)
    for mutant in sorted(MUTANTS, key=lambda each: each.claim):
        print(f"{mutant.claim:{width}}  {mutant.description:42}  {_describe(results, mutant)}")
    behaviour = {claim.id for claim in load_catalog().claims.values() if claim.kind == "behaviour"}
    unbroken = sorted(behaviour - {mutant.claim for mutant in MUTANTS})
    survivors = len(results.survivors)
    print(f"\n{len(MUTANTS)} mutants of {len(behaviour)} claims on behaviour and some on shapes: ", end="")
    print(f"{len(MUTANTS) - survivors} caught, {survivors} survived")
    for error in results.errors:
        print(f"not caught but an error: {error}")
    for claim in unbroken:
        print(f"no mutant breaks {claim}")
    return 1 if survivors or unbroken or results.errors else 0


def _describe(results: MutantResults, mutant: Mutant) -> str:
    """The tests that caught a mutant, or that it survived."""
    tests = dict.fromkeys(results.catching_tests[mutant])
    return ", ".join(tests) or f"SURVIVED {results.test_counts[mutant]} tests"


if __name__ == "__main__":
    sys.exit(main())

"""Prints what caught each mutant; the exit status is 1 where one survives, or a claim on behaviour has none."""

from __future__ import annotations

import sys

from cannon_spec import load_catalog
from tests.mutants.runner import hunt
from tests.mutants.table import MUTANTS


def main() -> int:
    """Run all mutants."""
    found = hunt(MUTANTS)
    width = max(len(mutant.claim) for mutant in MUTANTS)
    for mutant, tests in sorted(found.caught.items(), key=lambda each: each[0].claim):
        by = ", ".join(dict.fromkeys(tests)) or f"SURVIVED {found.run[mutant]} tests"
        print(f"{mutant.claim:{width}}  {mutant.how:42}  {by}")
    survivors = [mutant for mutant, tests in found.caught.items() if not tests]
    behaviour = {claim.id for claim in load_catalog().claims.values() if claim.kind == "behaviour"}
    without = sorted(behaviour - {mutant.claim for mutant in MUTANTS})
    print(f"\n{len(MUTANTS)} mutants of {len(behaviour)} claims on behaviour and some on shapes: ", end="")
    print(f"{len(MUTANTS) - len(survivors)} caught, {len(survivors)} survived")
    for crash in found.crashed:
        print(f"no catch: {crash}")
    for claim in without:
        print(f"no mutant breaks {claim}")
    return 1 if survivors or without or found.crashed else 0


if __name__ == "__main__":
    sys.exit(main())

"""Prints what each defect was found by; the exit status is 1 where one was not, or not with its sentence.

Arguments are parts of names or topics: without one all defects are tried.
"""

from __future__ import annotations

import sys

from tests.servers.defects.defect import Defect
from tests.servers.defects.runner import find_problem, read_findings, run_claim
from tests.servers.defects.table import TOPICS


def main(parts: list[str]) -> int:
    """Try the defects whose topic or name has one of the parts."""
    problems = 0
    for topic, defects in TOPICS.items():
        for defect in defects:
            if not parts or any(part in topic or part in defect.name for part in parts):
                problems += try_defect(topic, defect)
    return 1 if problems else 0


def try_defect(topic: str, defect: Defect) -> bool:
    """Run the tests of a defect's claim, print what they found, and tell whether anything is wrong with that."""
    run = run_claim(defect)
    problem = find_problem(defect, run)
    print(f"{'NOT FOUND' if problem else 'found':10}{topic}: {defect.name} ({defect.claim})", flush=True)
    for claim, finding in read_findings(run.stdout).items():
        print(f"          {claim}:{finding.strip()}")
    if problem:
        print(f"          {problem}")
    return bool(problem)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

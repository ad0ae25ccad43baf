"""The tests of the suite as a reader can run them: the command that would test a claim (floor 6)."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from cannon_contract.runner.options import EMPTY_KEY, OTHER_KEY
from cannon_contract.runner.results import COSTS, Cost

_VALIDATE = "cannon-spec validate FILE, with a body that breaks it"
_KEYS = {"other key": OTHER_KEY, "empty key": EMPTY_KEY}


@dataclass(frozen=True, slots=True)
class SuiteTest:
    """One case of a test: the name of its function, its operation if it has one, what it needs, and what it takes."""

    id: str
    name: str
    operation: str | None
    needs: frozenset[str]
    cost: Cost


def build_command(tests: Iterable[SuiteTest], target: str, *, may_charge: bool) -> str:
    """Write the command that runs the test of a claim that takes least.

    A claim without tests is a rule that is judged before anything is sent: its command judges a body.
    """
    test = min(tests, key=lambda each: (COSTS.index(each.cost), len(each.needs)), default=None)
    if test is None:
        return _VALIDATE
    variables = [f"{variable}=KEY" for need, variable in _KEYS.items() if need in test.needs]
    options = ["--operation", test.operation] if test.operation else []
    if test.cost != "a mock" and target != "mock":
        options = ["--target", shlex.quote(target), *options]
        options += ["--probe-limits"] if "limits" in test.needs else []
        options += ["--allow-spend", "CREDITS"] if may_charge and test.cost == "credits" else []
    return " ".join([*variables, "cannon-contract", *options, "-k", test.name])

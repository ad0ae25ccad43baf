"""The tests of the suite as a reader can run them: the command that would test a claim (floor 6)."""

from __future__ import annotations

import shlex
from collections.abc import Container, Iterable
from dataclasses import dataclass

from cannon_contract.runner.options import EMPTY_KEY, OTHER_KEY
from cannon_contract.runner.results import COSTS, Cost

_VALIDATE = "cannon-spec validate FILE, with a body that breaks it"
_KEYS = {"other key": OTHER_KEY, "empty key": EMPTY_KEY}
_ABILITIES_BY_OPTION = {"limits", *_KEYS}
"""What a user can give a target by an option or a variable."""


@dataclass(frozen=True, slots=True)
class SuiteTest:
    """One case of a test: the name of its function, its operation if it has one, what it needs, and what it takes."""

    id: str
    name: str
    operation: str | None
    needs: frozenset[str]
    cost: Cost


def build_command(tests: Iterable[SuiteTest], target: str, abilities: Container[str], *, may_charge: bool) -> str:
    """Write the command that runs the test of a claim that takes least.

    ``abilities`` are those of the target. Where an option or a key cannot give it what the test needs beyond them, the
    command tests the mock in this process, which has all. A claim without tests is a rule that is judged before
    anything is sent: its command judges a body.
    """
    test = min(tests, key=lambda each: (COSTS.index(each.cost), len(each.needs)), default=None)
    if test is None:
        return _VALIDATE
    lacking_abilities = {need for need in test.needs if need not in abilities}
    variables = [f"{variable}=KEY" for need, variable in _KEYS.items() if need in lacking_abilities]
    options = ["--operation", test.operation] if test.operation else []
    if target == "mock" or not lacking_abilities <= _ABILITIES_BY_OPTION:
        return " ".join(["cannon-contract", *options, "-k", test.name])
    options = ["--target", shlex.quote(target), *options]
    options += ["--probe-limits"] if "limits" in lacking_abilities else []
    options += ["--allow-spend", "CREDITS"] if may_charge and test.cost == "credits" else []
    return " ".join([*variables, "cannon-contract", *options, "-k", test.name])

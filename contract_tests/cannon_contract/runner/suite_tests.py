"""The tests of the suite as a reader can run them: the command that would test a claim (floor 6)."""

from __future__ import annotations

import shlex
from collections.abc import Container, Iterable
from dataclasses import dataclass

from cannon_contract.runner.options import EMPTY_KEY, OTHER_KEY, Options
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


def build_command(
    tests: Iterable[SuiteTest], target: str, abilities: Container[str], run_options: Options, *, may_charge: bool
) -> str:
    """Write the command that runs the test of a claim that takes least, with those options of the run that it needs.

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
    options = ["--target", target, *options, *_list_kept_options(run_options, test, may_charge=may_charge)]
    options += ["--probe-limits"] if "limits" in lacking_abilities else []
    return " ".join([*variables, "cannon-contract", *map(shlex.quote, options), "-k", test.name])


def _list_kept_options(run_options: Options, test: SuiteTest, *, may_charge: bool) -> list[str]:
    """The options of a run without which the test would not run there as it would have in that run."""
    options = ["--treat-as-live"] if run_options.treat_as_live else []
    options += ["--probe-limits"] if "limits" in test.needs and run_options.probe_limits else []
    if "webhooks" in test.needs and run_options.webhook_listen:
        options += ["--webhook-listen", run_options.webhook_listen]
    if may_charge and test.cost == "credits":
        options += ["--allow-spend", "CREDITS"]
        options += ["--prices", run_options.prices] if run_options.prices else []
        options += [] if run_options.assume_price is None else ["--assume-price", f"{run_options.assume_price:g}"]
    return options

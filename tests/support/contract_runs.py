"""Runs of the contract tests: in this process, which takes a sixth of the time, or in one of their own."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from hypothesis import settings

from cannon_contract.client import balance, charges
from cannon_contract.runner import command
from cannon_contract.suite import webhook_runs
from tests.support import processes
from tests.support.garbage import collect_once


@dataclass(frozen=True, slots=True)
class ContractRun:
    """The exit status of a run, and what it printed."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        return self.stdout + self.stderr


OPERATION = "image.generate"
"""The operation of a run that is not about operations: what it shows holds for each."""


def run_contract(*flags: str, operation: str | None = OPERATION, **environment: str) -> ContractRun:
    """Run the command in this process, with these variables and no others of ours.

    ``operation`` is the one to test, None for those that a run tests without the option.
    """
    stdout, stderr = io.StringIO(), io.StringIO()
    variables = processes.environment(**environment)
    surroundings = (collect_once(), processes.replace_environment(variables), _default_profile(), _short_waits())
    with ExitStack() as stack:
        for each in (*surroundings, redirect_stdout(stdout), redirect_stderr(stderr)):
            stack.enter_context(each)
        try:
            status = command.main((*flags, *_choose(operation)))
        except SystemExit as error:  # raised by argparse
            status = int(error.code or 0)
    return ContractRun(status, stdout.getvalue(), stderr.getvalue())


def run_contract_process(
    *flags: str, operation: str | None = OPERATION, cwd: Path | None = None, **environment: str
) -> ContractRun:
    """Run the command in a process and a directory of its own, with operation and variables as in ``run_contract``."""
    arguments = [sys.executable, "-m", "cannon_contract", *flags, *_choose(operation)]
    variables = processes.environment(**environment)
    run = subprocess.run(arguments, capture_output=True, text=True, env=variables, cwd=cwd)
    return ContractRun(run.returncode, run.stdout, run.stderr)


def _choose(operation: str | None) -> tuple[str, ...]:
    return () if operation is None else ("--operation", operation)


@contextmanager
def _short_waits() -> Iterator[None]:
    """Wait for a moment only for what should not come: no test of ours asserts for how long."""
    waits = ((balance, "PAUSE_S", 0.01), (charges, "LEAST_PATIENCE_S", 2.0), (webhook_runs, "PATIENCE_S", 2.0))
    with ExitStack() as stack:
        for module, name, seconds in waits:
            stack.callback(setattr, module, name, getattr(module, name))
            setattr(module, name, seconds)
        yield


@contextmanager
def _default_profile() -> Iterator[None]:
    """Use the profile of Hypothesis that a process of its own would have."""
    saved = settings.get_current_profile_name()
    settings.load_profile("default")
    try:
        yield
    finally:
        settings.load_profile(saved)

"""The exit status of a run: by what its tests have shown, not by what a plugin of pytest makes of it (floor 6)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cannon_contract.runner.run import OUTCOME_WRITER, RUN, Run

HOLDS, BROKEN, INCOMPLETE = 0, 1, 2


class RunKeeper:
    """A plugin of pytest that keeps the run of the process, for a look at its results after pytest has ended."""

    run: Run | None = None
    outcome_writer: Callable[[str, int], None] | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Keep the run, which our own plugin has made by now."""
        self.run = config.stash.get(RUN, None)
        self.outcome_writer = config.stash.get(OUTCOME_WRITER, None)

    def write_outcome(self, format: str, exit_status: int) -> None:
        """Write what the run showed, if there was one. Raises CannonSpecError where a file cannot be written."""
        if self.outcome_writer is not None:
            self.outcome_writer(format, exit_status)


def find_exit_status(pytest_status: int, run: Run | None) -> int:
    """Find the exit status of the command by that of pytest and by the results of the run."""
    if pytest_status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        return INCOMPLETE
    if run is not None and any(each.outcome == "broken" or each.malformed_replies for each in run.results):
        return BROKEN
    # A run without results was asked for something else, as a list of its tests.
    has_ended_well = run is None or not run.results or run.is_complete
    return HOLDS if pytest_status == pytest.ExitCode.OK and has_ended_well else INCOMPLETE

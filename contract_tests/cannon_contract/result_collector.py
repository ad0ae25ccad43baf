"""Collects the results of a run, and reports on them at its end (floor 6)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from pathlib import Path

import pytest

from cannon_contract.report import write_report
from cannon_contract.report.junit_file import add_run_error
from cannon_contract.report.terminal import build_summary
from cannon_contract.runner import interrupts, targets
from cannon_contract.runner.results import read_result
from cannon_contract.runner.run import Run
from cannon_spec.printable import escape_lines
from cannon_spec.system_errors import explain_os_error


class ResultCollector:
    """Collects the results of all processes, and reports on them at the end."""

    def __init__(self, run: Run, plugins: pytest.PytestPluginManager) -> None:
        self._run = run
        self._plugins = plugins
        self._signal_handlers = ExitStack()

    def pytest_sessionstart(self) -> None:
        """Handle signals in a run on a server, so that the costs of its creates are read back."""
        if self._run.options.target != "mock":
            handlers = interrupts.handle_signals(self._record_interrupt, self._announce_reading_back)
            self._signal_handlers.enter_context(handlers)

    def pytest_unconfigure(self) -> None:
        """Restore the signal handlers."""
        self._signal_handlers.close()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect the result of a test, whichever process ran it."""
        if hasattr(report, "cannon"):
            result = read_result(report.cannon)
            self._run.results.append(result)
            self._run.stop_reason = self._run.stop_reason or result.stop_reason
            for claim in result.claims:
                self._run.needs_by_claim.setdefault(claim, set()).add(result.needs)

    def pytest_keyboard_interrupt(self) -> None:
        """Record why the run ended."""
        self._record_interrupt()

    @pytest.hookimpl(wrapper=True, trylast=True)  # within that of pytest's own reporter, which then prints the summary
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        """Read what is still open once more, and write the report, beside which pytest writes its own."""
        self._finish(session)
        try:
            yield
            add_run_error(self._run, session.config.option.xmlpath)
        except OSError as error:
            path = error.filename or session.config.option.xmlpath
            self._run.report_problems.append(f"{path} could not be written: {explain_os_error(error, '')}")
            session.exitstatus = pytest.ExitCode.INTERRUPTED

    def _finish(self, session: pytest.Session) -> None:
        run = self._run
        run.stop_reason = run.stop_reason or str(session.shouldfail or session.shouldstop or "")
        try:
            self._read_open_requests()
        except KeyboardInterrupt:
            self._record_interrupt()
        finally:
            if run.options.report and run.has_begun:
                run.report_problems = write_report(run, Path(run.options.report))
        if run.results and session.config.option.tbstyle == "line":
            # The section on claims says the same in whole sentences, once for each.
            session.config.option.tbstyle = "no"
        is_incomplete = run.results and session.exitstatus == pytest.ExitCode.OK and not run.is_complete
        if run.budget.overrun_reason or is_incomplete or run.report_problems:
            session.exitstatus = pytest.ExitCode.INTERRUPTED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Summarize claims, costs and open requests."""
        if self._run.has_begun:
            terminalreporter.section("claims")
            for line in build_summary(self._run):
                terminalreporter.write_line(line)

    def _record_interrupt(self) -> None:
        self._run.stop_reason = self._run.stop_reason or "it was interrupted"

    def _announce_reading_back(self) -> None:
        line = "\nreading back what was created; press Ctrl-C again to leave without that"
        write_line(self._plugins, line)

    def _read_open_requests(self) -> None:
        run = self._run
        if run.target is not None and run.budget.creates:
            keys = filter(None, (run.keys.main or run.key, run.keys.other, run.keys.empty))
            timeout_s = run.options.call_timeout
            targets.read_open_requests(run.catalog, run.target, keys, run.budget, run.redactor, timeout_s)
            run.stop_reason = run.stop_reason or run.budget.overrun_reason


def write_line(plugins: pytest.PytestPluginManager, line: str) -> None:
    """Write a line to the terminal at once, whatever pytest captures."""
    terminal, capture = plugins.get_plugin("terminalreporter"), plugins.get_plugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else nullcontext():
        if terminal:
            terminal.write_line(escape_lines(line))
            terminal.flush()

"""What the guard of the vendor's hosts does in a run of pytest: reports of attempts, ``--cannon-guard`` (floor 5)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from cannon_mock.testing import vendor_guard

_TITLE = "attempts to reach the vendor"
_WORKER_KEY = "cannon_guard_attempts"


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Guard the whole session, from the user's first conftest on, where the user asks for it."""
    # The options are not parsed yet, but in a worker of pytest-xdist, which has none among its arguments.
    has_option = vendor_guard.OPTION in args or getattr(early_config.option, "cannon_mock_option_guard", False)
    if has_option or early_config.getini("cannon_guard") is True:
        from cannon_spec.contract.load import default_catalog

        session_guard = ExitStack()
        session_guard.enter_context(vendor_guard.guard_vendor(default_catalog().base_url))
        early_config.add_cleanup(session_guard.close)


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    """Fail the collection of a module whose import made an attempt."""
    outcome: Any = yield
    _fail_report(outcome.get_result())


@pytest.hookimpl(hookwrapper=True, tryfirst=True)  # outermost: an expected failure stays one
def pytest_runtest_makereport() -> Iterator[None]:
    """Fail a test during which an attempt was made, though its code may have swallowed the error."""
    outcome: Any = yield
    _fail_report(outcome.get_result())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a session in which an attempt was made outside of tests and of collection."""
    attempts = vendor_guard.take_attempts()
    if attempts and hasattr(session.config, "workeroutput"):
        session.config.workeroutput[_WORKER_KEY] = attempts
    elif attempts:
        reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.write_line(f"\n{_describe(attempts)}", red=True)
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker of pytest-xdist has noted outside of tests."""
    vendor_guard.note_attempts(getattr(node, "workeroutput", {}).get(_WORKER_KEY, ()))


def _fail_report(report: Any) -> None:
    attempts = vendor_guard.take_attempts()
    if not attempts:
        return
    if not report.failed and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = _describe(attempts)
    elif not all(attempt in str(report.longrepr) for attempt in attempts):
        report.sections.append((_TITLE, _describe(attempts)))


def _describe(attempts: list[str]) -> str:
    return "\n    ".join([f"{_TITLE}:", *attempts]) + f"\nNothing was sent. {vendor_guard.ADVICE}"

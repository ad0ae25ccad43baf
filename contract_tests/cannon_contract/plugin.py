"""The pytest plugin of the contract tests: the options of a run, its start, its results and its report (floor 6).

In a run that does not collect the suite it adds its options and does nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cannon_contract import claim_ids
from cannon_contract.client.recording import build_redactor
from cannon_contract.report.outcome_formats import write_outcome
from cannon_contract.result_collector import ResultCollector, write_line
from cannon_contract.runner import claim_coverage, option_checks, options, planning, samples, targets
from cannon_contract.runner.options import Options
from cannon_contract.runner.run import ABILITIES, OUTCOME_WRITER, RUN, Run
from cannon_contract.runner.suite_items import find_operation, list_claims
from cannon_contract.runner.targets import NoTarget
from cannon_contract.spending.budget import Budget
from cannon_contract.spending.plan_file import BadPlan
from cannon_contract.spending.price_list import PriceList
from cannon_contract.spending.price_sources import read_prices
from cannon_contract.spending.time_limit import TimeLimit
from cannon_spec import Catalog
from cannon_spec.contract.checks import check_claim_ids
from cannon_spec.contract.load import default_catalog
from cannon_spec.errors import BadPriceFile
from cannon_spec.pricing.price_file import describe_age
from cannon_spec.printable import escape_lines, escape_unprintable
from cannon_spec.redaction import Redactor
from cannon_spec.system_errors import explain_os_error

_KEY_CHARACTERS = re.compile(r"[!-~]*", re.ASCII)
_SUITE = Path(__file__).resolve().parent / "suite"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of a run."""
    options.add_options(parser.getgroup("cannon", "Cannon Studio contract tests").addoption)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Refuse to repeat a run that may cost credits each time, before pytest-xdist begins to."""
    if getattr(config.option, "looponfail", False) and option_checks.may_cost(
        options.read_options(config), default_catalog()
    ):
        raise pytest.UsageError("a run that may cost credits is one process, and runs once: leave -f out")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marks of the suite and, where the suite is to run, check the options and begin the run."""
    for mark in (
        "claim(*ids): the claims of the ledger that the test is about",
        "creates(n, **input): how many requests it creates; each may cost credits",
        "sample(*key): of the cases of a test with one key, a run of several operations takes the first",
        "settings(**names): settings of the target, where that is a mock in this process",
        "shares(*members, **input): looks at a request that tests with the same input, and members of the body beside "
        "it, share where creates may cost credits",
        "probes(n, **input): how many creates it sends that should be refused; a refusal costs nothing",
        f"needs(*abilities): what the target must be able to do: {', '.join(ABILITIES)}",
    ):
        config.addinivalue_line("markers", mark)
    if not _runs_suite(config):
        return
    run_options, catalog, keys = options.read_options(config), default_catalog(), options.read_api_keys()
    check_claim_ids(claim_ids, catalog.claims)
    option_checks.check_options(config, run_options, catalog)
    option_checks.check_keys(run_options, keys)
    if not (config.option.collectonly or hasattr(config, "workerinput")):  # the first process has checked it
        option_checks.check_webhook_address(run_options)
    budget = Budget(run_options.allow_spend, _read_price_list(run_options, catalog), run_options.max_creates)
    if run_options.prices:
        budget.remarks += describe_age(run_options.prices, budget.prices.prices, datetime.now(UTC))
    run = Run(catalog, run_options, budget, keys, redactor=build_redactor(filter(None, keys)))
    run.time_limit = TimeLimit(run_options.max_time)
    config.stash[RUN] = run
    config.stash[OUTCOME_WRITER] = lambda name, status: write_outcome(run, name, status)
    if run_options.plan:
        with _refuse_bad_plan():
            planning.load_plan(run, run_options.plan)
    if run_options.report:
        junit = str(_make_folder(run_options.report) / "junit.xml")
        config.option.xmlpath = getattr(config.option, "xmlpath", None) or junit
    config.pluginmanager.register(_SuiteHooks(run))
    if not hasattr(config, "workerinput"):  # of several processes the first one reports
        config.pluginmanager.register(ResultCollector(run, config.pluginmanager))


def _runs_suite(config: pytest.Config) -> bool:
    """Whether any path of the run has the suite in it, or is in the suite."""
    start = Path(config.invocation_params.dir)
    paths = [(start / argument.partition("::")[0]).resolve() for argument in config.args]
    return any(_SUITE.is_relative_to(path) or path.is_relative_to(_SUITE) for path in paths)


def _read_price_list(run_options: Options, catalog: Catalog) -> PriceList:
    try:
        return read_prices(run_options.prices, run_options.assume_price, catalog)
    except BadPriceFile as error:
        raise pytest.UsageError(f"--prices {escape_unprintable(str(error))}") from None


@contextmanager
def _refuse_bad_plan() -> Iterator[None]:
    """Refuse a run whose plan is not what its options say."""
    try:
        yield
    except BadPlan as error:
        raise pytest.UsageError(escape_unprintable(str(error))) from None


def _make_folder(path: str) -> Path:
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = explain_os_error(error, "name a folder")
        raise pytest.UsageError(f"--report {escape_unprintable(path)}: {reason}") from None
    return folder


class _SuiteHooks:
    """The hooks of each process that runs tests of the suite."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._plan_lines: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Check the marks of the suite, and leave out cases of other operations, and repeated ones."""
        catalog, own = self._run.catalog, _select_suite(items)
        for item in own:
            self._run.record_test(item)
        marked_claims = {claim for item in own for claim in list_claims(item)}
        unknown_claims = claim_coverage.find_unknown_claims(catalog, marked_claims)
        if unknown_claims:
            names = ", ".join(unknown_claims)
            raise pytest.UsageError(f"tests are marked with claims that the ledger does not have: {names}")
        if {item.path for item in own} == set(_SUITE.glob("test_*.py")):
            untested_claims = claim_coverage.find_untested_claims(catalog, marked_claims)
            if untested_claims:
                raise pytest.UsageError(f"claims on behaviour without a contract test: {', '.join(untested_claims)}")
        unneeded_items = self._find_unneeded_cases(own)
        with _refuse_bad_plan():
            unneeded_items += planning.find_unplanned(self._run, own)
        if unneeded_items:
            items_by_id = {id(item): item for item in unneeded_items}  # one may be unneeded and unplanned
            config.hook.pytest_deselected(items=list(items_by_id.values()))
            items[:] = [item for item in items if id(item) not in items_by_id]
        items[:] = self._run.sort_tests(items)

    def _find_unneeded_cases(self, items: list[pytest.Item]) -> list[pytest.Item]:
        """Find the cases of operations that the run does not test, and those that a run of several need not repeat.

        A run that may cost credits tests one operation unless it is told others, so it has all cases of each.
        """
        run = self._run
        operations = {None, *run.operations}
        other_cases = [item for item in items if find_operation(item) not in operations]
        if len(run.operations) == 1 or option_checks.may_cost(run.options, run.catalog):
            return other_cases
        return other_cases + samples.find_repeated_cases(item for item in items if find_operation(item) in operations)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Plan a run that may cost credits, before it creates anything."""
        run, own = self._run, _select_suite(session.items)
        for item in own:
            for claim in list_claims(item):
                run.tests_by_claim.setdefault(claim, set()).add(item.nodeid)
        is_worker = hasattr(session.config, "workerinput")
        if not own or is_worker or session.config.option.collectonly or run.options.target == "mock":
            return
        try:
            find_target(run, lambda line: write_line(session.config.pluginmanager, line))
        except pytest.exit.Exception as error:  # pytest would write the name of its class
            raise pytest.UsageError(error.msg) from None
        with _refuse_bad_plan():
            self._plan_lines = planning.plan_run(run, own)
            if run.options.plan_only:
                self._plan_lines += planning.save_plan(run, run.options.plan_only)

    def pytest_report_collectionfinish(self) -> list[str]:
        """Describe the plan."""
        return [escape_unprintable(self._run.redactor.redact_text(line)) for line in self._plan_lines]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> bool | None:
        """Run no test where only the plan is asked for."""
        return True if self._run.options.plan_only else None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
        """Judge a test, and keep its result with pytest's report of it."""
        report = yield
        is_over = report.when == "call" or (report.when == "setup" and not report.passed)
        if is_over and item.path.is_relative_to(_SUITE):
            report.cannon = self._run.judge_test(item, call, report).to_dict()
            _redact_report(report, self._run.redactor)
            if self._run.stop_reason:
                item.session.shouldstop = self._run.stop_reason
        return report


def find_target(run: Run, announce: Callable[[str], object] = lambda line: None) -> targets.Target:
    """Find the target of a run at the first call; ends the run where there is none.

    ``announce`` gets the lines that say how long the target lets it wait.
    """
    if run.target is None:
        address, is_live = run.options.target, run.options.treat_as_live
        try:
            run.target = targets.find_target(
                run.catalog,
                address,
                run.keys,
                is_live=is_live,
                time_limit=run.time_limit,
                call_timeout_s=run.options.call_timeout,
                announce=lambda line: announce(run.redactor.redact_text(line)),
            )
        except NoTarget as error:
            run.stop_reason = escape_unprintable(run.redactor.redact_text(str(error)))
            pytest.exit(run.stop_reason, returncode=2)
        except KeyboardInterrupt:
            pytest.exit("interrupted before the target was found: nothing was tested", returncode=2)
    return run.target


def _select_suite(items: list[pytest.Item]) -> list[pytest.Item]:
    return [item for item in items if item.path.is_relative_to(_SUITE)]


def _redact_report(report: pytest.TestReport, redactor: Redactor) -> None:
    """Make pytest's report of a test safe to print: without the user's keys and without control characters."""

    def make_safe(text: str) -> str:
        return escape_lines(redactor.redact_text(text))

    if isinstance(report.longrepr, tuple):
        path, line, reason = report.longrepr
        report.longrepr = (path, line, make_safe(reason))
    elif report.longrepr is not None and make_safe(str(report.longrepr)) != str(report.longrepr):
        report.longrepr = make_safe(str(report.longrepr))
    report.sections = [(name, make_safe(text)) for name, text in report.sections]

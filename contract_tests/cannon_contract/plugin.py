"""The pytest plugin of the contract tests: the options of a run, its start, its results and its report (floor 6).

In a run that does not collect the suite it adds its options and does nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cannon_contract import claim_ids
from cannon_contract.client.recording import build_redactor
from cannon_contract.report import write_report
from cannon_contract.report.junit_file import add_run_error
from cannon_contract.report.outcome_formats import write_outcome
from cannon_contract.report.terminal import build_summary
from cannon_contract.runner import claim_coverage, interrupts, options, planning, samples, targets
from cannon_contract.runner.listen_address import find_listen_address
from cannon_contract.runner.options import ApiKeys, Options
from cannon_contract.runner.results import read_result
from cannon_contract.runner.run import ABILITIES, OUTCOME_WRITER, RUN, Run
from cannon_contract.runner.suite_items import find_operation, list_claims
from cannon_contract.runner.targets import NoTarget
from cannon_contract.runner.webhook_listener import find_listen_problem
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
    if getattr(config.option, "looponfail", False) and _may_cost(options.read_options(config), default_catalog()):
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
    _check_options(config, run_options, catalog)
    _check_keys(run_options, keys)
    if not (config.option.collectonly or hasattr(config, "workerinput")):  # the first process has checked it
        _check_webhook_address(run_options)
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
        config.pluginmanager.register(_ResultCollector(run, config.pluginmanager))


def _runs_suite(config: pytest.Config) -> bool:
    """Whether any path of the run has the suite in it, or is in the suite."""
    start = Path(config.invocation_params.dir)
    paths = [(start / argument.partition("::")[0]).resolve() for argument in config.args]
    return any(_SUITE.is_relative_to(path) or path.is_relative_to(_SUITE) for path in paths)


def _check_options(config: pytest.Config, run_options: Options, catalog: Catalog) -> None:
    problem = options.find_bad_operation(run_options.operation, catalog)
    if problem:
        raise pytest.UsageError(f"--operation {escape_unprintable(problem)}")
    if run_options.treat_as_live and run_options.target == "mock":
        raise pytest.UsageError("--treat-as-live goes with --target URL: the mock in this process never charges")
    plan_flags = {"--plan-only": run_options.plan_only, "--plan": run_options.plan}
    used_flags = [name for name, value in plan_flags.items() if value is not None]
    if len(used_flags) > 1:
        raise pytest.UsageError("--plan-only writes a plan, and --plan runs one: leave one of them out")
    if run_options.target == "mock" and (used_flags or run_options.max_creates is not None):
        name = [*used_flags, "--max-creates"][0]
        raise pytest.UsageError(f"{name} {planning.NEEDS_CHARGES}")
    if _is_distributed(config) and _may_cost(run_options, catalog):
        raise pytest.UsageError("a run that may cost credits is one process: leave -n out")


def _check_keys(run_options: Options, keys: ApiKeys) -> None:
    """Refuse keys that no header can have, without naming them, and a live run without a key."""
    for name, key in keys.by_variable().items():
        if not _KEY_CHARACTERS.fullmatch(key or ""):
            raise pytest.UsageError(f"{name}: an API key has printable ASCII letters and no spaces; set it again")
    if run_options.target == "live" and keys.main is None:
        raise pytest.UsageError(f"--target live: put your API key into the environment variable {options.KEY}")
    if keys.main is not None and keys.main == keys.other:
        raise pytest.UsageError(f"{options.OTHER_KEY} is the key of {options.KEY} again; set another one")


def _check_webhook_address(run_options: Options) -> None:
    """Refuse an address that the user named and that no webhook can reach, before anything is created."""
    if run_options.webhook_listen is None or run_options.target == "mock":
        return
    address = find_listen_address(run_options.webhook_listen, "")
    problem = find_listen_problem(address) if address else ""
    if problem:
        raise pytest.UsageError(f"{escape_unprintable(problem)}; name another address, or off")


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


def _is_distributed(config: pytest.Config) -> bool:
    """Whether tests run in several processes, or this is one of them."""
    flags = (getattr(config.option, name, None) for name in ("numprocesses", "tx", "distload"))
    return hasattr(config, "workerinput") or any(flags) or getattr(config.option, "dist", "no") != "no"


def _may_cost(run_options: Options, catalog: Catalog) -> bool:
    """Whether a run may cost credits, as far as its options say."""
    is_vendors = targets.is_vendor_address(run_options.target, catalog.base_url)
    return run_options.treat_as_live or run_options.allow_spend > 0 or is_vendors


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
        if len(run.operations) == 1 or _may_cost(run.options, run.catalog):
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
            find_target(run, lambda line: _write_line(session.config.pluginmanager, line))
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


class _ResultCollector:
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
        _write_line(self._plugins, line)

    def _read_open_requests(self) -> None:
        run = self._run
        if run.target is not None and run.budget.creates:
            keys = filter(None, (run.keys.main or run.key, run.keys.other, run.keys.empty))
            timeout_s = run.options.call_timeout
            targets.read_open_requests(run.catalog, run.target, keys, run.budget, run.redactor, timeout_s)
            run.stop_reason = run.stop_reason or run.budget.overrun_reason


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


def _write_line(plugins: pytest.PytestPluginManager, line: str) -> None:
    """Write a line to the terminal at once, whatever pytest captures."""
    terminal, capture = plugins.get_plugin("terminalreporter"), plugins.get_plugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else nullcontext():
        if terminal:
            terminal.write_line(escape_lines(line))
            terminal.flush()


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

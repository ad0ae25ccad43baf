"""The options of a run, what its tests are given, and what is made of how they end (floor 5)."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any

import httpx
import pytest

from cannon_contract.client.api import OPERATION, Api
from cannon_contract.client.redact import Redactor
from cannon_contract.report import files
from cannon_contract.runner import claim_coverage, interrupts, options, targets
from cannon_contract.runner.results import read_result
from cannon_contract.runner.run import ABILITIES, APIS, Run
from cannon_contract.runner.targets import MockWrapper, NoTarget, Target
from cannon_contract.spending import plan, prices
from cannon_contract.spending.budget import Budget
from cannon_spec import Catalog, load_catalog

_KEY = "CANNON_API_KEY"
_MORE_KEYS = {"other key": "CANNON_OTHER_API_KEY", "empty key": "CANNON_EMPTY_API_KEY"}
_ALL_KEYS = (_KEY, *_MORE_KEYS.values())
_KEY_FORM = re.compile(r"[!-~]*", re.ASCII)
_HERE = Path(__file__).resolve().parent / "suite"
_RUN = pytest.StashKey[Run]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the target, what may be spent there, and the report."""
    options.add_options(parser.getgroup("cannon", "Cannon Studio contract tests").addoption)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Refuse to run again and again what may cost credits each time, before pytest-xdist begins to."""
    if getattr(config.option, "looponfail", False) and _is_guarded(options.read_options(config), load_catalog()):
        raise pytest.UsageError("a run that may cost credits is one process, and runs once: leave -f out")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marks, and refuse a target that cannot be tested so."""
    for mark in (
        "claim(*ids): the claims of the ledger that the test holds the target to",
        "creates(n, **input): how many requests it creates; each may cost credits",
        "shares: looks at a plain request, which all such tests share where creates may cost credits",
        "probes(n, **input): how many creates it sends that are to be refused, and cost nothing then",
        f"needs(*abilities): what the target must be able to do: {', '.join(ABILITIES)}",
    ):
        config.addinivalue_line("markers", mark)
    chosen, catalog = options.read_options(config), load_catalog()
    _check_keys(chosen)
    if chosen.treat_as_live and chosen.target == "mock":
        raise pytest.UsageError("--treat-as-live goes with --target URL: the mock in this process charges nobody")
    if _is_distributed(config) and _is_guarded(chosen, catalog):
        raise pytest.UsageError("a run that may cost credits is one process: leave -n out")
    try:
        known = prices.read(chosen.prices, chosen.assume_price, catalog)
    except prices.BadPrices as error:
        raise pytest.UsageError(f"--prices {error}") from None
    hidden = Redactor(filter(None, map(_environ, _ALL_KEYS)))
    run = config.stash[_RUN] = Run(catalog, chosen, Budget(chosen.allow_spend, known), redactor=hidden)
    if chosen.report:
        try:
            folder = files.make_folder(chosen.report)
        except OSError as error:
            raise pytest.UsageError(f"--report {chosen.report}: {error.strerror}; name a folder") from None
        config.option.xmlpath = getattr(config.option, "xmlpath", None) or str(folder / "junit.xml")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Collector(run, config.pluginmanager))


def _check_keys(chosen: options.Options) -> None:
    """Refuse keys that no header can have, without naming them, and a live run without one."""
    for name in _ALL_KEYS:
        if not _KEY_FORM.fullmatch(_environ(name) or ""):
            raise pytest.UsageError(f"{name}: an API key has printable ASCII letters and no spaces; set it again")
    if chosen.target == "live" and _environ(_KEY) is None:
        raise pytest.UsageError(f"--target live: put your API key into the environment variable {_KEY}")
    if _environ(_KEY) is not None and _environ(_KEY) == _environ(_MORE_KEYS["other key"]):
        raise pytest.UsageError(f"{_MORE_KEYS['other key']} is the key of {_KEY} again; set another one")


def _is_distributed(config: pytest.Config) -> bool:
    """Whether tests run in several processes, or this is one of them."""
    asked = (getattr(config.option, name, None) for name in ("numprocesses", "tx", "distload"))
    return hasattr(config, "workerinput") or any(asked) or getattr(config.option, "dist", "no") != "no"


def _is_guarded(chosen: options.Options, catalog: Catalog) -> bool:
    return chosen.treat_as_live or chosen.allow_spend > 0 or targets.is_vendors(chosen.target, catalog.base_url)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse a mark that names no claim and, where the whole suite is collected, a claim that no test speaks of."""
    mine, catalog = _of_this_suite(items), config.stash[_RUN].catalog
    for item in mine:
        config.stash[_RUN].record_test(item)
    marked = {id_ for item in mine for mark in item.iter_markers("claim") for id_ in mark.args}
    unknown = claim_coverage.find_unknown_claims(catalog, marked)
    if unknown:
        raise pytest.UsageError(f"tests are marked with claims that the ledger does not have: {', '.join(unknown)}")
    if {item.path for item in mine} == set(_HERE.glob("test_*.py")):
        untested = claim_coverage.find_untested_claims(catalog, marked)
        if untested:
            raise pytest.UsageError(f"claims on behaviour without a contract test: {', '.join(untested)}")


def pytest_report_collectionfinish(config: pytest.Config, items: list[pytest.Item]) -> list[str]:
    """Say what a run that may cost credits is going to create, before it does."""
    run, mine = config.stash[_RUN], _of_this_suite(items)
    if not mine or config.option.collectonly or run.options.target == "mock":
        return []
    if not _found(run).may_charge:
        return []
    chosen = dict(plan.find_cheapest_input(run.catalog, OPERATION, run.budget.prices))
    steps = [run.plan_step(item, chosen, run.find_obstacle(_needed(item), _keys())) for item in mine]
    run.plan_by_test = {each.test: each for each in plan.make_plan(steps, run.budget.prices, run.budget.ceiling)}
    return plan.describe_plan(tuple(run.plan_by_test.values()), run.budget.ceiling)


@pytest.fixture(scope="session")
def catalog(pytestconfig: pytest.Config) -> Catalog:
    """The contract, read once."""
    return pytestconfig.stash[_RUN].catalog


@pytest.fixture
def layer(request: pytest.FixtureRequest) -> MockWrapper:
    """What is put around a mock in this process: nothing, unless a plugin parametrizes it."""
    chosen: MockWrapper = getattr(request, "param", MockWrapper())
    return chosen


@pytest.fixture
def api(request: pytest.FixtureRequest, layer: MockWrapper) -> Iterator[Api]:
    """The target, with an API key of this test's own where keys are free."""
    run = request.config.stash[_RUN]
    if run.options.target == "mock":
        yield _kept(request, targets.make_mock_api(run.catalog, layer))
        return
    place, planned = _found(run), run.plan_by_test.get(request.node.nodeid)
    left_out = planned.skip_reason if planned else run.find_obstacle(_needed(request.node), _keys())
    if left_out and not (planned and planned.fits(run.budget.spent_credits, run.budget.ceiling)):
        pytest.skip(left_out)
    with httpx.Client(timeout=targets.SECONDS) as client:
        key = run.choose_key(_environ(_KEY))
        yield _kept(
            request, targets.make_server_api(run.catalog, place, key, run.budget, client, run.shared_runs, run.redactor)
        )


@pytest.fixture
def own(request: pytest.FixtureRequest, layer: MockWrapper) -> Callable[..., Api]:
    """Makes a mock in this process, set as the test needs it; where the target is another, the test is skipped."""
    run = request.config.stash[_RUN]
    if run.options.target != "mock":
        pytest.skip(ABILITIES["own"])
    return lambda **settings: _kept(request, targets.make_mock_api(run.catalog, layer, **settings))


@pytest.fixture
def other(request: pytest.FixtureRequest, api: Api) -> Api:
    """The target, called with another good key."""
    place = request.config.stash[_RUN].target
    takes_any = place is None or place.takes_any_key
    return api.with_key(targets.make_key() if takes_any else os.environ[_MORE_KEYS["other key"]])


@pytest.fixture
def poor(request: pytest.FixtureRequest, layer: MockWrapper, api: Api) -> Api:
    """The target, called with a key whose account has no credits."""
    if api.may_move_clock:
        return _kept(request, targets.make_mock_api(api.catalog, layer, credits=0))
    return api.with_key(os.environ[_MORE_KEYS["empty key"]])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
    """Say of which claims a test speaks, what it has seen, and which promise is broken."""
    made = yield
    run = item.config.stash[_RUN]
    if made.when == "call" or (made.when == "setup" and not made.passed):
        made.cannon = run.judge_test(item, call, made).to_dict()
        _cut(made, run.redactor)
        if run.stop_reason:
            item.session.shouldstop = run.stop_reason
    return made


class _Collector:
    """Keeps the results of all tests, and tells of them at the end: of several processes the first one does."""

    def __init__(self, run: Run, plugins: pytest.PytestPluginManager) -> None:
        self._run = run
        self._plugins = plugins
        self._heeding = ExitStack()

    def pytest_sessionstart(self) -> None:
        """Heed the signals of a run on a server: what it has created there is to be read back."""
        if self._run.options.target != "mock":
            self._heeding.enter_context(interrupts.handle_signals(self._interrupted, self._reading_back))

    def pytest_unconfigure(self) -> None:
        """Leave signals as they were."""
        self._heeding.close()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the result of a test, whichever process ran it."""
        if hasattr(report, "cannon"):
            result = read_result(report.cannon)
            self._run.results.append(result)
            self._run.stop_reason = self._run.stop_reason or result.stop_reason
            for id_ in result.claims:
                self._run.needs_by_claim.setdefault(id_, set()).add(result.needs)

    def pytest_keyboard_interrupt(self) -> None:
        """Remember why the run ended."""
        self._interrupted()

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Look once more at what is still open, and write the report."""
        run = self._run
        run.stop_reason = run.stop_reason or str(session.shouldfail or session.shouldstop or "")
        try:
            self._look_again()
        except KeyboardInterrupt:
            self._interrupted()
        finally:
            if run.options.report and run.has_begun:
                files.write_report(run)
        if run.budget.overrun or (run.results and session.exitstatus == pytest.ExitCode.OK and not run.is_whole):
            session.exitstatus = pytest.ExitCode.INTERRUPTED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what became of the claims, what was spent, and what is still open."""
        if self._run.has_begun:
            terminalreporter.section("claims")
            for line in files.summarize(self._run):
                terminalreporter.write_line(line)

    def _interrupted(self) -> None:
        self._run.stop_reason = self._run.stop_reason or "it was interrupted"

    def _reading_back(self) -> None:
        plugins = self._plugins
        terminal, capture = plugins.get_plugin("terminalreporter"), plugins.get_plugin("capturemanager")
        with capture.global_and_fixture_disabled() if capture else nullcontext():
            if terminal:
                terminal.write_line("\nreading back what was created; press Ctrl-C again to leave without that")
                terminal.flush()

    def _look_again(self) -> None:
        """Look once more at what was created and at the balances."""
        run = self._run
        if run.target is not None and run.budget.creates:
            keys = filter(None, (_environ(_KEY) or run.key, *map(_environ, _MORE_KEYS.values())))
            targets.read_open_requests(run.catalog, run.target, keys, run.budget, run.redactor)
            run.stop_reason = run.stop_reason or run.budget.overrun


def _environ(name: str) -> str | None:
    """A variable of the environment; None where it is empty, as where it is not there."""
    return os.environ.get(name) or None


def _of_this_suite(items: list[pytest.Item]) -> list[pytest.Item]:
    return [item for item in items if item.path.is_relative_to(_HERE)]


def _needed(item: pytest.Item) -> Iterator[str]:
    yield from (ability for mark in item.iter_markers("needs") for ability in mark.args)
    yield from (name for name in ("own",) if name in getattr(item, "fixturenames", ()))


def _keys() -> set[str]:
    """The kinds of API keys, beside the first, that the environment has."""
    return {kind for kind, name in _MORE_KEYS.items() if _environ(name)}


def _cut(made: pytest.TestReport, hidden: Redactor) -> None:
    """Cut the user's keys out of what pytest tells of a test."""
    if isinstance(made.longrepr, tuple):
        path, line, why = made.longrepr
        made.longrepr = (path, line, hidden.redact_text(why))
    elif made.longrepr is not None and hidden.redact_text(str(made.longrepr)) != str(made.longrepr):
        made.longrepr = hidden.redact_text(str(made.longrepr))
    made.sections = [(name, hidden.redact_text(text)) for name, text in made.sections]


def _kept(request: pytest.FixtureRequest, api: Api) -> Api:
    request.node.stash.setdefault(APIS, []).append(api)
    return api


def _found(run: Run) -> Target:
    """The target, looked for once."""
    if run.target is None:
        chosen = run.options
        try:
            keys = [_environ(name) for name in _ALL_KEYS]
            run.target = targets.find_target(run.catalog, chosen.target, keys, as_live=chosen.treat_as_live)
        except NoTarget as error:
            run.stop_reason = run.redactor.redact_text(str(error))
            pytest.exit(run.stop_reason, returncode=2)
    return run.target

"""The fixtures of the suite: the target that each test calls, and how a test asks for another (floor 6)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cannon_contract.client.api import Api
from cannon_contract.client.receiver import Receiver
from cannon_contract.plugin import find_target
from cannon_contract.runner import targets
from cannon_contract.runner.failure_text import describe_comparison
from cannon_contract.runner.listen_address import ListenAddress
from cannon_contract.runner.mock_target import MockWrapper, make_mock_api
from cannon_contract.runner.run import ABILITIES, RUN, Run
from cannon_contract.runner.suite_items import APIS, find_operation
from cannon_contract.runner.webhook_listener import WebhookListener, listen
from cannon_contract.suite.webhook_runs import WebhookTarget
from cannon_spec import Catalog
from cannon_spec.contract.load import default_catalog
from cannon_spec.coverage import list_covered_operations


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test that asks for ``operation`` once for each operation, unless it names its operations itself."""
    own_marks = metafunc.definition.iter_markers("parametrize")
    names_operations = any("operation" in _list_names(mark.args[0]) for mark in own_marks)
    if "operation" in metafunc.fixturenames and not names_operations:
        metafunc.parametrize("operation", list_covered_operations(default_catalog()))


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str]:
    """Describe a plain comparison that does not hold in one line, which is the first of the finding."""
    return [describe_comparison(op, left, right)]


def _list_names(names: str | list[str] | tuple[str, ...]) -> list[str]:
    return [name.strip() for name in (names.split(",") if isinstance(names, str) else names)]


@pytest.fixture(scope="session")
def run(pytestconfig: pytest.Config) -> Run:
    """The run that the tests belong to."""
    return pytestconfig.stash[RUN]


@pytest.fixture(scope="session")
def catalog(run: Run) -> Catalog:
    """The contract."""
    return run.catalog


@pytest.fixture
def mock_wrapper(request: pytest.FixtureRequest) -> MockWrapper:
    """What wraps a mock in this process: nothing, unless a plugin parametrizes it."""
    wrapper: MockWrapper = getattr(request, "param", MockWrapper())
    return wrapper


@pytest.fixture
def make_mock(request: pytest.FixtureRequest, run: Run, mock_wrapper: MockWrapper) -> Callable[..., Api]:
    """Makes a mock in this process, with settings of ``cannon_mock.Config``."""
    operation = find_operation(request.node) or run.default_operation

    def make(**settings: Any) -> Api:
        settings = {"default_input": run.choose_input(operation), **settings}
        return _record_api(request, make_mock_api(run.catalog, operation, mock_wrapper, **settings))

    return make


@pytest.fixture
def api(request: pytest.FixtureRequest, run: Run, make_mock: Callable[..., Api]) -> Iterator[Api]:
    """The target, with an API key of this test's own where keys are free."""
    if run.options.target == "mock":
        yield make_mock(
            **{name: value for mark in request.node.iter_markers("settings") for name, value in mark.kwargs.items()}
        )
        return
    target, planned_test = find_target(run), run.plan_by_test.get(request.node.nodeid)
    skip_reason = planned_test.skip_reason if planned_test else run.find_obstacle(request.node)
    if skip_reason and not (planned_test and planned_test.fits(run.budget.spent_credits, run.budget.ceiling)):
        pytest.skip(skip_reason)
    operation = find_operation(request.node) or run.default_operation
    with targets.open_client(run.options.call_timeout) as client:
        server = targets.make_server_api(
            run.catalog,
            target,
            operation,
            run.choose_input(operation),
            key=run.choose_key(),
            budget=run.budget,
            client=client,
            shared_runs=run.shared_runs,
            redactor=run.redactor,
            time_limit=run.time_limit,
        )
        yield _record_api(request, server)


@pytest.fixture(scope="session")
def webhook_listener(run: Run) -> Iterator[WebhookListener]:
    """The receiver of the webhooks of a server."""
    with listen(run.listen_address or ListenAddress()) as listener:
        yield listener


@pytest.fixture
def webhook_target(request: pytest.FixtureRequest, run: Run, make_mock: Callable[..., Api]) -> WebhookTarget:
    """The target, and what receives its webhooks."""
    if run.options.target == "mock":
        receiver = Receiver()
        return WebhookTarget(make_mock(send=receiver), receiver)
    api = request.getfixturevalue("api")
    return WebhookTarget(api, request.getfixturevalue("webhook_listener").open_inbox())


@pytest.fixture
def make_own_mock(run: Run, make_mock: Callable[..., Api]) -> Callable[..., Api]:
    """Makes a mock in this process with settings of its own; skips the test where the target is another."""
    if run.options.target != "mock":
        pytest.skip(ABILITIES["own mock"])
    return make_mock


@pytest.fixture
def api_with_known_keys(run: Run, api: Api, make_mock: Callable[..., Api], tmp_path: Path) -> Api:
    """The target, called with a key; a mock in this process accepts no other one."""
    if run.options.target != "mock":
        return api
    key, file = f"cs_live_{secrets.token_hex(8)}", tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": {key: {}}, "others": False}))
    return make_mock(keys=str(file)).with_key(key)


@pytest.fixture
def other_api(run: Run, api: Api) -> Api:
    """The target, called with another good key."""
    accepts_any_key = run.target is None or run.target.accepts_any_key
    return api.with_key(targets.make_key() if accepts_any_key else str(run.keys.other))


@pytest.fixture
def api_without_credits(run: Run, api: Api, make_mock: Callable[..., Api]) -> Api:
    """The target, called with a key whose account has no credits."""
    return make_mock(credits=0) if api.may_move_clock else api.with_key(str(run.keys.empty))


def _record_api(request: pytest.FixtureRequest, api: Api) -> Api:
    """Keep what a test calls with the test, so that its exchanges are in its result."""
    request.node.stash.setdefault(APIS, []).append(api)
    return api

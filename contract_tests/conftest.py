"""Which target the tests run against, and which of them it is fair to run there (floor 5)."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from cannon_spec import Catalog, load_catalog
from contract_tests.target import Api, over_socket

_KEY_VARIABLE = "CANNON_API_KEY"
_LIVE_PATIENCE_S = 900
_SOCKET_PATIENCE_S = 60
_IN_PROCESS_PATIENCE_S = 600
_START = pytest.StashKey[float]()
_MADE = pytest.StashKey[int]()
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the target and the spending guard."""
    group = parser.getgroup("cannon", "Cannon Studio contract tests")
    group.addoption("--target", default="mock", metavar="mock|URL|live", help="what to test (mock: in this process)")
    group.addoption(
        "--allow-spend",
        type=float,
        default=0,
        metavar="CREDITS",
        help="on the live API, also run tests that create requests, up to this estimate (no page publishes prices)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marks, and refuse a target that cannot be tested."""
    config.addinivalue_line("markers", "claim(*ids): the claims of the ledger that the test holds the target to")
    config.addinivalue_line("markers", "creates(n): how many requests the test may create; each may cost credits")
    target = config.getoption("--target", default="mock")
    if target not in ("mock", "live") and not target.startswith(("http://", "https://")):
        raise pytest.UsageError(f"--target {target}: use mock, live, or an address with http:// or https://")
    if target == "live" and not os.environ.get(_KEY_VARIABLE):
        raise pytest.UsageError(f"--target {target}: put your API key into the environment variable {_KEY_VARIABLE}")


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """The contract, read once."""
    return load_catalog()


@pytest.fixture
def api(catalog: Catalog, request: pytest.FixtureRequest) -> Iterator[Api]:
    """The target, with an API key of this test's own where keys are free."""
    target = request.config.getoption("--target")
    found = _connect(catalog, target)
    try:
        _skip_unfair(found, request)
        _guard(found, request)
        yield found
    finally:
        found.client.close()


def _connect(catalog: Catalog, target: str) -> Api:
    fresh = f"cs_test_{secrets.token_hex(8)}"
    if target == "mock":
        return _in_process(catalog, fresh)
    live, url = _is_live(target, catalog.base_url), catalog.base_url if target == "live" else target
    key = os.environ.get(_KEY_VARIABLE) or fresh
    try:
        api = over_socket(catalog, url, key, _LIVE_PATIENCE_S if live else _SOCKET_PATIENCE_S)
        answer = api.get("/api/v1/status")
    except httpx.TransportError as error:
        pytest.exit(f"no answer from {url}: {error}; check the address, and that the server is up", returncode=2)
    if answer.status_code in (404, 405, 501):
        api.client.close()
        pytest.exit(f"{url} is no such API: GET /api/v1/status answers {answer.status_code}; check the address", 2)
    return api


def _in_process(catalog: Catalog, key: str) -> Api:
    """A mock of its own, in this process, with a clock that ``sleep`` moves."""
    from mock_server import ManualClock, create_app

    clock = ManualClock()
    transport = httpx.WSGITransport(app=create_app(catalog=catalog, clock=clock))
    client = httpx.Client(transport=transport, base_url="http://mock.test", headers={"x-api-key": key})
    return Api(client, clock.sleep, catalog, True, True, _IN_PROCESS_PATIENCE_S)


def _is_live(target: str, vendor: str) -> bool:
    """Whether a target is the vendor's: the word live, or any host of the vendor's domain."""
    host, domain = urlsplit(target).hostname or "", (urlsplit(vendor).hostname or "").removeprefix("www.")
    return target == "live" or host == domain or host.endswith("." + domain)


def _may_cost(api: Api, target: str) -> bool:
    """Whether creates may be charged for: on the live API, and on a server elsewhere that is called with a real key."""
    if _is_live(target, api.catalog.base_url):
        return True
    host = urlsplit(target).hostname or ""
    return not api.is_mock and bool(os.environ.get(_KEY_VARIABLE)) and host not in _LOOPBACK


def _skip_unfair(api: Api, request: pytest.FixtureRequest) -> None:
    """Skip a test of what only our mock promises, on a target that is not our mock."""
    if api.is_mock:
        return
    for mark in request.node.iter_markers("claim"):
        for id_ in mark.args:
            if api.catalog.claims[id_].severity == "warning":
                pytest.skip(f"{id_} is {api.catalog.claims[id_].strength}: only the mock promises it")


def _guard(api: Api, request: pytest.FixtureRequest) -> None:
    """Where creates may be charged for, skip a test that could cross the ceiling.

    Prices are not published: each create is reckoned at the contract's assumed price, or at what the balance has lost
    per create so far, whichever is more.
    """
    creates = sum(mark.args[0] for mark in request.node.iter_markers("creates"))
    if creates == 0 or not _may_cost(api, request.config.getoption("--target")):
        return
    allowed = request.config.getoption("--allow-spend")
    if not allowed:
        pytest.skip("creates requests, which may cost credits: allow it with --allow-spend CREDITS")
    balance, stash = api.credits(), request.config.stash
    start, made = stash.setdefault(_START, balance), stash.setdefault(_MADE, 0)
    assumed = max(
        operation.data["price"]["credits"] for operation in api.catalog.operations.values() if operation.covered
    )
    price = max(assumed, (start - balance) / made if made else 0)
    spent = max(start - balance, made * price)
    if spent + creates * price > allowed:
        pytest.skip(f"could cross --allow-spend {allowed:g}: about {spent:g} spent, up to {creates * price:g} more")
    stash[_MADE] = made + creates

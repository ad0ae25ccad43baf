"""The contract tests find nothing broken in servers that were written from the vendor's pages alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from cannon_spec import load_catalog
from cannon_spec.coverage import list_covered_operations
from tests.servers.defects.runner import read_findings
from tests.servers.plain_server import Settings
from tests.support.contract_runs import OPERATION, ContractRun, run_contract, run_contract_process
from tests.support.honest_servers import HONEST_SERVERS, KEY, OTHER_KEY, SECOND_KEY

FAST_SETTINGS = Settings(keys=(KEY, SECOND_KEY), other_keys=(OTHER_KEY,), pace=400)
SPENDING = ("--assume-price", "100", "--allow-spend")
EVERYTHING = (*SPENDING, "1000000")

each_server = pytest.mark.parametrize("server", HONEST_SERVERS)


def check_nothing_broken(
    server: str,
    *flags: str,
    settings: Settings = FAST_SETTINGS,
    operation: str | None = OPERATION,
    run_suite: Callable[..., ContractRun] = run_contract,
    **keys: str,
) -> None:
    """Run the contract tests against a server; the run must end with 0, and name no broken claim."""
    keys = {"CANNON_API_KEY": KEY, **keys}
    with HONEST_SERVERS[server](settings) as address:
        run = run_suite("--target", address, *flags, operation=operation, **keys)
    assert (run.returncode, read_findings(run.stdout)) == (0, {}), run.output


@pytest.mark.parametrize(
    "server",
    [pytest.param(name, marks=() if name == "plain" else pytest.mark.extended) for name in HONEST_SERVERS],
)
def test_an_honest_server_passes(server: str) -> None:
    """A run with enough credits for every test ends with 0 on an honest server."""
    check_nothing_broken(server, *EVERYTHING)


@pytest.mark.extended
@each_server
@pytest.mark.parametrize(
    "flags", [(), (*SPENDING, "100"), (*EVERYTHING, "--treat-as-live"), (*EVERYTHING, "--probe-limits")], ids=" ".join
)
def test_an_honest_server_passes_with_each_budget(server: str, flags: tuple[str, ...]) -> None:
    """A run without credits, with a few, as on the live API, and one that tests limits end with 0."""
    check_nothing_broken(server, *flags)


@pytest.mark.extended
@each_server
@pytest.mark.parametrize("other_key", [SECOND_KEY, OTHER_KEY], ids=["of the same account", "of another account"])
def test_an_honest_server_passes_with_a_second_key(server: str, other_key: str) -> None:
    """A second API key may be one of the same account, or of another."""
    check_nothing_broken(server, *EVERYTHING, CANNON_OTHER_API_KEY=other_key)


@pytest.mark.extended
@each_server
@pytest.mark.parametrize("changes", [{"answer_ms": 120}, {"pace": 40}], ids=str)
def test_an_honest_server_passes_at_another_speed(server: str, changes: dict[str, float]) -> None:
    """Late replies, and a pace that shows each state, break nothing: each call takes its time, so there are few."""
    settings = replace(FAST_SETTINGS, **changes)
    check_nothing_broken(server, *SPENDING, "300", settings=settings)


@pytest.mark.extended
@each_server
@pytest.mark.parametrize("busy_ms", [60, 700])
def test_an_honest_server_passes_with_a_busy_account(server: str, busy_ms: float) -> None:
    """Credits that are spent from elsewhere are taken for nothing else; the waits that show it are the real ones."""
    settings = replace(FAST_SETTINGS, busy_ms=busy_ms)
    check_nothing_broken(server, *EVERYTHING, settings=settings, run_suite=run_contract_process)


@pytest.mark.extended
@each_server
def test_an_honest_server_passes_with_each_operation(server: str) -> None:
    """The other operations are no worse than the first one."""
    operations = [flag for each in list_covered_operations(load_catalog()) for flag in ("--operation", each)]
    check_nothing_broken(server, *EVERYTHING, "--assume-price", "3000", *operations, operation=None)

"""A pytest plugin of ours: of the contract tests only those of some claims run (``--only-claim ID``, repeatable)."""

from __future__ import annotations

import pytest

from cannon_contract.runner.suite_items import list_claims


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.addoption("--only-claim", action="append", default=[], metavar="ID", help="run only tests of this claim")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of other claims, after the suite has chosen its cases."""
    claims = set(config.getoption("only_claim"))
    items[:] = [item for item in items if claims & set(list_claims(item))]

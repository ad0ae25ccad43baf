"""A contract with made-up operations that use each word of the data."""

from __future__ import annotations

import pytest

from cannon_spec import Catalog
from tests.support.additions import load_with_remarks


@pytest.fixture(scope="session")
def added_catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The shipped contract with the made-up operations, and remarks on them."""
    return load_with_remarks(tmp_path_factory.mktemp("added") / "schemas")

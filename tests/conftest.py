"""What the tests share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import settings

from cannon_spec import Catalog, load_catalog
from tests.support.garbage import collect_none, freeze_objects
from tests.support.mocks import Driver, DriverFactory, build_driver
from tests.support.payloads import CATALOG
from tests.support.processes import forget_surroundings
from tests.support.stores import records, shared, valkey

__all__ = ["records", "shared", "valkey"]

SHIPPED = Path(__file__).resolve().parent.parent / "schemas"

settings.register_profile("tests", deadline=None)
settings.register_profile("extended", deadline=None, max_examples=500)
settings.load_profile("tests")
forget_surroundings()
collect_none()


def pytest_collection_finish() -> None:
    """Spare the tests all collections of garbage."""
    freeze_objects()


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """The shipped contract."""
    return load_catalog()


@pytest.fixture
def schemas(tmp_path: Path) -> Path:
    """A copy of the shipped contract, to be changed."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "schemas", ignore=_leave_out))


def _leave_out(folder: str, names: list[str]) -> set[str]:
    """Names that a copy does without, since each load would read them: examples, statements, other operations."""
    operation = CATALOG.operations["image.generate"]
    schemas = {f"{model.schema}.schema.json".removeprefix("models/") for model in operation.models.values()}
    needed_names = {
        SHIPPED: set(names) - {"examples", "statements.json"},
        SHIPPED / "operations": {operation.id},
        SHIPPED / "models": schemas,
    }
    return set(names) - needed_names.get(Path(folder), set(names))


@pytest.fixture
def make_mock() -> DriverFactory:
    """Mocks with settings of the test's choice."""
    return build_driver


@pytest.fixture
def mock(make_mock: DriverFactory) -> Driver:
    """A mock as it comes."""
    return make_mock()

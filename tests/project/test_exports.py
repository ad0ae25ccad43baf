"""The public names that modules list."""

from __future__ import annotations

import importlib

import pytest

MODULES = ("cannon_spec", "cannon_mock", "cannon_mock.stores", "cannon_spec.strategies")


@pytest.mark.parametrize("name", MODULES)
def test_every_listed_name_exists(name: str) -> None:
    """A module has each name of its ``__all__``."""
    module = importlib.import_module(name)
    assert [each for each in module.__all__ if not hasattr(module, each)] == []

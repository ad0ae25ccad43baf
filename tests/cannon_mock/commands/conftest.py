"""What the tests of the commands share."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def _no_settings_of_the_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the settings of the environment that the tests run in."""
    for name in [name for name in os.environ if name.startswith("CANNON_")]:
        monkeypatch.delenv(name)

"""The environment of the processes that tests start."""

from __future__ import annotations

import os

_OURS = ("CANNON_", "PYTEST_", "PYTHON", "NO_COLOR", "COLUMNS")
_COVERAGE = ("COVERAGE_",)


def environment(*, measured: bool = False, **more: str) -> dict[str, str]:
    """The environment of this process without settings of ours and of pytest, and with more.

    A process that nobody asks for its coverage is not slowed down by it; one that is to be ``measured`` is.
    """
    gone = _OURS if measured else _OURS + _COVERAGE
    return {**{name: value for name, value in os.environ.items() if not name.startswith(gone)}, **more}

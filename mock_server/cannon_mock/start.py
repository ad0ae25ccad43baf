"""The start of the command ``cannon-mock`` (floor 5)."""

from __future__ import annotations

import gc
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Do as ``cannon_mock.__main__.main``, which this imports without a look for garbage.

    Nothing that is imported is garbage, and to look through it takes 6 % of the time to the first answer. As soon as
    the mock is built, Python looks for garbage again.
    """
    gc.disable()
    try:
        from cannon_mock import __main__ as command

        return command.main(argv)
    finally:
        gc.enable()

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
        try:
            from cannon_mock import __main__ as command
        except ImportError as error:  # without the extra mock, this is what fails first
            return _report_missing(error)
        return command.main(argv)
    finally:
        gc.enable()


def _report_missing(error: ImportError) -> int:
    from cannon_mock.notices import write_notice  # late: most runs lack nothing
    from cannon_spec.installation import advise_extra, describe_import_error

    write_notice(f"{describe_import_error(error)}; {advise_extra('mock')}")
    return 2

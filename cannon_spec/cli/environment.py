"""What the environment sets for the command; nothing else in this package reads it (floor 2)."""

from __future__ import annotations

import os

from cannon_spec.errors import CannonSpecError
from cannon_spec.nearest import suggest_name

_PREFIX = "CANNON_SPEC_"
_OVERLAY = "CANNON_SPEC_OVERLAY"


def check_variables() -> None:
    """Raise CannonSpecError for a ``CANNON_SPEC_…`` variable that no command reads; an empty one counts as unset.

    A misspelt one would otherwise leave the contract without its overlay, without a sign.
    """
    for name, text in os.environ.items():
        if text and name.startswith(_PREFIX) and name != _OVERLAY:
            advice = suggest_name(name, [_OVERLAY], f"the only variable of {_PREFIX}… is {_OVERLAY}", _PREFIX)
            raise CannonSpecError(f"unknown variable {name[:100]}; {advice}")


def find_overlay(flag: str | None) -> str | None:
    """The overlay file: the one of the flag, else the one of CANNON_SPEC_OVERLAY, else None."""
    return flag or os.environ.get(_OVERLAY) or None


def forbids_color() -> bool:
    """Whether NO_COLOR is set to anything but the empty text (https://no-color.org)."""
    return bool(os.environ.get("NO_COLOR"))


def read_columns() -> int | None:
    """The width that COLUMNS asks for; None where it is not set, or no number above 0."""
    text = os.environ.get("COLUMNS", "")
    return int(text) or None if text.isascii() and text.isdigit() and len(text) < 10 else None

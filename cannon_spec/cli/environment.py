"""What the environment sets for the command; nothing else in this package reads it (floor 2)."""

from __future__ import annotations

import os


def find_overlay(flag: str | None) -> str | None:
    """The overlay file: the one of the flag, else the one of CANNON_SPEC_OVERLAY, else None."""
    return flag or os.environ.get("CANNON_SPEC_OVERLAY") or None


def forbids_color() -> bool:
    """Whether NO_COLOR is set to anything but the empty text (https://no-color.org)."""
    return bool(os.environ.get("NO_COLOR"))


def read_columns() -> int | None:
    """The width that COLUMNS asks for; None where it is not set, or no number above 0."""
    text = os.environ.get("COLUMNS", "")
    return int(text) or None if text.isascii() and text.isdigit() and len(text) < 10 else None

"""What the environment sets for the command; nothing else in this package reads it (floor 2)."""

from __future__ import annotations

import os
from pathlib import Path

from cannon_spec.errors import CannonSpecError
from cannon_spec.nearest import suggest_name

_PREFIX = "CANNON_SPEC_"
_OVERLAY, _FORMAT = "CANNON_SPEC_OVERLAY", "CANNON_SPEC_FORMAT"
_CODE_FOLDERS = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")
_STEP_SUMMARY = "GITHUB_STEP_SUMMARY"


def check_variables() -> None:
    """Raise CannonSpecError for a ``CANNON_SPEC_…`` variable that no command reads; an empty one counts as unset.

    A misspelt one would otherwise leave the contract without its overlay, without a sign.
    """
    names = (_OVERLAY, _FORMAT)
    for name, text in os.environ.items():
        if text and name.startswith(_PREFIX) and name not in names:
            advice = suggest_name(name, names, f"the variables of {_PREFIX}… are {' and '.join(names)}", _PREFIX)
            raise CannonSpecError(f"unknown variable {name[:100]}; {advice}")


def find_format(default: str) -> str:
    """The format in which findings are written without a flag: that of CANNON_SPEC_FORMAT, else the default."""
    return os.environ.get(_FORMAT) or default


def find_code_folder() -> str:
    """The folder that paths in reports for CI systems are relative to.

    It is the checkout of GitHub or GitLab where this command runs in it, else the current folder.
    """
    try:
        current_folder = os.path.realpath(os.curdir)
    except FileNotFoundError:  # it is gone, and standard input can be judged all the same
        return os.curdir
    for name in _CODE_FOLDERS:
        folder = os.environ.get(name)
        if folder and Path(current_folder).is_relative_to(os.path.realpath(folder)):
            return folder
    return current_folder


def find_step_summary() -> str | None:
    """The file in which GitHub Actions takes the summary of a step, if there is one."""
    return os.environ.get(_STEP_SUMMARY) or None


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

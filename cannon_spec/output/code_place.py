"""How reports and baselines name files, whatever the folder of the run (floor 2)."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from cannon_spec.printable import escape_unprintable

STDIN = "<stdin>"
"""The name of standard input, which has no path."""


class CodeBase:
    """A folder that the names of files are relative to, as the checkout of a CI system. It remembers the names."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(os.path.realpath(folder))
        self._names: dict[str, str] = {}

    def name_file(self, file: str) -> str:
        """The path of a file relative to the folder, with ``/`` between folders."""
        name = self._names.get(file)
        if name is None:
            name = self._names[file] = _make_relative(file, self._folder)
        return name


def _make_relative(file: str, folder: Path) -> str:
    """The path of a file relative to a folder, the same on each system. Standard input has no path."""
    if file == STDIN:
        return file
    path = Path(file)
    with suppress(ValueError):  # on another drive there is no relative path, and with a NUL there is no file
        path = path.parent.resolve() / path.name
        path = Path(os.path.relpath(path, folder))
    return escape_unprintable(path.as_posix())

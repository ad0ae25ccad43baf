"""A document of a file, as each format reads it (floor 2)."""

from __future__ import annotations

from typing import Any, Protocol

from cannon_spec.errors import NotJSON
from cannon_spec.json_positions import Position


class Document(Protocol):
    """A document of a file: its value, or why it cannot be read.

    ``is_plain`` says that the value has plain JSON types only and at most ``MAX_DEPTH`` levels, as ``document.loads``
    returns them. ``line`` is where it starts in a file of several documents. It is None where the file is one document,
    and where a problem leaves the rest of the file unread.
    """

    @property
    def line(self) -> int | None:
        """The line where it starts, or None."""

    @property
    def is_plain(self) -> bool:
        """Whether its value needs no walk before it is judged."""

    @property
    def value(self) -> Any:
        """Its JSON value; None where there is an error."""

    @property
    def error(self) -> NotJSON | None:
        """Why it cannot be read; None where it can."""

    def locate(self, pointer: str) -> Position | None:
        """Where the value at a JSON Pointer starts in the file; where it is absent, the innermost value around it."""


class UnreadableDocument:
    """A document, or the rest of a file, that cannot be read."""

    __slots__ = ("error", "line")
    value = None
    is_plain = True

    def __init__(self, line: int | None, error: NotJSON) -> None:
        self.line = line
        self.error = error

    def locate(self, _: str) -> Position | None:
        """Where the problem is, whatever the pointer."""
        if self.error.line is None or self.error.column is None:
            return None if self.line is None else Position(self.line, 1)
        return Position(self.error.line, self.error.column)

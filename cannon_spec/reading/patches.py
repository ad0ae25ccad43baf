"""The patch of one document of a file (floor 2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cannon_spec.patch import PatchOperation


class DocumentPatch(NamedTuple):
    """What to change in the document of a number, from 0, with the line that its reader gave it."""

    number: int
    line: int | None
    operations: Sequence[PatchOperation]

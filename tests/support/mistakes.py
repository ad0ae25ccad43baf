"""The mistakes of people who write payloads: a table of rows, each a good body with one slip and what is to be said."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from cannon_spec.pointer import follow, from_pointer

HOME = Path(__file__).resolve().parents[1] / "mistakes"
BASES: dict[str, Any] = json.loads((HOME / "bases.json").read_text("utf-8"))
"""The good create bodies that rows change, by name."""


class Mistake(NamedTuple):
    """One row of the table: a create body with a slip, and what is to be said of it.

    ``path`` and ``severity`` are those of the one finding, and its hint names each of ``words``. ``repaired_body`` is
    what the fix makes of the body. It is None for a row without a fix, for which ``reason`` says why there is none.
    """

    id: str
    body: Any
    path: str
    severity: str
    words: tuple[str, ...]
    repaired_body: Any
    reason: str

    @property
    def kind(self) -> str:
        """The kind of slip: the name of the file that has the row."""
        return self.id.partition(":")[0]


def read_mistakes() -> list[Mistake]:
    """Every row, in the order of the files and their lines."""
    return [row for file in sorted(HOME.glob("*.jsonl")) for row in _iter_rows(file)]


class BrokenText(NamedTuple):
    """A text that cannot be read as JSON, the place where reading ends, and what the advice names."""

    text: str
    line: int
    column: int
    words: tuple[str, ...]


def read_broken_texts() -> list[BrokenText]:
    """The texts that cannot be read, in the order of their file."""
    rows = json.loads((HOME / "texts.json").read_text("utf-8"))
    return [BrokenText(row["text"], row["line"], row["column"], tuple(row["hint"])) for row in rows]


def _iter_rows(file: Path) -> Iterator[Mistake]:
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        row = json.loads(line)
        body = row["body"] if "body" in row else _build_body(row)
        repaired_body = _build_repaired_body(row["base"], row["fixed"]) if "fixed" in row else None
        words, reason = tuple(row["hint"]), row.get("no_fix", "")
        yield Mistake(f"{file.stem}:{number}", body, row["at"], row["is"], words, repaired_body, reason)


def _build_repaired_body(base: str, changes: Mapping[str, Any]) -> Any:
    """A base with other values at some places; null takes out what the base has there."""
    absent_names = [name for name, value in changes.items() if value is None]
    values = {name: value for name, value in changes.items() if value is not None}
    return _build_body({"base": base, "drop": absent_names, "set": values})


def _build_body(row: Mapping[str, Any]) -> Any:
    """A base after the changes ``drop``, ``rename`` and ``set``, in this order."""
    body = copy.deepcopy(BASES[row["base"]])
    for name in row.get("drop", ()):
        _take(body, name)
    for old, new in row.get("rename", {}).items():
        _put(body, new, _take(body, old))
    for name, value in row.get("set", {}).items():
        _put(body, name, value)
    return body


def _take(body: Any, name: str) -> Any:
    *parents, key = _find_place(name)
    return follow(body, parents).pop(key)


def _put(body: Any, name: str, value: Any) -> None:
    *parents, key = _find_place(name)
    parent = follow(body, parents)
    parent[_read_key(parent, key)] = value


def _find_place(name: str) -> tuple[str, ...]:
    """The place that a row names: a field of the input, or a pointer from the body."""
    return from_pointer(name) if name.startswith("/") else ("input", name)


def _read_key(parent: Any, key: str) -> str | int:
    return int(key) if isinstance(parent, list) else key

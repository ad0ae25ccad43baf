"""The content of tables with patches applied to the documents of their rows; all other cells stay (floor 2)."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from cannon_spec.patch import PatchOperation, apply_patch
from cannon_spec.pointer import from_pointer, to_pointer
from cannon_spec.reading.csv_files import RowSource, TableRow, read_header
from cannon_spec.reading.patches import DocumentPatch

_BYTE_ORDER_MARK = "\ufeff"
_INPUT = "input"


def rewrite_table(content: bytes, patches: Sequence[DocumentPatch], delimiter: str, operation: str | None) -> bytes:
    """Apply patches to a table: where a field is renamed its column is, for all rows.

    The caller compares the values of the result. Raises LookupError for what changes more than a cell or a name.
    """
    source = RowSource(io.BytesIO(content), delimiter)
    rows = {row.line: row for row in source.rows}
    changes = _TableChanges(rows, operation)
    for patch in patches:
        for each in patch.operations:
            changes.add(each, patch.line or 0)
    text = content.decode()
    lines = text.split("\n")
    starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
    starts[0] += text.startswith(_BYTE_ORDER_MARK)
    parts, position = list[str](), 0
    for (line, index), cell in sorted(changes.cells.items()):
        start, end = (starts[line - 1] + each for each in rows[line].spans[index])
        is_quoted = text.startswith('"', start)
        parts += text[position:start], _write_cell(cell, source.delimiter, is_quoted)
        position = end
    return "".join((*parts, text[position:])).encode()


class _TableChanges:
    """The new texts of the cells of a table, by line and index; those of the header are the names of its columns."""

    def __init__(self, rows: Mapping[int, TableRow], operation: str | None) -> None:
        self.cells: dict[tuple[int, int], str] = {}
        self._rows = rows
        self._is_bare = operation is not None
        self._header_line, header = next(iter(rows.items()))
        columns = enumerate(read_header(header, operation))
        self._indexes = {to_pointer(column.path): index for index, column in columns if column.name}
        self._renames: dict[str, str] = {}

    def add(self, operation: PatchOperation, line: int) -> None:
        """Add what an operation on the document of a line changes. Raises LookupError if that is more than cells."""
        name, pointer = operation["op"], operation["path"]
        if name == "move" and pointer in self._indexes:
            self._move(line, operation["from"], pointer)
        elif name == "move":
            self._rename(operation["from"], pointer)
        elif name in ("replace", "remove") and pointer in self._indexes:
            self.cells[line, self._indexes[pointer]] = _write_value(operation.get("value", ""))
        else:
            self._change_item(operation, line)

    def _change_item(self, operation: PatchOperation, line: int) -> None:
        """Change an item of the list that a cell holds. Raises LookupError where no cell holds it."""
        pointer = operation["path"]
        column = next((each for each in self._indexes if pointer.startswith(each + "/")), None)
        if column is None:
            raise LookupError(pointer)
        place = line, self._indexes[column]
        items = _read_items(self.cells.get(place, self._rows[line].cells[place[1]]))
        self.cells[place] = _write_value(apply_patch(items, [{**operation, "path": pointer.removeprefix(column)}]))

    def _move(self, line: int, source: str, target: str) -> None:
        if self._renames.get(source) != target:  # else the column has its name since an earlier row
            source_index, target_index = self._indexes[source], self._indexes[target]
            text = self._rows[line].cells[source_index]
            self.cells |= {(line, target_index): text, (line, source_index): ""}

    def _rename(self, source: str, target: str) -> None:
        index = self._indexes.pop(source)
        self._indexes[target], self._renames[source] = index, target
        path = from_pointer(target)
        is_in_input = not self._is_bare and path[0] == _INPUT
        self.cells[self._header_line, index] = ".".join(path[1:] if is_in_input else path)


def _read_items(text: str) -> Any:
    """The list that a cell holds: JSON, or the text as its one item, as it is read."""
    if not text.strip().startswith("["):
        return [text]
    try:
        return json.loads(text)
    except ValueError:
        raise LookupError(text) from None


def _write_value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _write_cell(text: str, delimiter: str, is_quoted: bool) -> str:
    """The text of a cell, in quotes if it had some or needs them."""
    needs_quotes = is_quoted or any(letter in text for letter in (delimiter, '"', "\r", "\n"))
    return '"' + text.replace('"', '""') + '"' if needs_quotes else text

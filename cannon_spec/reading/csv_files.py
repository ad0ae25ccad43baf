"""Tables of create bodies or bare inputs: a row a document, a column a field (floor 2).

A cell has no type of its own: the schema of the operation says what its text means. An empty cell is an absent field.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import IO, Any, NamedTuple

from cannon_spec import claim_ids, inputs
from cannon_spec.document import decode_text
from cannon_spec.errors import NotJSON
from cannon_spec.json_positions import Position, find_position, show_token
from cannon_spec.pointer import to_pointer
from cannon_spec.reading.cell_values import CellTypes, read_cell
from cannon_spec.reading.documents import Document, UnreadableDocument

_ENVELOPE = ("operation", "webhook_url")
"""The columns that are no fields of the input but stand beside it."""

_INPUT = "input"
_SAVE = 'save the file as UTF-8; in Excel choose "CSV UTF-8"'
_DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab"}
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n")
_QUOTED = re.compile(r'"[^"]*"')
_QUOTED_CELL = re.compile(r'"(?:[^"]|"")*+"')
_PROBLEMS = {
    "unexpected end": ("a quoted cell is not closed", 'close it with "; write a quote inside a quoted cell as ""'),
    "expected after": ("text after the end of a quoted cell", 'write a quote inside a quoted cell as ""'),
    "new-line character": (
        "a line end that only old Macs write",
        "save it with the line ends of Unix or Windows",
    ),
    "field larger": ("a cell is larger than 128 KiB", "close its quote, or send the body as JSON"),
}
"""What the reader says of a broken table, with the words for people and what to do."""


class TableRow:
    """A row as it stands in the file, and its cells, whose places are found once, when one is asked for."""

    def __init__(self, line: int, text: str, cells: Sequence[str], delimiter: str) -> None:
        self.line = line
        self.text = text
        self.cells = cells
        self._delimiter = delimiter

    @cached_property
    def spans(self) -> Sequence[tuple[int, int]]:
        """Where each cell starts and ends in the text of the row, with its quotes if it has some."""
        return list(_iter_spans(self.text, self._delimiter))

    @cached_property
    def positions(self) -> Sequence[Position]:
        """Where each cell starts in the file."""
        positions = list[Position]()
        line, line_start, former = self.line, 0, 0
        for start, _ in self.spans:
            if newlines := self.text.count("\n", former, start):
                line, line_start = line + newlines, self.text.rindex("\n", former, start) + 1
            positions.append(Position(line, start - line_start + 1))
            former = start
        return positions


class TableColumn(NamedTuple):
    """A column: its name, and the path of its field in each document."""

    name: str
    path: tuple[str, ...]


class RowDocument:
    """The document of a row."""

    __slots__ = ("_indexes", "_row", "line", "value")
    error = None
    is_plain = False

    def __init__(self, row: TableRow, indexes: Mapping[str, int], value: Any) -> None:
        self.line: int | None = row.line
        self.value = value
        self._row = row
        self._indexes = indexes

    def locate(self, pointer: str) -> Position:
        """Where the cell of a field starts; the row for what has no cell."""
        while pointer:
            index = self._indexes.get(pointer)
            if index is not None and index < len(self._row.cells):
                return self._row.positions[index]
            pointer = pointer.rpartition("/")[0]
        return Position(self._row.line, 1)


def read_table(stream: IO[bytes], delimiter: str, operation: str | None, types: CellTypes) -> Iterator[Document]:
    """Read the rows below a header, as bare inputs of ``operation`` or, where it is None, as whole bodies.

    An empty ``delimiter`` is found in the header. Raises NotJSON where header or rows leave the rest unread.
    """
    source = RowSource(stream, delimiter)
    header = next(source.rows, None)
    if header is None:
        return
    table = _Table(read_header(header, operation), source.delimiter, operation, types)
    for row in source.rows:
        if any(row.cells):
            yield table.read_row(row)


class RowSource:
    """The rows of a stream, and the delimiter of their cells."""

    def __init__(self, stream: IO[bytes], delimiter: str) -> None:
        self._stream = stream
        self._line = 0
        self._row_lines: list[str] = []
        first_line = self._read_line()
        while first_line and not first_line.strip():
            first_line = self._read_line()
        if named := _SEPARATOR_LINE.fullmatch(first_line):  # Excel reads and writes this
            delimiter, first_line = named[1], self._read_line()
        self.delimiter = delimiter or _find_delimiter(first_line, self._line)
        self.rows = self._iter_rows(first_line)

    def _iter_rows(self, first_line: str) -> Iterator[TableRow]:
        cells_of_rows = csv.reader(self._iter_lines(first_line), delimiter=self.delimiter, strict=True)
        while True:
            self._row_lines = []
            try:
                cells = next(cells_of_rows, None)
            except csv.Error as error:
                raise self._explain(error) from None
            if cells is None:
                return
            if cells:
                yield TableRow(self._line - len(self._row_lines) + 1, "".join(self._row_lines), cells, self.delimiter)

    def _iter_lines(self, first_line: str) -> Iterator[str]:
        line = first_line
        while line:
            self._row_lines.append(line)
            yield line
            line = self._read_line()

    def _read_line(self) -> str:
        data = self._stream.readline(inputs.MAX_BYTES + 1)
        if len(data) > inputs.MAX_BYTES:
            raise _refuse(self._line + 1, 1, f"a line of more than {inputs.MAX_BYTES // 1024**2} MiB", "check the file")
        self._line += bool(data)
        try:
            return decode_text(data) if self._line == 1 else data.decode()
        except NotJSON as error:
            raise _refuse(1, error.column or 1, error.problem, _SAVE) from None
        except UnicodeDecodeError as error:
            column = len(data[: error.start].decode()) + 1
            raise _refuse(self._line, column, "the text is not UTF-8", _SAVE) from None

    def _explain(self, error: csv.Error) -> NotJSON:
        rows = (row for words, row in _PROBLEMS.items() if words in str(error))
        problem, advice = next(rows, (f"not CSV: {show_token(str(error))}", "correct the row"))
        text, line = "".join(self._row_lines), self._line - len(self._row_lines) + 1
        return _refuse(*find_position(text, _find_broken_cell(text, self.delimiter), line), problem, advice)


class _Table:
    """The documents of the rows below a header."""

    def __init__(self, columns: Sequence[TableColumn], delimiter: str, operation: str | None, types: CellTypes) -> None:
        self._columns = columns
        self._delimiter = delimiter
        self._operation = operation
        self._types = types
        self._indexes = {to_pointer(each.path): index for index, each in enumerate(columns) if each.name}

    def read_row(self, row: TableRow) -> Document:
        """The document of a row, or why it has none."""
        try:
            return RowDocument(row, self._indexes, self._build_value(row))
        except NotJSON as error:
            return UnreadableDocument(row.line, error)

    def _build_value(self, row: TableRow) -> dict[str, Any]:
        value: dict[str, Any] = {} if self._operation is not None else {_INPUT: {}}
        operation = self._operation or self._find_operation(row)
        for index, text in enumerate(row.cells):
            if not text:
                continue
            column = self._columns[index] if index < len(self._columns) else TableColumn("", ())
            if not column.name:
                raise self._refuse_cell(
                    row, index, f'the cell "{show_token(text)}" has no column', self._advise_quotes()
                )
            _put(value, column.path, self._read_cell(row, index, operation, column))
        return value

    def _find_operation(self, row: TableRow) -> str:
        index = self._indexes["/operation"]
        return row.cells[index] if index < len(row.cells) else ""

    def _read_cell(self, row: TableRow, index: int, operation: str, column: TableColumn) -> Any:
        if self._operation is None and column.name in _ENVELOPE:
            return row.cells[index]
        field = column.path if self._operation is not None else column.path[1:]
        try:
            return read_cell(row.cells[index], self._types(operation, field))
        except NotJSON as error:
            problem = f"the cell of {column.name} is not JSON: {error.problem}"
            raise self._refuse_cell(row, index, problem, error.advice) from None

    def _refuse_cell(self, row: TableRow, index: int, problem: str, advice: str) -> NotJSON:
        return _refuse(*row.positions[index], problem, advice)

    def _advise_quotes(self) -> str:
        name = _DELIMITERS.get(self._delimiter, self._delimiter)
        return f'put a text with {name} in it in quotes ("), or add the column to the header'


def read_header(row: TableRow, operation: str | None) -> list[TableColumn]:
    """The columns of a table. Raises NotJSON for names that do not fit each other or the operation."""
    columns: list[TableColumn] = []
    fields = _FieldTree()
    for index, cell in enumerate(row.cells):
        column = _read_column(cell.strip(), operation)
        problem, advice = _judge_column(column, fields, operation)
        if problem:
            raise _refuse(*row.positions[index], problem, advice)
        columns.append(column)
    if operation is None and all(each.name != "operation" for each in columns):
        raise _refuse(row.line, 1, "the table has no column operation", "add one, or choose --operation ID")
    return columns


def _read_column(name: str, operation: str | None) -> TableColumn:
    """A column by its name in the header: a field of the input, with dots for a field inside another."""
    path = tuple(name.removeprefix(f"{_INPUT}.").split("."))
    return TableColumn(name, path if operation is not None or name in _ENVELOPE else (_INPUT, *path))


def _judge_column(column: TableColumn, fields: _FieldTree, operation: str | None) -> tuple[str, str]:
    """What is wrong with a column after others, and what to do; empty if nothing is."""
    if not column.name:
        return "", ""
    if operation is not None and column.name in _ENVELOPE:
        return f"the column {column.name} stands beside the input", "leave --operation out, or remove the column"
    other = fields.add(column)
    return (
        ("", "") if other is None else (f"the columns {other} and {column.name} give one field", "keep one of the two")
    )


class _FieldTree:
    """The fields that columns give; a field is looked up in the time that its path takes, however many there are."""

    def __init__(self) -> None:
        self._root: dict[str, _Branch] = {}

    def add(self, column: TableColumn) -> str | None:
        """Add the field of a column; if it is, holds or is inside that of an earlier one, the name of that one."""
        fields = self._root
        for part in column.path[:-1]:
            branch = fields.setdefault(part, _Branch(column.name, {}))
            if branch.fields is None:
                return branch.column
            fields = branch.fields
        leaf = _Branch(column.name, None)
        branch = fields.setdefault(column.path[-1], leaf)
        return None if branch is leaf else branch.column


class _Branch(NamedTuple):
    """A field: the first column that gives it or a part of it, and the fields in it; None if it is given whole."""

    column: str
    fields: dict[str, _Branch] | None


def _put(value: dict[str, Any], path: Sequence[str], member: Any) -> None:
    for part in path[:-1]:
        value = value.setdefault(part, {})
    value[path[-1]] = member


def _find_delimiter(header: str, line: int) -> str:
    """What separates the names of a header: no name of a field has one of these characters."""
    plain_header = _QUOTED.sub("", header)
    delimiters = [each for each in _DELIMITERS if each in plain_header]
    if len(delimiters) > 1:
        names = " and ".join(_DELIMITERS[each] for each in delimiters)
        column = min(header.find(each) for each in delimiters) + 1
        raise _refuse(line, column, f"the header has both {names} between names", "use one of them in the whole file")
    return delimiters[0] if delimiters else ","


def _iter_spans(text: str, delimiter: str) -> Iterator[tuple[int, int]]:
    """Where each cell in the text of a row starts and ends, with its quotes if it has some."""
    mark = re.escape(delimiter)
    cell = re.compile(rf'(?:"(?:[^"]|"")*+")?[^{mark}\r\n]*+')
    start: int | None = 0
    while start is not None:
        match = cell.match(text, start)
        end = start if match is None else match.end()
        yield start, end
        start = end + 1 if text.startswith(delimiter, end) else None


def _find_broken_cell(text: str, delimiter: str) -> int:
    """Where the first cell starts whose quote is not closed, or not at its end; the start of the text if none does."""
    spans = _iter_spans(text, delimiter)
    quoted_cells = ((start, text[start:end]) for start, end in spans if text.startswith('"', start))
    return next((start for start, cell in quoted_cells if not _QUOTED_CELL.fullmatch(cell)), 0)


def _refuse(line: int, column: int, problem: str, advice: str) -> NotJSON:
    return NotJSON(problem, advice, claim=claim_ids.JSON_BODY, line=line, column=column)

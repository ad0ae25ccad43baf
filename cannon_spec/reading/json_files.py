"""Files of JSON: one document, or one on each line (floor 2)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import IO, Any

from cannon_spec import document, inputs
from cannon_spec.errors import NotJSON
from cannon_spec.json_positions import JSONPlaces, Position
from cannon_spec.reading.documents import Document, UnreadableDocument


class JSONDocument:
    """A document of JSON. Its places are looked for when a finding asks for them."""

    __slots__ = ("_places", "_text", "line", "value")
    error = None
    is_plain = True

    def __init__(self, line: int | None, text: str, value: Any) -> None:
        self.line = line
        self.value = value
        self._text = text
        self._places: JSONPlaces | None = None

    def locate(self, pointer: str) -> Position:
        """Where the value at a JSON Pointer starts in the file."""
        if self._places is None:
            self._places = JSONPlaces(self._text, self.line or 1)
        return self._places.locate(pointer)


def read_json(stream: IO[bytes]) -> Iterator[Document]:
    """Read a stream that is one document."""
    yield _parse(None, stream.read(inputs.MAX_BYTES + 1))


def read_json_lines(stream: IO[bytes], lines_before: int = 0) -> Iterator[Document]:
    """Read a stream of one document on each line; a line that cannot be read leaves the others.

    ``lines_before`` is how many lines the file has before the stream.
    """
    for line, data in _iter_lines(stream, lines_before):
        yield _parse(line, data)


def read_json_or_lines(stream: IO[bytes]) -> Iterator[Document]:
    """Read a stream of one document a line if its first line is a document and more lines follow, else of one."""
    lines = _iter_lines(stream)
    first = next(lines, None)
    second = next(lines, None) if first is not None and _parse(*first).error is None else None
    if first is None or second is None:
        before = b"" if first is None else b"\n" * (first[0] - 1) + first[1] + b"\n"
        yield _parse(None, (before + stream.read(inputs.MAX_BYTES + 1))[: inputs.MAX_BYTES + 1])
        return
    for line, data in chain((first, second), lines):
        yield _parse(line, data)


def _parse(line: int | None, data: bytes) -> Document:
    try:
        text = inputs.decode_document(data)
        return JSONDocument(line, text, document.loads(text))
    except NotJSON as error:
        if line is not None and error.line is not None:
            error.line += line - 1
        return UnreadableDocument(line, error)


def _iter_lines(stream: IO[bytes], number: int = 0) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, with their numbers and without their ends. A line too long is cut."""
    longest = inputs.MAX_BYTES + len(b"\r\n")
    while line := stream.readline(longest):
        number += 1
        end = line
        while end and not end.endswith(b"\n"):
            end = stream.readline(longest)
        text = line.rstrip(b"\r\n") if line.endswith(b"\n") else line
        if text and not text.isspace():
            yield number, text

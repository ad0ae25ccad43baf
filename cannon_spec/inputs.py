"""Reading the documents of a file or of standard input, one at a time (floor 1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO, Any, Literal

from cannon_spec import document
from cannon_spec.errors import NotJSON

MAX_BYTES = 16 * 1024 * 1024
"""The most bytes of one document: of a file with one, or of a line in a file with many."""

Form = Literal["auto", "json", "jsonl"]
_LINE_SUFFIXES = (".jsonl", ".ndjson")


def read_file(file: str) -> Any:
    """Read the one JSON document in a file. Raises OSError, and NotJSON, also for a file larger than ``MAX_BYTES``."""
    with open(file, "rb") as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise NotJSON(f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB", "check the path")
    return document.loads(data)


def find_form(name: str, form: Form) -> Form:
    """The form of a file: ``json`` (one document), ``jsonl`` (one a line) or ``auto`` (to be found by its content).

    A ``form`` other than ``auto`` is the user's choice and wins; else the suffix of the name decides.
    """
    if form != "auto":
        return form
    if name.lower().endswith(_LINE_SUFFIXES):
        return "jsonl"
    return "json" if name.lower().endswith(".json") else "auto"


def split_documents(
    stream: IO[bytes], form: Form, advance: Callable[[int], object] = lambda size: None
) -> Iterator[tuple[int | None, bytes]]:
    """Split a stream into documents, each with its line number (None if the whole stream is one document).

    With ``auto`` a stream has one document a line if its first line is a document and more lines follow. ``advance``
    is called with the number of bytes after each read. A document that is too large is cut a byte or two above the
    limit, so that ``decode_document`` refuses it.
    """
    lines = _iter_lines(stream, advance)
    if form != "jsonl":
        first = next(lines, None) if form == "auto" else None
        second = next(lines, None) if first is not None and _is_document(first[1]) else None
        if first is None or second is None:
            yield None, _read_rest(stream, first, advance)
            return
        yield from (first, second)
    yield from lines


def decode_document(data: bytes) -> str:
    """Decode a document. Raises NotJSON if it is too large or not UTF-8."""
    if len(data) > MAX_BYTES:
        problem = f"the document is larger than {MAX_BYTES // 1024 // 1024} MiB"
        raise NotJSON(problem, "split it, or write one document on each line (.jsonl)")
    return document.decode_text(data)


def _read_rest(stream: IO[bytes], first: tuple[int, bytes] | None, advance: Callable[[int], object]) -> bytes:
    """The stream from its beginning, of which the first line was read before."""
    before = b"" if first is None else b"\n" * (first[0] - 1) + first[1] + b"\n"
    rest = stream.read(MAX_BYTES + 1)
    advance(len(rest))
    return (before + rest)[: MAX_BYTES + 1]


def _iter_lines(stream: IO[bytes], advance: Callable[[int], object]) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, with their numbers and without their ends. A line too long is cut."""
    number, longest = 0, MAX_BYTES + len(b"\r\n")
    while line := stream.readline(longest):
        number += 1
        advance(len(line))
        end = line
        while end and not end.endswith(b"\n"):
            end = stream.readline(longest)
            advance(len(end))
        text = line.rstrip(b"\r\n") if line.endswith(b"\n") else line
        if text.strip():
            yield number, text


def _is_document(line: bytes) -> bool:
    try:
        document.loads(line)
    except NotJSON:
        return False
    return True

"""The documents of a file or of standard input, one at a time (floor 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO, Literal

from cannon_spec import document
from cannon_spec.errors import NotJSON

MAX_BYTES = 16 * 1024 * 1024
"""The largest single document: a file that is one, or a line of a file of many."""

Form = Literal["auto", "json", "jsonl"]
_LINE_SUFFIXES = (".jsonl", ".ndjson")


def find_form(name: str, form: Form) -> Form:
    """Whether a file holds one document or one a line, by its name where the user has not said."""
    if form != "auto":
        return form
    if name.lower().endswith(_LINE_SUFFIXES):
        return "jsonl"
    return "json" if name.lower().endswith(".json") else "auto"


def split_documents(
    stream: IO[bytes], form: Form, advance: Callable[[int], object] = lambda size: None
) -> Iterator[tuple[int | None, bytes]]:
    """Each document with its line (None where the whole stream is one).

    ``auto`` takes the stream as one a line when its first line is a document of its own and more follow. ``advance``
    is told of the bytes read. A document that is too large is cut, a byte or two past the bound.
    """
    lines = _lines(stream, advance)
    if form != "jsonl":
        first = next(lines, None) if form == "auto" else None
        second = next(lines, None) if first is not None and _stands_alone(first[1]) else None
        if first is None or second is None:
            yield None, _whole(stream, first, advance)
            return
        yield from (first, second)
    yield from lines


def decode_document(data: bytes) -> str:
    """The text of a document. Raises NotJSON where it is too large or not UTF-8."""
    if len(data) > MAX_BYTES:
        problem = f"the document is larger than {MAX_BYTES // 1024 // 1024} MiB"
        raise NotJSON(problem, "split it, or write one document a line (.jsonl)")
    return document.decode_text(data)


def _whole(stream: IO[bytes], first: tuple[int, bytes] | None, advance: Callable[[int], object]) -> bytes:
    """The rest of the stream, after the first line that was read of it already."""
    before = b"" if first is None else b"\n" * (first[0] - 1) + first[1] + b"\n"
    rest = stream.read(MAX_BYTES + 1)
    advance(len(rest))
    return (before + rest)[: MAX_BYTES + 1]


def _lines(stream: IO[bytes], advance: Callable[[int], object]) -> Iterator[tuple[int, bytes]]:
    """Each line that is not blank, with its number and without its end; the rest of one too long is passed over."""
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


def _stands_alone(line: bytes) -> bool:
    try:
        document.loads(line)
    except NotJSON:
        return False
    return True

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


def form_of(name: str, form: Form) -> Form:
    """Whether a file holds one document or one a line, by its name where the user has not said."""
    if form != "auto":
        return form
    if name.endswith(_LINE_SUFFIXES):
        return "jsonl"
    return "json" if name.endswith(".json") else "auto"


def documents(
    stream: IO[bytes], form: Form, advance: Callable[[int], object] = lambda size: None
) -> Iterator[tuple[int | None, bytes]]:
    """Each document with its line (None where the whole stream is one).

    ``auto`` takes the stream as one a line when its first line is a document of its own and more follow. ``advance``
    is told of the bytes read.
    """
    if form == "jsonl":
        yield from _lines(stream, 1, advance)
        return
    first = stream.readline(MAX_BYTES + 1) if form == "auto" else b""
    if first.strip() and _stands_alone(first):
        number, rest = 2, stream.readline(MAX_BYTES + 1)
        while rest and not rest.strip():
            number, rest = number + 1, stream.readline(MAX_BYTES + 1)
        if rest:
            advance(len(first))
            yield 1, first
            yield from _lines(stream, number, advance, rest)
            return
    whole = first + stream.read(MAX_BYTES + 1 - len(first))
    advance(len(whole))
    yield None, whole


def read(data: bytes) -> str:
    """The text of a document. Raises NotJSON where it is too large or not UTF-8."""
    if len(data) > MAX_BYTES:
        problem = f"the document is larger than {MAX_BYTES // 1024 // 1024} MiB"
        raise NotJSON(problem, "split it, or write one document a line (.jsonl)")
    return document.text_of(data)


def _lines(
    stream: IO[bytes], number: int, advance: Callable[[int], object], line: bytes = b""
) -> Iterator[tuple[int, bytes]]:
    line = line or stream.readline(MAX_BYTES + 1)
    while line:
        advance(len(line))
        ended = line.endswith(b"\n")
        if line.strip():
            yield number, line
        while not ended and line:  # the rest of a line that is too long is passed over
            line = stream.readline(MAX_BYTES + 1)
            ended = line.endswith(b"\n")
            advance(len(line))
        number += 1
        line = stream.readline(MAX_BYTES + 1)


def _stands_alone(line: bytes) -> bool:
    try:
        document.loads(line)
    except NotJSON:
        return False
    return True

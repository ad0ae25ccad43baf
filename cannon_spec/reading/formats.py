"""The formats of files: how their names end, and what reads them (floor 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import IO, NamedTuple

from cannon_spec.errors import NotJSON
from cannon_spec.reading.documents import Document, UnreadableDocument
from cannon_spec.reading.json_files import read_json, read_json_lines, read_json_or_lines
from cannon_spec.reading.json_rewriting import rewrite_json
from cannon_spec.reading.patches import DocumentPatch


class Format(NamedTuple):
    """A format of files: how their names end, what it means, and what reads the documents of a stream.

    ``rewrite`` applies patches to the content of a file; None where they are to be applied by hand.
    """

    suffixes: tuple[str, ...]
    meaning: str
    read: Callable[[IO[bytes]], Iterator[Document]]
    rewrite: Callable[[bytes, Sequence[DocumentPatch]], bytes] | None = None


AUTO = "auto"

FORMATS = {
    AUTO: Format((), "by the name of the file, else JSON by its first line", read_json_or_lines, rewrite_json),
    "json": Format((".json",), "one document a file", read_json, rewrite_json),
    "jsonl": Format((".jsonl", ".ndjson"), "one document a line", read_json_lines, rewrite_json),
}
"""Each format by its name; that of a file whose name says nothing comes first."""


def find_format(name: str, choice: str = AUTO) -> Format:
    """The format of a file: the user's choice, else by the suffix of its name in any case."""
    if choice != AUTO:
        return FORMATS[choice]
    matches = (each for each in FORMATS.values() if name.lower().endswith(each.suffixes))
    return next(matches, FORMATS[AUTO])


def read_documents(stream: IO[bytes], format: Format) -> Iterator[Document]:
    """Read the documents of a stream. A problem that leaves the rest unread is the last of them."""
    try:
        yield from format.read(stream)
    except NotJSON as error:
        yield UnreadableDocument(None, error)

"""The formats of files: how their names end, and what reads them (floor 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import IO, NamedTuple

from cannon_spec.contract.catalog import Catalog
from cannon_spec.errors import NotJSON
from cannon_spec.reading.documents import Document, UnreadableDocument
from cannon_spec.reading.json_files import read_json, read_json_lines, read_json_or_lines
from cannon_spec.reading.json_rewriting import rewrite_json
from cannon_spec.reading.patches import DocumentPatch

Rewrite = Callable[[bytes, Sequence[DocumentPatch]], bytes]


class ReadContext(NamedTuple):
    """What a format may need to know: the contract, and the operation if the documents are bare inputs of one."""

    catalog: Catalog
    operation: str | None


class Format(NamedTuple):
    """A format of files: how their names end, what it means, and what reads the documents of a stream.

    ``rewrite`` applies patches to the content of a file; None where they are to be applied by hand.
    """

    suffixes: tuple[str, ...]
    meaning: str
    read: Callable[[IO[bytes], ReadContext], Iterator[Document]]
    rewrite: Rewrite | None = None


class FileReader(NamedTuple):
    """What reads the documents of one file, and applies patches to its content; None where that is done by hand."""

    read: Callable[[IO[bytes]], Iterator[Document]]
    rewrite: Rewrite | None


def _read_yaml(stream: IO[bytes]) -> Iterator[Document]:
    from cannon_spec.reading.yaml_files import read_yaml  # late, as each reader that few runs need

    return read_yaml(stream)


def _read_table(stream: IO[bytes], context: ReadContext, delimiter: str) -> Iterator[Document]:
    from cannon_spec.reading.cell_values import find_types
    from cannon_spec.reading.csv_files import read_table

    return read_table(stream, delimiter, context.operation, partial(find_types, context.catalog))


def _read_packed(read: Callable[[IO[bytes]], Iterator[Document]], stream: IO[bytes]) -> Iterator[Document]:
    from cannon_spec.reading.gzip_stream import unpack_gzip

    return read(unpack_gzip(stream))


AUTO = "auto"

FORMATS = {
    AUTO: Format(
        (),
        "by the name of the file, else JSON by its first line",
        lambda stream, context: read_json_or_lines(stream),
        rewrite_json,
    ),
    "json": Format((".json",), "one document a file", lambda stream, context: read_json(stream), rewrite_json),
    "jsonl": Format(
        (".jsonl", ".ndjson"), "one document a line", lambda stream, context: read_json_lines(stream), rewrite_json
    ),
    "yaml": Format((".yaml", ".yml"), "YAML 1.2, one document or several", lambda stream, context: _read_yaml(stream)),
    "csv": Format(
        (".csv",), "a table, a row a document", lambda stream, context: _read_table(stream, context, delimiter="")
    ),
    "tsv": Format((".tsv",), "a table with tabs", lambda stream, context: _read_table(stream, context, delimiter="\t")),
}
"""Each format by its name; that of a file whose name says nothing comes first."""

_GZIP = ".gz"
"""The suffix after that of its format which a compressed file has."""


def list_suffixes() -> tuple[str, ...]:
    """How the names of files end that a folder stands for."""
    suffixes = [suffix for each in FORMATS.values() for suffix in each.suffixes]
    return (*suffixes, *(suffix + _GZIP for suffix in suffixes))


def describe_suffixes() -> str:
    """The suffixes of files in words."""
    return ", ".join(suffix for each in FORMATS.values() for suffix in each.suffixes) + "; each also with .gz"


def find_format(name: str, choice: str = AUTO) -> Format:
    """The format of a file: the user's choice, else by the suffix of its name in any case, apart from ``.gz``."""
    if choice != AUTO:
        return FORMATS[choice]
    name = name.lower().removesuffix(_GZIP)
    return next((each for each in FORMATS.values() if name.endswith(each.suffixes)), FORMATS[AUTO])


def find_reader(name: str, choice: str, context: ReadContext) -> FileReader:
    """What reads a file of this name."""
    format = find_format(name, choice)

    def read(stream: IO[bytes]) -> Iterator[Document]:
        return format.read(stream, context)

    return FileReader(partial(_read_packed, read), None) if _is_packed(name) else FileReader(read, format.rewrite)


def read_documents(stream: IO[bytes], reader: FileReader) -> Iterator[Document]:
    """Read the documents of a stream. A problem that leaves the rest unread is the last of them."""
    try:
        yield from reader.read(stream)
    except NotJSON as error:
        yield UnreadableDocument(None, error)


def _is_packed(name: str) -> bool:
    return name.lower().endswith(_GZIP)

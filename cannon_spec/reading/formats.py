"""The formats of files: how their names end, and what reads them (floor 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import IO, NamedTuple

from cannon_spec.contract.catalog import Catalog
from cannon_spec.errors import NotJSON
from cannon_spec.reading.documents import Document, UnreadableDocument
from cannon_spec.reading.json_files import read_json, read_json_lines, read_json_or_lines
from cannon_spec.reading.patches import DocumentPatch


class ReadContext(NamedTuple):
    """What a format may need to know: the contract, and the operation if the documents are bare inputs of one."""

    catalog: Catalog
    operation: str | None


Read = Callable[[IO[bytes], ReadContext], Iterator[Document]]
"""Read the documents of a stream."""

Rewrite = Callable[[bytes, Sequence[DocumentPatch], ReadContext], bytes]
"""Apply patches to the content of a file. Raises LookupError or NotJSON where that is too much.

The caller compares the values of the result.
"""


class Format(NamedTuple):
    """A format of files: how their names end, what it means, and what reads the documents of a stream.

    ``is_by_line`` says that each line is JSON of its own, so that parts of a file can be read apart.
    """

    suffixes: tuple[str, ...]
    meaning: str
    read: Read
    rewrite: Rewrite
    is_by_line: bool = False


class FileReader(NamedTuple):
    """What reads the documents of one file, what applies patches to its content, and what unpacks it.

    ``is_by_line`` says that each line of the file, as it is on the disk, is JSON of its own.
    """

    read: Callable[[IO[bytes]], Iterator[Document]]
    rewrite: Callable[[bytes, Sequence[DocumentPatch]], bytes]
    unpack: Callable[[bytes], bytes] = bytes
    is_by_line: bool = False


def _read_yaml(stream: IO[bytes]) -> Iterator[Document]:
    from cannon_spec.reading.yaml_files import read_yaml  # late, as each reader that few runs need

    return read_yaml(stream)


def _read_table(stream: IO[bytes], context: ReadContext, delimiter: str) -> Iterator[Document]:
    from cannon_spec.reading.cell_values import find_types
    from cannon_spec.reading.csv_files import read_table

    return read_table(stream, delimiter, context.operation, partial(find_types, context.catalog))


def _rewrite_json(content: bytes, patches: Sequence[DocumentPatch]) -> bytes:
    from cannon_spec.reading.json_rewriting import rewrite_json

    return rewrite_json(content, patches)


def _rewrite_yaml(content: bytes, patches: Sequence[DocumentPatch]) -> bytes:
    from cannon_spec.reading.yaml_rewriting import rewrite_yaml

    return rewrite_yaml(content, patches)


def _rewrite_table(content: bytes, patches: Sequence[DocumentPatch], context: ReadContext, delimiter: str) -> bytes:
    from cannon_spec.reading.csv_rewriting import rewrite_table

    return rewrite_table(content, patches, delimiter, context.operation)


def _read_packed(read: Callable[[IO[bytes]], Iterator[Document]], stream: IO[bytes]) -> Iterator[Document]:
    from cannon_spec.reading.gzip_stream import unpack_gzip

    return read(unpack_gzip(stream))


def _rewrite_packed(
    rewrite: Callable[[bytes, Sequence[DocumentPatch]], bytes], content: bytes, patches: Sequence[DocumentPatch]
) -> bytes:
    import gzip

    return gzip.compress(rewrite(_unpack(content), patches))


def _unpack(content: bytes) -> bytes:
    import io

    from cannon_spec.reading.gzip_stream import unpack_gzip

    return unpack_gzip(io.BytesIO(content)).read()


AUTO = "auto"

FORMATS = {
    AUTO: Format(
        (),
        "by the name of the file, else JSON by its first line",
        lambda stream, context: read_json_or_lines(stream),
        lambda content, patches, context: _rewrite_json(content, patches),
    ),
    "json": Format(
        (".json",),
        "one document a file",
        lambda stream, context: read_json(stream),
        lambda content, patches, context: _rewrite_json(content, patches),
    ),
    "jsonl": Format(
        (".jsonl", ".ndjson"),
        "one document a line",
        lambda stream, context: read_json_lines(stream),
        lambda content, patches, context: _rewrite_json(content, patches),
        is_by_line=True,
    ),
    "yaml": Format(
        (".yaml", ".yml"),
        "YAML 1.2, one document or several",
        lambda stream, context: _read_yaml(stream),
        lambda content, patches, context: _rewrite_yaml(content, patches),
    ),
    "csv": Format(
        (".csv",),
        "a table, a row a document",
        partial(_read_table, delimiter=""),
        partial(_rewrite_table, delimiter=""),
    ),
    "tsv": Format(
        (".tsv",),
        "a table with tabs",
        partial(_read_table, delimiter="\t"),
        partial(_rewrite_table, delimiter="\t"),
    ),
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

    def rewrite(content: bytes, patches: Sequence[DocumentPatch]) -> bytes:
        return format.rewrite(content, patches, context)

    if _is_packed(name):
        return FileReader(partial(_read_packed, read), partial(_rewrite_packed, rewrite), _unpack)
    return FileReader(read, rewrite, is_by_line=format.is_by_line)


def read_documents(stream: IO[bytes], reader: FileReader) -> Iterator[Document]:
    """Read the documents of a stream. A problem that leaves the rest unread is the last of them."""
    try:
        yield from reader.read(stream)
    except NotJSON as error:
        yield UnreadableDocument(None, error)


def _is_packed(name: str) -> bool:
    return name.lower().endswith(_GZIP)

"""Files of JSON: one document, or one on each line."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_spec import CatalogError, NotJSON, inputs, load_catalog
from cannon_spec.output.run_file import count_tests
from cannon_spec.reading.documents import Document
from cannon_spec.reading.formats import ReadContext, find_reader, read_documents
from tests.cannon_spec.reading import reader
from tests.support.payloads import CATALOG

EMPTY = "not JSON: the document is empty at column 1; write one JSON object: {...}"
MORE = "not JSON: more text after the end of the document"
ONE = "; keep one document; several go in a .jsonl file, one on each line"


def read(data: bytes, format: str) -> list[Document]:
    return reader.read(data, "-", choice=format)


def split(data: bytes, format: str) -> list[tuple[int | None, Any]]:
    """Each document with its line number; what cannot be read has the words of its problem."""
    return [(each.line, each.value if each.error is None else str(each.error)) for each in read(data, format)]


@pytest.mark.parametrize(
    ("data", "format", "documents"),
    [
        (b'{"a": 1}\n', "json", [(None, {"a": 1})]),
        (b"1\n2\n", "json", [(None, MORE + " at line 2, column 1" + ONE)]),
        (b"", "json", [(None, EMPTY)]),
        (b"1\n\n \n2\r\n3", "jsonl", [(1, 1), (4, 2), (5, 3)]),
        (b"", "jsonl", []),
        (b"\n\n", "jsonl", []),
        (b"1\n2\n", "auto", [(1, 1), (2, 2)]),
        (b"1\n\n\n2\n\n3", "auto", [(1, 1), (4, 2), (6, 3)]),
        (b"1\n2 3\n", "auto", [(1, 1), (2, MORE + " at line 2, column 3" + ONE)]),
        (b"{}\n", "auto", [(None, {})]),
        (b"{}\n\n \n", "auto", [(None, {})]),
        (b"{\n}\n", "auto", [(None, {})]),
        (b"\n{}\n", "auto", [(None, {})]),
        (b"", "auto", [(None, EMPTY)]),
    ],
)
def test_a_stream_is_one_document_or_many(data: bytes, format: str, documents: list[tuple[int | None, Any]]) -> None:
    """A stream has one document, or one on each line that is not blank, with its number."""
    assert split(data, format) == documents


@given(
    st.lists(st.sampled_from([b"", b" ", b"1", b'{"a": 1}', b"x" * 9]), max_size=8), st.sampled_from([b"\n", b"\r\n"])
)
def test_lines_are_numbered_as_in_the_file(lines: list[bytes], end: bytes) -> None:
    """Each line that is not blank is a document, with the line number that an editor shows."""
    documents = read(b"".join(line + end for line in lines), "jsonl")
    assert [each.line for each in documents] == [number for number, line in enumerate(lines, 1) if line.strip()]
    assert [each.locate("") for each in documents] == [(each.line, 1) for each in documents]


@pytest.mark.parametrize("format", ["json", "jsonl", "auto"])
@pytest.mark.parametrize(
    ("text", "line", "column"), [('{"a": x}', 1, 7), ('{"a": 1, "a": 2}', 1, 10), ('["\\ud800"]', 1, 2)]
)
def test_an_unreadable_document_has_its_place(format: str, text: str, line: int, column: int) -> None:
    """P19: what cannot be read has line and column in the file, whatever pointer is asked for."""
    lines_before = 0 if format == "json" else 2
    *_, document = read(("1\n2\n" if lines_before else "").encode() + text.encode(), format)
    assert document.error is not None
    assert document.locate("/a") == (line + lines_before, column)


@pytest.mark.parametrize(
    ("data", "numbers"),
    [
        (b"1\n" + b"x" * 50 + b"\n2\n", [1, 2, 3]),
        (b"1\n" + b"x" * 50, [1, 2]),
        (b"x" * 17 + b"\n2\n", [1, 2]),
        (b" " * 50 + b"\n2\n", [2]),
    ],
)
def test_a_line_that_is_too_long_is_one_document(
    data: bytes, numbers: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line that is too long is refused once and skipped to its end; the lines after it keep their numbers."""
    monkeypatch.setattr(inputs, "MAX_BYTES", 16)
    documents = read(data, "jsonl")
    assert [each.line for each in documents] == numbers
    for each in documents:
        assert (each.error is not None) == (data.split(b"\n")[(each.line or 0) - 1].startswith(b"x"))


def test_a_document_may_be_as_large_as_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document of the largest size is read; a larger one is refused, and only one byte above the limit is kept."""
    monkeypatch.setattr(inputs, "MAX_BYTES", 16)
    assert inputs.decode_document(b" " * 16) == " " * 16
    stream = BytesIO(b"x" * 1000)
    (document,) = read_documents(stream, find_reader("-", "json", ReadContext(CATALOG, None)))
    assert stream.tell() == 17
    assert "split it, or write one document on each line" in str(document.error)


def test_a_line_may_be_as_large_as_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of a line counts neither for the size of its document nor for places in it."""
    monkeypatch.setattr(inputs, "MAX_BYTES", 16)
    assert split(b"1" * 16 + b"\r\n" + b"2\n" + b"3", "jsonl") == [(1, int("1" * 16)), (2, 2), (3, 3)]


@pytest.mark.parametrize(
    ("data", "format"),
    [
        (b"1" * 16 + b"\nmore", "json"),
        (b"{" + b"\n" * 40 + b"}", "auto"),
        (b"1" * 16 + b"\r2\n", "jsonl"),
        (b"1" * 16 + b"\r2", "jsonl"),
    ],
)
def test_a_document_above_the_limit_is_refused(data: bytes, format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document above the limit is refused, even if its beginning is a valid document."""
    monkeypatch.setattr(inputs, "MAX_BYTES", 16)
    first = read(data, format)[0]
    assert "larger than" in str(first.error)
    assert first.locate("") == (None if first.line is None else (1, 1))


@pytest.mark.parametrize(("data", "text"), [(b"\xef\xbb\xbf{}", "{}"), ("é".encode(), "é")])
def test_a_document_is_utf_8(data: bytes, text: str) -> None:
    """The text of a document is UTF-8, without a byte order mark."""
    assert inputs.decode_document(data) == text


def test_the_reason_names_the_limit() -> None:
    """The error for a document that is too large names the limit, and so does the claim that it rests on."""
    with pytest.raises(NotJSON, match="larger than 16 MiB") as error:
        inputs.decode_document(b" " * (inputs.MAX_BYTES + 1))
    assert "16 MiB" in CATALOG.claims[error.value.claim].text


@pytest.mark.parametrize(
    ("read", "error"),
    [
        (inputs.read_file, NotJSON),
        (count_tests, CatalogError),
        (lambda file: load_catalog(overlay=file), CatalogError),
    ],
)
def test_no_more_of_a_file_is_read_than_the_limit(
    read: Callable[[str], Any], error: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of one document without end, such as a device, is refused once the limit is read."""
    monkeypatch.setattr(inputs, "MAX_BYTES", 200_000)
    file = tmp_path / "large.json"
    file.write_bytes(b"{}" + b" " * 200_000)
    with pytest.raises(error, match="the file is larger than 0 MiB; "):
        read(str(file))

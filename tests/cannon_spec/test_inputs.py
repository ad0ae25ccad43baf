"""The documents of a stream."""

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
from tests.support.payloads import CATALOG


def split(data: bytes, form: inputs.Form) -> list[tuple[int | None, bytes]]:
    """Each document with its line number, and without the end of its line."""
    documents = inputs.split_documents(BytesIO(data), form)
    return [(line, each if line is None else each.rstrip(b"\r\n")) for line, each in documents]


@pytest.mark.parametrize(
    ("name", "choice", "form"),
    [
        ("a.json", "auto", "json"),
        ("a.jsonl", "auto", "jsonl"),
        ("a.ndjson", "auto", "jsonl"),
        ("-", "auto", "auto"),
        ("a.txt", "auto", "auto"),
        ("a.json", "jsonl", "jsonl"),
        ("a.jsonl", "json", "json"),
    ],
)
def test_the_suffix_of_a_name_decides_the_form(name: str, choice: inputs.Form, form: str) -> None:
    """The suffix of a file's name decides its form, unless the user chooses one."""
    assert inputs.find_form(name, choice) == form


@pytest.mark.parametrize(
    ("data", "form", "documents"),
    [
        (b'{"a": 1}\n', "json", [(None, b'{"a": 1}\n')]),
        (b"1\n2\n", "json", [(None, b"1\n2\n")]),
        (b"", "json", [(None, b"")]),
        (b"1\n\n \n2\r\n3", "jsonl", [(1, b"1"), (4, b"2"), (5, b"3")]),
        (b"", "jsonl", []),
        (b"\n\n", "jsonl", []),
        (b"1\n2\n", "auto", [(1, b"1"), (2, b"2")]),
        (b"1\n\n\n2\n\n3", "auto", [(1, b"1"), (4, b"2"), (6, b"3")]),
        (b"1\nbroken\n", "auto", [(1, b"1"), (2, b"broken")]),
        (b"{}\n", "auto", [(None, b"{}\n")]),
        (b"{}\n\n \n", "auto", [(None, b"{}\n")]),
        (b"{\n}\n", "auto", [(None, b"{\n}\n")]),
        (b"\n{}\n", "auto", [(None, b"\n{}\n")]),
        (b"", "auto", [(None, b"")]),
    ],
)
def test_a_stream_is_one_document_or_many(
    data: bytes, form: inputs.Form, documents: list[tuple[int | None, bytes]]
) -> None:
    """A stream has one document, or one on each line that is not blank, with its number."""
    assert split(data, form) == documents


@given(
    st.lists(st.sampled_from([b"", b" ", b"1", b'{"a": 1}', b"x" * 9]), max_size=8), st.sampled_from([b"\n", b"\r\n"])
)
def test_lines_are_numbered_as_in_the_file(lines: list[bytes], end: bytes) -> None:
    """Each line that is not blank is a document, with the line number that an editor shows."""
    documents = split(b"".join(line + end for line in lines), "jsonl")
    assert documents == [(number, line) for number, line in enumerate(lines, 1) if line.strip()]


@pytest.mark.parametrize("form", ["json", "jsonl"])
@pytest.mark.parametrize("data", [b'{"a": 1}\n{"b": 2}\n', b"1\n\n2", b"", b"x" * 200 + b"\n1\n"])
def test_every_byte_is_reported(form: inputs.Form, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sizes that are reported add up to the size of the stream."""
    monkeypatch.setattr(inputs, "MAX_BYTES", 256 if form == "json" else 16)
    sizes: list[int] = []
    list(inputs.split_documents(BytesIO(data), form, sizes.append))
    assert sum(sizes) == len(data)


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
    documents = split(data, "jsonl")
    assert [number for number, _ in documents] == numbers
    for _, line in documents:
        if b"x" in line:
            with pytest.raises(NotJSON, match="larger than"):
                inputs.decode_document(line)


def test_a_document_may_be_as_large_as_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document of the largest size is read; a larger one is refused, and only one byte above the limit is kept."""
    monkeypatch.setattr(inputs, "MAX_BYTES", 16)
    assert inputs.decode_document(b" " * 16) == " " * 16
    (document,) = split(b"x" * 1000, "auto")
    assert len(document[1]) == 17
    with pytest.raises(NotJSON, match="split it, or write one document on each line"):
        inputs.decode_document(document[1])


def test_a_line_may_be_as_large_as_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of a line counts neither for the size of its document nor for places in it."""
    monkeypatch.setattr(inputs, "MAX_BYTES", 16)
    documents = list(inputs.split_documents(BytesIO(b"1" * 16 + b"\r\n" + b"2\n" + b"3"), "jsonl"))
    assert [(line, inputs.decode_document(data)) for line, data in documents] == [(1, "1" * 16), (2, "2"), (3, "3")]


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (b"1" * 16 + b"\nmore", "json"),
        (b"{" + b"\n" * 40 + b"}", "auto"),
        (b"1" * 16 + b"\r2\n", "jsonl"),
        (b"1" * 16 + b"\r2", "jsonl"),
    ],
)
def test_a_document_above_the_limit_is_refused(data: bytes, form: inputs.Form, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document above the limit is refused, even if its beginning is a valid document."""
    monkeypatch.setattr(inputs, "MAX_BYTES", 16)
    _, first = next(iter(inputs.split_documents(BytesIO(data), form)))
    with pytest.raises(NotJSON, match="larger than"):
        inputs.decode_document(first)


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

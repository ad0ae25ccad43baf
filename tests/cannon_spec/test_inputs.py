"""The documents of a stream."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_spec import NotJSON, inputs
from tests.support.payloads import CATALOG


def split(data: bytes, form: inputs.Form) -> list[tuple[int | None, bytes]]:
    """Every document with its line; of the end of a line nothing is asked."""
    found = inputs.split_documents(BytesIO(data), form)
    return [(line, each if line is None else each.rstrip(b"\r\n")) for line, each in found]


@pytest.mark.parametrize(
    ("name", "said", "form"),
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
def test_the_form_is_in_the_name(name: str, said: inputs.Form, form: str) -> None:
    """A file's name says its form, unless the user does."""
    assert inputs.find_form(name, said) == form


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
    """A stream is one document, or one a line with its number; blank lines are none."""
    assert split(data, form) == documents


@given(
    st.lists(st.sampled_from([b"", b" ", b"1", b'{"a": 1}', b"x" * 9]), max_size=8), st.sampled_from([b"\n", b"\r\n"])
)
def test_lines_are_numbered_as_in_the_file(lines: list[bytes], end: bytes) -> None:
    """Every line that is not blank is a document, under the number that an editor shows."""
    found = split(b"".join(line + end for line in lines), "jsonl")
    assert found == [(number, line) for number, line in enumerate(lines, 1) if line.strip()]


@pytest.mark.parametrize("form", ["json", "jsonl"])
@pytest.mark.parametrize("data", [b'{"a": 1}\n{"b": 2}\n', b"1\n\n2", b"", b"x" * 200 + b"\n1\n"])
def test_every_byte_is_told_of(form: inputs.Form, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read is told of, byte for byte but for blank lines."""
    monkeypatch.setattr(inputs, "MAX_BYTES", 256 if form == "json" else 16)
    told: list[int] = []
    list(inputs.split_documents(BytesIO(data), form, told.append))
    assert sum(told) == len(data)


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
    """A line that is too long is refused once and passed over to its end; the lines after it keep their numbers."""
    monkeypatch.setattr(inputs, "MAX_BYTES", 16)
    found = split(data, "jsonl")
    assert [number for number, _ in found] == numbers
    for _, line in found:
        if b"x" in line:
            with pytest.raises(NotJSON, match="larger than"):
                inputs.decode_document(line)


def test_a_document_may_be_as_large_as_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document of the largest size is read, one that is a byte larger is not, and no more than that byte is kept."""
    monkeypatch.setattr(inputs, "MAX_BYTES", 16)
    assert inputs.decode_document(b" " * 16) == " " * 16
    (document,) = split(b"x" * 1000, "auto")
    assert len(document[1]) == 17
    with pytest.raises(NotJSON, match="split it, or write one document on each line"):
        inputs.decode_document(document[1])


def test_a_line_may_be_as_large_as_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of a line is no part of its document: neither of its size nor of the places in it."""
    monkeypatch.setattr(inputs, "MAX_BYTES", 16)
    found = list(inputs.split_documents(BytesIO(b"1" * 16 + b"\r\n" + b"2\n" + b"3"), "jsonl"))
    assert [(line, inputs.decode_document(data)) for line, data in found] == [(1, "1" * 16), (2, "2"), (3, "3")]


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (b"1" * 16 + b"\nmore", "json"),
        (b"{" + b"\n" * 40 + b"}", "auto"),
        (b"1" * 16 + b"\r2\n", "jsonl"),
        (b"1" * 16 + b"\r2", "jsonl"),
    ],
)
def test_a_document_is_not_cut_to_the_bound(data: bytes, form: inputs.Form, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes on past the bound is refused, not judged by what came before it, wherever the cut falls."""
    monkeypatch.setattr(inputs, "MAX_BYTES", 16)
    _, first = next(iter(inputs.split_documents(BytesIO(data), form)))
    with pytest.raises(NotJSON, match="larger than"):
        inputs.decode_document(first)


@pytest.mark.parametrize(("data", "text"), [(b"\xef\xbb\xbf{}", "{}"), ("é".encode(), "é")])
def test_a_document_is_utf_8(data: bytes, text: str) -> None:
    """The text of a document is UTF-8, without a byte order mark."""
    assert inputs.decode_document(data) == text


def test_the_reason_names_the_bound() -> None:
    """A document that is too large is told how large it may be, and the claim it is refused by says so too."""
    with pytest.raises(NotJSON, match="larger than 16 MiB") as caught:
        inputs.decode_document(b" " * (inputs.MAX_BYTES + 1))
    assert "16 MiB" in CATALOG.claims[caught.value.claim].text

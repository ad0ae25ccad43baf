"""Files that are compressed with gzip."""

from __future__ import annotations

import gzip

import pytest

from cannon_spec import inputs
from cannon_spec.reading import gzip_stream
from cannon_spec.reading.documents import Document
from tests.cannon_spec.reading.reader import read

LINES = b"".join(b'{"a": %d}\n' % number for number in range(1000))


def read_packed(data: bytes, name: str = "a.jsonl.gz") -> list[Document]:
    return read(data, name)


def test_a_compressed_file_is_read() -> None:
    """The documents of a compressed file have the lines of the unpacked one; its parts may be packed apart."""
    data = gzip.compress(LINES[:500]) + gzip.compress(LINES[500:])
    documents = read_packed(data)
    assert [(each.line, each.value) for each in documents] == [(n + 1, {"a": n}) for n in range(1000)]
    assert read_packed(gzip.compress(b"[1]"), "A.JSON.GZ")[0].value == [1]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (gzip.compress(LINES)[:-4], "cut off"),
        (gzip.compress(LINES)[:40], "cut off"),
        (LINES, "not gzip data; compress it with gzip, or leave .gz out of its name"),
        (gzip.compress(LINES)[:-8] + b"\0" * 8, "is damaged: its gzip data has changed"),
        (gzip.compress(LINES)[:30] + b"\xff" * 40, "is damaged: its gzip data has changed"),
        (gzip.compress(LINES) + b"more", "is damaged: its gzip data has changed"),
    ],
    ids=["without its end", "the beginning alone", "not packed", "another checksum", "other bytes within", "more"],
)
def test_damage_is_told_after_what_was_read(data: bytes, words: str) -> None:
    """A file that is cut off or damaged is told in a sentence, as the last of its documents."""
    *documents, last = read_packed(data)
    assert [each.value for each in documents] == [{"a": n} for n in range(len(documents))]
    assert last.line is None
    assert words in str(last.error)


def test_no_more_is_unpacked_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """What unpacks to more than the limit is refused, and one document to no more than its own limit."""
    monkeypatch.setattr(inputs, "MAX_BYTES", 2000)
    monkeypatch.setattr(gzip_stream, "MAX_UNPACKED_BYTES", 20_000)
    (document,) = read_packed(gzip.compress(b" " * 1_000_000), "a.json.gz")
    assert "the document is larger than" in str(document.error)
    *documents, last = read_packed(gzip.compress(LINES * 10))
    assert 0 < len(documents) < 2000
    assert "unpacks to more than" in str(last.error)

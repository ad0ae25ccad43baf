"""Recordings that are archives or compressed, and the files of bodies that lie beside a HAR."""

from __future__ import annotations

import copy
import gzip
import json
import os
import tracemalloc
import zlib
from collections.abc import Callable
from hashlib import sha1
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile

import pytest

from cannon_spec.traffic import bodies, recording_files
from cannon_spec.traffic.har import NotHAR
from cannon_spec.traffic.recording_files import open_recording
from cannon_spec.traffic.unpack import UnreadableBody
from tests.cannon_spec.traffic.recorder import ONCE

HAR = json.dumps(ONCE).encode()


def detach_bodies(recording: dict[str, Any]) -> tuple[dict[str, Any], dict[str, bytes]]:
    """A recording as Playwright writes it with content "attach": the texts of its bodies are files of their own."""
    recording, files = copy.deepcopy(recording), {}
    for entry in recording["log"]["entries"]:
        for holder in (entry["request"].get("postData"), entry["response"]["content"]):
            if holder is not None:
                data = holder.pop("text").encode()
                holder["_file"] = f"{sha1(data).hexdigest()}.json"
                files[holder["_file"]] = data
    return recording, files


def pack(files: dict[str, bytes], method: int = ZIP_DEFLATED) -> bytes:
    """A ZIP archive."""
    stream = BytesIO()
    with ZipFile(stream, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def encrypt(archive: bytes) -> bytes:
    """The archive with the mark of encryption at its files."""
    local, central = archive.index(b"PK\x03\x04"), archive.index(b"PK\x01\x02")
    marked = bytearray(archive)
    marked[local + 6] = marked[central + 8] = 1
    return bytes(marked)


@pytest.mark.parametrize("compress", [bytes, gzip.compress, zlib.compress])
def test_a_compressed_har_is_unpacked(compress: Callable[[bytes], bytes]) -> None:
    """A HAR is read as it is, and compressed with gzip or as mitmproxy does for a file name that ends in .zhar."""
    assert open_recording(compress(HAR), None).har == HAR


@pytest.mark.parametrize("method", [ZIP_STORED, ZIP_DEFLATED])
@pytest.mark.parametrize("folder", ["", "session/"])
def test_an_archive_is_opened(method: int, folder: str) -> None:
    """The HAR of an archive is found, and the files beside it within the archive are read."""
    recording, files = detach_bodies(ONCE)
    all_files = {"har.har": json.dumps(recording).encode(), **files, "other.har": b"{}", "trace.txt": b"x"}
    opened_file = open_recording(pack({folder + name: data for name, data in all_files.items()}, method), None)
    assert json.loads(opened_file.har) == recording
    assert {name: opened_file.read_file(name, 10_000) for name in files} == files
    for name, problem in (("no.json", "that the archive does not have"), ("../har.har", "that the archive does not")):
        with pytest.raises(UnreadableBody, match=problem):
            opened_file.read_file(name, 10_000)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (pack({"a.txt": b"x"}), "the archive has no HAR files"),
        (pack({"a.har": HAR, "b.har": HAR}), "the archive has 2 HAR files; unpack it, and name the HAR file"),
        (pack({"a.har": HAR})[:-30], "the archive cannot be read: "),
        (pack({"a.har": HAR}, ZIP_LZMA), "the archive cannot be read: it is compressed by a rare method; save it"),
        (encrypt(pack({"a.har": HAR})), "the archive cannot be read: File 'a.har' is encrypted"),
        (gzip.compress(HAR)[:-30], "the file is cut off; save it without compression"),
        (b"\x1f\x8b" + b"x" * 30, "the file is compressed with gzip, and damaged"),
    ],
)
def test_an_archive_that_cannot_be_opened(data: bytes, problem: str) -> None:
    """What is wrong with an archive is said, and what to do."""
    with pytest.raises(NotHAR) as caught:
        open_recording(data, None)
    assert problem in str(caught.value)


@pytest.mark.parametrize("compress", [gzip.compress, lambda data: pack({"har.har": data})])
def test_a_bomb_is_not_opened(compress: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """A HAR that is larger than the limit when it is unpacked is refused."""
    monkeypatch.setattr(recording_files, "MAX_UNPACKED_BYTES", len(HAR))
    assert open_recording(compress(HAR), None).har == HAR
    monkeypatch.setattr(recording_files, "MAX_UNPACKED_BYTES", len(HAR) - 1)
    with pytest.raises(NotHAR, match="larger than"):
        open_recording(compress(HAR), None)


def test_files_beside_a_recording_are_read(tmp_path: Path) -> None:
    """A file in the folder of the recording, or below it, is read; a larger one than asked for is not."""
    (tmp_path / "resources").mkdir()
    for name in ("a.json", "resources/b.json"):
        (tmp_path / name).write_bytes(b"12345")
    read_file = open_recording(HAR, tmp_path).read_file
    assert (read_file("a.json", 5), read_file("resources/b.json", 9)) == (b"12345", b"12345")
    with pytest.raises(UnreadableBody, match="larger than"):
        read_file("a.json", 4)


def test_a_recording_names_no_file_outside_of_its_folder(tmp_path: Path) -> None:
    """Whatever a recording names, only plain files in its own folder are read."""
    folder = tmp_path / "session"
    folder.mkdir()
    (tmp_path / "secret.json").write_text("{}")
    (folder / "link.json").symlink_to(tmp_path / "secret.json")
    (folder / "loop.json").symlink_to(folder / "loop.json")
    os.mkfifo(folder / "pipe.json")
    read_file = open_recording(HAR, folder).read_file
    for name in ("../secret.json", str(tmp_path / "secret.json"), "link.json", "sub/../../secret.json"):
        with pytest.raises(UnreadableBody, match="in a file outside of the folder of the recording"):
            read_file(name, 100)
    for name in ("pipe.json", ".", "no.json", "loop.json", "a\0b", "x" * 5000):
        with pytest.raises(UnreadableBody, match=r"in a file that (is not beside the recording|cannot be read)"):
            read_file(name, 100)
    with pytest.raises(UnreadableBody, match="not at hand"):
        open_recording(HAR, None).read_file("link.json", 100)


def test_a_body_in_a_file_may_be_compressed(tmp_path: Path) -> None:
    """A file of a body is unpacked as a text is, and counts to the bound on all bodies."""
    (tmp_path / "a.bin").write_bytes(gzip.compress(b'{"a": 1}'))
    reader = bodies.BodyReader(open_recording(HAR, tmp_path).read_file)
    assert reader.read({"_file": "a.bin"}, {}).content == b'{"a": 1}'
    assert reader.read({"_file": "b.bin"}, {}).problem == "in a file that is not beside the recording"


@pytest.mark.parametrize("member", [b"[]", b"{}", b"1", b"[[]]", b'{"a":[]}'])
def test_a_har_of_many_values_is_refused(member: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A HAR is refused before it is parsed if its values may take more memory than the limit, packed or not.

    The memory that they do take is within what is counted for them.
    """
    values = b"[" + b",".join([member] * 10_000) + b"]"
    tracemalloc.start()
    try:
        parsed_values = json.loads(values)
        size = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert len(parsed_values) == 10_000
    monkeypatch.setattr(recording_files, "MAX_PARSED_BYTES", size)
    har = HAR.replace(b'"log": {', b'"log": {"_more": ' + values + b",")
    for data in (har, gzip.compress(har), pack({"a.har": har})):
        with pytest.raises(NotHAR, match=r"its values may take .* keep only the calls of the API"):
            open_recording(data, None)
    monkeypatch.setattr(recording_files, "MAX_PARSED_BYTES", 8 * size)
    assert open_recording(har, None).har == har

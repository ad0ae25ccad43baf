"""Open a recording: a HAR file, a compressed one, or an archive of one, with the files of its bodies (floor 2)."""

from __future__ import annotations

import posixpath
import zlib
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from cannon_spec.json_memory import estimate_parsed_bytes
from cannon_spec.traffic.bodies import ReadFile, refuse_file
from cannon_spec.traffic.har import NotHAR
from cannon_spec.traffic.unpack import UnreadableBody, expect_within, unpack

MAX_UNPACKED_BYTES = 32 * 1024 * 1024
"""The largest HAR that is unpacked from a file."""

MAX_PARSED_BYTES = 1024 * 1024 * 1024
"""The most memory that the values of a HAR may take, beside its texts."""

_ARCHIVE = b"PK\x03\x04"
_EXTENSION = ".har"
_PLAYWRIGHT_NAME = "har.har"
_DAMAGE = (BadZipFile, zlib.error, EOFError, OSError, RuntimeError)
"""What reading a damaged or an encrypted archive raises; NotImplementedError is a RuntimeError."""


class RecordingFile(NamedTuple):
    """The bytes of a HAR, and what reads the files beside it."""

    har: bytes
    read_file: ReadFile


def open_recording(data: bytes, folder: Path | None) -> RecordingFile:
    """Open the bytes of a recording whose other files lie in ``folder``, None where there is none. Raises NotHAR."""
    if data.startswith(_ARCHIVE):
        file = _open_archive(data)
    else:
        read_file = refuse_file if folder is None else partial(_read_beside, folder)
        file = RecordingFile(_unpack_har(data), read_file)
    _refuse_many_values(file.har)
    return file


def _unpack_har(data: bytes) -> bytes:
    try:
        return unpack(data, (), MAX_UNPACKED_BYTES)  # mitmproxy compresses a .zhar
    except UnreadableBody as error:
        raise NotHAR(f"the file is {error}", "save it without compression") from None


def _refuse_many_values(har: bytes) -> None:
    """Raise NotHAR for a file whose values would take more memory than a recording needs, before it is parsed."""
    size = estimate_parsed_bytes(har)
    if size > MAX_PARSED_BYTES:
        problem = f"its values may take {size >> 20} MiB of memory, more than {MAX_PARSED_BYTES >> 20} MiB"
        raise NotHAR(problem, "keep only the calls of the API")


def _open_archive(data: bytes) -> RecordingFile:
    try:
        archive = ZipFile(BytesIO(data))
        name = _find_har(archive.namelist())
        har = _read_member(archive, name, MAX_UNPACKED_BYTES)
    except UnreadableBody as error:
        raise NotHAR(f"the HAR in the archive is {error}", "keep only the calls of the API") from None
    except _DAMAGE as error:
        raise NotHAR(f"the archive cannot be read: {error}", "save it once more") from None
    return RecordingFile(har, partial(_read_archived, archive, posixpath.dirname(name)))


def _find_har(names: list[str]) -> str:
    """The one HAR in an archive. Raises NotHAR."""
    hars = [name for name in names if name.lower().endswith(_EXTENSION)]
    hars = [name for name in hars if posixpath.basename(name) == _PLAYWRIGHT_NAME] or hars
    if len(hars) != 1:
        raise NotHAR(f"the archive has {len(hars) or 'no'} HAR files", "unpack it, and name the HAR file")
    return hars[0]


def _read_archived(archive: ZipFile, folder: str, name: str, limit: int) -> bytes:
    try:
        return _read_member(archive, posixpath.join(folder, name), limit)
    except KeyError:
        raise UnreadableBody("in a file that the archive does not have") from None
    except _DAMAGE:
        raise UnreadableBody("in a file of the archive that cannot be read") from None


def _read_member(archive: ZipFile, name: str, limit: int) -> bytes:
    """The bytes of a file in an archive. Other methods than the two of all tools may not be built into Python."""
    if archive.getinfo(name).compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise BadZipFile("it is compressed by a rare method")
    with archive.open(name) as stream:
        return expect_within(stream.read(limit + 1), limit)


def _read_beside(folder: Path, name: str, limit: int) -> bytes:
    """A ReadFile of a folder, which reads no file outside of it, whatever the recording names."""
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise UnreadableBody("in a file outside of the folder of the recording")
        if not path.is_file():  # a pipe would never end
            raise UnreadableBody("in a file that is not beside the recording")
        with path.open("rb") as stream:
            return expect_within(stream.read(limit + 1), limit)
    except (OSError, ValueError, RuntimeError):  # ValueError: no name of a file; RuntimeError: a loop of links
        raise UnreadableBody("in a file that cannot be read") from None

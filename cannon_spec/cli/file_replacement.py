"""The content of a file written as a whole, or not at all (floor 2)."""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

_DEFAULT_MODE = 0o666
_OWN_STREAM = re.compile(r"/dev/(?P<name>stdout|stderr)|/(?:dev|proc/self)/fd/(?P<number>[0-9]{1,9})", re.ASCII)
_STREAM_NUMBERS = {"stdout": 1, "stderr": 2}


def replace_content(file: str, old_content: bytes, content: bytes) -> None:
    """Put ``content`` in the place of ``old_content`` in a file.

    The file keeps its mode, and where allowed its owner; a symbolic link still leads to it. Whatever interrupts this,
    the file has either content as a whole. Raises OSError, and then the file is as it was: also if it is not a regular
    file, may not be written, or no longer has ``old_content``.
    """
    target = Path(file).resolve()
    _check_writable(target)
    with _write_beside(target, content):
        if target.read_bytes() != old_content:
            raise OSError(errno.EAGAIN, "another program changed it meanwhile")


def write_content(file: str, content: bytes) -> None:
    """Write a new file, or replace one as ``replace_content`` does, whatever it has. Raises OSError."""
    target = Path(os.path.realpath(file))  # Path.resolve raises RuntimeError for links in a circle
    if target.exists():
        _check_writable(target)
    with _write_beside(target, content):
        pass


def _check_writable(target: Path) -> None:
    if not target.is_file():
        raise OSError(errno.EINVAL, "not a regular file")
    if not os.access(target, os.W_OK):  # a file in its place could be written nevertheless
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


@contextmanager
def open_replacement(file: str) -> Iterator[IO[bytes]]:
    """A stream for the new content of a file, which is there as a whole after the block, unless that raises.

    What is no regular file, such as a pipe, is written as it is, and so is a stream of this process: /dev/stdout may
    lead to a file that others write to. Raises OSError.
    """
    match = _OWN_STREAM.fullmatch(os.path.normpath(file))
    if match:
        with open(os.dup(int(match["number"] or _STREAM_NUMBERS[match["name"]])), "wb") as stream:
            yield stream
        return
    target = Path(os.path.realpath(file))
    if target.exists() and not target.is_file():
        with open(target, "wb") as stream:
            yield stream
        return
    if target.exists():
        _check_writable(target)
    with _open_beside(target) as stream:
        yield stream


@contextmanager
def _write_beside(target: Path, content: bytes) -> Iterator[None]:
    """Write another file, which takes the place of the target after the block, unless that raises."""
    with _open_beside(target) as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())  # here already, so that nothing slow is between the block and the replacement
        yield


@contextmanager
def _open_beside(target: Path) -> Iterator[IO[bytes]]:
    """A stream into another file, which takes the place of the target after the block, unless that raises."""
    handle, name = tempfile.mkstemp(prefix=".cannon-spec-", suffix=".tmp", dir=target.parent)
    temporary_file = Path(name)
    try:
        with open(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        _set_owner_and_mode(target, temporary_file)
        temporary_file.replace(target)
    except BaseException:
        with suppress(OSError):
            temporary_file.unlink()
        raise


def _set_owner_and_mode(source: Path, target: Path) -> None:
    """Give a file the owner and mode of another one; where that is not there, the mode that new files have."""
    if not source.exists():
        mask = os.umask(0o077)  # it can only be read by setting it
        os.umask(mask)
        target.chmod(_DEFAULT_MODE & ~mask)
        return
    if hasattr(os, "chown"):  # not on Windows
        status = source.stat()
        with suppress(PermissionError):  # only root may give a file away
            os.chown(target, status.st_uid, status.st_gid)
    shutil.copymode(source, target)

"""The files that a command writes what it found to (floor 2)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, TextIO

from cannon_spec.cli.file_replacement import open_replacement
from cannon_spec.errors import CannonSpecError
from cannon_spec.printable import escape_unprintable
from cannon_spec.system_errors import explain_os_error


@contextmanager
def open_output_file(file: str) -> Iterator[TextIO]:
    """A stream of text into a file, which is there as a whole after the block, unless that raises.

    Raises CannonSpecError where it cannot be written.
    """
    try:
        with open_replacement(file) as stream:
            writer: Any = _NamedWriter(stream, file)
            text_stream = io.TextIOWrapper(writer, encoding="utf-8", newline="", errors="backslashreplace")
            yield text_stream
            text_stream.detach()
    except OSError as error:
        raise _explain_error(file, error) from None


class _NamedWriter(io.BufferedIOBase):
    """Writes to a stream. A failure names its file: OSError would be taken for one of the file that is judged."""

    def __init__(self, stream: IO[bytes], file: str) -> None:
        self._stream = stream
        self._file = file

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        """Write bytes. Raises CannonSpecError."""
        try:
            return self._stream.write(data)
        except OSError as error:
            raise _explain_error(self._file, error) from None


def append_text(file: str, text: str) -> None:
    """Write a text to the end of a file. Raises CannonSpecError where it cannot be written."""
    try:
        with open(file, "a", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
    except OSError as error:
        raise _explain_error(file, error) from None


def _explain_error(file: str, error: OSError) -> CannonSpecError:
    reason = explain_os_error(error, "check the path, or the space on the disk")
    return CannonSpecError(f"{escape_unprintable(file)}: {reason}")

"""Read recorded bodies, in whatever form a recorder keeps them (floor 2, pure)."""

from __future__ import annotations

import binascii
import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from cannon_spec.traffic.placeholders import is_placeholder
from cannon_spec.traffic.unpack import MissingLibrary, UnlikelyReading, UnreadableBody, expect_within, is_text, unpack

ReadFile = Callable[[str, int], bytes]
"""Read a file that lies beside the recording, by the name that the recording gives: name and most bytes.

Raises UnreadableBody.
"""

MAX_BODY_BYTES = 4 * 1024 * 1024
"""The largest body that is unpacked or read from a file."""

MAX_TOTAL_BYTES = 32 * 1024 * 1024
"""The most bytes of all such bodies of a recording."""

_NO_TEXT = "not a text, and of no known compression"
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")
_DATA_URL = re.compile(r"data:[^,]{0,200};base64,")
_SPACE = re.compile(r"\s+")
_END_OF_CUT = re.compile(r"(?:…|\.\.\.|\btruncated\b\W*)\Z", re.IGNORECASE)
_PART_OF_VALUE = re.compile(r"-?|t|tr|tru|f|fa|fal|fals|n|nu|nul|\\|\\?u[0-9a-fA-F]{0,3}")


class RecordedBody(NamedTuple):
    """A recorded body: its content, or None and why it cannot be read. ``problem`` is empty if it is not recorded."""

    content: str | bytes | None = None
    problem: str = ""


def refuse_file(_name: str, _limit: int) -> bytes:
    """A ReadFile for a recording that has no files beside it."""
    raise UnreadableBody("in a file of its own, which is not at hand")


class BodyReader:
    """Read the bodies of one recording, which may be packed in layers, within bounds of memory."""

    def __init__(self, read_file: ReadFile = refuse_file) -> None:
        self._read_file = read_file
        self._free_bytes = MAX_TOTAL_BYTES

    def read(self, holder: Mapping[str, Any], headers: Mapping[str, str]) -> RecordedBody:
        """Read the body in a ``postData`` or ``content``, whose message has these headers (names in lower case)."""
        codings = [coding.strip().lower() for coding in headers.get("content-encoding", "").split(",")]
        try:
            content = self._find_content(holder, [coding for coding in codings if coding not in ("", "identity")])
            if content is not None:
                _expect_whole(content, _parse_length(headers))
        except UnreadableBody as error:
            return RecordedBody(None, str(error))
        return RecordedBody(content)

    def _find_content(self, holder: Mapping[str, Any], codings: Sequence[str]) -> str | bytes | None:
        text, file = holder.get("text"), holder.get("_file")
        if not text:  # some recorders write an empty text for no body
            return self._read_beside(file, codings) if isinstance(file, str) and file else None
        if isinstance(text, list):
            text = json.dumps(text)
        if not isinstance(text, str):
            raise UnreadableBody("neither a text nor a list of texts")
        is_base64 = str(holder.get("encoding") or "").lower() == "base64"
        return self._decode(text, is_base64, codings)

    def _read_beside(self, name: str, codings: Sequence[str]) -> bytes:
        data = self._read_file(name, self._find_limit())
        return self._unpack(data, codings)

    def _decode(self, text: str, is_base64: bool, codings: Sequence[str]) -> str | bytes:
        """The body that a text stands for: the text itself, or what it encodes, unpacked."""
        chunks = _parse_chunks(text)
        if chunks is not None:
            return self._unpack(chunks, codings)
        if text.lstrip()[:1] in ("{", "[", "<"):  # base64 has none of these, whatever a label says
            return text
        if is_placeholder(text.strip(' "')):
            return text
        if is_base64 and _decode_base64(text) is None:
            raise UnreadableBody("labelled base64, and not base64")
        problems: list[UnlikelyReading] = []
        for data in _list_readings(text):
            try:
                content = self._unpack(data, codings)
            except UnlikelyReading as error:
                problems.append(error)
                continue
            if is_base64 or content.lstrip()[:1] == b"{":
                return content
        if is_base64 or not is_text(text.encode(errors="replace")):
            raise problems[0] if problems else UnreadableBody(_NO_TEXT)
        return text

    def _unpack(self, data: bytes, codings: Sequence[str]) -> bytes:
        """Unpack bytes that are a body. Raises UnreadableBody, also if the result is no text."""
        limit = self._find_limit()
        content = unpack(data, codings, limit)
        if not is_text(content) and not codings:  # br cannot be recognised, and the headers may be lost
            with suppress(UnlikelyReading, MissingLibrary):
                content = unpack(content, ("br",), limit)
        if not is_text(content):
            raise UnlikelyReading(_NO_TEXT)
        expect_within(content, limit)
        self._free_bytes -= len(content)
        return content

    def _find_limit(self) -> int:
        if self._free_bytes <= 0:
            raise UnreadableBody(f"beyond the first {MAX_TOTAL_BYTES // 2**20} MiB of unpacked bodies")
        return min(MAX_BODY_BYTES, self._free_bytes)


def _parse_length(headers: Mapping[str, str]) -> int | None:
    """The length of the body as sent; None where it is not known, or is that of a compressed one."""
    length = headers.get("content-length", "")
    return int(length) if length.isdecimal() and len(length) < 16 and "content-encoding" not in headers else None


def _parse_chunks(text: str) -> bytes | None:
    """The bytes of a list of hexadecimal or base64 texts; None for a text that is no such list."""
    if text.lstrip()[:1] != "[":
        return None
    try:
        chunks = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not chunks or not isinstance(chunks, list) or not all(isinstance(chunk, str) for chunk in chunks):
        return None
    if all(_HEX.fullmatch(chunk) for chunk in chunks):
        return b"".join(map(bytes.fromhex, chunks))
    parts = [_decode_base64(chunk) for chunk in chunks]
    return None if None in parts else b"".join(filter(None, parts))


def _list_readings(text: str) -> Iterator[bytes]:
    """The bytes that a text may stand for: of base64, of hexadecimal digits, or with a letter for each byte."""
    data = _decode_base64(text)
    if data is not None:
        yield data
    if _HEX.fullmatch(text):
        yield bytes.fromhex(text)
    for encoding, errors in (("latin-1", "strict"), ("utf-8", "surrogateescape")):
        try:
            data = text.encode(encoding, errors)
        except UnicodeEncodeError:
            continue
        if not is_text(data):
            yield data


def _decode_base64(text: str) -> bytes | None:
    """The bytes of a base64 text in any of its forms: wrapped, unpadded, for addresses; None for another text."""
    digits = _SPACE.sub("", _DATA_URL.sub("", text, count=1)).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except (binascii.Error, ValueError):  # ValueError: the text is not ASCII
        return None


def _expect_whole(content: str | bytes, length: int | None) -> None:
    """Raise UnreadableBody for what a recorder left of a body: a placeholder, or its first part."""
    text = content if isinstance(content, str) else content.decode(errors="replace")
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        size = len(text.encode(errors="replace"))
        if is_placeholder(text):
            raise UnreadableBody("redacted") from None
        if length > size if length is not None else _is_cut(text, error):
            raise UnreadableBody("cut off") from None
    except (ValueError, RecursionError):
        return
    else:
        if is_placeholder(value):
            raise UnreadableBody("redacted")


def _is_cut(text: str, error: json.JSONDecodeError) -> bool:
    """Whether a text is the first part of a JSON document: what is wrong with it is that it ends."""
    if text.lstrip()[:1] not in ("{", "["):
        return False
    rest = text[error.pos :].strip()
    ends_in_value = _PART_OF_VALUE.fullmatch(rest) is not None or error.msg.startswith("Unterminated string")
    return ends_in_value or _END_OF_CUT.search(text) is not None

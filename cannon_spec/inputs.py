"""The limit of a document, and reading a file that is one JSON document (floor 1)."""

from __future__ import annotations

from typing import Any

from cannon_spec import document
from cannon_spec.errors import NotJSON

MAX_BYTES = 16 * 1024 * 1024
"""The most bytes of one document: of a file with one, or of a line in a file with many."""


def read_file(file: str) -> Any:
    """Read the one JSON document in a file. Raises OSError, and NotJSON, also for a file larger than ``MAX_BYTES``."""
    with open(file, "rb") as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise NotJSON(f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB", "check the path")
    return document.loads(data)


def decode_document(data: bytes) -> str:
    """Decode a document. Raises NotJSON if it is too large or not UTF-8."""
    if len(data) > MAX_BYTES:
        problem = f"the document is larger than {MAX_BYTES // 1024 // 1024} MiB"
        raise NotJSON(problem, "split it, or write one document on each line (.jsonl)")
    return document.decode_text(data)

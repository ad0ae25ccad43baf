"""The content of JSON files with patches applied; what they do not name stays byte by byte (floor 2)."""

from __future__ import annotations

from collections.abc import Sequence

from cannon_spec.json_text import patch_text
from cannon_spec.reading.patches import DocumentPatch

_BYTE_ORDER_MARK = "\ufeff"


def rewrite_json(content: bytes, patches: Sequence[DocumentPatch]) -> bytes:
    """Apply patches to a file of one document, or of one on each line, as its reader found them."""
    lines = content.split(b"\n")
    for patch in patches:
        if patch.line is None:
            return _rewrite(content, patch)
        lines[patch.line - 1] = _rewrite(lines[patch.line - 1], patch)
    return b"\n".join(lines)


def _rewrite(content: bytes, patch: DocumentPatch) -> bytes:
    text = content.decode()
    mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
    return (mark + patch_text(text.removeprefix(mark), patch.operations)).encode()

"""Parts of files: the Range header with one range of bytes."""

import re

from tests.servers.plain_server.messages import Refusal

SINGLE_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def read_range(text: str, size: int) -> tuple[int, int] | None:
    """Read the first and the last byte that a header asks for; None stands for the whole file."""
    match = SINGLE_RANGE.fullmatch(text.replace(" ", ""))
    if match is None or match.groups() == ("", ""):
        return None
    first, last = find_bounds(match[1], match[2], size)
    if match[1] and match[2] and int(match[2]) < int(match[1]):
        return None
    if first >= size or last < first:
        raise Refusal(416, "The file has no such range.", {"Content-Range": f"bytes */{size}"})
    return first, last


def find_bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """Compute the bounds; a range without a first byte counts from the end."""
    if not first:
        suffix = int(last)
        return (max(0, size - suffix), size - 1) if suffix else (size, size - 1)
    return int(first), min(int(last), size - 1) if last else size - 1

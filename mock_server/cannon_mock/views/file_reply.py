"""The reply with a file: whole, a range of it, or 304, as services that store files answer (floor 4).

The conditions are those of RFC 9110, in its order. Of its ranges a single one is served, as those services do.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import NamedTuple

from flask import Response
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.http import http_date

from cannon_mock import claim_ids
from cannon_mock.views.context import MockRequest
from cannon_mock.views.errors import ApiError

_CACHE_CONTROL = "private, max-age=0"
"""Clients that keep the file ask each time whether it is still there, so that each fetch reaches the mock."""
_RANGE = re.compile(r"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.IGNORECASE)
_DIGITS_OF_HASH = 32


class Validators(NamedTuple):
    """The ETag of a file, a hash of its bytes, and its modification date, to the second."""

    etag: str
    modified: datetime

    @property
    def headers(self) -> dict[str, str]:
        """The headers that tell both to a client."""
        return {"ETag": f'"{self.etag}"', "Last-Modified": http_date(self.modified)}


def build_file_reply(request: MockRequest, data: bytes, media_type: str, made_ms: int) -> Response:
    """The reply to GET and HEAD of a file: 200, 206 with the range asked for, or 304.

    ``made_ms`` is when the file was made. Raises ApiError with 412 where the request names another file, and
    RequestedRangeNotSatisfiable for a range that the file does not have.
    """
    validators = Validators(_hash(data), datetime.fromtimestamp(made_ms // 1000, UTC))
    date = http_date(datetime.fromtimestamp(request.now_ms // 1000, UTC))  # by the same clock as the file's
    headers = {"Date": date, **validators.headers, "Accept-Ranges": "bytes", "Cache-Control": _CACHE_CONTROL}
    _check_preconditions(request, validators)
    if _is_unchanged(request, validators):
        return Response(status=304, headers=headers)
    part = _choose_range(request, validators, len(data))
    if part is None:
        return Response(data, headers=headers, mimetype=media_type)
    headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{len(data)}"
    return Response(data[part.start : part.stop], 206, headers, mimetype=media_type)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:_DIGITS_OF_HASH]


def _check_preconditions(request: MockRequest, validators: Validators) -> None:
    if request.if_match:
        is_met = request.if_match.contains(validators.etag)
    else:
        limit = request.if_unmodified_since
        is_met = limit is None or validators.modified <= limit
    if not is_met:
        known_by = f'the ETag "{validators.etag}" and the date {validators.headers["Last-Modified"]}'
        message = f"the file is not the one that the request names: it has {known_by}; fetch it whole"
        raise ApiError(412, "precondition_failed", message, claim_ids.ASSET_OPEN)


def _is_unchanged(request: MockRequest, validators: Validators) -> bool:
    """Whether the client has this file already; its date counts only where it names no ETag."""
    if request.if_none_match:
        return request.if_none_match.contains_weak(validators.etag)
    since = request.if_modified_since
    return since is not None and validators.modified <= since


def _choose_range(request: MockRequest, validators: Validators, length: int) -> range | None:
    """The bytes to send; None for the whole file, also where the client has a part of another one."""
    if request.headers.get("If-Range", validators.headers["ETag"]) not in validators.headers.values():
        return None
    match = _RANGE.fullmatch(request.headers.get("Range", ""))
    if match is None or not any(match.groups()):  # another unit, several ranges, or none that can be read
        return None
    first, last = match.groups()
    if first and last and int(first) > int(last):
        return None
    start = int(first) if first else max(0, length - int(last))
    stop = min(int(last) + 1, length) if first and last else length
    if start >= stop:
        raise RequestedRangeNotSatisfiable(length)
    return range(start, stop)

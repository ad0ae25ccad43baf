"""The kinds of hostile servers: what each sends, in place of which replies, and how a run against it must end."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.servers.hostile_server import senders
from tests.servers.hostile_server.senders import (
    CHUNKED,
    CONTROLS,
    FOR_EVER,
    MIB,
    MUCH,
    OK,
    TICK,
    again,
    body,
    change,
    coded,
    echo,
    name_files,
    put,
    redirect,
    refuse,
    say,
    sized,
)
from tests.servers.hostile_server.server import Call, Reset, Send


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of hostile server: its name, what it sends, which calls get it, and the status of a run that ends.

    ``tests`` are those of the suite that make such calls. A call may take ``call_timeout_s`` and a run ``max_time_s``:
    so much, where a run should end before that, that its status does not depend on how fast the machine is.
    """

    name: str
    send: Send
    place: Callable[[Call], bool]
    status: int
    tests: tuple[str, ...]
    call_timeout_s: float = 60.0
    max_time_s: float = 300.0


def _all(call: Call) -> bool:
    return True


def _status(call: Call) -> bool:
    return call.path == "/api/v1/status" and bool(call.key)


def _creates(call: Call) -> bool:
    return call.method == "POST"


def _polls(call: Call) -> bool:
    return call.method == "GET" and call.path.startswith("/api/v1/requests/")


def _requests(call: Call) -> bool:
    return _creates(call) or _polls(call)


def _files(call: Call) -> bool:
    return not call.path.startswith("/api/")


_TESTS = {
    _all: ("test_status.py::test_a_status_names_the_scopes_of_the_key",),
    _status: ("test_status.py::test_a_status_names_the_scopes_of_the_key",),
    _creates: (
        "test_create.py::test_a_valid_create_is_answered_with_202",
        "test_lifecycle.py::test_a_request_only_makes_legal_steps",
    ),
    _requests: ("test_lifecycle.py::test_a_request_only_makes_legal_steps",),
    _polls: (
        "test_lifecycle.py::test_a_request_only_makes_legal_steps",
        "test_assets.py::test_each_file_can_be_fetched_whole",
    ),
    _files: (
        "test_status.py::test_a_status_names_the_scopes_of_the_key",
        "test_assets.py::test_each_file_can_be_fetched_whole",
    ),
}
"""Tests of the suite that make calls of a place."""


def _list(place: Callable[[Call], bool], status: int, sends: Mapping[str, Send], **limits: float) -> list[Kind]:
    name = place.__name__[1:]
    return [Kind(f"{name}: {each}", send, place, status, _TESTS[place], **limits) for each, send in sends.items()]


_HEADER = OK + b"X-A: "
_DEEP = "[" * 100_000 + "]" * 100_000
_DIGITS = "9" * 5000
_LARGE = 19 * MIB // 10

SLOW = {
    "silence": say(FOR_EVER),
    "a status line byte by byte": again(b"", b"H", TICK),
    "a header byte by byte": again(_HEADER, b"a", TICK),
    "a sized body byte by byte": again(sized(100_000), b" ", TICK),
    "chunks byte by byte": again(CHUNKED, b"1\r\n \r\n", TICK),
    "slow informational replies": again(b"", b"HTTP/1.1 100 X\r\n\r\n", TICK),
}
ENDLESS = {
    "a status line without an end": again(b"HTTP/1.1 200 ", MUCH),
    "a header without an end": again(_HEADER, MUCH),
    "headers without an end": again(OK, b"X-A: a\r\n" * 1000),
    "a body without an end": again(OK + b"\r\n", MUCH),
    "a sized body without an end": again(sized(10**15), MUCH),
    "chunks without an end": again(CHUNKED, b"10000\r\n" + MUCH + b"\r\n"),
    "informational replies without an end": again(b"", b"HTTP/1.1 103 X\r\n\r\n" * 100),
    "another protocol": again(b"HTTP/1.1 101 X\r\nUpgrade: x\r\n\r\n", MUCH),
    "a huge chunk": again(CHUNKED + b"FFFFFFFFFFFFFFFF\r\n", MUCH),
    "a chunk size without an end": again(CHUNKED, b"0" * 65_536),
    "a chunk extension without an end": again(CHUNKED + b"1;", MUCH),
    "trailers without an end": again(CHUNKED + b"0\r\n", b"X-A: a\r\n" * 1000),
}
CODED = {
    "a gzip bomb": coded("gzip", lambda: senders.make_bomb(31)),
    "a deflate bomb": coded("deflate", lambda: senders.make_bomb(15)),
    "a nested gzip bomb": coded("gzip, gzip", senders.make_nested_bomb),
    "br": coded("br", lambda: b"\x0b\x02\x80abc\x03"),
    "zstd": coded("zstd", lambda: b"\x28\xb5\x2f\xfd"),
    "gzip that is none": coded("gzip", lambda: b"no gzip"),
}
CUT_OFF = {
    "a reset at once": say(Reset()),
    "a reset in the status line": say(b"HTTP/1.", Reset()),
    "a reset in a header": say(_HEADER, Reset()),
    "a reset in the body": say(sized(100) + b"{", Reset()),
    "nothing": say(),
    "a body that is too short": say(sized(100) + b"{}"),
}
NO_HTTP = {
    "a body that is too long": say(sized(1) + b"{}"),
    "two lengths": say(OK + b"Content-Length: 2\r\n" + sized(3).removeprefix(OK) + b"{}"),
    "a negative length": say(sized(-2) + b"{}"),
    "a length of 5,000 digits": say(sized(_DIGITS) + b"{}"),
    "HTTP/0.9": say(b"<html>"),
    "the preface of HTTP/2": say(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "an alert of TLS": say(b"\x15\x03\x01\x00\x02\x02\x46"),
    "the status 999": refuse(999),
    "the status 000": refuse(0),
    "controls in the status line": say(
        b"HTTP/1.1 500 \x1b[31m::error::x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    ),
    "a redirect to itself": redirect(lambda call, number: call.path),
    "a redirect with controls": redirect(lambda call, number: "http://x/\x1b[31m::error::\x9b"),
    "HTML": body("<!doctype html><title>hello</title>"),
    "an empty body": body(""),
    "null": body("null"),
    "years to wait": refuse(429, "Retry-After: 99999999999"),
    "minutes to wait": refuse(503, "Retry-After: 299"),
    "a bad date to wait for": refuse(429, "Retry-After: Sun, 99 Foo 99999 99:99:99 GMT"),
}
NO_STATUS = {
    "invalid UTF-8": body(b'{"creditsRemaining": "\xff\xfe\xc3"}'),
    "100,000 levels": body(_DEEP),
    "a number of 5,000 digits": body(f'{{"creditsRemaining": {_DIGITS}}}'),
    "2 MiB of objects": body('{"id": "a", "b": [' + "{}," * (_LARGE // 3) + "1]}"),
    "2 MiB of fields": body(json.dumps(dict.fromkeys(map(str, range(_LARGE // 13)), 1))),
    "the key as a status line": echo(lambda key: f"HTTP/1.1 {key}\r\n\r\n"),
    "the key as a protocol": echo(lambda key: f"{key}\r\n\r\n"),
    "the key as a header": echo(lambda key: OK + f"{key}\r\n\r\n".encode()),
    "the key as a coding": echo(lambda key: OK + f"Content-Encoding: br, gzip, {key}\r\n\r\n".encode()),
    "the key as a chunk size": echo(lambda key: CHUNKED + f"{key}\r\n".encode()),
    "the key as a length": echo(sized),
    "a redirect to the key": redirect(lambda call, number: f"http://127.0.0.1:9/{call.key}"),
}
BAD_STATUS = {
    "NaN": body('{"creditsRemaining": NaN}'),
    "Infinity": body('{"creditsRemaining": -Infinity}'),
    "UTF-16": body('{"creditsRemaining": 1}'.encode("utf-16")),
    "a key given twice": body('{"creditsRemaining": 1, "creditsRemaining": 2}'),
    "3,000 cookies": say(OK + b"Set-Cookie: a=b\r\n" * 3000 + b"Content-Length: 2\r\n\r\n{}"),
    "2 MiB of backslashes": body('{"a": "' + "\\\\" * (_LARGE // 2) + '"}'),
    "2 MiB of escapes": body('{"a": "' + "\\u0063" * (_LARGE // 6) + '"}'),
    "2 MiB of percent signs": body('{"a": "' + "%63" * (_LARGE // 3) + '"}'),
    "the key in the body": echo(lambda key: sized(len(key) + 8) + f'{{"a":"{key}"}}'.encode()),
    "the key in the body, escaped": echo(lambda key: sized(6 * len(key) + 8) + b'{"a":"%s"}' % senders.escape_all(key)),
    "the key in a header": echo(lambda key: OK + f"X-A: {key}\r\nContent-Length: 2\r\n\r\n{{}}".encode()),
    "the key as the name of a header": echo(lambda key: OK + f"{key}: a\r\nContent-Length: 2\r\n\r\n{{}}".encode()),
    "the key in the status line": echo(
        lambda key: f"HTTP/1.1 200 {key}\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{{}}"
    ),
}
BAD_CREATES = {
    "an empty body": body(""),
    "half pairs": body('{"id": "\\ud800", "status": "\\udfff", "\\udc00": 1}'),
    "controls in a refusal": refuse(400, message=CONTROLS),
    "the key in a refusal": lambda call: refuse(400, message=f"the key {call.key} is bad")(call),
    "the key as an id": change(lambda value, call: {**value, "id": call.key}),
    "controls in ids": put(id=CONTROLS),
    "slashes in ids": put(id="../../status?a=#b"),
    "line ends in ids": put(id="a\r\nX-A: b\r\n\r\n"),
    "dots as ids": put(id=".."),
    "objects as ids": put(id={"a": 1}),
}
BAD_POLLS = {
    "a number of 5,000 digits": body(f'{{"id": {_DIGITS}}}'),
    "half pairs": put(status="\ud800", id="\udfff"),
    "controls in members": put(**{CONTROLS: CONTROLS, "status": CONTROLS}),
    "the key in members": change(lambda value, call: {**value, call.key: call.key, "status": call.key}),
    "the key in addresses of files": change(
        lambda value, call: {**value, "output": {"image_url": f"http://{call.key}/"}}
    ),
    "a redirect": redirect(lambda call, number: f"{call.url}/taken?{number}"),
}
ADDRESSES = (
    *("file:///etc/passwd", "data:text/plain,hello", "gopher://x/", "javascript:alert(1)", "//x", ""),
    *("http://127.0.0.1:9/a", "SELF/api/v1/status", "http://[::1", "http://x:99999999/"),
    *("http://" + "a" * 100_000, "http://\u202e\u0000.x/"),
)
UNREAD_FILES = {
    "a picture of 8,900 by 8,900 pixels": lambda call: body(senders.make_picture_bomb(8_900))(call),
    "a body without an end": again(OK + b"\r\n", MUCH),
    "a gzip bomb": coded("gzip", lambda: senders.make_bomb(31)),
    "a picture of 60,000 by 60,000 pixels": lambda call: body(senders.make_picture_bomb(60_000))(call),
}
"""Files that are too large or too slow to be read: they break no claim."""
BAD_FILES = {
    "39 MiB of percent signs": lambda call: [sized(39 * MIB), *[b"%63" * (MIB // 3) + b"a"] * 39],
    "a length of 5,000 digits": say(sized(_DIGITS) + b"{}"),
    "a length in letters": say(sized("abc") + b"{}"),
    "a reset": say(Reset()),
    "redirects without an end": redirect(lambda call, number: f"/files/{number}"),
    "a redirect to file:": redirect(lambda call, number: "file:///etc/passwd"),
    "a redirect to no address": redirect(lambda call, number: "http://[::"),
}
SLOW_FILES = {
    "a header byte by byte": again(_HEADER, b"a", TICK),
}
UNREAD_SLOW_FILES = {
    "a body byte by byte": again(OK + b"\r\n", b"a", TICK),
}
ALLOWED_STATUS = {
    "credits of 1e308": put(creditsRemaining=1e308),
}
ALLOWED_CREATES = {
    "polls after less than nothing": put(poll_after_ms=-(10**300)),
}
ALLOWED_POLLS = {
    "times of the year 10^300": put(createdAtMs=10**300, startedAtMs=-(10**300), completedAtMs=1e308),
}
"""What no page forbids: a run notes what differs from an example, and breaks no claim."""
UNREAD_CREATES = {
    "100,000 levels": body(f'{{"id": "a", "b": {_DEEP}}}'),
    "ids of a MiB": put(id="a" * MIB),
    "a reset": say(Reset()),
    "a body without an end": again(OK + b"\r\n", MUCH),
}
UNREAD_POLLS = {
    "2 MiB of lists": body("[" + "[],[]," * (_LARGE // 6) + "1]"),
    "a reset": say(Reset()),
    "costs of 1e308": put(billableCredits=1e308),
}
"""Replies that are no answer, or stop the run, so that nothing is tested."""
WAITING_CREATES = {
    "silence": say(FOR_EVER),
}
WAITING_REQUESTS = {
    "polls after years": put(poll_after_ms=10**300, status="processing"),
}
WAITING_POLLS = {
    "a header byte by byte": again(_HEADER, b"a", TICK),
    "states to and fro": senders.flip(),
    "no end": put(status="processing"),
}
"""Waits without an end: whichever limit ends the run, it is not complete."""
_WAITS = {"call_timeout_s": 0.5, "max_time_s": 4.0}
_SLOW_FILES = {"call_timeout_s": 2.0}
KINDS = (
    *_list(_all, 2, SLOW | ENDLESS | CODED | CUT_OFF | NO_HTTP, **_WAITS),
    *_list(_creates, 2, WAITING_CREATES, **_WAITS),
    *_list(_requests, 2, WAITING_REQUESTS, **_WAITS),
    *_list(_polls, 2, WAITING_POLLS, **_WAITS),
    *_list(_files, 0, UNREAD_SLOW_FILES, **_SLOW_FILES),
    *_list(_files, 1, SLOW_FILES, **_SLOW_FILES),
    *_list(_status, 2, NO_STATUS),
    *_list(_status, 1, BAD_STATUS),
    *_list(_status, 0, ALLOWED_STATUS),
    *_list(_creates, 2, UNREAD_CREATES),
    *_list(_creates, 1, BAD_CREATES),
    *_list(_creates, 0, ALLOWED_CREATES),
    *_list(_polls, 2, UNREAD_POLLS),
    *_list(_polls, 1, BAD_POLLS),
    *_list(_polls, 1, {f"files at {address[:30]!r}": name_files(address) for address in ADDRESSES}),
    *_list(_polls, 0, ALLOWED_POLLS),
    *_list(_files, 1, BAD_FILES),
    *_list(_files, 0, UNREAD_FILES),
)
"""One kind after another; the honest replies come from the plain server."""

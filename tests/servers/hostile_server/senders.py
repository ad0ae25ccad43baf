"""What hostile servers send: bytes, replies that are changed, and bombs."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterable
from functools import cache
from itertools import chain, count, repeat
from typing import Any

from tests.servers.hostile_server.server import Call, Part, Pause, Send

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
TICK = Pause(0.3)
FOR_EVER = Pause(600)
MIB = 2**20
MUCH = b" " * 65_536
CONTROLS = "\x1b[2J\x1b]0;x\x07\r\n::error::hostile\n##[error]hostile\n%0A::set-output name=a::b\u202e\u2028"


def say(*parts: Part) -> Send:
    """Send the same to each call."""
    return lambda call: parts


def again(start: bytes, part: bytes, *pauses: Pause) -> Send:
    """Send a start, and then a part without an end, each followed by pauses."""
    return lambda call: chain([start], chain.from_iterable(repeat((part, *pauses))))


def change(edit: Callable[[Any, Call], Any]) -> Send:
    """Send the honest reply with its JSON value changed; a refusal as it is."""

    def send(call: Call) -> Iterable[Part]:
        reply = call.forward()
        return [reply.with_value(edit(reply.value, call)) if reply.status < 300 else reply.write()]

    return send


def put(**members: Any) -> Send:
    """Send the honest reply with other members."""
    return change(lambda value, call: {**value, **members})


def body(text: bytes | str) -> Send:
    """Send a body, of the length that the header says."""
    content = text if isinstance(text, bytes) else text.encode(errors="surrogatepass")
    return say(sized(len(content)) + content)


def sized(length: object) -> bytes:
    """The headers of a body of a length."""
    return OK + f"Content-Length: {length}\r\n\r\n".encode()


def refuse(status: int, header: str = "", message: str = "") -> Send:
    """Send a status, a header, and the body of an error."""
    content = json.dumps({"error": {"code": message, "message": message}, "detail": message}).encode()
    lines = [f"HTTP/1.1 {status:03} X", "Connection: close", *([header] if header else [])]
    lines += [f"Content-Length: {len(content)}\r\n\r\n"]
    return say("\r\n".join(lines).encode("latin-1") + content)


def coded(coding: str, make: Callable[[], bytes]) -> Send:
    """Send a body with a content coding."""

    def send(call: Call) -> Iterable[Part]:
        content = make()
        return [OK + f"Content-Encoding: {coding}\r\nContent-Length: {len(content)}\r\n\r\n".encode(), content]

    return send


def redirect(find_address: Callable[[Call, int], str]) -> Send:
    """Send a redirect, to an address by the number of the call."""
    numbers = count()

    def send(call: Call) -> Iterable[Part]:
        address = find_address(call, next(numbers)).encode("latin-1")
        return [b"HTTP/1.1 302 X\r\nContent-Length: 0\r\nConnection: close\r\nLocation: %s\r\n\r\n" % address]

    return send


def echo(write: Callable[[str], bytes | str]) -> Send:
    """Send something with the key of the call in it."""

    def send(call: Call) -> Iterable[Part]:
        text = write(call.key or "none")
        return [text.encode() if isinstance(text, str) else text]

    return send


def escape_all(key: str) -> bytes:
    """A key with each letter escaped for JSON."""
    return "".join(f"\\u{ord(letter):04x}" for letter in key).encode()


def flip() -> Send:
    """Send a status that goes to and fro, and never ends."""
    turns = count()
    return change(lambda value, call: {**value, "status": ("queued", "processing")[next(turns) % 2]})


def name_files(address: str) -> Send:
    """Name another file in each output; SELF stands for the address of the server."""

    def edit(value: Any, call: Call) -> Any:
        return {**value, "output": _replace_texts(value.get("output"), address.replace("SELF", call.url))}

    return change(edit)


def _replace_texts(value: Any, new: str) -> Any:
    """A value whose addresses are another one."""
    if isinstance(value, dict):
        return {name: _replace_texts(each, new) for name, each in value.items()}
    if isinstance(value, list):
        return [_replace_texts(each, new) for each in value]
    return new if isinstance(value, str) and value.startswith("http") else value


@cache
def make_bomb(window_bits: int) -> bytes:
    """400 MiB of spaces, compressed piece by piece: 31 for gzip, 15 for deflate."""
    encoder = zlib.compressobj(9, wbits=window_bits)
    return b"".join([*(encoder.compress(b" " * MIB) for _ in range(400)), encoder.flush()])


def make_nested_bomb() -> bytes:
    """A bomb that is compressed once more."""
    return gzip.compress(make_bomb(31))


def make_picture_bomb(side: int) -> bytes:
    """A small PNG file of a square picture of so many pixels a side."""
    head = b"IHDR" + side.to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    chunks = (head, b"IDAT" + zlib.compress(bytes(MIB)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (len(each) - 4).to_bytes(4, "big") + each + zlib.crc32(each).to_bytes(4, "big") for each in chunks
    )

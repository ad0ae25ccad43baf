"""Recorded bodies in each form in which recorders and sanitizers leave them."""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import brotli
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from cannon_spec.installation import advise_extra
from cannon_spec.traffic import bodies, unpack
from cannon_spec.traffic.bodies import BodyReader, RecordedBody
from cannon_spec.traffic.unpack import UnreadableBody
from tests.support.effort import examples

TEXT = json.dumps({"id": "req_1", "prompt": "A red 🚲 “quoted”", "n": list(range(40))}, ensure_ascii=False)
DATA = TEXT.encode()
CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda data: brotli.compress(data, quality=5),
    "zstd": zstd.compress,
}


def to_base64(data: bytes) -> str:
    return b64encode(data).decode()


def read(holder: dict[str, Any], **headers: str) -> RecordedBody:
    """The body in a ``content``; header names have _ for -."""
    return BodyReader().read(holder, {name.replace("_", "-"): value for name, value in headers.items()})


def read_json(holder: dict[str, Any], **headers: str) -> Any:
    """The JSON of the body in a ``content``; why it cannot be read, if so."""
    body = read(holder, **headers)
    return body.problem or json.loads(body.content or "")


def format_bytes(data: bytes) -> dict[str, dict[str, Any]]:
    """A content with these bytes in each form that a recorder may give them."""
    half = len(data) // 2
    chunks = [data[:half], data[half:]]
    return {
        "base64": {"text": to_base64(data), "encoding": "base64"},
        "base64 in lines": {"text": to_base64(data)[:20] + "\r\n" + to_base64(data)[20:] + "\n", "encoding": "base64"},
        "base64 of an address": {"text": urlsafe_b64encode(data).decode().rstrip("="), "encoding": "BASE64"},
        "data address": {"text": "data:application/json;base64," + to_base64(data), "encoding": "base64"},
        "base64 without a label": {"text": to_base64(data)},
        "hexadecimal": {"text": data.hex()},
        "list of hexadecimal chunks": {"text": [chunk.hex() for chunk in chunks]},
        "text of hexadecimal chunks": {"text": json.dumps([chunk.hex() for chunk in chunks]), "_isBinary": True},
        "text of base64 chunks": {"text": json.dumps(list(map(to_base64, chunks))), "encoding": "base64"},
        "a letter for each byte": {"text": data.decode("latin-1")},
        "escaped bytes": {"text": data.decode("utf-8", "surrogateescape")},
    }


FORMS = list(format_bytes(b"x"))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("coding", CODINGS)
def test_a_compressed_body_is_unpacked(coding: str, form: str) -> None:
    """A body that is still compressed is unpacked, in each form, whether its header is recorded or not."""
    content = format_bytes(CODINGS[coding](DATA))[form]
    assert read_json(content, content_encoding=coding) == json.loads(TEXT)
    assert read_json(content) == json.loads(TEXT)


@pytest.mark.parametrize("form", ["base64", "base64 without a label", "hexadecimal", "list of hexadecimal chunks"])
def test_a_body_that_is_not_compressed_is_read(form: str) -> None:
    """A body that the recorder unpacked is read in each form, though its header still says that it is compressed."""
    for coding in (*CODINGS, "identity", "x-unknown"):
        assert read_json(format_bytes(DATA)[form], content_encoding=coding) == json.loads(TEXT)
        assert read_json({"text": TEXT}, content_encoding=coding) == json.loads(TEXT)


def test_a_body_in_two_layers() -> None:
    """A body that was compressed twice is unpacked twice, and not without end."""
    both = {"text": to_base64(brotli.compress(gzip.compress(DATA))), "encoding": "base64"}
    assert read_json(both, content_encoding="gzip, br") == json.loads(TEXT)
    data = DATA
    for _ in range(9):
        data = gzip.compress(data)
    assert read_json({"text": to_base64(data)}) == "compressed 4 times or more"
    bare_deflate = zlib.compress(DATA)[2:-4]
    assert read_json({"text": to_base64(bare_deflate)}, content_encoding="deflate") == json.loads(TEXT)


@pytest.mark.parametrize(
    "text",
    [TEXT, " \n" + TEXT, "<html>Bad gateway</html>", "[1, 2]", "[]", "Unauthorized", "Bad gateway", "1234", '"text"'],
)
def test_plain_text_stays_as_it_is(text: str) -> None:
    """A text without an encoding is the body itself, JSON or not, even if it could be base64."""
    assert read({"text": text}).content == text


@pytest.mark.parametrize("text", [TEXT, "<html>Bad gateway</html>", "[1]"])
def test_what_is_labelled_base64_and_is_not(text: str) -> None:
    """Text that base64 cannot be is read as text, whatever its label says."""
    assert read({"text": text, "encoding": "base64"}).content == text


CUT_TEXTS = [TEXT[:end] for end in (1, 2, 5, 12, 30, -1)]
CUT_TEXTS += [
    '{"a": tru',
    '{"a": -',
    '{"a": 12',
    '{"a": "\\u00',
    '{"a": "x\\',
    '[{"a": 1}',
    '{"a": {"b": 1}',
    '{"a": 1,',
]
CUT_TEXTS += ['{"id": "req_1", … (truncated)', '{"id": "req_1", "output": {...', '{"a": [1, 2, ...']


@pytest.mark.parametrize("text", CUT_TEXTS)
def test_a_body_that_was_cut(text: str) -> None:
    """The first part of a JSON document is no body of the service, unless its length is that of what was sent."""
    assert read({"text": text}) == RecordedBody(None, "cut off")
    size = len(text.encode())
    assert read({"text": text}, content_length=str(size + 1)) == RecordedBody(None, "cut off")
    assert read({"text": text}, content_length=str(size)).content == text
    assert read({"text": text}, content_length="9" * 30).problem == "cut off"
    assert read({"text": text}, content_length=str(size), content_encoding="gzip").problem == "cut off"


@pytest.mark.parametrize("text", ['{"a" 1}', '{"a": 1}}', "{a: 1}", '{"a": 01}', '{"a": "\n"}', "[1,]", "nothing…"])
def test_a_body_that_is_wrong_and_not_cut(text: str) -> None:
    """What is wrong elsewhere than at its end was not cut."""
    assert read({"text": text}).content == text


@pytest.mark.parametrize(
    "text",
    ["[application/json redacted]", "[REDACTED]", '"[redacted]"', "<removed>", "REDACTED", "***", "(body omitted)", "…"
     "…….", "{{redacted}}", "redacted-1", "Filtered"],
)  # fmt: skip
def test_a_body_that_was_redacted(text: str) -> None:
    """A placeholder in place of a body is no body, whatever encoding it is labelled with."""
    assert read({"text": text}) == RecordedBody(None, "redacted")
    assert read({"text": text, "encoding": "base64"}) == RecordedBody(None, "redacted")


PACKED = gzip.compress(DATA)


@pytest.mark.parametrize(
    ("content", "coding", "problem"),
    [
        ({"text": "a", "encoding": "base64"}, "", "labelled base64, and not base64"),
        ({"text": "é", "encoding": "base64"}, "", "labelled base64, and not base64"),
        ({"text": to_base64(b"\x00\x01\x02"), "encoding": "base64"}, "", "not a text, and of no known compression"),
        ({"text": PACKED.decode(errors="replace"), "encoding": ""}, "gzip", "compressed with gzip, and damaged"),
        ({"text": PACKED.decode(errors="replace"), "encoding": ""}, "", "not a text, and of no known compression"),
        ({"text": "\ufffd\u20ac", "encoding": ""}, "", "not a text, and of no known compression"),
        ({"text": to_base64(PACKED[:-12]), "encoding": ""}, "", "cut off"),
        ({"text": {"id": "req_1"}}, "", "neither a text nor a list of texts"),
        ({"text": 7}, "", "neither a text nor a list of texts"),
        *(
            ({"text": to_base64(CODINGS[coding](DATA)[:-12]), "encoding": "base64"}, coding, "cut off")
            for coding in CODINGS
        ),
        *(
            ({"text": to_base64(start + b"\xff" * 40)}, coding, f"compressed with {coding}, and damaged")
            for coding, start in (("gzip", b"\x1f\x8b"), ("zstd", b"\x28\xb5\x2f\xfd"), ("br", b""), ("deflate", b""))
        ),
        ({"_file": "a.json"}, "", "in a file of its own, which is not at hand"),
    ],
)
def test_a_body_that_cannot_be_read(content: dict[str, Any], coding: str, problem: str) -> None:
    """A body that cannot be read has no content, and says why."""
    assert read(content | {"encoding": content.get("encoding", "base64")}, content_encoding=coding) == RecordedBody(
        None, problem
    )


@pytest.mark.parametrize("content", [{}, {"text": None}, {"text": ""}, {"text": []}, {"_file": ""}, {"_file": 7}])
def test_a_body_that_was_not_recorded(content: dict[str, Any]) -> None:
    """A content without text or file has no body, and that is no problem."""
    assert read(content) == RecordedBody()


@pytest.mark.parametrize(
    ("coding", "modules", "library"),
    [("br", ["brotli"], "brotli"), ("zstd", ["compression.zstd", "backports.zstd"], "backports.zstd")],
)
def test_a_library_that_is_not_installed(
    coding: str, modules: list[str], library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the library of a compression the body is not read, and what to install is said."""
    for module in modules:
        monkeypatch.setitem(sys.modules, module, None)
    content = format_bytes(CODINGS[coding](DATA))["base64"]
    problem = f"compressed with {coding}, which needs {library}; {advise_extra('traffic')}"
    assert read(content, content_encoding=coding) == RecordedBody(None, problem)
    assert read_json({"text": TEXT}, content_encoding=coding) == json.loads(TEXT)


def test_an_old_brotli_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version of brotli that cannot stop at a limit is not used."""
    monkeypatch.setattr(brotli, "Decompressor", lambda: object())
    content = format_bytes(brotli.compress(DATA))["base64"]
    assert "needs brotli 1.2 or later" in read(content, content_encoding="br").problem


LARGE = b'{"a":"' + b"x" * 5_000_000 + b'"}'


@pytest.mark.parametrize("coding", CODINGS)
def test_a_bomb_is_not_unpacked(coding: str) -> None:
    """A body of more than 4 MiB is not unpacked, and the decoder stops near the limit."""
    packed = CODINGS[coding](LARGE)
    assert read(format_bytes(packed)["base64"], content_encoding=coding) == RecordedBody(None, "larger than 4 MiB")
    with pytest.raises(UnreadableBody, match=r"larger than 0\.000954 MiB"):
        unpack.unpack(packed, (coding,), 1000)


def test_all_bodies_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the unpacked bodies of a recording have reached the limit, no more is unpacked; plain texts are read."""
    monkeypatch.setattr(bodies, "MAX_TOTAL_BYTES", 2 * len(DATA) + 1)
    reader = BodyReader()
    content = format_bytes(PACKED)["base64"]
    problems = [reader.read(content, {}).problem for _ in range(3)]
    assert problems[:2] == ["", ""]
    assert "larger than" in problems[2]
    monkeypatch.setattr(bodies, "MAX_TOTAL_BYTES", len(DATA))
    reader = BodyReader()
    assert reader.read(content, {}).problem == ""
    assert "beyond the first" in reader.read(content, {}).problem
    assert reader.read({"text": TEXT}, {}).content == TEXT


@examples(200)
@given(
    text=st.text() | st.lists(st.text(alphabet="0123456789abcdef")) | st.binary().map(to_base64),
    label=st.sampled_from(["", "base64"]),
    coding=st.sampled_from(["", *CODINGS]),
)
def test_any_content_is_read_or_not(text: Any, label: str, coding: str) -> None:
    """Whatever a content holds, it has a body, or none with or without a reason."""
    body = read({"text": text, "encoding": label}, content_encoding=coding)
    assert body.content is None or body.problem == ""

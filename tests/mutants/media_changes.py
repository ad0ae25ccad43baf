"""Changes to the files that a mock serves: longer, wider, square or cut off."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Any

from cannon_contract.client.media_files.measured_file import MeasuredFile, PictureSize
from cannon_contract.client.media_files.media_reading import find_reader
from tests.mutants.wsgi import Call, Reply, Responder
from tests.support.media_files import build_mp3, build_mp4, build_srt, build_wav

ReplyChange = Callable[[Call, Reply], None]


def lengthen(names: Collection[str]) -> ReplyChange:
    """Make the files of these names a second longer."""

    def change(call: Call, reply: Reply) -> None:
        if reply.status == 200 and call.id in names:
            file = _measure(reply.body)
            reply.body = _build(call.id, (file.duration_s or 0) + 1, file.size)

    return change


def widen_video(call: Call, reply: Reply) -> None:
    """Make a video two pixels wider, and two pixels higher: no ratio hides that."""
    if reply.status == 200 and call.id.endswith(".mp4"):
        file = _measure(reply.body)
        width, height = file.size or (0, 0)
        reply.body = _build(call.id, file.duration_s or 0, PictureSize(width + 2, height + 2))


def square_video(call: Call, reply: Reply) -> None:
    """Make a video square."""
    if reply.status == 200 and call.id.endswith(".mp4"):
        reply.body = _build(call.id, _measure(reply.body).duration_s or 0, PictureSize(720, 720))


def cut_off(extension: str) -> ReplyChange:
    """Send the first half of the files with an extension only."""

    def change(call: Call, reply: Reply) -> None:
        if reply.status == 200 and call.id.endswith(extension):
            reply.body = reply.body[: len(reply.body) // 2]

    return change


def keep_asked_duration(operation: str, field: str) -> Callable[[], Responder]:
    """Make files of an operation that last as long as a field asks for, whatever the service makes of the field."""

    def make_responder() -> Responder:
        durations: dict[str, Any] = {}

        def respond(call: Call) -> Reply:
            reply = call.forward()
            if call.kind == "POST create" and reply.status == 202:
                durations[reply.json["id"]] = _read_field(call, operation, field)
            if call.kind == "GET read" and reply.status == 200 and (duration := durations.get(call.id)):
                output = reply.json["output"] or {}
                durations.update((str(url).rpartition("/assets/")[2], duration) for url in output.values())
            name = call.environ["PATH_INFO"].rpartition("/assets/")[2]
            if call.kind == "GET asset" and reply.status == 200 and (duration := durations.get(name)):
                reply.body = _build(call.id, duration, _measure(reply.body).size)
            return reply

        return respond

    return make_responder


def _read_field(call: Call, operation: str, field: str) -> Any:
    body = json.loads(call.content)
    return body["input"].get(field) if body["operation"] == operation else None


def _measure(content: bytes) -> MeasuredFile:
    reader = find_reader(content)
    assert reader is not None
    return reader(content)


def _build(name: str, duration_s: float, size: PictureSize | None) -> bytes:
    """A file of a name's extension."""
    if name.endswith(".mp4"):
        return build_mp4(duration_s, size or PictureSize(16, 16))
    build = {"mp3": build_mp3, "wav": build_wav, "srt": build_srt}[name.rpartition(".")[2]]
    return build(duration_s)

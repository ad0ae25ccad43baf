"""Defects of assets: files that break off, have another format, another size, or are not there."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

from PIL import Image

from tests.servers.defects.defect import Defect
from tests.servers.plain_server import Parts
from tests.servers.plain_server.assets import Assets
from tests.servers.plain_server.checks import Checks
from tests.servers.plain_server.handler import Handler
from tests.servers.plain_server.messages import JsonObject, Reply
from tests.servers.plain_server.objects import Objects
from tests.servers.plain_server.rows import Asset
from tests.servers.plain_server.tasks import Order, Task


class CutPicture(Assets):
    """Stores the first half of a picture."""

    def encode_picture(self, size: tuple[int, int]) -> bytes:
        picture = super().encode_picture(size)
        return picture[: len(picture) // 2]


class NoEnd(Assets):
    """Stores a picture without its last bytes."""

    def encode_picture(self, size: tuple[int, int]) -> bytes:
        return super().encode_picture(size)[:-20]


class SpoiltPixels(Assets):
    """Stores a picture in the middle of which bytes have changed."""

    def encode_picture(self, size: tuple[int, int]) -> bytes:
        picture = bytearray(super().encode_picture(size))
        middle = len(picture) // 2
        picture[middle : middle + 8] = bytes(8)
        return bytes(picture)


class EmptyFile(Assets):
    """Stores nothing."""

    def encode_picture(self, size: tuple[int, int]) -> bytes:
        return b""


class ErrorPage(Assets):
    """Stores the page of an error."""

    def encode_picture(self, size: tuple[int, int]) -> bytes:
        return b"<!doctype html><title>502 Bad Gateway</title>"


class JpegAsPng(Assets):
    """Stores a JPEG file under the name of a PNG."""

    def encode_picture(self, size: tuple[int, int]) -> bytes:
        file = BytesIO()
        Image.new("RGB", size, (38, 70, 83)).save(file, "JPEG")
        return file.getvalue()


class BreaksOff(Handler):
    """Announces the length of a file, and sends half of it."""

    def send_body(self, reply: Reply) -> None:
        if reply.content_type.startswith("image/") and self.command == "GET":
            self.wfile.write(reply.body[: len(reply.body) // 2])
            self.close_connection = True
        else:
            super().send_body(reply)


class NothingThere(Assets):
    """Has stored no file."""

    def has_file(self, task: Task, folder: str, name: str) -> bool:
        return False


class NoProviderFiles(Assets):
    """Has stored no file of the provider."""

    def has_file(self, task: Task, folder: str, name: str) -> bool:
        return folder == "assets" and super().has_file(task, folder, name)


class AlwaysSquare(Assets):
    """Makes each picture square."""

    def picture_size(self, task: Task) -> tuple[int, int]:
        return super().picture_size(replace(task, order=replace(task.order, aspect_ratio="1:1")))


class TurnedPicture(Assets):
    """Makes each picture high where it should be wide."""

    def picture_size(self, task: Task) -> tuple[int, int]:
        width, height = super().picture_size(task)
        return height, width


class AlwaysSmall(Assets):
    """Makes each picture at 1K."""

    def picture_size(self, task: Task) -> tuple[int, int]:
        return super().picture_size(replace(task, order=replace(task.order, resolution="1K")))


class LargeSquares(Checks):
    """Makes squares of GPT Image 2 at 4K."""

    def check_square(self, order: Order) -> None:
        pass


class OtherFirst(Objects):
    """Names a file in image_url that is not in image_urls."""

    def build_result(self, task: Task) -> JsonObject:
        result = super().build_result(task)
        return {**result, "image_urls": result["provider_image_urls"]}


class NoHost(Objects):
    """Names files at a port where nobody listens."""

    def asset_url(self, asset: Asset, task: Task) -> str:
        return f"http://127.0.0.1:9/{asset.name}"


class FileOfNothing(Objects):
    """Names no file, neither in the output nor in the log."""

    def build_result(self, task: Task) -> JsonObject:
        return {**super().build_result(task), "image_url": ""}

    def log_output(self, task: Task, state: str) -> JsonObject | None:
        output = super().log_output(task, state)
        return output and {**output, "image_url": ""}


DECODED, LENGTH, RATIO = "decoded whole", "its length as announced", "its ratio that of the request"
LARGER, THERE = "larger for 4K than for 1K", "it can be fetched"
HOSTED = "asset-hosted"

DEFECTS = (
    Defect("a picture is cut in the middle", DECODED, HOSTED, "cannot be decoded", Parts(assets=CutPicture)),
    Defect("a picture lacks its end", DECODED, HOSTED, "cannot be decoded", Parts(assets=NoEnd)),
    Defect("a picture has spoilt bytes", DECODED, HOSTED, "cannot be decoded", Parts(assets=SpoiltPixels)),
    Defect("a picture is empty", DECODED, HOSTED, "expected at least one byte", Parts(assets=EmptyFile)),
    Defect("a picture is an error page", DECODED, HOSTED, "expected an image, got 45 bytes", Parts(assets=ErrorPage)),
    Defect("a picture is a JPEG file", DECODED, "asset-png", "image_url", Parts(assets=JpegAsPng), outcome="observed"),
    Defect("a picture breaks off", LENGTH, HOSTED, "expected a whole reply, got RemoteProtocol", handler=BreaksOff),
    Defect("there is no picture", THERE, HOSTED, "got 404", Parts(assets=NothingThere)),
    Defect("nobody serves the pictures", THERE, HOSTED, "got ConnectError", Parts(objects=NoHost)),
    Defect(
        "there is no picture of the provider",
        *(THERE, "asset-provider-files", "got 404", Parts(assets=NoProviderFiles)),
        outcome="observed",
    ),
    Defect("image_url is empty", THERE, "image-output-shape", "image_url", Parts(objects=FileOfNothing)),
    Defect(
        "image_url is not in image_urls",
        *(THERE, "image-output-first", "image_urls", Parts(objects=OtherFirst)),
        outcome="observed",
    ),
    Defect("pictures are always square", RATIO, "asset-ratio", "the ratio 16:9", Parts(assets=AlwaysSquare)),
    Defect("pictures are turned", RATIO, "asset-ratio", "the ratio 16:9", Parts(assets=TurnedPicture)),
    Defect("pictures are always small", LARGER, "asset-larger-tier", "resolution 4K", Parts(assets=AlwaysSmall)),
    Defect("squares are made at 4K", LARGER, "gptimage2-square-below-4k", "4096x4096", Parts(checks=LargeSquares)),
)

"""The files that outputs name."""

import threading
from io import BytesIO
from pathlib import PurePosixPath

from PIL import Image, ImageDraw

from tests.servers.plain_server.lifecycle import SUCCEEDED, Lifecycle
from tests.servers.plain_server.tasks import Task, TaskStore
from tests.support.media_files import build_mp4

LONG_SIDES = {"1K": 1024, "2K": 2048, "4K": 4096}
FOLDERS = ("assets", "provider-files")
CONTENT_TYPES = {
    ".png": "image/png",
    ".mp4": "video/mp4",
    ".mp3": "audio/mpeg",
    ".glb": "model/gltf-binary",
}
GLB_JSON = b'{"asset":{"version":"2.0"}} '
SMALL_FILES = {
    ".mp4": build_mp4(8, (1920, 1080)),
    ".mp3": b"\xff\xfb\x90\x00" + bytes(413),
    ".glb": b"glTF\x02\x00\x00\x00\x30\x00\x00\x00" + b"\x1c\x00\x00\x00JSON" + GLB_JSON,
}


class Assets:
    """Finds files by their path, and makes their bytes."""

    def __init__(self, tasks: TaskStore, lifecycle: Lifecycle) -> None:
        self.tasks = tasks
        self.lifecycle = lifecycle
        self.pictures: dict[tuple[int, int], bytes] = {}
        self.lock = threading.Lock()

    def find_asset(self, path: str, now: int) -> tuple[bytes, str] | None:
        """Find the bytes and the type of a file; there is none before its task has succeeded."""
        folder, task_id, name = ([*path.strip("/").split("/"), "", ""])[:3]
        task = self.tasks.find_by_task_id(task_id)
        if task is None or not self.is_ready(task, now) or path != f"/{folder}/{task_id}/{name}":
            return None
        return self.asset_bytes(task, name) if self.has_file(task, folder, name) else None

    def is_ready(self, task: Task, now: int) -> bool:
        """Tell whether the files of a task are there."""
        return self.lifecycle.advance_state(task, now) == SUCCEEDED

    def has_file(self, task: Task, folder: str, name: str) -> bool:
        """Tell whether a task has a file of that name."""
        return (folder, name) in task.operation.files

    def asset_bytes(self, task: Task, name: str) -> tuple[bytes, str]:
        """Make the bytes of a file, and tell its type."""
        suffix = PurePosixPath(name).suffix
        content = self.picture_bytes(self.picture_size(task)) if suffix == ".png" else SMALL_FILES[suffix]
        return content, self.content_type(suffix)

    def content_type(self, suffix: str) -> str:
        """Tell the type of a file by its name's end."""
        return CONTENT_TYPES[suffix]

    def picture_size(self, task: Task) -> tuple[int, int]:
        """Compute the pixels: exactly the ratio, with a long side near the resolution's."""
        width, height = (int(part) for part in task.order.aspect_ratio.split(":"))
        unit = LONG_SIDES[task.order.resolution] // max(width, height)
        return width * unit, height * unit

    def picture_bytes(self, size: tuple[int, int]) -> bytes:
        """Give the picture of a size; each size is encoded once."""
        with self.lock:
            if size not in self.pictures:
                self.pictures[size] = self.encode_picture(size)
            return self.pictures[size]

    def encode_picture(self, size: tuple[int, int]) -> bytes:
        """Draw a horizon in two plain colours; a palette keeps the large ones quick and small."""
        picture = Image.new("P", size, 0)
        picture.putpalette([38, 70, 83, 233, 196, 106])
        ImageDraw.Draw(picture).rectangle((0, size[1] // 2, *size), fill=1)
        file = BytesIO()
        picture.save(file, "PNG", compress_level=6)
        return file.getvalue()

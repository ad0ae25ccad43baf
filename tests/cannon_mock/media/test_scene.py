"""3D scenes: binary glTF 2.0 with a cube whose walls show the picture."""

from __future__ import annotations

import json
import struct
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from cannon_mock.media import picture, scene
from tests.cannon_mock.media.contents import SMALL, TEXTS
from tests.support.files import check_glb


def _read_scene(data: bytes) -> tuple[dict[str, Any], bytes]:
    """The JSON of a GLB file, and its binary chunk."""
    size = struct.unpack("<I", data[12:16])[0]
    return json.loads(data[20 : 20 + size]), data[28 + size :]


@pytest.mark.parametrize("name", TEXTS)
def test_a_scene_is_valid_and_carries_its_text(name: str) -> None:
    """The file is a valid GLB whatever the text, which the scene has as a note for its reader."""
    data = scene.render(SMALL._replace(text=TEXTS[name]))
    check_glb(data)
    document, _ = _read_scene(data)
    assert document["scenes"][0]["name"] == SMALL.title
    assert document["scenes"][0]["extras"] == {"text": TEXTS[name]}


def test_the_walls_show_the_picture() -> None:
    """The texture of the walls is the picture of the request, and each part of the file is where its view says."""
    document, binary = _read_scene(scene.render(SMALL))
    views = document["bufferViews"]
    assert [view["byteOffset"] % 4 for view in views] == [0, 0, 0, 0]
    assert views[-1]["byteOffset"] + views[-1]["byteLength"] == document["buffers"][0]["byteLength"] == len(binary)
    image = Image.open(BytesIO(binary[views[3]["byteOffset"] :]))
    expected = Image.open(BytesIO(picture.render(SMALL._replace(width=512, height=512, aspect_ratio="1:1"))))
    assert image.convert("RGB").tobytes() == expected.convert("RGB").tobytes()


def test_the_scene_is_a_closed_cube() -> None:
    """Six walls of two triangles have four corners each, on the six sides of a cube of two metres."""
    document, binary = _read_scene(scene.render(SMALL))
    indices, positions, places = document["accessors"]
    assert (indices["count"], positions["count"], places["count"]) == (36, 24, 24)
    start = document["bufferViews"][1]["byteOffset"]
    corners = list(struct.iter_unpack("<3f", binary[start : start + 24 * 12]))
    walls = [corners[number : number + 4] for number in range(0, 24, 4)]
    assert len({frozenset(wall) for wall in walls}) == 6
    assert set(corners) == {(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)}
    assert all(any(len({corner[axis] for corner in wall}) == 1 for axis in range(3)) for wall in walls)

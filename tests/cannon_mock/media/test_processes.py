"""What a process of the mock loads, holds and makes, in processes of their own."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cannon_mock.media import audio, picture, scene, subtitles, video
from tests.cannon_mock.media.contents import SMALL
from tests.support.processes import environment
from tests.support.workflow_steps import ROOT

START = """
import hashlib, json, sys
from cannon_mock import start
from cannon_mock.serving.loop_server import LoopServer

def run(server, on_ready):
    on_ready()
    print(json.dumps(sorted({"av", "PIL"} & sys.modules.keys())))

LoopServer.run = run
start.main(["--port", "0"])

from cannon_mock.media import audio, picture, scene, subtitles, video
from cannon_mock.media.content import Content

content = Content(*json.loads(sys.argv[1]))
renderers = (picture.render, video.render, audio.render_mp3, audio.render_wav, scene.render, subtitles.render)
print(json.dumps([hashlib.sha256(render(content)).hexdigest() for render in renderers]))
"""

FETCH_MANY = """
import json
from itertools import cycle
from pathlib import Path
from tests.cannon_mock.views.test_operations import find_addresses
from tests.support.mocks import build_driver
from tests.support.payloads import CATALOG
from cannon_spec.example import build_example

def measure_memory():
    return int(Path("/proc/self/status").read_text().partition("VmRSS:")[2].split()[0]) * 1024

mock, count, sizes = build_driver(CATALOG, progression="immediate", credits=10**9), 0, []
for operation in cycle(each.id for each in CATALOG.operations.values() if each.files):
    output = mock.create_and_finish(build_example(CATALOG, operation))["output"]
    for address in find_addresses(output):
        assert mock.client.get(address).status_code == 200
        count += 1
        if count in (50, 250):
            sizes.append(measure_memory())
    if len(sizes) == 2:
        break
print(json.dumps(sizes))
"""
RENDER_IN_THREADS = """
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from cannon_mock.asset_files.file_renderer import FileRenderer
from cannon_mock.model import tasks
from tests.cannon_mock.media.test_kinds import STORED_VIDEO
from tests.support.payloads import CATALOG

def measure_memory():
    return int(Path("/proc/self/status").read_text().partition("VmRSS:")[2].split()[0]) * 1024

renderer, count, sizes = FileRenderer(CATALOG, print), 16, []
start, stored_video = Barrier(count), tasks.decode(STORED_VIDEO)
properties = {"width": 3840, "height": 2160, "aspect_ratio": "16:9", "duration": 1}
video = stored_video._replace(media=stored_video.media._replace(properties=properties))

def render(number):
    start.wait()  # each on a thread of its own
    assert renderer.render(video._replace(id=f"req_{number}"), "sora-extension.mp4").difference == ""

assert renderer.render(video, "sora-extension.mp4").difference == ""
sizes.append(measure_memory())
with ThreadPoolExecutor(count) as pool:
    list(pool.map(render, range(count)))
    sizes.append(measure_memory())
print(json.dumps(sizes))
"""
MOST_GROWTH = 24_000_000
"""The bytes that the files kept may take, and as much again for what Python does not give back."""


def _run(code: str, *arguments: str) -> list[Any]:
    """What the lines say that a process writes, as JSON; those before are left out."""
    command = [sys.executable, "-c", code, *arguments]
    process = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment(), timeout=120)
    assert process.returncode == 0, process.stderr
    assert process.stderr == ""
    return [json.loads(line) for line in process.stdout.splitlines() if line.startswith("[")]


def test_a_process_makes_the_same_files_and_loads_their_makers_late() -> None:
    """The start of the command loads no encoder and no painter; each file has the same bytes in another process."""
    loaded_modules, hashes = _run(START, json.dumps(SMALL))
    assert loaded_modules == []
    renderers = (picture.render, video.render, audio.render_mp3, audio.render_wav, scene.render, subtitles.render)
    assert hashes == [hashlib.sha256(render(SMALL)).hexdigest() for render in renderers]


@pytest.mark.extended
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_many_files_leave_memory_where_it_was() -> None:
    """After 50 files of all operations, 200 others take no more memory than the files that are kept may have."""
    ((early_bytes, late_bytes),) = _run(FETCH_MANY)
    assert late_bytes - early_bytes < MOST_GROWTH


@pytest.mark.extended
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_many_threads_take_no_more_memory_than_one() -> None:
    """Sixteen threads that ask for a video in 4K each hold no more memory afterwards than one that asked did."""
    ((early_bytes, late_bytes),) = _run(RENDER_IN_THREADS)
    assert late_bytes - early_bytes < MOST_GROWTH

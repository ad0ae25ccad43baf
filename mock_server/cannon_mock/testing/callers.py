"""The code that made a call, apart from the libraries that it called through (floor 5)."""

from __future__ import annotations

import os
import site
import sys
import sysconfig
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import FrameType


def list_own_frames() -> Iterator[FrameType]:
    """The frames of this thread that are of no library, of Python or of the mock, the innermost first."""
    libraries = _list_library_folders()
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if not frame.f_code.co_filename.startswith(libraries):
            yield frame
        frame = frame.f_back


@cache
def _list_library_folders() -> tuple[str, ...]:
    own_folder = str(Path(__file__).parent.parent)
    python_folders = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    folders = [*python_folders, *site.getsitepackages(), site.getusersitepackages(), own_folder]
    return (*(folder + os.sep for folder in folders), "<")  # "<frozen importlib._bootstrap>"

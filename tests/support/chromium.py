"""A Chromium without a window, which opens one page."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.effort import PATIENCE_S

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "headless_shell")
PLAYWRIGHT = ("chromium-*/chrome-linux*/chrome", "chromium_headless_shell-*/chrome-*/*headless*shell")
"""Where Playwright keeps the browsers that it downloads, below its folder."""
ADVICE = "needs Chromium: install it (apt-get install chromium), or name a program in the variable CHROMIUM"
REBOUND_HOST = "attacker.example"
"""A name of somebody else that leads to this machine."""

FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps"),
    *("--autoplay-policy=no-user-gesture-required", "--mute-audio"),  # a page plays sound though nobody clicks
    f"--host-resolver-rules=MAP {REBOUND_HOST} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
"""No name but those of this machine is resolved: the test opens no page but its own."""


def find_chromium() -> str | None:
    """The program that CHROMIUM names, else one on the path, else one of Playwright; None where there is none."""
    named_program = os.environ.get("CHROMIUM")
    if named_program:
        return shutil.which(named_program)
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "~/.cache/ms-playwright")).expanduser()
    on_path = filter(None, map(shutil.which, NAMES))
    downloaded = (str(file) for pattern in PLAYWRIGHT for file in sorted(cache.glob(pattern), reverse=True))
    return next(on_path, None) or next(downloaded, None)


@contextmanager
def open_page(program: str, url: str, folder: Path) -> Iterator[None]:
    """A browser that has opened an address, with its files in a folder, while the context lasts."""
    process = subprocess.Popen(
        [program, *FLAGS, f"--user-data-dir={folder}", url], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE_S)

"""Runs of pytest in a folder, with our plugin as it is installed: in this process, or in one of its own.

A process of its own takes five times as long: it imports pytest, its plugins and the clients anew.
"""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from tests.support import processes
from tests.support.effort import PATIENCE_S
from tests.support.garbage import collect_once

_CALL = """
import httpx, pytest
KEY, URL = {"x-api-key": "cs_test_a"}, "https://www.cannonstudio.app/api/v1/requests"
BODY = {"operation": "image.generate", "input": {"prompt": "A red bicycle", "model": "gptimage2"}}
"""
"""What the tests of a folder start with: the call of an API key, and a good body."""

_OPTIONS = ("-p", "no:cacheprovider", "-W", "error")


def write_tests(folder: Path, text: str) -> Path:
    """A file of tests in a folder, which it returns; they have KEY, URL and BODY of a call."""
    (folder / "test_it.py").write_text(_CALL + text)
    return folder


def run_pytest(folder: Path, *options: str) -> tuple[int, str]:
    """The exit status of a run in this process, and what it printed."""
    output = io.StringIO()
    variables = processes.environment()
    surroundings = (collect_once(), processes.replace_environment(variables), chdir(folder), _forget_modules(folder))
    with ExitStack() as stack:
        for each in (*surroundings, redirect_stdout(output), redirect_stderr(output)):
            stack.enter_context(each)
        status = pytest.main([*_OPTIONS, *options])
    return int(status), output.getvalue()


def run_pytest_process(folder: Path, *options: str) -> tuple[int, str]:
    """The same in a process of its own, for what would change this one, or starts others."""
    command = [sys.executable, "-m", "pytest", *_OPTIONS, *options]
    variables = processes.environment(measured=True)
    run = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, timeout=PATIENCE_S)
    return run.returncode, run.stdout + run.stderr


@contextmanager
def _forget_modules(folder: Path) -> Iterator[None]:
    """Leave no module of a folder imported, since the next folder has modules of the same names."""
    saved_path = list(sys.path)
    try:
        yield
    finally:
        sys.path[:] = saved_path
        for name, module in sys.modules.copy().items():
            if Path(getattr(module, "__file__", None) or "/").is_relative_to(folder):
                del sys.modules[name]

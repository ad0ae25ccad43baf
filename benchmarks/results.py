"""The figures that are kept: ``results.json``, from which ``make tables`` writes ``docs/performance.md``."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.process import ROOT

FILE = Path(__file__).with_name("results.json")
_DISTRIBUTIONS = ("flask", "httptools", "jsonschema", "jsonschema-rs", "msgspec", "pytest", "uvloop")
_OTHERS = {"node": ("node", "--version"), "wrk": ("wrk", "--version")}
_NONE = "none"
_VERSION = re.compile(r"\d[\w.]*")


def describe_machine() -> dict[str, str]:
    """What the figures depend on: processors, system, and the versions of what was measured."""
    peers = json.loads((ROOT / "benchmarks/peers/package.json").read_text())["dependencies"]
    others = {name: _read_version(command) for name, command in _OTHERS.items()}
    return {**describe_system(*_DISTRIBUTIONS), **others, **peers}


def describe_system(*distributions: str) -> dict[str, str]:
    """Processors, system and Python, and the versions of distributions."""
    system = {"processors": str(os.cpu_count()), "system": platform.platform(), "python": platform.python_version()}
    return {**system, **{name: _find_version(name) for name in distributions}}


def _find_version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return _NONE


def _read_version(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return _NONE
    match = _VERSION.search(done.stdout + done.stderr)
    return match[0] if match else _NONE


def keep(rows: Sequence[dict[str, Any]], order: Sequence[str]) -> None:
    """Keep the rows of a run: they replace those of the same names, and all that another machine measured."""
    machine = describe_machine()
    old = json.loads(FILE.read_text()) if FILE.exists() else {"machine": machine, "rows": []}
    old_rows = old["rows"] if old["machine"] == machine else []
    merged = {row["row"]: row for row in (*old_rows, *rows)}
    kept = {"machine": machine, "rows": [merged[name] for name in order if name in merged]}
    FILE.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n")

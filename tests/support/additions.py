"""The shipped contract with made-up operations and models, as ``tests/project/additions.json`` has them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from cannon_spec.contract.overlay import merge_patch

ROOT = Path(__file__).resolve().parents[2]
ADDITIONS: dict[str, Any] = json.loads((ROOT / "tests" / "project" / "additions.json").read_text())


def lay_over(folder: Path) -> None:
    """Copy the shipped contract into a folder that does not exist yet, with the additions."""
    shutil.copytree(ROOT / "schemas", folder)
    for name, patch in ADDITIONS.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        before = json.loads(file.read_text()) if file.exists() else {}
        file.write_text(json.dumps(merge_patch(before, patch)))

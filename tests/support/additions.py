"""The shipped contract with made-up operations and models, as ``tests/project/additions.json`` has them.

``load_with_remarks`` adds what else the data may say of an operation: notes, notices, defaults, a shutdown.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from cannon_spec import Catalog, load_catalog
from cannon_spec.contract.overlay import merge_patch

ROOT = Path(__file__).resolve().parents[2]
ADDITIONS: dict[str, Any] = json.loads((ROOT / "tests" / "project" / "additions.json").read_text())

SOURCE = "https://example.com/clips"
CLAIMS = {
    "clip-note": ("upstream", "gap", "A candidate takes 9 seconds only."),
    "clip-notice": ("documented", "rule", "Clips are a legacy."),
    "tenfold-shut": ("upstream", "rule", "The maker shut Tenfold down."),
    "tenfold-note": ("assumed", "gap", "Which Tenfold it is is not known."),
    "clip-default": ("assumed", "rule", "A clip without a duration has 4 seconds."),
    "clip-lengths": ("documented", "rule", "Lengths are normalised."),
}
REMARKS: dict[str, Any] = {
    "operations/clip.generate/operation.json": {
        "notes": ["clip-note"],
        "notices": ["clip-notice"],
        "defaults": [
            {"field": "duration", "value": 4, "claim": "clip-default"},
            {"field": "resolution", "when": {"model": "clipper"}, "largest": True, "claim": "clip-default"},
        ],
        "models": {"tenfold": {"shut_down": "tenfold-shut", "notes": ["tenfold-note"]}},
    },
    "operations/clip.generate/evidence.json": {
        "claims": {
            id_: {"text": text, "strength": strength, "kind": kind, "source": SOURCE}
            for id_, (strength, kind, text) in CLAIMS.items()
        },
    },
    "operations/clip.generate/statements.json": {
        "statements": [{"page": SOURCE, "number": 1, "claims": ["clip-note"]}],
    },
    "operations/clip.generate/input.schema.json": {
        "properties": {
            "shots": {
                "type": "array",
                "description": "The parts of the clip.",
                "items": {
                    "type": "object",
                    "properties": {"seconds": {"type": "integer", "x-evidence": {"type": "clip-fields"}}},
                    "x-evidence": {"type": "clip-fields"},
                },
                "x-evidence": {"type": "clip-fields"},
            },
            "mood": {"description": "No page explains it."},
        }
    },
    "models/clipper.schema.json": {
        "properties": {
            "seed": {"enum": [1, 5], "x-normalise": {"enum": "clip-lengths"}, "x-evidence": {"enum": "clip-lengths"}}
        }
    },
}


def lay_over(folder: Path) -> None:
    """Copy the shipped contract into a folder that does not exist yet, with the additions."""
    shutil.copytree(ROOT / "schemas", folder)
    _patch_files(folder, ADDITIONS)


def load_with_remarks(folder: Path) -> Catalog:
    """The shipped contract with the additions and remarks on them, from a folder that does not exist yet."""
    lay_over(folder)
    _patch_files(folder, REMARKS)
    return load_catalog(folder)


def _patch_files(folder: Path, patches: dict[str, Any]) -> None:
    """Patch files of a folder by their names; a file that does not exist is made."""
    for name, patch in patches.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        before = json.loads(file.read_text()) if file.exists() else {}
        file.write_text(json.dumps(merge_patch(before, patch)))

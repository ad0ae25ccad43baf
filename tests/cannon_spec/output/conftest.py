"""A contract with made-up operations that use each word of the data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cannon_spec import Catalog, load_catalog
from cannon_spec.contract.overlay import merge_patch
from tests.support.additions import lay_over

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


@pytest.fixture(scope="session")
def added_catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The shipped contract with the made-up operations, and remarks on them."""
    folder: Path = tmp_path_factory.mktemp("added") / "schemas"
    lay_over(folder)
    for name, patch in REMARKS.items():
        file = folder / name
        file.write_text(json.dumps(merge_patch(json.loads(file.read_text()), patch)))
    return load_catalog(folder)

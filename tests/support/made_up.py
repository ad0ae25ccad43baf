"""Operations of each kind that no page has, in the overlay made_up.json: mechanisms are tested by them alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cannon_spec import Catalog, load_catalog
from cannon_spec.contract.overlay import merge_patch

_FILE = Path(__file__).with_suffix(".json")
OVERLAY: dict[str, Any] = json.loads(_FILE.read_text())
INPUTS: dict[str, dict[str, Any]] = {
    id_: {"text": "Once upon a time"} if id_ == "voice.make" else {"prompt": "A fox"} for id_ in OVERLAY["operations"]
}
"""A short input of each operation."""


def load_made_up(folder: Path, patch: dict[str, Any] | None = None) -> Catalog:
    """The shipped contract with the operations; ``patch`` changes the overlay, which is written to a folder."""
    file = folder / "made_up.json"
    file.write_text(json.dumps(merge_patch(OVERLAY, patch or {})))
    return load_catalog(overlay=file)

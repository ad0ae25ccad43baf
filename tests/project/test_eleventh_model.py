"""A model is data: one that is added to a copy of ``schemas/`` is known everywhere, with no Python changed."""

from __future__ import annotations

import json
import shutil
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cannon_mock import Config, create_app
from cannon_spec import Catalog, load_catalog, validate_request
from cannon_spec.example import build_example
from cannon_spec.output import explanations, tables

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"
OURS = "no public address: made up for this test"


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    """The shipped contract with an eleventh model, which takes one resolution and has one size."""
    folder = tmp_path / "schemas"
    shutil.copytree(SCHEMAS, folder)
    claim = {"strength": "upstream", "kind": "rule", "source": OURS}
    _patch(folder / "evidence.json", {"claims": {"eleventh": {"text": "It exists.", **claim}}})
    entry = {
        "name": "Eleventh",
        "claim": "eleventh",
        "schema": "models/eleventh",
        "operations": {"image.generate": "eleventh"},
    }
    _patch(folder / "catalog.json", {"models": {"eleventh": entry}})
    sizes = {"claim": "eleventh", "resolution": "5K", "aspect_ratio": "1:1", "sizes": {"5K": {"1:1": "640x640"}}}
    media = json.loads((folder / "media.json").read_text())
    media["image"]["models"]["eleventh"] = sizes
    (folder / "media.json").write_text(json.dumps(media))
    rule = {"enum": ["5K"], "x-evidence": {"enum": "eleventh"}}
    draft = "https://json-schema.org/draft/2020-12/schema"
    schema = {"$schema": draft, "title": "Eleventh", "properties": {"resolution": rule}}
    (folder / "models" / "eleventh.schema.json").write_text(json.dumps(schema))
    return load_catalog(folder)


def _patch(file: Path, more: dict[str, dict[str, Any]]) -> None:
    data = json.loads(file.read_text())
    for part, entries in more.items():
        data[part].update(entries)
    file.write_text(json.dumps(data))


def test_the_judge_knows_it(catalog: Catalog) -> None:
    """Its own rule judges it, under its own title."""
    body = {"operation": "image.generate", "input": {"prompt": "x", "model": "eleventh", "resolution": "4K"}}
    found = [(finding.path, finding.message) for finding in validate_request(body, catalog=catalog).findings]
    assert ("/input/resolution", 'resolution "4K" is not accepted for Eleventh') in found


def test_the_tables_and_the_example_know_it(catalog: Catalog) -> None:
    """It is listed, explained, and an example of it can be made."""
    assert "eleventh" in tables.render_text(tables.tabulate_identifiers(catalog, "image.generate"))
    assert "5K (upstream)" in tables.render_markdown(tables.tabulate_models(catalog, "image.generate"))
    assert "Eleventh" in explanations.explain_topic(catalog, "eleventh")
    assert build_example(catalog, "image.generate", "eleventh")["input"]["resolution"] == "5K"


def test_the_mock_makes_it(catalog: Catalog) -> None:
    """A request for it ends in a picture of its size."""
    client = create_app(Config(progression="immediate"), catalog=catalog).test_client()
    key = {"x-api-key": "cs_test_eleventh"}
    body = build_example(catalog, "image.generate", "eleventh")
    body["input"].pop("aspect_ratio")
    accepted = client.post("/api/v1/requests", json=body, headers=key).get_json()
    output = client.get(accepted["urls"]["get"], headers=key).get_json()["output"]
    assert output["model"] == "eleventh"
    assert Image.open(BytesIO(client.get(output["image_url"]).data)).size == (640, 640)

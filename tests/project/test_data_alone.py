"""Data alone adds a model or an operation: ``additions.json`` over a copy of ``schemas/``, without a change of Python.

It adds an eleventh image model; an operation with a video that is priced by the second; an operation with a text and no
file; and a model with ten fields under conditions and two fields that exclude each other.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import given, settings
from PIL import Image

from cannon_mock import Config, ManualClock, create_app
from cannon_spec import Catalog, load_catalog, strategies, validate_request
from cannon_spec.example import build_example
from cannon_spec.output import catalog_tables, explanations, tables
from tests.support.additions import lay_over
from tests.support.processes import environment

ROOT = Path(__file__).resolve().parents[2]
KEY = {"x-api-key": "cs_test_added"}
ADDED = [
    ("image.generate", "eleventh"),
    ("clip.generate", "clipper"),
    ("clip.generate", "tenfold"),
    ("caption.write", "captioner"),
]
each_addition = pytest.mark.parametrize(("operation", "model"), ADDED)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The shipped contract with the additions."""
    folder = tmp_path_factory.mktemp("added") / "schemas"
    lay_over(folder)
    return load_catalog(folder)


def _broken_rules(catalog: Catalog, operation: str, **fields: Any) -> list[tuple[str, str]]:
    body = {"operation": operation, "input": {"prompt": "x", **fields}}
    return [
        (finding.path, finding.rule.partition("#")[0]) for finding in validate_request(body, catalog=catalog).errors
    ]


def _finish(catalog: Catalog, body: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """A client of a mock, and the request object of a create at its end."""
    clock = ManualClock()
    client = create_app(Config(), catalog=catalog, clock=clock).test_client()
    reply = client.post("/api/v1/requests", json=body, headers=KEY).get_json()
    clock.advance(minutes=1)
    return client, client.get(reply["urls"]["get"], headers=KEY).get_json()


@each_addition
def test_the_judge_accepts_its_example(catalog: Catalog, operation: str, model: str) -> None:
    """An example is built for it, with its own model, and the judge finds no error in it."""
    body = build_example(catalog, operation, model)
    assert body["input"]["model"] == model
    assert validate_request(body, catalog=catalog).findings == ()


def test_the_judge_knows_the_rules_of_a_model(catalog: Catalog) -> None:
    """A model's own rules judge: a value it does not list, fields that exclude each other, a chain of conditions."""
    body = {"operation": "image.generate", "input": {"prompt": "x", "model": "eleventh", "resolution": "4K"}}
    assert "models/eleventh" in validate_request(body, catalog=catalog).warnings[0].rule
    both = {"model": "tenfold", "seed": 1, "seed_image_url": "https://example.com/a.png"}
    assert _broken_rules(catalog, "clip.generate", **both) == [("/input", "models/tenfold")]
    chain = {"model": "tenfold", "step_1": "high", "step_2": "low"}
    warnings = validate_request(
        {"operation": "clip.generate", "input": {"prompt": "x", **chain}}, catalog=catalog
    ).warnings
    assert [finding.path for finding in warnings] == ["/input/step_2"]


def test_a_guess_at_a_field_causes_no_finding(catalog: Catalog) -> None:
    """An unknown field that may mean one that excludes another is one finding: what is guessed breaks no rule."""
    guessed = {"model": "tenfold", "seed": 1, "SEEDIMA": None}
    assert _broken_rules(catalog, "clip.generate", **guessed) == [("/input/SEEDIMA", "operations/clip.generate/input")]


def test_the_judge_knows_the_fields_of_an_operation(catalog: Catalog) -> None:
    """A field of another operation is unknown, and a bound of this one holds."""
    assert _broken_rules(catalog, "caption.write", duration=3) == [
        ("/input/duration", "operations/caption.write/input")
    ]
    assert _broken_rules(catalog, "clip.generate", duration=21) == [
        ("/input/duration", "operations/clip.generate/input")
    ]


@each_addition
def test_tables_and_explanations_name_it(catalog: Catalog, operation: str, model: str) -> None:
    """The list of operations, the table of models and the explanation of each name it."""
    operations = list(catalog.operations.values())
    assert operation in tables.render_text(catalog_tables.tabulate_operations(catalog, operations))
    assert model in [row[1] for row in catalog_tables.tabulate_services(catalog, catalog.operations[operation])]
    assert catalog.models[model].name in explanations.explain_topic(catalog, model)
    assert operation in explanations.explain_topic(catalog, operation)


@each_addition
def test_the_strategies_draw_it(catalog: Catalog, operation: str, model: str) -> None:
    """Bodies drawn for it are valid, and each that breaks one rule has a finding of that rule and no other."""

    @settings(max_examples=20)
    @given(
        strategies.requests(operation, model, catalog=catalog),
        strategies.broken_requests(operation, model, catalog=catalog),
    )
    def judge(body: dict[str, Any], broken: strategies.Broken) -> None:
        assert validate_request(body, catalog=catalog).findings == ()
        assert [finding.rule for finding in validate_request(broken.body, catalog=catalog).findings] == [broken.rule.id]

    judge()


def test_every_rule_of_it_can_be_broken(catalog: Catalog) -> None:
    """Each rule of the model with ten conditions is broken by some body, the excluded pair too."""
    breakable = {rule.id for rule in strategies.breakable("clip.generate", "tenfold", catalog=catalog)}
    assert {rule.id for rule in catalog.rules("models/tenfold")} <= breakable


def test_the_mock_makes_a_picture_of_its_size(catalog: Catalog) -> None:
    """A request for the eleventh model ends in a picture of the size that its table lists."""
    body = build_example(catalog, "image.generate", "eleventh")
    body["input"].pop("aspect_ratio")
    client, view = _finish(catalog, body)
    assert view["output"]["model"] == "eleventh"
    assert Image.open(BytesIO(client.get(view["output"]["image_url"]).data)).size == (640, 640)


@pytest.mark.parametrize(
    ("fields", "credits"),
    [({}, 28), ({"duration": 3}, 21), ({"duration": 5, "resolution": "4K"}, 100), ({"resolution": "4K"}, 28)],
)
def test_the_mock_charges_a_video_by_the_second(catalog: Catalog, fields: dict[str, Any], credits: int) -> None:
    """A clip costs its price for each second, of the default length where none is given, and lasts as long."""
    body = {"operation": "clip.generate", "input": {"prompt": "x", "model": "clipper", **fields}}
    client, view = _finish(catalog, body)
    assert (view["status"], view["billableCredits"]) == ("succeeded", credits)
    assert view["output"]["duration"] == fields.get("duration", 4)
    clip = client.get(view["output"]["video_url"])
    assert (clip.mimetype, "x-mock-media" in clip.headers) == ("video/mp4", False)
    with av.open(BytesIO(clip.data)) as container:
        assert container.duration == view["output"]["duration"] * av.time_base


def test_the_mock_answers_a_text_without_a_file(catalog: Catalog) -> None:
    """The text is in the output, costs 1 credit, and no file is served for it."""
    client, view = _finish(catalog, {"operation": "caption.write", "input": {"prompt": "A red bicycle"}})
    assert view["output"] == {"text": "A caption for: A red bicycle"}
    assert view["billableCredits"] == 1
    name = "cap_" + view["id"].removeprefix("req_")
    assert client.get(f"/assets/{name}/text.txt").status_code == 404


@pytest.mark.extended
def test_the_contract_tests_test_it(tmp_path: Path) -> None:
    """In a scratch copy of the code with the additions, the suite runs for each operation, and all of it passes."""
    for name in ("cannon_spec", "mock_server", "contract_tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    lay_over(tmp_path / "schemas")
    path = os.pathsep.join(str(tmp_path / each) for each in ("", "mock_server", "contract_tests"))
    command = [sys.executable, "-m", "cannon_contract", "-v", "-n", "2"]
    run = subprocess.run(command, cwd=tmp_path, env=environment(PYTHONPATH=path), capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-5000:]
    for operation, model in ADDED:
        assert f"[{operation}" in run.stdout
        assert model in run.stdout

"""What the command says that bodies cost is what the mock charges for them, and what the price data say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cannon_spec import Operation
from cannon_spec.cli import main
from cannon_spec.example import build_example
from tests.support.mocks import build_driver
from tests.support.payloads import CATALOG

OPERATIONS = [each for each in CATALOG.operations.values() if each.is_covered]
START = 10**9
BODIES = 1000

Body = dict[str, Any]


def _list_mixed_bodies() -> list[Body]:
    """Bodies of each operation and model, in which each field is left out or changed; good ones and others.

    Of all of them as many as the test needs, evenly spread.
    """
    bodies = [body for operation in OPERATIONS for body in _iter_bodies(operation)]
    return [bodies[index * len(bodies) // BODIES] for index in range(BODIES)]


def _iter_bodies(operation: Operation) -> Iterator[Body]:
    for model in operation.models or [None]:
        example = build_example(CATALOG, operation.id, model)
        yield example
        for name, node in CATALOG.input_schema_of(operation)["properties"].items():
            fields = {key: value for key, value in example["input"].items() if key != name}
            yield {**example, "input": fields}
            yield from (
                {**example, "input": {**fields, name: value}} for value in _list_values(operation, model, name, node)
            )


def _list_values(operation: Operation, model: str | None, name: str, node: dict[str, Any]) -> list[Any]:
    """The values that operation and model list for a field, its examples, and some numbers."""
    schema = operation.models[model].schema if model else None
    model_node = CATALOG.schemas[schema].get("properties", {}).get(name, {}) if schema else {}
    lists = [each.get(word, []) for each in (node, model_node) for word in ("enum", "examples")]
    numbers = [4, 7.5, 30] if "number" in node.get("type", "") or "integer" in node.get("type", "") else []
    return [*(value for values in lists for value in values), *numbers]


def _find_cost(capsys: pytest.CaptureFixture[str], folder: Path, bodies: list[Body]) -> tuple[int, dict[str, Any]]:
    file = folder / "bodies.jsonl"
    file.write_text("".join(json.dumps(body) + "\n" for body in bodies))
    status = main.main(["cost", str(file), "--format", "json"])
    return status, json.loads(capsys.readouterr().out)


def test_the_total_of_many_bodies_is_what_the_mock_charges(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of 1,000 mixed bodies each that the mock accepts costs what it holds, and the others are not counted."""
    bodies, mock = _list_mixed_bodies(), build_driver(credits=START)
    _, result = _find_cost(capsys, tmp_path, bodies)
    charges, balance = [], START
    for body in bodies:
        is_accepted, old_balance = mock.create(body).status_code == 202, balance
        balance = mock.read_credits()
        charges.append(old_balance - balance if is_accepted else None)
    assert [each["credits"] for each in result["results"]] == charges
    assert result["summary"]["credits"] == START - balance
    assert result["summary"]["uncounted_bodies"] == charges.count(None)
    assert BODIES * 0.5 < result["summary"]["counted_bodies"] < BODIES


def _image(**input: Any) -> Body:
    return {"operation": "image.generate", "input": {"prompt": "A fox", **input}}


def _video(**input: Any) -> Body:
    return {"operation": "video.generate", "input": {"prompt": "A fox", **input}}


def _change(operation: str, model: str | None = None, **input: Any) -> Body:
    """The example of an operation with other values; None leaves a field out."""
    fields = {**build_example(CATALOG, operation, model)["input"], **input}
    return {"operation": operation, "input": {name: value for name, value in fields.items() if value is not None}}


TOTALS: list[tuple[int, list[Body]]] = [
    # GPT Image 2 at 4K is 81; without a model it is the default, at 1K for 31: 81 + 31
    (112, [_image(model="gptimage2", resolution="4K", aspect_ratio="16:9"), _image()]),
    # Flux 2 at 2K is 122, at 1K 71; Seedream 5 is 28 at any resolution: 122 + 71 + 28
    (221, [_image(model="flux2", resolution="2K"), _image(model="flux2", resolution="1K"), _image(model="seedream5")]),
    # Seedance 2 at 480p is 22 for 5 seconds; 12 seconds are 22 * 12 / 5 = 52.8, rounded up
    (53, [_video(model="seedance2", resolution="480p", duration=12)]),
    # Wan 2.7 takes 5 seconds at 1080p where a body says nothing: 28 * 5 / 5; at 720p 19 * 10 / 5 = 38: 28 + 38
    (66, [_video(model="wan27video"), _video(model="wan27video", resolution="720p", duration=10)]),
    # a narration is 20 for 1,000 characters: 20 * 1234 / 1000 = 24.68, rounded up
    (25, [_change("narration.generate", text="x" * 1234)]),
    # music is 1 a second, sound effects are 1 a second and last 8 seconds where a body says nothing: 90 + 8
    (98, [_change("music.generate", duration_seconds=90), _change("soundfx.generate", duration_seconds=None)]),
    # a lipsync is 17 for 6.2 seconds: 17 for exactly these, 17 * 10 / 6.2 = 27.4 rounded up for ten: 17 + 28
    (45, [_change("lipsync.generate", video_duration=6.2), _change("lipsync.generate", video_duration=10)]),
    # Topaz Proteus by 2 is 21 a second: 21 * 10
    (210, [_change("video.upscale", "topazproteus", upscale_factor=2, duration_seconds=10)]),
    # Sora 2 Pro is 281 for 20 seconds: 281 * 8 / 20 = 112.4, rounded up
    (113, [_change("sora2.video.edit", "sora-2-pro", duration=8)]),
    # three enhanced prompts are 1 each, subtitles are 17: 3 * 1 + 17
    (20, [*[_change("prompt.enhance.image")] * 3, _change("subtitles.generate")]),
]
"""Totals worked out by hand from the prices in ``schemas/operations/*/operation.json``."""


@pytest.mark.parametrize(("total", "bodies"), TOTALS)
def test_totals_worked_out_by_hand(
    total: int, bodies: list[Body], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The total is the sum that a person works out from the price data."""
    status, result = _find_cost(capsys, tmp_path, bodies)
    assert (status, result["summary"]["credits"]) == (0, total)

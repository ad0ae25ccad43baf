"""What a run notes of a target, for an overlay."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

from cannon_contract.client.api import Api
from cannon_contract.suite.observed_values import note_default_duration
from tests.support.payloads import CATALOG


def test_the_duration_of_an_operation_without_a_field_for_it_is_noted() -> None:
    """Where no field of an input says how long a file lasts, what the target shows is the default."""
    notes: list[tuple[Any, ...]] = []
    operation = CATALOG.operations["music.generate"]
    media = {**operation.data["media"], "duration": {"default": 5, "claim": "music-length"}}
    operations = {operation.id: replace(operation, data={**operation.data, "media": media})}
    api = SimpleNamespace(
        operation=operation.id,
        catalog=replace(CATALOG, operations=operations),
        note_value=lambda *values: notes.append(values),
    )
    note_default_duration(cast(Api, api), {"input": {"prompt": "A waltz"}}, 7.04)
    assert notes == [("music-length", "/operations/music.generate/media/duration/default", 7.0)]

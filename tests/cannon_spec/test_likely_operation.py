"""The operation that an input is most likely for."""

from __future__ import annotations

from typing import Any

import pytest

from cannon_spec.hits import SchemaJudge
from cannon_spec.likely_operation import guess_operation
from tests.support.payloads import CATALOG


@pytest.mark.parametrize(
    ("input", "operation"),
    [
        ({}, None),
        ({"colour": "red"}, None),
        ({"prompt": "x"}, "image.generate"),
        ({"prompt": "x", "duration": 5}, "video.generate"),
        ({"prompt": "x", "duration": 1}, "prompt.enhance.video"),
        ({"prompt": "", "model": "nobody"}, "image.generate"),
        ({"text": "x", "speed": 1}, "narration.generate"),
    ],
)
def test_fields_come_first_then_the_rules(input: dict[str, Any], operation: str | None) -> None:
    """The operation has most of the fields; of those with the same ones it is that whose rules are broken least."""
    guessed_operation = guess_operation(CATALOG, input)
    assert (guessed_operation and guessed_operation.id) == operation


def test_a_large_input_is_not_judged_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a guess the known fields count, and the first items of a list: the rest would be judged once an operation."""
    judged_inputs: list[Any] = []

    def list_hits(judge: SchemaJudge, root: Any) -> list[Any]:
        judged_inputs.append(root)
        return []

    monkeypatch.setattr(SchemaJudge, "list_hits", list_hits)
    many_fields = {f"unknown {number}": number for number in range(1000)}
    guess_operation(CATALOG, {"prompt": "x", "reference_image_urls": [1] * 1000, **many_fields})
    assert len(judged_inputs) > 1
    assert {name for each in judged_inputs for name in each} == {"prompt", "reference_image_urls"}
    assert {len(each["reference_image_urls"]) for each in judged_inputs} == {101}

"""The cases of tests that look into videos and sounds (floor 6).

Where a request with an example of the vendor's pages shows what a test looks at, the test shares that request: other
tests create it anyway.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cannon_contract.client.input_fields import change_fields
from cannon_contract.suite.case_inputs import CATALOG, complete, find_small_input, fix_input, list_ratios
from cannon_contract.suite.cases import OPERATIONS, Decorator, parametrize
from cannon_spec.contract.catalog import Operation
from cannon_spec.contract.media_properties import find_properties
from cannon_spec.validate import accepts_input

_VIDEO = "video"
_VIDEO_SIZES = CATALOG.media[_VIDEO]


def each_timed_operation() -> Decorator:
    """A case for each operation with files that last: changes to the input with the most fields of its examples."""
    return parametrize("operation changes", (_timed_case(each) for each in OPERATIONS if list_length_claims(each)))


def each_video_ratio() -> Decorator:
    """A case for each operation with a video whose example names a ratio: changes to the input of the example."""
    inputs = ((each, _find_longest_example(each)) for each in OPERATIONS if each.size_tables == _VIDEO)
    return parametrize(
        "operation changes",
        (_shared_case(each, input, pytest.mark.sample) for each, input in inputs if "aspect_ratio" in input),
    )


def each_video_size() -> Decorator:
    """A case for each operation and each claim on sizes that one of its videos shows: changes to its input."""
    cases = (case for each in OPERATIONS if each.size_tables == _VIDEO for case in _list_size_cases(each))
    return parametrize("operation changes", cases)


def list_length_claims(operation: Operation) -> list[str]:
    """The claims on how long the files of an operation last; none where they do not last, or no data says it."""
    return [operation.data["media"]["duration"]["claim"]] if "duration" in operation.data["media"] else []


def _timed_case(operation: Operation) -> Any:
    return _shared_case(operation, _find_longest_example(operation), pytest.mark.claim(*list_length_claims(operation)))


def _shared_case(operation: Operation, input: dict[str, Any], *marks: Any) -> Any:
    changes = fix_input(operation, input)
    return pytest.param(operation.id, changes, marks=[*marks, pytest.mark.shares(**changes)], id=operation.id)


def _find_longest_example(operation: Operation) -> dict[str, Any]:
    """The documented input with the most fields; a small input where no page has one."""
    inputs = [dict(each) for each in CATALOG.documented_inputs_of(operation.id)]
    return max(inputs, key=len, default=find_small_input(operation, None))


def _list_size_cases(operation: Operation) -> Iterator[Any]:
    """The first input for each claim on sizes: one of a page, else a small one, whose create may cost credits."""
    claims = set[str]()
    pages = ((True, dict(input)) for input in CATALOG.documented_inputs_of(operation.id))
    for is_on_page, input in (*pages, *((False, each) for each in _list_small_inputs(operation))):
        claim = _find_size_claim(operation, input)
        if claim not in claims and claim is not None and accepts_input(CATALOG, operation.id, input):
            claims.add(claim)
            changes = fix_input(operation, input)
            mark = pytest.mark.shares(**changes) if is_on_page else pytest.mark.creates(1, **changes)
            marks = [pytest.mark.claim(claim), pytest.mark.sample(claim), mark]
            yield pytest.param(operation.id, changes, marks=marks, id=f"{operation.id}-{claim}")


def _find_size_claim(operation: Operation, input: dict[str, Any]) -> str | None:
    """The claim on the pixels of a video whose input names a resolution; None for any other input."""
    if not any(name in input for name in _VIDEO_SIZES["resolution_fields"]):
        return None
    size = find_properties(CATALOG, operation, complete(operation, input)).size
    return size and size.claims[-1]


def _list_small_inputs(operation: Operation) -> Iterator[dict[str, Any]]:
    """Small inputs with each model, resolution and ratio of the tables; squares, which show less, come last."""
    fields = CATALOG.input_schema_of(operation)["properties"]
    names = [name for name in _VIDEO_SIZES["resolution_fields"] if name in fields]
    computed = _VIDEO_SIZES["computed"]
    for model in operation.models if names else ():
        base, table = find_small_input(operation, model), _VIDEO_SIZES["models"].get(model, computed)
        listed_ratios = {tier: list_ratios(sizes) for tier, sizes in table.get("sizes", {}).items()}
        for tier, ratios in (listed_ratios or {tier: [table["aspect_ratio"]] for tier in computed["side"]}).items():
            for ratio in ratios:
                ratio_field = {"aspect_ratio": ratio} if "aspect_ratio" in fields else {}
                yield change_fields(base, {names[0]: tier, **ratio_field})

"""The cases of bodies from the vendor's pages: each example whole, each field of some examples alone, and texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from cannon_contract import claim_ids
from cannon_contract.client.documented_bodies import list_sources, list_texts
from cannon_contract.suite.case_inputs import CATALOG, fix_input
from cannon_contract.suite.cases import OPERATIONS, Decorator, parametrize
from cannon_spec.contract.catalog import Operation
from cannon_spec.validate import accepts_input

SPECIAL_TEXT = (
    "  A \u201cred\u201d kite & a 'blue' one, <b>high</b> \"above\" C:\\the\\sea &quot;&amp; 50 % {up} ${x} %20 \\n"
    "\t(tab)\r\nCRLF, then LF\nthen emoji \U0001f469\u200d\U0001f680 \U0001fa81 \U0001f1ef\U0001f1f5 \u2764\ufe0f, "
    "cafe\u0301, caf\u00e9, \u65e5\u672c\u8a9e, \u0627\u0644\u0628\u062d\u0631, \u05d9\u05dd "
    "\u200f(\u202bleft\u202c)\u2067!\u2069 \U0001d518\u00a0\u2014\u2026  "
)
"""What texts lose on their way: outer spaces, quotes, tags, escapes, line ends, accents, emoji, Arabic."""

LONG_TEXT = " ".join(f"kite{number}" for number in range(1500))
"""1,500 words, each another one."""


class FieldOfExample(NamedTuple):
    """A field that some examples of an operation have and others lack, and the example that has it."""

    name: str
    value: Any
    base: dict[str, Any]


def each_example() -> Decorator:
    """A case for each input of an example on the vendor's pages, with the claim on the identifier of its model."""
    return parametrize("operation changes", (case for each in OPERATIONS for case in _list_example_cases(each)))


def each_optional_field() -> Decorator:
    """A case for each field of an example that another example of the same operation lacks: an input with it alone."""
    return parametrize("operation changes field", (case for each in OPERATIONS for case in _list_field_cases(each)))


def each_text() -> Decorator:
    """A case for each operation with a text in its example: the field, which an input with a special text shares."""
    return parametrize("operation field", (case for each in OPERATIONS for case in _list_text_cases(each)))


def each_long_text() -> Decorator:
    """A case for each operation with a prompt in its example: changes to an input with 1,500 words."""
    return parametrize("operation changes", (case for each in OPERATIONS for case in _list_long_cases(each)))


def find_fields_claim(operation: Operation) -> str:
    """The claim on the fields that an input has."""
    claim: str = CATALOG.input_schema_of(operation)["x-evidence"]["additionalProperties"]
    return claim


def find_common_fields(operation: Operation) -> set[str]:
    """The fields that each example of an operation has."""
    names = [set(each) for each in CATALOG.documented_inputs_of(operation.id)]
    return set.intersection(*names) if names else set()


def _list_example_cases(operation: Operation) -> Iterator[Any]:
    for input in CATALOG.documented_inputs_of(operation.id):
        changes, model = fix_input(operation, input), operation.models.get(input.get("model", ""))
        claims = [claim_ids.CREATE_ACCEPTED, *([model.claim.id] if model else [])]
        marks = [pytest.mark.claim(*claims), pytest.mark.shares(**changes)]
        name = "-".join(filter(None, (operation.id, input.get("model"))))
        yield pytest.param(operation.id, changes, marks=marks, id=name)


def _list_field_cases(operation: Operation) -> Iterator[Any]:
    for field in _list_optional_fields(operation):
        input = {**field.base, field.name: _extend(field.value)}
        if accepts_input(CATALOG, operation.id, input):
            changes = fix_input(operation, input)
            claims = [find_fields_claim(operation), claim_ids.REQUEST_LOG]
            claims += [claim_ids.CREATE_ACCEPTS_VALID] if list_sources({field.name: field.value}) else []
            marks = [pytest.mark.claim(*claims), pytest.mark.creates(1, **changes)]
            yield pytest.param(operation.id, changes, field.name, marks=marks, id=f"{operation.id}-{field.name}")


def _list_optional_fields(operation: Operation) -> Iterator[FieldOfExample]:
    common_fields = find_common_fields(operation)
    for input in CATALOG.documented_inputs_of(operation.id):
        base = {name: value for name, value in input.items() if name in common_fields}
        yield from (FieldOfExample(name, input[name], base) for name in input if name not in common_fields)


def _extend(value: Any) -> Any:
    """A list of one text with two more, in an order that neither sorting nor turning it round keeps."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        return [value[0], value[0].replace("1", "3"), value[0].replace("1", "2")]
    return value


def _list_text_cases(operation: Operation) -> Iterator[Any]:
    field = _find_text_field(operation)
    if field is not None:
        marks = [pytest.mark.sample, pytest.mark.shares(**{field: SPECIAL_TEXT})]
        yield pytest.param(operation.id, field, marks=marks, id=operation.id)


def _list_long_cases(operation: Operation) -> Iterator[Any]:
    """The case of the first example whose model takes so many letters, as far as the contract knows."""
    common_fields = find_common_fields(operation)
    for input in CATALOG.documented_inputs_of(operation.id):
        long_input = {name: value for name, value in input.items() if name in common_fields} | {"prompt": LONG_TEXT}
        if "prompt" in input and accepts_input(CATALOG, operation.id, long_input) and not list_sources(long_input):
            changes = fix_input(operation, long_input)
            marks = [pytest.mark.sample, pytest.mark.creates(1, **changes)]
            yield pytest.param(operation.id, changes, marks=marks, id=operation.id)
            return


def _find_text_field(operation: Operation) -> str | None:
    """The field of an example that takes any text: the prompt, where there is one."""
    texts = list_texts(CATALOG, operation)
    names = [name for input in CATALOG.documented_inputs_of(operation.id) for name in input if name in texts]
    return min(names, key=lambda name: name != "prompt", default=None)

"""Mistakes that a rule makes from the contract: the same slips for each field of each operation."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from cannon_spec.contract.arithmetic import is_number
from cannon_spec.example import build_example
from tests.support.mistakes import Mistake
from tests.support.payloads import CATALOG, OPERATIONS

_SLIPS: dict[str, tuple[Callable[[Any], bool], Callable[[Any], Any]]] = {
    "number as text": (is_number, str),
    "true as text": (lambda value: isinstance(value, bool), lambda value: str(value).lower()),
    "one in a list": (lambda value: isinstance(value, str), lambda value: [value]),
    "list as one": (lambda value: isinstance(value, list) and len(value) == 1, lambda value: value[0]),
}
"""What is done to a value, by the name of the slip: which values it is of, and what it makes of one."""

_LONGEST_WORD = 20

_STYLES: dict[str, Callable[[str], str]] = {
    "camel case": lambda name: re.sub("_(.)", lambda match: match[1].upper(), name),
    "snake case": lambda name: re.sub("[A-Z]", lambda match: f"_{match[0].lower()}", name),
    "hyphens in a": lambda name: re.sub("_|(?=[A-Z])", "-", name).lower(),
    "upper case": str.upper,
}
"""How else a name is written."""


def list_mistakes_by_rule() -> list[Mistake]:
    """Each slip of a value and of a name, for each field of the example body of each covered operation."""
    bodies = {operation: build_example(CATALOG, operation) for operation in OPERATIONS}
    return [row for body in bodies.values() for row in (*_iter_values(body), *_iter_names(body))]


def _iter_values(body: dict[str, Any]) -> Iterator[Mistake]:
    for field, value in body["input"].items():
        for slip, (is_of_kind, change) in _SLIPS.items():
            if is_of_kind(value):
                input = {**body["input"], field: change(value)}
                word = json.dumps(value).strip('"[')[:_LONGEST_WORD]
                yield _build_row(body, slip, input, field, f"properties/{field}/type", word)


def _iter_names(body: dict[str, Any]) -> Iterator[Mistake]:
    for field in body["input"]:
        for style, write in _STYLES.items():
            if (name := write(field)) != field:
                input = {name if key == field else key: value for key, value in body["input"].items()}
                yield _build_row(body, f"{style} name", input, name, "additionalProperties", field)


def _build_row(body: dict[str, Any], slip: str, input: dict[str, Any], name: str, keyword: str, word: str) -> Mistake:
    severity = CATALOG.rule_by_id(f"operations/{body['operation']}/input#/{keyword}").severity
    changed_body = {**body, "input": input}
    return Mistake(f"{slip}:{body['operation']}/{name}", changed_body, f"/input/{name}", severity, (word,), body, "")

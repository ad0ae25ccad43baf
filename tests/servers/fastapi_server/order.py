"""The order that the body of a create holds."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from .images import IMAGES
from .kinds import mapping, text, url
from .operation import Operation
from .prompts import PROMPTS
from .refusal import Problem, invalid
from .sounds import SOUNDS
from .videos import VIDEOS

OPERATIONS: dict[str, Operation] = {**IMAGES, **VIDEOS, **SOUNDS, **PROMPTS}
DEEPEST = 64


@dataclass(frozen=True)
class Order:
    """A body that was found valid."""

    operation: str
    input: dict[str, Any]
    webhook_url: str | None
    fingerprint: str

    @property
    def kind(self) -> Operation:
        """Give what the operation is."""
        return OPERATIONS[self.operation]


def read_order(body: bytes) -> Order:
    """Read the body of a create, or refuse it."""
    envelope = _parse(body)
    problems = mapping(envelope) or list(_envelope_problems(envelope))
    if problems:
        raise invalid(problems)
    return Order(
        operation=envelope["operation"],
        input=envelope["input"],
        webhook_url=envelope.get("webhook_url"),
        fingerprint=json.dumps(envelope, sort_keys=True),
    )


def _parse(body: bytes) -> Any:
    try:
        value = json.loads(body.decode(), parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        raise invalid([Problem((0,), "json_invalid", "JSON decode error")]) from None
    if _is_deeper(value, DEEPEST):
        raise invalid([Problem((), "json_depth", "JSON is nested too deeply")])
    return value


def _is_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    items = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(item, levels - 1) for item in items)


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("a number is too large")
    return number


def _envelope_problems(envelope: dict[str, Any]) -> Iterator[Problem]:
    if "webhook_url" in envelope:
        yield from (problem.under("webhook_url") for problem in url(envelope["webhook_url"]))
    checks = {"operation": _operation, "input": mapping}
    problems = [problem for field, check in checks.items() for problem in _needed(envelope, field, check)]
    yield from problems or _input_problems(OPERATIONS[envelope["operation"]], envelope["input"])


def _operation(value: Any) -> list[Problem]:
    return text(value) or ([] if value in OPERATIONS else [Problem((), "enum", "Operation is not supported")])


def _needed(values: dict[str, Any], field: str, check: Any) -> list[Problem]:
    if field not in values:
        return [Problem((field,), "missing", "Field required")]
    return [problem.under(field) for problem in check(values[field])]


def _input_problems(operation: Operation, input: dict[str, Any]) -> Iterator[Problem]:
    problems = [
        problem for field, check in operation.required_fields.items() for problem in _needed(input, field, check)
    ]
    for field, check in operation.optional_fields.items():
        if field in input:
            problems += [problem.under(field) for problem in check(input[field])]
    yield from (problem.under("input") for problem in problems or operation.rule(input))

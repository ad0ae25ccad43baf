"""What one operation is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .kinds import Check
from .models import Input
from .pictures import Pixels
from .refusal import Problem


def _no_problems(_: Input) -> list[Problem]:
    return []


def _no_pixels(_: Input) -> Pixels:
    return (0, 0)


@dataclass(frozen=True)
class Operation:
    """One operation as data.

    `preview` names the fields of which the first is the preview; `headline` names the main value of the output;
    `files` maps the labels of the files to their extensions; `downstream` tells the provider and its model;
    `rule` finds the problems that no single field has; `seconds` is the time the provider takes.
    """

    required_fields: Mapping[str, Check]
    optional_fields: Mapping[str, Check]
    prefix: str
    output: Mapping[str, Any]
    headline: str
    credits: Callable[[Input], int]
    downstream: Callable[[Input], tuple[str, str]]
    files: Mapping[str, str]
    preview: tuple[str, ...] = ("prompt",)
    pixels: Callable[[Input], Pixels] = _no_pixels
    rule: Callable[[Input], list[Problem]] = _no_problems
    seconds: float = 12.0

    def preview_of(self, input: Input) -> str:
        """Give the preview of an input."""
        return next(str(input[field]) for field in self.preview if field in input)

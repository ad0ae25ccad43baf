"""The work of a request: what an output is written from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .models import Input


@dataclass(frozen=True)
class Work:
    """The input of a request, its task at the provider, its price, and the addresses of its files by their labels."""

    operation: str
    input: Input
    task_id: str
    price: int
    addresses: Mapping[str, str]


Part = Callable[[Work], Any]
"""A value of an output that depends on the work."""

ABSENT = object()
"""The value of a part that the work does not have: its key is left out."""


def write(template: Mapping[str, Any], work: Work) -> dict[str, Any]:
    """Write an output from its template: a part is asked, all else stands as it is."""
    values = {key: part(work) if callable(part) else part for key, part in template.items()}
    return {key: value for key, value in values.items() if value is not ABSENT}


def task(work: Work) -> str:
    """Give the id of the task."""
    return work.task_id


def price(work: Work) -> int:
    """Give the price."""
    return work.price


def operation(work: Work) -> str:
    """Give the name of the operation."""
    return work.operation


def file(label: str) -> Part:
    """Make the part that gives the address of a file."""
    return lambda work: work.addresses[label]


def files(label: str) -> Part:
    """Make the part that gives the address of a file, in an array."""
    return lambda work: [work.addresses[label]]


def field(name: str, default: Any = ABSENT) -> Part:
    """Make the part that gives back a field of the input."""
    return lambda work: work.input.get(name, default)

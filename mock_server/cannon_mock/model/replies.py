"""Templates of replies, filled from what is known of a task (floor 3, pure)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from cannon_spec.contract.templates import VARIABLE

Filler = Callable[[Mapping[str, Any]], Any]
"""Makes a value of a reply from the values of variables."""


def fill_template(template: Any, values: Mapping[str, Any]) -> Any:
    """A template with each ``$name`` in its strings replaced by the value of that name.

    A string that is one variable and nothing else becomes the value itself, with its JSON type; null where there is
    no value. Within a longer string a value is written as text, and a missing one is left out.
    """
    return _compile_once(_Identity(template))(values)


class _Identity:
    """A template as the key of a cache: it is the contract's, which does not change."""

    __slots__ = ("template",)

    def __init__(self, template: Any) -> None:
        self.template = template

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and other.template is self.template

    def __hash__(self) -> int:
        return id(self.template)


@lru_cache(maxsize=1000)  # a contract has a few for each operation, and each poll fills four of them
def _compile_once(identity: _Identity) -> Filler:
    return _compile(identity.template)


def _compile(template: Any) -> Filler:
    if isinstance(template, str):
        return _compile_text(template)
    if isinstance(template, dict):
        members = [(key, _compile(item)) for key, item in template.items()]
        return lambda values: {key: fill(values) for key, fill in members}
    if isinstance(template, list):
        items = [_compile(item) for item in template]
        return lambda values: [fill(values) for fill in items]
    return lambda _: template


def _compile_text(template: str) -> Filler:
    whole, parts = VARIABLE.fullmatch(template), VARIABLE.split(template)
    if whole:
        name = whole[1]
        return lambda values: values.get(name)
    if len(parts) == 1:
        return lambda _: template
    # The names stand between the parts of the text.
    return lambda values: "".join(str(values.get(part, "")) if i % 2 else part for i, part in enumerate(parts))

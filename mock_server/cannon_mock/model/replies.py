"""Templates of replies, filled from what is known of a task (floor 3, pure)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from cannon_spec.contract.templates import VARIABLE


def fill_template(template: Any, values: Mapping[str, Any]) -> Any:
    """A template with each ``$name`` in its strings replaced by the value of that name.

    A string that is one variable and nothing else becomes the value itself, with its JSON type; null where there is
    no value. Within a longer string a value is written as text, and a missing one is left out.
    """
    kind = type(template)
    if kind is str:
        return _compile_text(template)(values)
    if kind is dict:
        return {key: fill_template(item, values) for key, item in template.items()}
    if kind is list:
        return [fill_template(item, values) for item in template]
    return template


@lru_cache(maxsize=1000)
def _compile_text(template: str) -> Callable[[Mapping[str, Any]], Any]:
    """What fills a text. Those of all operations are few, and each poll fills a dozen."""
    whole, parts = VARIABLE.fullmatch(template), VARIABLE.split(template)
    if whole:
        name = whole[1]
        return lambda values: values.get(name)
    if len(parts) == 1:
        return lambda _: template
    # The names stand between the parts of the text.
    return lambda values: "".join(str(values.get(part, "")) if i % 2 else part for i, part in enumerate(parts))

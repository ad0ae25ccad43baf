"""Templates of replies, filled from what is known of a task (floor 3, pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cannon_spec.contract.templates import VARIABLE


def fill_template(template: Any, values: Mapping[str, Any]) -> Any:
    """A template with each ``$name`` in its strings replaced by the value of that name.

    A string that is one variable and nothing else becomes the value itself, with its JSON type; null where there is
    no value. Within a longer string a value is written as text, and a missing one is left out.
    """
    if isinstance(template, str):
        return _fill_text(template, values) if "$" in template else template
    if isinstance(template, dict):
        return {key: fill_template(item, values) for key, item in template.items()}
    if isinstance(template, list):
        return [fill_template(item, values) for item in template]
    return template


def _fill_text(template: str, values: Mapping[str, Any]) -> Any:
    whole = VARIABLE.fullmatch(template)
    if whole:
        return values.get(whole[1])
    return VARIABLE.sub(lambda variable: str(values.get(variable[1], "")), template)

"""The variables in the templates of replies (floor 1, pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
"""A variable in a template: ``$prompt``."""


def find_variables(template: Any) -> Iterator[str]:
    """The names of the variables in the strings of a template, at any depth."""
    if isinstance(template, str):
        yield from VARIABLE.findall(template)
    elif isinstance(template, dict | list):
        for item in template.values() if isinstance(template, dict) else template:
            yield from find_variables(item)

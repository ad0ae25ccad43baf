"""The regular expressions of schemas (floor 1, pure)."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a ``pattern``. A ``$`` at its end is the end of the text. Raises re.error for no regular expression."""
    # In JSON Schema (ECMA-262) and Rust no line end may follow a $; in Python one may.
    return re.compile(f"{pattern[:-1]}\\Z" if pattern.endswith("$") else pattern)

"""Annotations of GitHub Actions, no more than a step shows (floor 2).

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from cannon_spec.contract.wording import format_count
from cannon_spec.output.judged_document import Write

MOST_ANNOTATIONS = 9
"""The most of a severity: GitHub shows ten a step, and the tenth says how many more there are."""


class GithubAnnotations:
    """Write the first annotations of each severity (``error``, ``warning`` or ``notice``), and count the others."""

    def __init__(self, write: Write, title: str) -> None:
        self._write = write
        self._title = title
        self._counts: Counter[str] = Counter()

    def add(self, severity: str, text: str, properties: Mapping[str, str] = MappingProxyType({})) -> None:
        """Write an annotation, unless there are enough of its severity; ``properties`` are file, line and col."""
        self._counts[severity] += 1
        if self._counts[severity] <= MOST_ANNOTATIONS:
            self._annotate(severity, text, properties)

    def finish(self, place: str) -> None:
        """Write how many more there are of each severity, and that ``place`` has them all."""
        for severity, count in self._counts.items():
            if count > MOST_ANNOTATIONS:
                number = format_count(count - MOST_ANNOTATIONS, f"more {severity}")
                self._annotate(severity, f"{number}; {place}", {})

    def _annotate(self, severity: str, text: str, properties: Mapping[str, str]) -> None:
        parts = {"title": self._title, **properties}
        words = ",".join(f"{name}={_escape_property(value)}" for name, value in parts.items())
        self._write(f"::{severity} {words}::{_escape_data(text)}\n")


def _escape_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")

"""What is to become of a task, chosen by name (floor 3, pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cannon_spec.lifecycle import Outcome

HEADER = "x-mock-scenario"
"""The request header that names a scenario for one create."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """How a task ends, and the message of its failure."""

    name: str
    outcome: Outcome
    message: str | None


def choose(known: Mapping[str, Any], name: str | None) -> Scenario:
    """The scenario of that name, or the default one. Raises LookupError, naming those that exist, for another."""
    name = name or known["default"]
    if name not in known["scenarios"]:
        raise LookupError(f"no scenario {name[:60]}; known: {', '.join(known['scenarios'])}")
    entry = known["scenarios"][name]
    return Scenario(name, entry["outcome"], entry.get("message"))

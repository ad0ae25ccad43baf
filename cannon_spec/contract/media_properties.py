"""What the files of a request are like: size, ratio and duration of what an input asks for (floor 1, pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cannon_spec.contract.catalog import Catalog, Operation
from cannon_spec.contract.media_duration import MediaDuration, find_duration
from cannon_spec.contract.media_size import MediaSize, find_size


class MediaProperties(NamedTuple):
    """Size and duration of the files of a request; None where no file of its operation has one."""

    size: MediaSize | None
    duration: MediaDuration | None


def find_properties(catalog: Catalog, operation: Operation, input: Mapping[str, Any]) -> MediaProperties:
    """Size and duration of what a covered operation makes of an input, each with the claim that it rests on.

    ``input`` is the one that the service takes, as ``build_effective_input`` returns it: with defaults, and with the
    values that the service lowers or rounds. Any JSON in its fields has a size and a duration.
    """
    size = duration = None
    if operation.size_tables is not None:
        size = find_size(catalog.media[operation.size_tables], operation.choose_model(input), input)
    rule = find_duration_rule(catalog, operation)
    if rule is not None:
        duration = find_duration(catalog.media["duration"], rule, input)
    return MediaProperties(size, duration)


def find_duration_rule(catalog: Catalog, operation: Operation) -> Mapping[str, Any] | None:
    """How long the files of an operation last: as its own data says, else as media.json does; None if none has one."""
    if not operation.has_duration:
        return None
    rule: Mapping[str, Any] = operation.data["media"].get("duration") or catalog.media["duration"]
    return rule

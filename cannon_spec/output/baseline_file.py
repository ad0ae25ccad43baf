"""Baseline files: the findings that a user accepts, with how often each occurs (floor 2)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from cannon_spec import inputs
from cannon_spec.contract import wording
from cannon_spec.errors import CatalogError
from cannon_spec.finding import Finding
from cannon_spec.output.run_file import FORMAT, check_run_file, read_run_file
from cannon_spec.printable import escape_unprintable

_MEMBER = "findings"
_ADVICE = "name a file that --update-baseline wrote, or another name to begin one"


class BaselineEntry(NamedTuple):
    """What makes two findings the same: the file, the place in the document, the rule, and the message.

    The line is no part of it, so that a line inserted above changes nothing, and neither is the severity, so that
    one file serves each strictness.
    """

    file: str
    path: str
    rule: str
    message: str

    @classmethod
    def describe(cls, entry: int | None, finding: Finding, file: str) -> BaselineEntry:
        """What tells a finding from others, in an entry of recorded traffic, in a file by its name on each machine."""
        # The number of the entry is no part of it, as the line of a document is none.
        path = finding.path.removeprefix(f"/log/entries/{entry}")
        return cls(*map(escape_unprintable, (file, path, finding.rule, finding.message)))


def read_baseline(file: str) -> Counter[BaselineEntry]:
    """How often each entry of a file is accepted. Raises CatalogError for a file that is no baseline."""
    return _count_entries(read_run_file(file, _MEMBER, _ADVICE), file)


def check_baseline(value: Any, file: str) -> None:
    """Check the value of a file as ``read_baseline`` does. Raises CatalogError."""
    _count_entries(check_run_file(value, file, _MEMBER, _ADVICE), file)


def _count_entries(content: dict[str, Any], file: str) -> Counter[BaselineEntry]:
    counts: Counter[BaselineEntry] = Counter()
    for number, value in enumerate(content[_MEMBER], 1):
        if not _is_entry(value):
            problem = f"finding {number} is not an object of {', '.join(BaselineEntry._fields)} and a count"
            raise CatalogError(file, problem, "write it anew with --update-baseline under another name")
        counts[BaselineEntry(*(value[name] for name in BaselineEntry._fields))] += value["count"]
    return counts


def _is_entry(value: Any) -> bool:
    if not isinstance(value, dict) or type(value.get("count")) is not int or value["count"] < 1:
        return False
    return all(isinstance(value.get(name), str) for name in BaselineEntry._fields)


def format_baseline(counts: Mapping[BaselineEntry, int], file: str) -> bytes:
    """The content of a file with these entries, in their order. Raises CatalogError where it would be too large."""
    findings = [{**entry._asdict(), "count": count} for entry, count in sorted(counts.items())]
    content = json.dumps({"format": FORMAT, _MEMBER: findings}, indent=2, ensure_ascii=False).encode() + b"\n"
    if len(content) > inputs.MAX_BYTES:
        problem = f"{wording.format_count(len(findings), 'finding')} are more than a baseline may hold"
        raise CatalogError(file, problem, "leave out rules with --ignore, or use several baselines")
    return content

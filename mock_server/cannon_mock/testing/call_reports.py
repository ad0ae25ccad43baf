"""What pytest says of calls at the end of a test: payloads with warnings, and keys that nobody watches (floor 5)."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from cannon_mock.cannon_warning import CannonWarning
from cannon_mock.testing.call_recorder import ReceivedCall, describe_findings
from cannon_mock.testing.plugin_options import is_on


def report_findings(request: pytest.FixtureRequest, calls: Iterable[ReceivedCall], warned_rules: set[str]) -> None:
    """Warn of payloads, once for each rule; with ``--cannon-strict`` fail the test for those that no filter ignores."""
    if is_on(request.config, "strict"):
        texts = describe_findings(calls, lambda finding: (finding.rule, finding.path, finding.message)).values()
        if failing_texts := [text for text in texts if not _is_ignored(text, request.node)]:
            pytest.fail("\n".join(["payloads with warnings:", *failing_texts]), pytrace=False)
        return
    warn_once(request, describe_findings(calls, lambda finding: finding.rule), warned_rules)


def warn_once(request: pytest.FixtureRequest, texts: Mapping[str, str], warned_rules: set[str]) -> None:
    """Warn by each text at the place of a test, if its rule is none of those that this run has warned of."""
    for rule, text in texts.items():
        if rule not in warned_rules and not _is_ignored(text, request.node):  # else nobody would see it
            warned_rules.add(rule)
            _warn(text, request.node)


def warn(request: pytest.FixtureRequest, texts: Iterable[str]) -> None:
    """Warn by each text at the place of a test."""
    for text in texts:
        _warn(text, request.node)


def _warn(text: str, node: Any) -> None:
    """Warn at the place of a test, also where the same was said before. Fails it where filters make it an error."""
    file, line, _ = getattr(node, "location", ("the session", 0, ""))
    try:
        warnings.warn_explicit(text, CannonWarning, file, (line or 0) + 1, registry={})
    except CannonWarning as warning:
        raise pytest.fail.Exception(f"CannonWarning: {warning}", pytrace=False) from None


def _is_ignored(text: str, node: Any) -> bool:
    """Whether the filters of a test ignore the warning."""
    with warnings.catch_warnings(record=True) as caught_warnings:
        try:
            _warn(text, node)
        except pytest.fail.Exception:
            return False
    return not caught_warnings

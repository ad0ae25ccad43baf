"""What only the provider behind the service refuses, and the message of that failure (floor 3, pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from cannon_mock.model.replies import fill_template
from cannon_mock.model.scenarios import Scenario
from cannon_mock.model.tasks import UpstreamViolation
from cannon_spec.adjustments import find_adjustment
from cannon_spec.contract.catalog import Catalog
from cannon_spec.contract.wording import show_value
from cannon_spec.finding import UNAVOIDABLE_RULES, Finding
from cannon_spec.pointer import follow, from_pointer

_UPSTREAM = "upstream"
"""The strength of a claim that the provider or the maker states, and no page of the vendor's."""


class UpstreamFailure(NamedTuple):
    """Why a request fails at the provider, and the message of that failure; both None where it does not."""

    violation: UpstreamViolation | None = None
    message: str | None = None


def find_upstream_finding(catalog: Catalog, findings: Iterable[Finding]) -> Finding | None:
    """The first finding on a rule that the provider states and the vendor does not; None where there is none.

    What no other input avoids is left out, such as a model that its maker has shut down. So is a value that the service
    changes, as the provider never gets it.
    """
    return next((each for each in findings if _is_upstream(each) and find_adjustment(catalog, each) is None), None)


def plan_failure(catalog: Catalog, scenario: Scenario, findings: Iterable[Finding], body: Any) -> UpstreamFailure:
    """The failure of a request in a scenario that has messages for it. ``findings`` are those on its ``body``."""
    finding = find_upstream_finding(catalog, findings) if scenario.violation_messages else None
    if finding is None:
        return UpstreamFailure()
    claims = (finding.evidence.claim, *filter(None, [scenario.message_claim]))
    violation = UpstreamViolation(finding.path, finding.rule, finding.message, claims)
    template = _find_template(catalog, scenario, finding)
    return UpstreamFailure(violation, None if template is None else _write_message(template, finding, body))


def _is_upstream(finding: Finding) -> bool:
    is_avoidable = finding.rule not in UNAVOIDABLE_RULES
    return finding.evidence.strength == _UPSTREAM and finding.severity == "warning" and is_avoidable


def _find_template(catalog: Catalog, scenario: Scenario, finding: Finding) -> str | None:
    """The message for the rule itself, else that for its keyword; None for the message of the scenario."""
    word = finding.rule.rpartition("/")[2]  # its keyword, or the name of a rule that no schema states
    node = catalog.rule_by_id(finding.rule).node if "#" in finding.rule else {}
    own_messages: Mapping[str, str] = node.get("x-failure-message", {})
    return own_messages.get(word) or scenario.violation_messages.get(word)


def _write_message(template: str, finding: Finding, body: Any) -> str:
    path = from_pointer(finding.path)
    value = follow(body, path)
    field = next((part for part in reversed(path) if not part.isdecimal()), "")
    size = len(value) if isinstance(value, (str, list)) else ""
    return str(fill_template(template, {"field": field, "value": show_value(value), "size": size}))

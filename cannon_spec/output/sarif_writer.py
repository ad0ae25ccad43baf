"""Findings as SARIF 2.1.0 (floor 2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any
from urllib.parse import quote

from cannon_spec import __version__
from cannon_spec.contract.wording import format_count
from cannon_spec.finding import Finding
from cannon_spec.output.baseline_file import BaselineEntry
from cannon_spec.output.finding_list import FindingLister, ListedFinding, describe_finding
from cannon_spec.output.fingerprints import Fingerprints
from cannon_spec.output.json_writer import write_json
from cannon_spec.output.judged_document import Output, Summary
from cannon_spec.output.rule_texts import RULE_TEXTS
from cannon_spec.printable import escape_unprintable

MOST_RESULTS = 25_000
"""The most results of a run that GitHub takes."""

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_HEAD = f'{{"$schema": "{_SCHEMA}", "version": "2.1.0", "runs": [{{"columnKind": "unicodeCodePoints", "results": ['
_FINGERPRINT = "cannonSpecFinding/v1"


class SarifWriter(FindingLister):
    """Write one run: results as they come, then the rules that they break, and the files that could not be judged."""

    def __init__(self, output: Output) -> None:
        super().__init__(output)
        self._write = output.write
        self._claims = output.claims
        self._fingerprints = Fingerprints()
        self._rules: dict[str, dict[str, Any]] = {}
        self._rule_indexes: dict[str, int] = {}
        self._notifications: list[dict[str, Any]] = []
        self._result_count = 0
        self._write(_HEAD)

    def add(self, lists: Iterable[Iterable[ListedFinding]]) -> None:
        """Write a result for each finding."""
        for each in chain.from_iterable(lists):
            self._result_count += 1
            if self._result_count <= MOST_RESULTS:
                self._write(("\n" if self._result_count == 1 else ",\n") + write_json(self._build_result(each)))

    def add_failure(self, file: str, problem: str) -> None:
        """Note that a file could not be judged."""
        location = {"physicalLocation": _locate_file(self._code_base.name_file(file))}
        self._add_notification("error", escape_unprintable(problem), [location])

    def finish(self, summary: Summary, extra_counts: Mapping[str, int]) -> None:
        """Write the rules, the files that could not be judged, and the counts."""
        is_successful = not self._notifications
        if self._result_count > MOST_RESULTS:
            number = format_count(self._result_count - MOST_RESULTS, "finding")
            self._add_notification("warning", f"{number} more: a run has at most {MOST_RESULTS}", [])
        driver = {"name": "cannon-spec", "version": __version__, "rules": list(self._rules.values())}
        invocation = {"executionSuccessful": is_successful, "toolExecutionNotifications": self._notifications}
        rest = {
            "tool": {"driver": driver},
            "invocations": [invocation],
            "properties": {**summary.to_dict(), **extra_counts},
        }
        self._write(f"\n], {write_json(rest)[1:]}]}}\n")

    def _build_result(self, listed_finding: ListedFinding) -> dict[str, Any]:
        finding, file, _, entry, place = listed_finding
        evidence = finding.evidence
        return {
            "ruleId": finding.rule,
            "ruleIndex": self._find_rule_index(finding),
            "level": finding.severity,
            "message": {"text": describe_finding(finding)},
            "locations": [self._locate(listed_finding)],
            "partialFingerprints": {_FINGERPRINT: self._fingerprints.add(BaselineEntry.describe(entry, finding, file))},
            "properties": {
                "strength": evidence.strength,
                "claim": evidence.claim,
                **({} if entry is None else {"entry": entry, "place": place}),
            },
        }

    def _locate(self, listed_finding: ListedFinding) -> dict[str, Any]:
        finding, file, position, _, _ = listed_finding
        place = _locate_file(file)
        if position is not None:
            place["region"] = {"startLine": position.line, "startColumn": position.column}
        location: dict[str, Any] = {"physicalLocation": place}
        if finding.path:
            location["logicalLocations"] = [{"fullyQualifiedName": escape_unprintable(finding.path)}]
        return location

    def _find_rule_index(self, finding: Finding) -> int:
        """The place of the finding's rule in the table of rules, in which it is put where it is not there yet."""
        index = self._rule_indexes.setdefault(finding.rule, len(self._rules))
        if index == len(self._rules):
            self._rules[finding.rule] = self._describe_rule(finding)
        return index

    def _describe_rule(self, finding: Finding) -> dict[str, Any]:
        evidence = finding.evidence
        claim = self._claims.get(evidence.claim)
        text = RULE_TEXTS.get(finding.rule) or (claim.text if claim else finding.rule)
        known_from = f"known from: {evidence.claim} ({evidence.strength}) {evidence.source}"
        rule: dict[str, Any] = {
            "id": finding.rule,
            "shortDescription": {"text": text},
            "fullDescription": {"text": f"{text} ({known_from})"},
            "defaultConfiguration": {"level": finding.severity},
            "help": {"text": f"{text}\n{known_from}"},
            "properties": {"strength": evidence.strength, "claim": evidence.claim},
        }
        if evidence.source.startswith("https://"):
            rule["helpUri"] = evidence.source
        return rule

    def _add_notification(self, level: str, text: str, locations: list[dict[str, Any]]) -> None:
        self._notifications.append({"level": level, "message": {"text": text}, "locations": locations})


def _locate_file(name: str) -> dict[str, Any]:
    if name.startswith("/"):
        return {"artifactLocation": {"uri": f"file://{quote(name)}"}}
    return {"artifactLocation": {"uri": quote(name), "uriBaseId": "%SRCROOT%"}}

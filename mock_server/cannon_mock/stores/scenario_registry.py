"""The scenarios of a mock and the rules that choose them, those added while it runs in its store (floor 4)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, replace
from functools import lru_cache
from typing import Any

from cannon_mock.compact_json import read_json
from cannon_mock.model import scenarios
from cannon_mock.model.scenarios import Scenario, ScenarioRule, WebhookFaults
from cannon_mock.stores import Records, shared_values
from cannon_spec.contract import load as catalogs
from cannon_spec.contract.catalog import Catalog
from cannon_spec.contract.checks import check_claims
from cannon_spec.nearest import suggest_name

_ADDED_SCENARIOS = "scenarios"
_RULES = "rules"
_NUMBERS = "scenario-numbers"
_LISTING = "cannon-mock --list-scenarios and GET /__mock__/scenarios list the scenarios"
MOST_SCENARIOS = 100
"""How many scenarios can be added to a running mock."""
MOST_RULES = 1000
"""How many rules a mock can have at a time."""


class ScenarioRegistry:
    """Scenarios by name, and the rules that choose one for a create."""

    def __init__(self, catalog: Catalog, records: Records) -> None:
        self._catalog = catalog
        self._records = records
        self._contract_scenarios = scenarios.read_scenarios(catalog.scenarios["scenarios"])

    def find(self, name: str) -> Scenario | None:
        """The scenario of that name; None where there is none."""
        scenario = self._contract_scenarios.get(name)
        if scenario is None:
            scenario = _parse_scenarios(self._read_text(_ADDED_SCENARIOS)).get(name)
        return scenario

    def find_or_plain(self, name: str) -> Scenario:
        """The scenario of that name; one without faults where another mock that shares the store knew it."""
        return self.find(name) or Scenario(name, "")

    def find_webhook_faults(self, name: str) -> WebhookFaults:
        """What goes wrong with the webhooks of a scenario."""
        return self.find_or_plain(name).webhook

    def list_texts(self) -> Mapping[str, str]:
        """What each scenario is for, by its name."""
        entries = {**self._catalog.scenarios["scenarios"], **self._read_added()}
        return {name: entry.get("text", "") for name, entry in entries.items()}

    def suggest(self, name: str) -> str:
        """What to do about a name that no scenario has. A running mock may have scenarios that only it can list."""
        return suggest_name(name, self.list_texts(), _LISTING)

    def add(self, name: str, entry: Any) -> None:
        """Add a scenario, in place of an earlier one that was added under this name.

        Raises CatalogError where the entry is malformed, and LookupError where the name is one of the contract's or
        there are too many.
        """
        part = catalogs.check_part("more_scenarios", {"scenarios": {name: entry}}, "the body")
        check_claims("the body", part["scenarios"], self._catalog.claims)
        if name in self._contract_scenarios:
            raise LookupError(f"the scenario {name} is the contract's own; give yours another name")

        def step(entries: dict[str, Any]) -> dict[str, Any]:
            if len(entries) >= MOST_SCENARIOS and name not in entries:
                raise LookupError(f"there are {MOST_SCENARIOS} scenarios already; reset the mock to forget them")
            return {**entries, **part["scenarios"]}

        shared_values.change(self._records, _ADDED_SCENARIOS, {}, step)

    def add_unnamed(self, entry: Mapping[str, Any]) -> str:
        """Add a scenario under a name that no other has, and return the name. Raises as ``add`` does."""
        name = f"ad-hoc-{self._next_number()}"
        self.add(name, entry)
        return name

    def remove(self, names: Collection[str]) -> None:
        """Forget scenarios that were added. Tasks that they were chosen for go on without faults."""

        def step(entries: dict[str, Any]) -> dict[str, Any]:
            return {name: entry for name, entry in entries.items() if name not in names}

        shared_values.change(self._records, _ADDED_SCENARIOS, {}, step)

    def list_rules(self) -> list[ScenarioRule]:
        """The rules that choose scenarios, in the order in which they are tried."""
        return list(_parse_rules(self._read_text(_RULES)))

    def add_rule(self, rule: ScenarioRule) -> ScenarioRule:
        """Add a rule where ``scenarios.insert_rule`` says; the rule with its id. Raises LookupError for too many."""
        rule = replace(rule, id=self._next_number())

        def step(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
            rules = scenarios.insert_rule([ScenarioRule(**entry) for entry in entries], rule)
            if len(rules) > MOST_RULES:
                raise LookupError(f"there are {MOST_RULES} rules already; remove one or reset the mock")
            return [asdict(each) for each in rules]

        shared_values.change(self._records, _RULES, [], step)
        return rule

    def _next_number(self) -> int:
        """A number that no rule had: who removes a rule of a test must not find that of another one."""
        number: int = shared_values.change(self._records, _NUMBERS, 0, lambda last: last + 1)
        return number

    def remove_rules(self, id_: int | None = None) -> int:
        """Remove one rule, or all; how many remain."""

        def step(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return [] if id_ is None else [rule for rule in rules if rule["id"] != id_]

        return len(shared_values.change(self._records, _RULES, [], step))

    def choose_by_rule(self, operation: str, input: Mapping[str, Any], account: str) -> str | None:
        """The scenario that the first matching rule names; one use of that rule is counted."""
        text = self._read_text(_RULES)
        if not text:  # most mocks
            return None
        rule = _first_match(_parse_rules(text), operation, input, account)
        if rule is None or rule.times is None:  # most creates: read, and write nothing
            return None if rule is None else rule.scenario
        rule = None

        # Another process may have used the rule up since it was read, so it is matched again in the transaction.
        def step(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
            nonlocal rule
            rules = [ScenarioRule(**entry) for entry in entries]
            rule = _first_match(rules, operation, input, account)
            return [asdict(each) for each in scenarios.use_rule(rules, rule.id)] if rule else entries

        shared_values.change(self._records, _RULES, [], step)
        return None if rule is None else rule.scenario

    def _read_text(self, name: str) -> str:
        """A value as it is stored; empty where there is none. What is parsed of it counts until the text changes."""
        return self._records.get(shared_values.build_record_name(name)) or ""

    def _read_added(self) -> dict[str, Any]:
        entries: dict[str, Any] = shared_values.read(self._records, _ADDED_SCENARIOS, {})
        return entries


@lru_cache(maxsize=16)
def _parse_scenarios(text: str) -> Mapping[str, Scenario]:
    return scenarios.read_scenarios(read_json(text)) if text else {}


@lru_cache(maxsize=16)
def _parse_rules(text: str) -> tuple[ScenarioRule, ...]:
    return tuple(ScenarioRule(**rule) for rule in read_json(text)) if text else ()


def _first_match(
    rules: Iterable[ScenarioRule], operation: str, input: Mapping[str, Any], account: str
) -> ScenarioRule | None:
    return next((rule for rule in rules if rule.matches(operation, input, account)), None)

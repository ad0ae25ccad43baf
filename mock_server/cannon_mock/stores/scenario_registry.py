"""The scenarios that a mock knows: those of the contract, and those it was given while it runs (floor 4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cannon_mock.model import scenarios
from cannon_mock.model.scenarios import Hook, Scenario
from cannon_mock.stores import Records, shared_values
from cannon_spec.contract import load as catalogs
from cannon_spec.contract.catalog import Catalog
from cannon_spec.contract.checks import check_claims

_ADDED = "scenarios"
MOST = 100
"""How many scenarios a running mock can be given."""


class Book:
    """Scenarios by name."""

    def __init__(self, catalog: Catalog, records: Records) -> None:
        self._catalog = catalog
        self._records = records
        self._known = scenarios.read(catalog.scenarios["scenarios"])

    def find(self, name: str) -> Scenario | None:
        """The scenario of that name; None where there is none."""
        found = self._known.get(name)
        if found is None and name in (added := shared_values.read(self._records, _ADDED, {})):
            found = scenarios.read({name: added[name]})[name]
        return found

    def hook(self, name: str) -> Hook:
        """What a scenario does to webhooks: nothing where it is not known."""
        found = self.find(name)
        return Hook() if found is None else found.hook

    def texts(self) -> Mapping[str, str]:
        """What each scenario is for, by its name."""
        known = {**self._catalog.scenarios["scenarios"], **shared_values.read(self._records, _ADDED, {})}
        return {name: entry.get("text", "") for name, entry in known.items()}

    def add(self, name: str, entry: Any) -> None:
        """Know a scenario from now on, in place of an earlier one that was added.

        Raises CatalogError where it is none, and LookupError where its name is the contract's or there are too many.
        """
        part = catalogs.checked("more_scenarios", {"scenarios": {name: entry}}, "the body")
        check_claims("the body", part["scenarios"], self._catalog.claims)
        if name in self._known:
            raise LookupError(f"the scenario {name} is the contract's own; give yours another name")

        def step(added: dict[str, Any]) -> dict[str, Any]:
            if len(added) >= MOST and name not in added:
                raise LookupError(f"there are {MOST} scenarios already; reset the mock to forget them")
            return {**added, name: entry}

        shared_values.change(self._records, _ADDED, {}, step)

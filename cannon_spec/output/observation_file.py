"""The file of what a contract run observed, where that differs from a claim (floor 2)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from cannon_spec.contract import wording
from cannon_spec.contract.catalog import Catalog
from cannon_spec.contract.claim import Claim
from cannon_spec.errors import CatalogError
from cannon_spec.nearest import suggest_name
from cannon_spec.output.run_file import read_run_file

_ADVICE = "name the observations.json that cannon-contract --report DIR wrote"


class Observation(NamedTuple):
    """What one test observed: the claim as the catalog has it now, and the texts of the file.

    ``claim_text`` and ``strength`` are those of the claim at the time of the run. ``values`` are what the target showed
    where the contract has a value: the JSON Pointer of each in the contract as one object, and the value.
    """

    claim: Claim
    strength: str
    claim_text: str
    observed_text: str
    test: str
    values: tuple[tuple[str, Any], ...] = ()

    @property
    def is_claim_reworded(self) -> bool:
        """Whether the text of the claim has changed since the run."""
        return self.claim.text != self.claim_text


class ObservationFile(NamedTuple):
    """What a contract run observed: at which target, when, and each observation."""

    target: str
    observed_at: str
    observations: tuple[Observation, ...]

    def select(self, claims: Collection[Claim]) -> ObservationFile:
        """The same with the observations on these claims only."""
        return self._replace(observations=tuple(each for each in self.observations if each.claim in claims))


def read_observations(catalog: Catalog, file: str) -> ObservationFile:
    """Read a file of observations.

    Raises CatalogError where the file cannot be read, is no file of observations, or names an unknown claim.
    """
    value = read_run_file(file, "observations", _ADVICE)
    observations = tuple(
        _parse_observation(catalog, each, f"{file}: observations/{index}")
        for index, each in enumerate(value["observations"])
    )
    return ObservationFile(_get_text(value, "target", file), _get_text(value, "observed_at", file), observations)


def _parse_observation(catalog: Catalog, value: Any, place: str) -> Observation:
    if not isinstance(value, dict):
        raise CatalogError(place, f"expected an object, got {wording.show_value(value)}", _ADVICE)
    claim = _find_claim(catalog, _get_text(value, "claim", place), place)
    strength, assumed, observed_text, test = (
        _get_text(value, name, place) for name in ("strength", "assumed", "seen", "test")
    )
    return Observation(
        claim, strength, assumed, observed_text, test, tuple(_parse_values(value.get("values", []), place))
    )


def _parse_values(values: Any, place: str) -> Iterator[tuple[str, Any]]:
    """Read what a file written by an earlier version need not have."""
    for index, each in enumerate(values if isinstance(values, list) else [values]):
        if not isinstance(each, dict) or "value" not in each:
            problem = f"expected an object with pointer and value, got {wording.show_value(each)}"
            raise CatalogError(f"{place}/values/{index}", problem, _ADVICE)
        yield _get_text(each, "pointer", f"{place}/values/{index}"), each["value"]


def _find_claim(catalog: Catalog, id_: str, place: str) -> Claim:
    if id_ in catalog.claims:
        return catalog.claims[id_]
    advice = suggest_name(id_, catalog.claims, "use the version and the overlay of the run that wrote the file")
    raise CatalogError(place, f"unknown claim {wording.show_value(id_)}", advice)


def _get_text(value: dict[str, Any], name: str, place: str) -> str:
    text = value.get(name)
    if not isinstance(text, str):
        problem = f"expected a string for {name}, got {wording.show_value(text)}" if name in value else f"no {name}"
        raise CatalogError(place, problem, _ADVICE)
    return text

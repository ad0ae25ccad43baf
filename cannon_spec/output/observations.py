"""What a contract run saw that is not as the ledger assumes (floor 2)."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, NamedTuple

from cannon_spec import document, inputs
from cannon_spec.contract import wording
from cannon_spec.contract.catalog import Catalog, Claim
from cannon_spec.errors import CatalogError, NotJSON
from cannon_spec.nearest import find_nearest

_FORMAT = 1
_ADVICE = "name the file that a contract run wrote"


class Observation(NamedTuple):
    """One thing that was seen: the claim as the ledger has it now, and what the file says of it."""

    claim: Claim
    strength: str
    assumed: str
    seen: str
    test: str

    @property
    def ledger_changed(self) -> bool:
        """Whether the claim was reworded since it was put to the test."""
        return self.claim.text != self.assumed


class ObservationFile(NamedTuple):
    """What was seen at a target, and when."""

    target: str
    observed_at: str
    observations: tuple[Observation, ...]

    def of(self, claims: Collection[Claim]) -> ObservationFile:
        """The drift from these claims only."""
        return self._replace(observations=tuple(each for each in self.observations if each.claim in claims))


def read_observations(catalog: Catalog, file: str) -> ObservationFile:
    """The file of observations. Raises CatalogError where it is none, or names a claim that the ledger has not."""
    try:
        with open(file, "rb") as stream:
            value = document.loads(inputs.decode_document(stream.read(inputs.MAX_BYTES + 1)))
    except OSError as error:
        raise CatalogError(file, error.strerror or "cannot be read", "check the path") from None
    except NotJSON as error:
        raise CatalogError(file, error.problem, _ADVICE) from None
    if not isinstance(value, dict) or not isinstance(value.get("observations"), list):
        raise CatalogError(file, "is no file of observations", _ADVICE)
    if value.get("format") != _FORMAT:
        problem = f"has the format {wording.show_value(value.get('format'))}, where {_FORMAT} is known"
        raise CatalogError(file, problem, "read it with the version that wrote it")
    observations = tuple(
        _observation(catalog, each, f"{file}: observations/{index}") for index, each in enumerate(value["observations"])
    )
    return ObservationFile(_text(value, "target", file), _text(value, "observed_at", file), observations)


def text(drift: ObservationFile) -> str:
    """The drift for people: each claim with what was assumed and what was seen."""
    target, when = wording.escape_unprintable(drift.target), wording.escape_unprintable(drift.observed_at)
    if not drift.observations:
        return f"no drift: of the claims asked for, none was seen to be otherwise at {target} on {when}"
    count = len(drift.observations)
    head = f"{count} {'observation' if count == 1 else 'observations'} of drift at {target} on {when}"
    return "\n".join([head, *(_lines(each) for each in drift.observations)])


def as_json(drift: ObservationFile) -> str:
    """The drift for programs: the file's own members, with what the ledger says now."""
    observations = [
        {
            "claim": each.claim.id,
            "strength": each.strength,
            "assumed": each.assumed,
            "seen": each.seen,
            "test": each.test,
            "ledger": each.claim.text,
            "ledger_changed": each.ledger_changed,
        }
        for each in drift.observations
    ]
    whole = {"target": drift.target, "observed_at": drift.observed_at, "observations": observations}
    return json.dumps(whole, indent=2)


def _observation(catalog: Catalog, value: Any, place: str) -> Observation:
    if not isinstance(value, dict):
        raise CatalogError(place, "is not an object", _ADVICE)
    id_ = _text(value, "claim", place)
    claim = catalog.claims.get(id_)
    if claim is None:
        close = find_nearest(id_, catalog.claims)
        advice = (
            f"did you mean {close}?" if close else "read it with the ledger of the run: cannon-spec claims lists this"
        )
        raise CatalogError(place, f"the ledger has no claim {wording.show_value(id_)}", advice)
    return Observation(claim, *(_text(value, name, place) for name in ("strength", "assumed", "seen", "test")))


def _text(value: dict[str, Any], name: str, place: str) -> str:
    member = value.get(name)
    if not isinstance(member, str):
        raise CatalogError(place, f"{name} is not a text", _ADVICE)
    return member


def _lines(each: Observation) -> str:
    said = {"assumed": each.assumed, "seen": each.seen, "test": each.test}
    lines = ["", f"{each.claim.id} ({wording.escape_unprintable(each.strength)})"]
    lines += [f"  {name:<8} {wording.escape_unprintable(value)}" for name, value in said.items()]
    if each.ledger_changed:
        lines.append(f"  the ledger has changed since: {each.claim.text}")
    return "\n".join(lines)

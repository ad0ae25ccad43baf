"""The lists in the ledger of what breaks a claim are those of what the contract tests notice."""

from __future__ import annotations

import pytest

from cannon_spec import Claim, load_catalog
from tests.mutants.table import MUTANTS
from tests.servers.defects.table import DEFECTS

CATALOG = load_catalog()
BEHAVIOUR = [claim for claim in CATALOG.claims.values() if claim.kind == "behaviour"]


def list_differences(claim: Claim, outcome: str) -> list[str]:
    """What mutants and seeded servers do, as tests show that a run notices it, by what it makes of the claim."""
    own_outcome = "broken" if claim.is_required else "observed"
    mutants = [each.description for each in MUTANTS if each.claim == claim.id and outcome == own_outcome]
    defects = [each.name for each in DEFECTS if (each.claim, each.outcome) == (claim.id, outcome)]
    return sorted({*mutants, *defects})


@pytest.mark.parametrize("claim", BEHAVIOUR, ids=lambda claim: claim.id)
def test_the_ledger_lists_what_breaks_a_claim(claim: Claim) -> None:
    """A claim lists what breaks it on any server, and what is only observed of another server than our mock."""
    assert sorted(claim.breaks) == list_differences(claim, "broken")
    assert sorted(claim.observed) == list_differences(claim, "observed")
    assert claim.breaks or not claim.is_required
    assert claim.breaks or claim.observed


MEANINGS = {
    "status-server-time": "the time of the server has this meaning by its name, whatever its value",
    "credits-billable": "what a request costs has this meaning by its name, whatever its value",
}
"""The claims that examples show beyond keys and types, and that every server must keep all the same: by their names."""


def test_an_example_makes_rules_of_keys_and_types_only() -> None:
    """A claim on replies that examples show is required of every server for a key, a type, or the meaning of a name."""
    rules = [rule for schema in CATALOG.schemas for rule in CATALOG.rules(schema)]
    shown_shapes = {rule.claim.id for rule in rules if rule.keyword in ("type", "required")}
    on_inputs = {rule.claim.id for rule in rules if rule.id.partition("#")[0].endswith("/input")}
    identifiers = {each.claim.id for each in CATALOG.models.values()}
    tested_claims = {CATALOG.claims[each.claim] for each in (*MUTANTS, *DEFECTS)}
    claims = {each.id for each in tested_claims if each.strength == "example" and each.is_required}
    assert claims - shown_shapes - on_inputs - identifiers == MEANINGS.keys()

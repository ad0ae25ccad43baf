"""The lists in the ledger of what breaks a claim are those of what the contract tests notice."""

from __future__ import annotations

import pytest

from cannon_spec import Claim, load_catalog
from tests.mutants.table import MUTANTS
from tests.servers.defects.table import DEFECTS

BEHAVIOUR = [claim for claim in load_catalog().claims.values() if claim.kind == "behaviour"]


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


def test_only_words_and_shapes_are_required() -> None:
    """No claim is required of every server whose only evidence is an assumption or a value of an example."""
    weak = ("assumed", "reported", "upstream")
    assert not [each.id for each in load_catalog().claims.values() if each.is_required and each.strength in weak]
    assert not [each.id for each in BEHAVIOUR if each.is_required and each.strength == "example"]

"""What a contract run observed, as a list (floor 2)."""

from __future__ import annotations

import json

from cannon_spec.contract.wording import format_count
from cannon_spec.output.observation_file import Observation, ObservationFile
from cannon_spec.printable import escape_unprintable


def render_text(file: ObservationFile) -> str:
    """Render each observation for people: the claim, what it assumes, what was observed, and the test."""
    place = f"at {escape_unprintable(file.target)} on {escape_unprintable(file.observed_at)}"
    count = len(file.observations)
    if not count:
        return f"no observations: nothing differed from these claims {place}"
    head = f"{format_count(count, 'observation')} {place}"
    return "\n".join([head, *(_render_observation(each) for each in file.observations)])


def render_json(file: ObservationFile) -> str:
    """Render the observations for programs: the members of the file, and the text of the claim as it is now."""
    observations = [
        {
            "claim": each.claim.id,
            "strength": each.strength,
            "assumed": each.claim_text,
            "seen": each.observed_text,
            "test": each.test,
            "ledger": each.claim.text,
            "ledger_changed": each.is_claim_reworded,
        }
        for each in file.observations
    ]
    whole = {"target": file.target, "observed_at": file.observed_at, "observations": observations}
    return json.dumps(whole, indent=2)


def _render_observation(each: Observation) -> str:
    texts = {"assumed": each.claim_text, "observed": each.observed_text, "test": each.test}
    lines = ["", f"{each.claim.id} ({escape_unprintable(each.strength)})"]
    lines += [f"  {name:<9} {escape_unprintable(text)}" for name, text in texts.items()]
    if each.is_claim_reworded:
        lines.append(f"  the claim has changed since the run: {each.claim.text}")
    return "\n".join(lines)

"""What happens to a request, as data: outcome, pace and faults, chosen by name or by rule (floor 3, pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from cannon_mock import claim_ids
from cannon_spec.contract.lifecycle import Outcome

HEADER = "x-mock-scenario"
"""The request header that names a scenario for one create."""

SCENARIO_LISTING = "cannon-mock --list-scenarios lists the scenarios"
"""How a user lists those of the contract and of ``--scenarios``."""

_NAME_IN_PROMPT = re.compile(r"\[mock:([A-Za-z0-9_.-]{1,60})\]")

FaultPoint = Literal["create", "poll", "asset"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong with a request ``on`` a create, a poll or an asset.

    ``stored``: a create is stored before it goes wrong. ``times``: only the first so many requests go wrong; None
    means all. ``limit``: only requests beyond so many ``requests`` in ``window_ms`` go wrong. The other fields say what
    the client gets.
    """

    on: FaultPoint
    stored: bool = False
    times: int | None = None
    limit: Mapping[str, int] | None = None
    latency_ms: int = 0
    status: int = 0
    code: str = ""
    message: str = ""
    retry_after_s: int | None = None
    retry_after_form: Literal["seconds", "date"] = "seconds"
    connection: Literal["", "no-answer", "in-body", "reset", "refused", "unresolved"] = ""
    body: Literal["", "truncated", "malformed", "html"] = ""
    claim: str = claim_ids.SCENARIO_FAULTS

    @property
    def is_counted(self) -> bool:
        """Whether it depends on how many requests there were before."""
        return self.times is not None or self.limit is not None


@dataclass(frozen=True, slots=True)
class ReplyPatch:
    """A JSON Merge Patch for a reply, as a later version of the service might change it.

    With ``status`` it applies to replies of that status alone.
    """

    on: Literal["create", "poll"]
    patch: Mapping[str, Any]
    status: str = ""
    claim: str = claim_ids.SCENARIO_DRIFT


@dataclass(frozen=True, slots=True)
class WebhookFaults:
    """What goes wrong with the webhook of a task."""

    delay_ms: int = 0
    lost: bool = False
    copies: int = 1
    age_s: int = 0
    wrong_secret: bool = False
    changed_body: bool = False
    respelled_body: bool = False


@dataclass(frozen=True, slots=True)
class Scenario:
    """How fast a task proceeds, how it ends, and which faults occur.

    ``factor`` multiplies its times; ``stuck`` names a state that it never leaves. ``processing_ms`` are the least and
    the most time of processing, whatever the operation; empty for the operation's own. Where the request breaks a rule
    of the provider's, that of ``violation_messages`` for the rule's keyword or name takes the place of ``message``.
    Each is a template of ``$field``, ``$value`` and ``$size``; ``message_claim`` is what they rest on.
    """

    name: str
    text: str
    outcome: Outcome = "succeeded"
    message: str | None = None
    message_claim: str = ""
    violation_messages: Mapping[str, str] = field(default_factory=dict)
    factor: float = 1
    stuck: str = ""
    processing_ms: Sequence[int] = ()
    faults: tuple[Fault, ...] = ()
    patches: tuple[ReplyPatch, ...] = ()
    webhook: WebhookFaults = field(default=WebhookFaults())
    claim: str = claim_ids.SCENARIO_HEADER


@dataclass(frozen=True, slots=True)
class ScenarioRule:
    """Chooses a scenario for creates that match all of its fields; with ``times`` for the next so many of them."""

    id: int
    scenario: str
    operation: str = ""
    model: str = ""
    prompt: str = ""
    account: str = ""
    times: int | None = None

    @property
    def match(self) -> tuple[str, ...]:
        """What a create must have."""
        return (self.operation, self.model, self.prompt, self.account)

    def matches(self, operation: str, input: Mapping[str, Any], account: str) -> bool:
        """Whether a create has every value that the rule names, and its prompt contains the rule's prompt."""
        # ``prompt`` is a field of an input that a test can mark freely without a change of what is asked for.
        return (
            self.operation in ("", operation)
            and self.model in ("", input.get("model"))
            and self.account in ("", account)
            and self.prompt in str(input.get("prompt", ""))
        )


def read_scenarios(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, Scenario]:
    """Scenarios by name, from their entries in the contract's data."""
    return {name: _read_scenario(name, dict(entry)) for name, entry in entries.items()}


def find_name_in_prompt(prompt: object) -> str | None:
    """The name of a scenario that a prompt contains as ``[mock:NAME]``."""
    match = _NAME_IN_PROMPT.search(prompt) if isinstance(prompt, str) and "[mock:" in prompt else None
    return match[1] if match else None


def insert_rule(rules: Sequence[ScenarioRule], rule: ScenarioRule) -> list[ScenarioRule]:
    """The rules with one more, in the order in which they are tried.

    Rules with ``times`` come first, the oldest first. Then come those without, the newest first: each takes the place
    of an earlier one that matches the same creates.
    """
    counted_rules = [each for each in rules if each.times is not None]
    lasting_rules = [each for each in rules if each.times is None]
    if rule.times is not None:
        return [*counted_rules, rule, *lasting_rules]
    return [*counted_rules, rule, *(each for each in lasting_rules if each.match != rule.match)]


def use_rule(rules: Iterable[ScenarioRule], id_: int) -> list[ScenarioRule]:
    """The rules after one of them was used once: its ``times`` go down by one, and at 0 the rule is removed."""
    remaining_rules = []
    for rule in rules:
        if rule.id != id_ or rule.times is None:
            remaining_rules.append(rule)
        elif rule.times > 1:
            remaining_rules.append(replace(rule, times=rule.times - 1))
    return remaining_rules


def _read_scenario(name: str, entry: dict[str, Any]) -> Scenario:
    pace = entry.pop("pace", {})
    return Scenario(
        name=name,
        faults=tuple(Fault(**fault) for fault in entry.pop("faults", ())),
        patches=tuple(ReplyPatch(**patch) for patch in entry.pop("drift", ())),
        webhook=WebhookFaults(**entry.pop("webhook", {})),
        **pace,
        **{"text": "", **entry},
    )

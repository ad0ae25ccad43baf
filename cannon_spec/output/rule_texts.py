"""What each rule says that is no keyword of a schema: those on documents, and those on recorded calls (floor 2)."""

from cannon_spec.named_rules import NAMED_RULES
from cannon_spec.traffic.sequence import TRAFFIC_RULES

RULE_TEXTS = {**NAMED_RULES, **TRAFFIC_RULES}
"""The sentence on each rule, by its name."""

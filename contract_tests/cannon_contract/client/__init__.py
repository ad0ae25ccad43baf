"""How tests talk to a target: calls, flows, records of exchanges (floor 6)."""

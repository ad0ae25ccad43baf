"""How the tests talk to a target: calls, flows, recorded exchanges (floor 6)."""

"""The HTTP endpoints of the mock (floor 4)."""

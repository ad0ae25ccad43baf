"""What the API promises, as tests: the same for the mock and for the live service (floor 6)."""

"""The mock inside a test run: the pytest plugin and the bridges into HTTP clients (floor 5)."""

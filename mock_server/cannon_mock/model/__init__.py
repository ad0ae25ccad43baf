"""The state of the mock as pure values: tasks, scenarios, deliveries, credits, keys, journal (floor 3)."""

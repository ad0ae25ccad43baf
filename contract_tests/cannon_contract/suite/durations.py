"""Durations in seconds that tests of several topics share (floor 6)."""

DAY_S = 86_400

CLOCK_TOLERANCE_S = 300
"""By how much times may differ that machines of a target, or this one and the target, tell: each has a clock."""

"""Recorded calls of the API, and the checks on them (floor 2)."""

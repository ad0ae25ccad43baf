"""Tests of cannon_spec."""

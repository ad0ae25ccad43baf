"""Tests of cannon_spec/cli."""

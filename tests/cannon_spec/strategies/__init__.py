"""Tests of cannon_spec/strategies."""

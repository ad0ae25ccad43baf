"""Tests of cannon_spec/traffic."""

"""Tests of cannon_spec/output."""

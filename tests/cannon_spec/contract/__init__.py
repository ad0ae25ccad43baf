"""Tests of cannon_spec/contract."""

"""Tests of cannon_contract/runner."""

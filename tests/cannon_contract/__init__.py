"""Tests of cannon_contract."""

"""Tests of cannon_contract/spending."""

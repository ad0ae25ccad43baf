"""Tests of cannon_contract/client."""

"""Tests of cannon_mock/commands."""

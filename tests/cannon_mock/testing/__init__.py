"""Tests of cannon_mock/testing."""

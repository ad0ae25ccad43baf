"""Tests of cannon_mock/stores."""

"""Tests of cannon_mock/media."""

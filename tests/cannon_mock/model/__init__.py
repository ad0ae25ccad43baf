"""Tests of cannon_mock/model."""

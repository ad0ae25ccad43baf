"""Tests of cannon_mock."""

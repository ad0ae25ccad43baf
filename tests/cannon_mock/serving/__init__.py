"""Tests of cannon_mock/serving."""

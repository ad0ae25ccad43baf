"""Tests of cannon_mock/views."""

"""Tests of cannon_mock/webhooks."""

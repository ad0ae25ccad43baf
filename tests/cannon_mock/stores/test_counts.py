"""Counts of names, on every kind of records."""

from __future__ import annotations

import pytest

from cannon_mock.stores import Records, counts


def test_names_that_were_counted_longest_ago_are_forgotten(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound the name that was counted longest ago starts anew, the others go on, and nothing else stays."""
    monkeypatch.setattr(counts, "_COUNTS", counts._COUNTS._replace(most=3))
    names = ("a", "b", "c" * 9999, "a", "d")
    assert [counts.count(records, name, at_ms) for at_ms, name in enumerate(names)] == [1, 1, 1, 2, 1]
    assert [counts.count(records, name, 9) for name in ("a", "c" * 9999, "b")] == [3, 2, 1]
    assert records.count("counts") == 3


def test_a_window_counts_each_name_alone(records: Records) -> None:
    """A name can be counted so many times in a window; then it waits for the first of them to leave it."""
    waits_ms = [counts.count_in_window(records, "a", at_ms, 1000, 2) for at_ms in (0, 100, 200, 200, 1000, 1001)]
    assert waits_ms == [0, 0, 800, 800, 0, 99]
    assert counts.count_in_window(records, "b", 200, 1000, 2) == 0
    assert records.count("windows") == 2

"""Garbage collection in the process of the tests, which holds thousands of tests that are never garbage."""

from __future__ import annotations

import gc


def freeze_objects() -> None:
    """Spare the objects of this process all later collections: pytest alone asks for two in each run within a test."""
    gc.collect()
    gc.freeze()

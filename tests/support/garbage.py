"""Garbage collection in the process of the tests, which holds thousands of tests that are never garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch


def collect_none() -> None:
    """Do no collection until ``freeze_objects``: while tests are gathered, nearly all that is made is kept."""
    gc.disable()


def freeze_objects() -> None:
    """Spare the objects of this process all later collections."""
    gc.collect()
    gc.freeze()
    gc.enable()


@contextmanager
def collect_once() -> Iterator[None]:
    """Freeze the objects of this process, and do no collection that a run of pytest within the block asks for.

    Pytest asks for several at the end of each run. What is collected by itself, as objects are made, still is.
    """
    freeze_objects()
    with patch.object(gc, "collect", lambda generation=2: 0):
        yield

"""The cache of rendered files: bounded by bytes, and one file is rendered at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Semaphore

import pytest

from cannon_mock.asset_files.file_cache import FileCache


def _is_kept(cache: FileCache, key: str) -> bool:
    """Whether the cache has the file, without keeping another."""
    try:
        cache.get_or_render(key, _fail)
    except LookupError:
        return False
    return True


def _fail() -> bytes:
    raise LookupError


def test_the_files_asked_for_last_are_kept_as_far_as_they_fit() -> None:
    """Where files take more bytes than the cache may have, those not asked for the longest time are dropped."""
    cache = FileCache(most_bytes=10)
    for name in ("a", "b"):
        cache.get_or_render(name, lambda: b"12345")
    assert _is_kept(cache, "a")
    cache.get_or_render("c", lambda: b"1")
    assert [name for name in "abc" if _is_kept(cache, name)] == ["a", "c"]


def test_a_file_that_does_not_fit_is_served_and_not_kept() -> None:
    """A file of more bytes than the cache may have is rendered each time."""
    cache = FileCache(most_bytes=4)
    assert cache.get_or_render("a", lambda: b"12345") == b"12345"
    assert not _is_kept(cache, "a")


def test_a_failure_is_not_kept() -> None:
    """Where rendering fails, the caller gets the error and the next one renders again."""
    cache = FileCache(most_bytes=10)
    with pytest.raises(LookupError):
        cache.get_or_render("a", _fail)
    assert cache.get_or_render("a", lambda: b"1") == b"1"


def test_many_who_ask_at_once_get_one_rendering() -> None:
    """Of threads that ask at once, one renders each file, and no two render at the same time."""
    cache, start, second_start = FileCache(most_bytes=100), Barrier(16), Event()
    running, names = Semaphore(1), []

    def render(name: str) -> bytes:
        if not running.acquire(blocking=False):
            second_start.set()
        names.append(name)
        assert not second_start.wait(timeout=0.01)
        running.release()
        return name.encode()

    def ask(number: int) -> bytes:
        name = f"file {number % 4}"
        start.wait()
        return cache.get_or_render(name, lambda: render(name))

    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(ask, range(16)))
    assert replies == [f"file {number % 4}".encode() for number in range(16)]
    assert sorted(names) == [f"file {number}" for number in range(4)]

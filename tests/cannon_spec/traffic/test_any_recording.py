"""Recordings with any value anywhere."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_spec.cli import flags, main
from tests.cannon_spec.traffic.recorder import CREATE, HOST, ONCE, STATUS, change_json, replace_value
from tests.support.effort import examples
from tests.support.payloads import CATALOG


def _list_places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of each value within a value, itself first."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _list_places(item, (*path, key))


PLACES = list(_list_places(ONCE))
BODIES = [
    *((number, "response", "content") for number in range(4)),
    (CREATE, "request", "postData"),
]
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**308),
    st.floats(),
    st.text(),
    st.sampled_from(["\ud800", "base64", "2026-05-01T00:00:00+23:59", "0001-01-01T00:00:00+23:59", HOST + STATUS]),
)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)


def run_quietly(data: bytes, file: Path) -> tuple[int, str, str]:
    """Run the command on a file of these bytes: exit status, standard output, standard error."""
    file.write_bytes(data)
    out, err = io.StringIO(), io.StringIO()
    # The contract is loaded once: it is the same for each of the many files.
    with redirect_stdout(out), redirect_stderr(err), mock.patch.object(flags, "load_catalog", return_value=CATALOG):
        status = main.main(["check-traffic", str(file), "--format", "json"])
    return status, out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("har") / "a.har"


@examples(150)
@given(changes=st.lists(st.tuples(st.sampled_from(PLACES), VALUES), min_size=1, max_size=3))
def test_any_file_is_judged_or_reported(changes: list[tuple[tuple[Any, ...], Any]], file: Path) -> None:
    """Whatever values a file holds, it is judged or reported, and the JSON that is written is complete."""
    recording: Any = ONCE
    for path, value in changes:
        try:
            recording = replace_value(recording, path, value)
        except (LookupError, TypeError):
            continue  # an earlier change removed the place
    status, out, err = run_quietly(json.dumps(recording).encode(), file)
    assert status in (0, 1, 2), err
    assert json.loads(out)["summary"].keys() >= {"judged", "ignored", "without_body"}


@examples(150)
@given(where=st.sampled_from(BODIES), change=st.dictionaries(st.sampled_from(
    ["id", "status", "poll_after_ms", "createdAtMs", "startedAtMs", "completedAtMs", "requestLog", "output", "input"]
), VALUES, max_size=3), whole=st.none() | VALUES)  # fmt: skip
def test_any_body_is_judged(where: tuple[int, str, str], change: dict[str, Any], whole: Any, file: Path) -> None:
    """Whatever values a body holds, it is judged."""
    number, side, member = where
    recording = copy.deepcopy(ONCE)
    holder = recording["log"]["entries"][number][side][member]
    change_json(holder, lambda view: view.update(change))
    if whole is not None:
        holder["text"] = json.dumps(whole)
    status, _, err = run_quietly(json.dumps(recording).encode(), file)
    assert status in (0, 1), err


@examples(100)
@given(data=st.binary(max_size=200))
def test_any_bytes_are_reported(data: bytes, file: Path) -> None:
    """Bytes that are no HAR give exit status 2."""
    assert run_quietly(data, file)[0] == 2

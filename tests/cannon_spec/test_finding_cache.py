"""Findings are worded once for documents with the same slip."""

from __future__ import annotations

import copy
import pickle
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given

from cannon_spec import fix_request, load_catalog, validate_request
from cannon_spec.finding_cache import _WORDINGS
from tests.support.effort import examples
from tests.support.payloads import requests

CATALOG = load_catalog()


def make_body(**fields: Any) -> dict[str, Any]:
    return {"operation": "image.generate", "input": {"prompt": "x", "model": "gptimage2", **fields}}


@examples(300)
@given(requests)
def test_a_finding_that_was_kept_is_the_one_that_would_be_made(body: Any) -> None:
    """A catalog that has judged many bodies gives the findings of one that has kept none."""
    report = validate_request(body, catalog=CATALOG)
    CATALOG.caches.clear()
    assert validate_request(body, catalog=CATALOG) == report


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"resolution": 1}, {"resolution": True}),
        ({"resolution": 1}, {"resolution": 1.0}),
        ({"resolution": 0.0}, {"resolution": -0.0}),
        ({"resolution": "1"}, {"resolution": 1}),
        ({"reference_image_urls": "https://a.example"}, {"reference_image_urls": ["nope"]}),
        ({"reference_image_urls": [1]}, {"reference_image_urls": [2]}),
        ({"resolution": ["4k"]}, {"resolution": ["8K"]}),
        ({"resolution": [1]}, {"resolution": [True]}),
        ({"resolution": ["4k"]}, {"resolution": ["4k", "4k"]}),
        ({"reference_image_urls": {"url": "a"}}, {"reference_image_urls": {"url": "b"}}),
        ({"resolution": "3840x2160"}, {"resolution": "3840x2160", "aspect_ratio": "16:9"}),
        ({"xyz": 1}, {"zyx": 1}),
    ],
)
def test_what_a_finding_rests_on_tells_it_apart(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Values that Python holds equal, and slips that differ in or beside their values, have findings of their own."""
    bodies = [make_body(**one), make_body(**other)]
    expected = [validate_request(body, catalog=load_catalog()).findings for body in bodies]
    assert [validate_request(body, catalog=CATALOG).findings for body in bodies] == expected
    assert [validate_request(body, catalog=CATALOG).findings for body in reversed(bodies)] == expected[::-1]


@pytest.mark.parametrize("resolution", ["8K", ["4K"]])
def test_a_kept_finding_is_the_same_object(resolution: Any) -> None:
    """The same slip in another body is not worded again, be it in a text or in a list of one."""
    first, second = (validate_request(make_body(prompt=text, resolution=resolution), catalog=CATALOG) for text in "ab")
    assert first.findings[0] is second.findings[0]


def test_a_fixed_body_shares_nothing_with_later_ones() -> None:
    """Whoever changes a list of a fixed body changes no fix that others get."""
    fixed_bodies = []
    for _ in range(2):
        body = make_body(reference_image_urls="https://example.com/1.jpg")
        fixed_bodies.append(fix_request(body, catalog=CATALOG).value)
        fixed_bodies[-1]["input"]["reference_image_urls"].append("changed")
    assert fixed_bodies[1]["input"]["reference_image_urls"] == ["https://example.com/1.jpg", "changed"]


def test_few_findings_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The findings that a catalog keeps are bounded, whatever it judges; long texts are in none of their keys."""
    monkeypatch.setattr("cannon_spec.finding_cache._MOST_ENTRIES", 5)
    catalog = load_catalog()
    for number in range(20):
        validate_request(make_body(resolution=f"{number}K"), catalog=catalog)
        assert 1 <= len(catalog.caches[_WORDINGS]) <= 5
    catalog.caches[_WORDINGS].clear()
    validate_request(make_body(resolution="K" * 1000), catalog=catalog)


@pytest.mark.parametrize(
    "build",
    [
        lambda text: make_body(**{text: 1}),
        lambda text: {**make_body(), text: 1},
        lambda text: make_body(reference_image_urls=[f"https://{text}.com"]),
    ],
)
def test_long_texts_are_not_kept(build: Callable[[str], Any]) -> None:
    """Judging bodies with long names of fields, or long hosts, takes no memory that stays."""
    validate_request(build("n" * 100_000), catalog=CATALOG)
    tracemalloc.start()
    for letter in "abcde":
        validate_request(build(letter * 100_000), catalog=CATALOG)
    kept_bytes = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert kept_bytes < 100_000


@pytest.mark.parametrize("field", [{"aspect_ratio": "16x9"}, {"model": "gptimage-2"}, {"aspectRatio": "16:9"}])
def test_nobody_can_change_the_fix_of_a_finding(field: dict[str, Any]) -> None:
    """A finding is shared by all bodies with the same slip, so its fix stays as it is; a copy of it can be changed."""
    body = make_body(**field)
    expected = fix_request(body, catalog=CATALOG).value
    for finding in validate_request(body, catalog=CATALOG).findings:
        for operation in finding.fix or ():
            for change in (dict.clear, dict.popitem):
                with pytest.raises(TypeError, match="cannot be changed"):
                    getattr(operation, change.__name__)()
            with pytest.raises(TypeError, match="copy it first"):
                operation["path"] = "/x"  # type: ignore[index]
        assert pickle.loads(pickle.dumps(finding)) == finding == copy.deepcopy(finding)
        for changed in finding.to_dict()["fix"] or ():
            changed.clear()
    assert fix_request(body, catalog=CATALOG).value == expected

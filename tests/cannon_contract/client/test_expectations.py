"""Each expectation that is not met is a sentence: what was looked at, what was expected, what came."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from cannon_contract import claim_ids
from cannon_contract.client import expectations
from cannon_contract.client.differences import describe_difference, show
from cannon_contract.client.expectations import (
    REFUSAL,
    SUCCESS,
    expect,
    expect_between,
    expect_count,
    expect_different,
    expect_equal,
    expect_member,
    expect_no_breach,
    expect_one_of,
    expect_status,
)
from cannon_contract.client.outcomes import ClaimBroken
from cannon_spec.contract.lifecycle import check_view

_LATE = {"createdAtMs": 10_000, "startedAtMs": 5}
_VIEW = {"id": "req_1", "output": {"image_url": "a", "image_urls": ["a"]}}


def _respond(status: int, body: Any = None) -> httpx.Response:
    request = httpx.Request("GET", "http://x/api/v1/requests/req_1")
    return httpx.Response(status, json=body, request=request)


@pytest.mark.parametrize(
    ("check", "sentence"),
    [
        (lambda: expect(False, "the end", "a webhook", None), "the end: expected a webhook, got null"),
        (lambda: expect_equal(1222, 1250, "credits"), "credits: expected 1250, got 1222"),
        (lambda: expect_equal(True, 1, "credits"), "credits: expected 1, got true"),
        (lambda: expect_equal("a", None, "the error"), 'the error: expected null, got "a"'),
        (
            lambda: expect_equal({"id": "a", "n": [1, 2]}, {"id": "a", "n": [1, 3]}, "the object"),
            "the object: /n/1: expected 3, got 2",
        ),
        (
            lambda: expect_equal({"a": 1}, {"a": 2, "b": 0, "c": 1}, "the object"),
            "the object: /a: expected 2, got 1 (2 more: /b, /c)",
        ),
        (lambda: expect_equal({}, {"b": 0}, "the object"), "the object: /b: expected 0, got no such member"),
        (lambda: expect_equal({"b": 0}, {}, "the object"), "the object: /b: expected no such member, got 0"),
        (lambda: expect_equal([1, 2], [1], "the list"), "the list: expected 1 item, got 2: [1, 2]"),
        (lambda: expect_different("a", "a", "the ids"), 'the ids: expected two different values, got "a" twice'),
        (lambda: expect_one_of(3, (1, 2), "n"), "n: expected one of 1, 2, got 3"),
        (lambda: expect_between("7", 0, 9, "n"), 'n: expected a number from 0 to 9, got "7"'),
        (lambda: expect_between(10, 0, 9, "n"), "n: expected a number from 0 to 9, got 10"),
        (lambda: expect_count([], 1, "webhooks"), "webhooks: expected 1, got 0"),
        (lambda: expect_count([5, 6], 1, "webhooks"), "webhooks: expected 1, got 2: [5, 6]"),
        (
            lambda: expect_member(_VIEW, "/output/size", "the end"),
            "the end: /output: expected the member size, got an object with the members image_url, image_urls",
        ),
        (lambda: expect_member({}, "/id", "the end"), "the end: expected the member id, got an object with no members"),
        (
            lambda: expect_member(_VIEW, "/id/a", "the end"),
            'the end: /id: expected an object with the member a, got "req_1"',
        ),
        (
            lambda: expect_member(_VIEW, "/output/image_urls/1", "the end"),
            "the end: /output/image_urls: expected an item 1, got an array of 1 item",
        ),
        (
            lambda: expect_no_breach(check_view(_LATE), _LATE, "a poll", "a"),
            "a poll: startedAtMs is before createdAtMs; expected: 10000 or later, got 5",
        ),
        (
            lambda: expect_status(_respond(200), 401, "without a key"),
            "GET /api/v1/requests/{id} without a key: expected 401, got 200",
        ),
        (
            lambda: expect_status(_respond(500, {"error": {"code": "x", "message": "no"}}), REFUSAL, "of nobody"),
            "GET /api/v1/requests/{id} of nobody: expected a 4xx status, got 500 (x: no)",
        ),
        (
            lambda: expect_status(_respond(404, {"error": "no"}), (200, 202), "again"),
            "GET /api/v1/requests/{id} again: expected 200 or 202, got 404",
        ),
    ],
)
def test_an_expectation_that_is_not_met_is_a_sentence(check: Callable[[], object], sentence: str) -> None:
    """The message of each failure is one line with the expected value, the actual one, and the key that differs."""
    with pytest.raises(ClaimBroken) as caught:
        check()
    assert str(caught.value) == sentence


def test_an_expectation_that_is_met_raises_nothing() -> None:
    """Equal values, members that are there and expected statuses pass; 1 and 1.0 are equal in JSON."""
    expect(True, "", "", None)
    expect_equal({"a": [1, None]}, {"a": [1.0, None]}, "")
    expect_different("a", "b", "")
    expect_one_of(1, (1, 2), "")
    expect_between(2.5, 2, 3, "")
    expect_count([1], 1, "")
    expect_no_breach(check_view({}), {}, "")
    assert expect_member(_VIEW, "/output/image_urls/0", "") == "a"
    assert expect_status(_respond(204), SUCCESS, "").status_code == 204


def test_an_expectation_names_the_claims_that_it_breaks() -> None:
    """Each function takes the broken claims last; they are those of the failure."""
    checks = [
        lambda: expect(False, "", "", None, "a", "b"),
        lambda: expect_equal(1, 2, "", "a", "b"),
        lambda: expect_different(1, 1, "", "a", "b"),
        lambda: expect_one_of(1, (2,), "", "a", "b"),
        lambda: expect_between(1, 2, 3, "", "a", "b"),
        lambda: expect_count([], 1, "", "a", "b"),
        lambda: expect_member({}, "/a", "", "a", "b"),
        lambda: expect_no_breach(check_view(_LATE), _LATE, "", "a", "b"),
        lambda: expect_status(_respond(200), 401, "", "a", "b"),
    ]
    assert len(checks) == len([name for name in vars(expectations) if name.startswith("expect")])
    for check in checks:
        with pytest.raises(ClaimBroken) as caught:
            check()
        assert caught.value.claims == ("a", "b")
    with pytest.raises(ClaimBroken) as caught:
        expect_no_breach(check_view(_LATE), _LATE, "")
    assert caught.value.claims == (claim_ids.LIFECYCLE_ORDER,)


def test_long_texts_are_shown_where_they_differ() -> None:
    """Of two long texts the sentence has the letters around the first difference, and both lengths."""
    text = "word " * 1500
    difference = describe_difference(text[:4000] + "&quot;" + text[4001:], text)
    assert '…"word word word word word word word' in difference
    assert "of 7500 letters" in difference
    assert "word &quot;ord" in difference
    assert difference.endswith("different from letter 4001 on")
    assert len(difference) < 300


@pytest.mark.parametrize(
    "value",
    ["x" * 100_000, {"k" * 100_000: 1}, dict.fromkeys(map(str, range(9999))), [0] * 9999, 10**4000, b"x" * 9999],
    ids=["text", "key", "object", "array", "number", "bytes"],
)
def test_a_sentence_is_short_whatever_a_target_sends(value: Any) -> None:
    """Values of any size, with any letters and at any depth make a sentence of one short, printable line."""
    for other in (None, "x", {}, [], [value]):
        for difference in (describe_difference(value, other), describe_difference({"a": other}, {"a": value})):
            assert 0 < len(difference) < 500
            assert difference.isprintable()


def test_values_of_any_kind_are_shown() -> None:
    """Control characters are escaped, bytes are counted, a set is sorted, and a deep value does not end the run."""
    nested: Any = 0
    for _ in range(100_000):
        nested = [nested]
    assert show("\x1b[31m\u202e") == r'"\u001b[31m\u202e"'
    assert show(b"\x89PNG") == "4 bytes that begin with 89 50 4e 47"
    assert show({3, 1, 2}) == "[1, 2, 3]"
    assert show(json.loads("NaN")) == "NaN"
    assert show(nested)

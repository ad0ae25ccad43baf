"""Keys that are nearly a good one: each is another key, and none of them is in any output."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from cannon_contract.client.recording import SHOWS_KEY, build_redactor, redact_response
from cannon_contract.client.wrong_keys import CALLS_WITHOUT_KEY, find_prefix, list_near_keys, list_other_forms
from cannon_contract.runner.mock_target import make_mock_api
from cannon_spec.redaction import MASK
from tests.support.payloads import CATALOG

KEY = "cs_live_4f9aQ7xE"


def test_near_keys_are_other_keys() -> None:
    """A key has seven near keys, all different and none of them the key, and their words do not have it."""
    near_keys = list_near_keys(KEY)
    assert len(set(near_keys.values())) == len(near_keys) == 7
    assert KEY not in near_keys.values()
    assert {"cs_live_4f9aQ7xQ", "cs_live_4f9aQ7x", "cs_live_4f9aQ7xEQ", "cs_live_4F9Aq7Xe", "cs_live_"} < {
        *near_keys.values()
    }
    assert "4f9a" not in "".join(near_keys)


@pytest.mark.parametrize("key", ["x", "cs_", "cs_live_", "cs_live_x", "cs_live_1", "QQQQ", "____"])
def test_an_odd_key_has_near_keys_too(key: str) -> None:
    """Of a short key, one without a prefix and one without letters each near key is another key, and none is empty."""
    assert list_near_keys(key)
    assert not {"", key} & {*list_near_keys(key).values()}


@pytest.mark.parametrize(
    ("key", "prefix"), [(KEY, "cs_live_"), ("cs_test_a_b", "cs_test_"), ("cs_x", ""), ("secret", "")]
)
def test_the_prefix_of_a_key_is_its_first_two_words(key: str, prefix: str) -> None:
    """The prefix that a key shares with others ends with its second underscore."""
    assert find_prefix(key) == prefix


@pytest.mark.parametrize("words", [each for each in list_near_keys(KEY) if "prefix" not in each])
def test_a_near_key_is_redacted_as_the_key(words: str) -> None:
    """A text that has a key with a letter changed, cut, added or in the other case tells nothing of it."""
    text = build_redactor([KEY]).redact_text(f"unknown key {list_near_keys(KEY)[words]}!")
    assert MASK in text
    assert KEY[9:12] not in text


def test_the_prefix_alone_is_no_secret() -> None:
    """The public prefix of a key stays in texts, and words such as key are no secrets."""
    assert build_redactor([KEY]).redact_text("keys begin with cs_live_") == "keys begin with cs_live_"
    assert build_redactor(["word"]).redact_text("a wor is not a word") == f"a wor is not a {MASK}"


@pytest.mark.parametrize(("text", "shows_key"), [(KEY, True), (KEY[:-1], False), ("cs_live_", False)])
def test_a_reply_that_had_the_whole_key_says_so(text: str, shows_key: bool) -> None:
    """A response is redacted, and it still says whether it had the whole key, in its body or in a header."""
    request = httpx.Request("GET", "http://x")
    for response in (
        httpx.Response(200, content=text.encode(), request=request),
        httpx.Response(200, headers={"x-echo": text}, request=request),
    ):
        assert redact_response(response, build_redactor([KEY])).extensions.get(SHOWS_KEY, False) is shows_key


def test_a_reply_to_a_near_key_shows_no_key() -> None:
    """A refusal may name the key that was sent: where that is not the key of the caller, nothing is shown."""
    mock = make_mock_api(CATALOG, "image.generate")

    def echo(request: httpx.Request) -> httpx.Response:
        return httpx.Response(401, request=request, extensions={SHOWS_KEY: True})

    api = replace(mock, send=echo)
    api.call("GET", "/api/v1/status", {"x-api-key": f"{api.key}Q"})
    assert api.notes.malformed_replies == []
    api.call("GET", "/api/v1/status", {"authorization": f"Bearer {api.key}"})
    assert [each.claims for each in api.notes.malformed_replies] == [("auth-key-not-shown",)]


def test_no_call_without_a_key_has_one() -> None:
    """The calls that should be refused have no key, and the other forms are none of the two documented ones."""
    documented = [{"x-api-key": KEY}, {"authorization": f"Bearer {KEY}"}]
    assert not any(KEY in value for headers in CALLS_WITHOUT_KEY.values() for value in headers.values())
    assert not [headers for headers in list_other_forms(KEY).values() if headers in documented]

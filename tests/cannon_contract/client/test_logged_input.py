"""The input in the log of a request, compared with the one that was submitted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cannon_contract import claim_ids
from cannon_contract.client.documented_bodies import list_sources
from cannon_contract.client.logged_input import expect_logged_input
from cannon_contract.client.outcomes import ClaimBroken, NotTested
from cannon_contract.runner.mock_target import make_mock_api
from tests.support.payloads import CATALOG

INPUT = {"prompt": 'a "kite" & more', "reference_image_urls": ["b", "c", "a"]}


def end_with(logged_input: Any) -> dict[str, Any]:
    """A request that has succeeded, with this input in its log."""
    return {"id": "req_1", "status": "succeeded", "requestLog": {"input": logged_input}}


@pytest.mark.parametrize(
    ("logged_input", "text"),
    [
        ({**INPUT, "prompt": "a &quot;kite&quot; &amp; more"}, r"requestLog.input.prompt: expected .*, got .*&amp;"),
        ({**INPUT, "reference_image_urls": ["a", "b", "c"]}, 'requestLog.input.reference_image_urls: /0: expected "b"'),
        ({"prompt": INPUT["prompt"]}, "requestLog.input: expected the member reference_image_urls"),
        (None, "expected an object"),
    ],
)
def test_each_submitted_member_is_in_the_log_unchanged(logged_input: Any, text: str) -> None:
    """A member that is changed, in another order or missing breaks the claim on the log, and is named."""
    with pytest.raises(ClaimBroken, match=text) as error:
        expect_logged_input(make_mock_api(CATALOG, "image.generate"), end_with(logged_input), INPUT)
    assert error.value.claims == (claim_ids.REQUEST_LOG,)


def test_more_members_are_a_deviation() -> None:
    """On another server than our mock a default in the log breaks nothing, and is noted."""
    mock = make_mock_api(CATALOG, "image.generate")
    server = replace(mock, is_mock=False)
    expect_logged_input(server, end_with({**INPUT, "seed": 42}), INPUT)
    assert [each.claim for each in server.notes.deviations] == [claim_ids.REQUEST_LOG_INPUT_EXACT]
    with pytest.raises(ClaimBroken, match="got also seed"):
        expect_logged_input(mock, end_with({**INPUT, "seed": 42}), INPUT)


def test_a_failed_request_without_a_log_shows_nothing() -> None:
    """No page shows the log of a failed request."""
    with pytest.raises(NotTested, match="req_1 failed"):
        expect_logged_input(make_mock_api(CATALOG, "image.generate"), {"id": "req_1", "status": "failed"}, INPUT)


def test_files_and_ids_of_the_vendor_are_sources() -> None:
    """Fields with an address, at any depth, or the id of something of the vendor's are what a target must find."""
    input = {"prompt": "see https://x", "a": ["https://x/1"], "b": [{"u": "http://x"}], "sora_video_id": "video_1"}
    assert list_sources(input) == ["a", "b", "sora_video_id"]

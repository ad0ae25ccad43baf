"""Replies of the simulated API that depend on the settings: keys, statuses, prices, scenarios, limits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.mocks import LONG_MS, PRICE, START, Driver, DriverFactory, body, read_error


def test_a_file_of_keys_sets_names_scopes_and_credits(make_mock: DriverFactory, tmp_path: Path) -> None:
    """Keys have the names, scopes, plans and credits of the file; a revoked one is refused; others may be allowed."""
    entries: dict[str, Any] = {
        "cs_reader": {"name": "Reader", "scopes": ["requests:read"], "plan": "pro", "email": "r@example.com"},
        "cs_writer": {"scopes": ["requests:write"], "credits": PRICE},
        "cs_gone": {"revoked": True},
    }
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": entries}))
    mock = make_mock(keys=str(file))
    status = mock.get("/api/v1/status", "cs_reader").get_json()
    assert (status["apiKey"], status["account"]) == (
        {"name": "Reader", "scopes": ["requests:read"]},
        {"email": "r@example.com", "plan": "pro"},
    )
    assert read_error(mock.create(key="cs_reader")) == (403, "missing_scope")
    assert [mock.create(key="cs_writer").status_code for _ in range(2)] == [202, 402]
    assert read_error(mock.get("/api/v1/requests/req_1", "cs_writer")) == (403, "missing_scope")
    assert read_error(mock.get("/api/v1/status", "cs_gone")) == (401, "unauthorized")
    assert mock.get("/api/v1/status", "cs_other").status_code == 200
    file.write_text(json.dumps({"keys": entries, "others": False}))
    assert read_error(make_mock(keys=str(file)).get("/api/v1/status", "cs_other")) == (401, "unauthorized")


@pytest.mark.parametrize("status", [422, 400, 409])
def test_the_status_of_a_mismatch_can_be_chosen(make_mock: DriverFactory, status: int) -> None:
    """An idempotency key with another body is refused with the status that the settings say."""
    mock = make_mock(mismatch_status=status)
    mock.create(headers={"x-idempotency-key": "k"})
    other = mock.create(body(prompt="other"), headers={"x-idempotency-key": "k"})
    assert read_error(other) == (status, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("model", "resolution", "credits"),
    [("gptimage2", "1K", 31), ("gptimage2", "4K", 81), ("gptimage2", None, 31), ("seedream5", None, 28)],
)
def test_a_price_depends_on_model_and_resolution(mock: Driver, model: str, resolution: Any, credits: int) -> None:
    """The credits held and billed are the price of the model at the resolution."""
    id_ = mock.create_and_get_id(body(model=model, resolution=resolution))
    assert (mock.read_credits(), mock.poll(id_)["billableCredits"]) == (START - credits, credits)


def test_a_file_adds_scenarios(make_mock: DriverFactory, tmp_path: Path) -> None:
    """A file adds scenarios beside the shipped ones, and can set the default."""
    file = tmp_path / "mine.json"
    mine = {"outcome": "failed", "message": "rain", "pace": {"factor": 0}}
    file.write_text(json.dumps({"default": "rainy-day", "scenarios": {"rainy-day": mine}}))
    mock = make_mock(catalog=None, scenarios=str(file))
    assert mock.poll(mock.create_and_get_id())["errorMessage"] == "rain"
    assert mock.create_and_finish(headers={"x-mock-scenario": "success"})["status"] == "succeeded"


def test_the_error_for_a_forgotten_request_says_so(make_mock: DriverFactory) -> None:
    """The error for a poll of a request that the mock has dropped says how many were dropped."""
    mock = make_mock(max_tasks=1)
    first = mock.create_and_finish()["id"]
    assert "forgotten" not in mock.get("/api/v1/requests/req_0").get_json()["error"]["message"]
    mock.create_and_get_id()
    reply = mock.get(f"/api/v1/requests/{first}")
    assert read_error(reply) == (404, "request_not_found")
    assert "keeps 1 requests and has forgotten 1" in reply.get_json()["error"]["message"]


def test_a_create_for_which_there_is_no_room_is_refused(make_mock: DriverFactory) -> None:
    """H10: of creates with large prompts those that fit are kept to their end, and the others get 507 with advice.

    Nothing else fails meanwhile, what is kept is within the bound, and there is room again once requests have ended.
    """
    mock = make_mock(max_memory="1MiB", credits=1_000_000)
    replies = [mock.create(body(prompt="x" * 30_000)) for _ in range(40)]
    refused_replies = [reply for reply in replies if reply.status_code != 202]
    ids = [reply.get_json()["id"] for reply in replies if reply.status_code == 202]
    assert 20 < len(ids) < 35
    assert {read_error(reply) for reply in refused_replies} == {(507, "mock_full")}
    message = refused_replies[0].get_json()["error"]["message"]
    assert "the mock keeps 1MiB" in message
    assert "a larger --max-memory, or reset it" in message
    message = mock.create(body(prompt="x" * 1_000_000)).get_json()["error"]["message"]
    assert message.startswith("this request alone is too large for a mock that keeps 1MiB; shorten it, or")
    assert {mock.poll(id_)["status"] for id_ in ids} <= {"queued", "processing"}
    assert mock.read_credits() == 1_000_000 - len(ids) * PRICE
    assert mock.get("/__mock__/journal/count").get_json()["count"] > len(ids)
    assert mock.store.records.count_bytes() <= 1024 * 1024
    mock.clock.advance(LONG_MS)
    assert [mock.create(body(prompt="x" * 30_000)).status_code for _ in range(20)] == [202] * 20


def test_a_create_beyond_the_number_of_requests_is_refused(make_mock: DriverFactory) -> None:
    """Where no request has ended, one more than --max-tasks gets 507, and the others are kept."""
    mock = make_mock(max_tasks=1)
    id_ = mock.create_and_get_id()
    reply = mock.create()
    assert read_error(reply) == (507, "mock_full")
    assert "keeps 1 requests, and none that has ended is left" in reply.get_json()["error"]["message"]
    assert mock.poll(id_)["id"] == id_

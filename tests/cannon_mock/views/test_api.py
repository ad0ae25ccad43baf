"""Status, create and read, as a client uses them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from cannon_spec import load_catalog, validate_request
from tests.support import payloads
from tests.support.mocks import (
    FAILURE,
    KEY,
    LONG_MS,
    OTHER_KEY,
    POLL_MS,
    PRICE,
    PRICE_4K,
    SQUARE_4K,
    START,
    Driver,
    DriverFactory,
    body,
    build_driver,
    read_clean_reply,
    read_error,
)
from tests.support.payloads import CATALOG, DOCUMENTED

ENDPOINTS = [("GET", "/api/v1/status"), ("POST", "/api/v1/requests"), ("GET", "/api/v1/requests/req_1")]
WITH_WARNING = body(resolution="2K", aspect_ratio="5:4")
SQUARE_RULE = "models/gptimage2#/allOf/0/then/properties/resolution/enum"

INVALID_KEYS: list[dict[str, str]] = [
    {},
    {"x-api-key": ""},
    {"x-api-key": "cs_"},
    {"x-api-key": "sk_live_1"},
    {"x-api-key": "cs_live 1"},
    {"x-api-key": "cs_livé"},
    {"x-api-key": "cs_" + "a" * 201},
    {"Authorization": KEY},
    {"Authorization": "Bearer"},
    {"Authorization": "Bearer sk_live_1"},
    {"Authorization": f"Basic {KEY}"},
    {"x-api-key": "", "Authorization": f"Bearer {KEY}"},
    {"x-api-key": "wrong", "Authorization": f"Bearer {KEY}"},
]

VALID_KEYS: list[dict[str, str]] = [
    {"x-api-key": KEY},
    {"Authorization": f"Bearer {KEY}"},
    {"authorization": f"bearer  {KEY} "},
    {"x-api-key": KEY, "Authorization": "Bearer wrong"},
    {"x-api-key": KEY, "Authorization": f"Bearer {OTHER_KEY}"},
]


@pytest.mark.parametrize("headers", VALID_KEYS, ids=str)
def test_a_key_may_be_in_either_header(mock: Driver, headers: dict[str, str]) -> None:
    """A key in x-api-key and as a bearer token stands for the same account; if both are sent, x-api-key counts."""
    mock.create_and_get_id()
    reply = mock.client.get("/api/v1/status", headers=headers)
    assert read_clean_reply("status", reply)["creditsRemaining"] == START - PRICE


@pytest.mark.parametrize("headers", INVALID_KEYS, ids=str)
@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_a_missing_or_invalid_key_is_refused(mock: Driver, method: str, path: str, headers: dict[str, str]) -> None:
    """Every endpoint refuses a missing or invalid API key with 401."""
    reply = mock.client.open(path, method=method, headers=headers, data="not even JSON")
    assert read_error(reply) == (401, "unauthorized")
    assert reply.headers["WWW-Authenticate"] == "Bearer"


def test_the_status_shows_the_credits_and_the_time(mock: Driver) -> None:
    """The status reply is valid, has the same credits in both places, and the clock's time."""
    mock.create_and_get_id()
    reply = mock.get("/api/v1/status")
    status = read_clean_reply("status", reply)
    assert reply.status_code == 200
    assert status["creditsRemaining"] == status["credits"]["remaining"] == START - PRICE
    assert status["serverTime"] == "2025-11-07T01:35:00.000Z"


def test_the_status_is_free(mock: Driver) -> None:
    """A status call changes nothing."""
    assert mock.read_credits() == mock.read_credits() == START


def test_a_create_is_accepted(mock: Driver) -> None:
    """A valid body is answered with 202 and the documented reply: its fields, in its order, and nothing else."""
    reply = mock.create(DOCUMENTED)
    content = read_clean_reply("accepted", reply)
    assert reply.status_code == 202
    assert list(content.items()) == [
        ("id", content["id"]),
        ("status", "queued"),
        ("operation", "image.generate"),
        ("poll_after_ms", POLL_MS),
        ("urls", {"get": f"http://localhost/api/v1/requests/{content['id']}"}),
    ]
    assert "x-mock-warnings" not in reply.headers


def test_the_address_in_a_reply_is_that_of_the_request(mock: Driver) -> None:
    """The address in urls.get gives the request object of the id."""
    content = mock.create().get_json()
    assert mock.get(content["urls"]["get"]).get_json()["id"] == content["id"]


@pytest.mark.parametrize("speed", [1.0, 20.0, 0.5])
def test_after_poll_after_ms_the_task_is_processing(make_mock: DriverFactory, speed: float) -> None:
    """A client that waits for poll_after_ms gets the state processing."""
    mock = make_mock(speed=speed)
    reply = mock.create().get_json()
    mock.clock.advance(reply["poll_after_ms"])
    assert mock.poll(reply["id"])["status"] == "processing"


@pytest.mark.parametrize("form", ["application/json", "text/plain", "application/x-www-form-urlencoded"])
def test_the_content_type_is_ignored(mock: Driver, form: str) -> None:
    """A body is read as JSON whatever its content type."""
    assert mock.create(headers={"content-type": form}).status_code == 202


@pytest.mark.parametrize(
    ("headers", "after_ms", "status"),
    [
        ({}, 0, "queued"),
        ({}, POLL_MS, "processing"),
        ({}, LONG_MS, "succeeded"),
        ({}, LONG_MS + 8 * 24 * 3_600_000, "succeeded"),
        (FAILURE, 0, "queued"),
        (FAILURE, POLL_MS, "processing"),
        (FAILURE, LONG_MS, "failed"),
        ({"x-mock-scenario": "success"}, LONG_MS, "succeeded"),
    ],
)
def test_each_state_is_valid(mock: Driver, headers: dict[str, str], after_ms: int, status: str) -> None:
    """The request object is valid, without a warning, in every state."""
    id_ = mock.create_and_get_id(headers=headers)
    mock.clock.advance(after_ms)
    view = read_clean_reply("request", mock.get(f"/api/v1/requests/{id_}"))
    assert (view["id"], view["status"]) == (id_, status)


def test_an_immediate_task_has_ended_at_its_first_poll(make_mock: DriverFactory) -> None:
    """With immediate progression the first poll gets the end, although no time has passed."""
    mock = make_mock(progression="immediate")
    assert mock.poll(mock.create_and_get_id())["status"] == "succeeded"
    assert mock.poll(mock.create_and_get_id(headers=FAILURE))["status"] == "failed"


def test_the_log_has_the_whole_input(mock: Driver) -> None:
    """requestLog.input is the input of the create, with every field."""
    assert mock.create_and_finish(DOCUMENTED)["requestLog"]["input"] == DOCUMENTED["input"]


@pytest.mark.parametrize("headers", [{}, FAILURE], ids=["success", "failure"])
def test_credits_are_held_then_settled_or_released(mock: Driver, headers: dict[str, str]) -> None:
    """Credits are held from the create on; a failure releases them."""
    mock.create_and_get_id(headers=headers)
    assert mock.read_credits() == START - PRICE
    mock.clock.advance(LONG_MS)
    assert mock.read_credits() == (START if headers else START - PRICE)


def test_the_same_seed_and_calls_give_the_same_replies(make_mock: DriverFactory) -> None:
    """A seed repeats a mock byte by byte; another seed, and no seed, give other ids."""
    one, two, other = make_mock(seed="7"), make_mock(seed="7"), make_mock(seed="8")
    assert [one.create().data, one.create().data] == [two.create().data, two.create().data]
    ids = {make_mock(seed="").create_and_get_id() for _ in range(3)} | {
        one.create_and_get_id(),
        other.create_and_get_id(),
    }
    assert len(ids) == 5


RICH = build_driver(credits=10**9)


@given(payloads.requests)
def test_the_mock_accepts_what_the_judge_accepts(payload: Any) -> None:
    """Any JSON is accepted, or costs too much, if the judge finds no error in it; else its findings are the refusal."""
    report = validate_request(payload)
    reply = RICH.post(json.dumps(payload))
    assert reply.status_code in ((202, 402) if report.ok else (400,))
    if not report.ok:
        assert reply.get_json()["error"]["findings"] == [finding.to_dict() for finding in report.findings]


def test_warnings_are_named_in_a_header(mock: Driver) -> None:
    """A body with warnings is accepted; x-mock-warnings has each of their rules once."""
    reply = mock.create(WITH_WARNING)
    rules = [finding.rule for finding in validate_request(WITH_WARNING).findings]
    assert reply.status_code == 202
    assert rules
    assert reply.headers["x-mock-warnings"].split(", ") == list(dict.fromkeys(rules))


def test_a_limit_of_the_default_model_is_named_in_a_header(mock: Driver) -> None:
    """P1: without a model, 4K at 1:1 is accepted with a warning, which names the rule of the default model."""
    payload = {"operation": "image.generate", "input": {"prompt": "x", "aspect_ratio": "1:1", "resolution": "4K"}}
    reply = mock.create(payload)
    assert reply.status_code == 202
    assert reply.headers["x-mock-warnings"] == SQUARE_RULE


def test_a_webhook_that_this_mock_may_call_is_no_warning(make_mock: DriverFactory) -> None:
    """P6: an address that the vendor cannot reach is a warning, but for a webhook of a host that this mock may call."""
    mock = make_mock(allow_webhooks_to="receiver.internal")
    for url in ("http://localhost:5000/hook", "http://127.0.0.1:5000/hook", "http://receiver.internal/hook"):
        assert "x-mock-warnings" not in mock.create({**body(), "webhook_url": url}).headers
    reply = mock.create({**body(), "webhook_url": "http://192.168.1.4/hook"})
    assert reply.headers["x-mock-warnings"] == "address-unreachable"
    reference = mock.create(body(reference_image_urls=["http://localhost:5000/a.png"], resolution="2K"))
    assert reference.headers["x-mock-warnings"] == "address-unreachable"


def test_a_strict_mock_refuses_warnings(make_mock: DriverFactory) -> None:
    """With strict a warning is an error and refused; a body without findings is accepted."""
    mock = make_mock(strict=True)
    error = mock.create(WITH_WARNING).get_json()["error"]
    assert [finding["severity"] for finding in error["findings"]] == ["error"]
    assert mock.create().status_code == 202


def test_a_rule_is_named_once_for_several_values(make_mock: DriverFactory, tmp_path: Path) -> None:
    """A rule that several values break is named once in x-mock-warnings."""
    items = {"items": {"x-severity": {"pattern": "warning"}}}
    schema = {"properties": {"reference_image_urls": items}}
    overlay = tmp_path / "mine.json"
    overlay.write_text(json.dumps({"schemas": {"operations/image.generate/input": schema}}))
    reply = make_mock(catalog=load_catalog(overlay=overlay)).create(body(reference_image_urls=["one", "two"]))
    rule = "operations/image.generate/input#/properties/reference_image_urls/items/pattern"
    assert reply.headers["x-mock-warnings"] == rule


def test_a_rule_of_any_name_fits_a_header(make_mock: DriverFactory, tmp_path: Path) -> None:
    """A rule of an overlay whose name is not ASCII is named in escapes."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Möd",
        "properties": {"prompt": {"maxLength": 3, "x-severity": {"maxLength": "warning"}}},
    }
    overlay = tmp_path / "mine.json"
    overlay.write_text(json.dumps({"models": {"möd": {}}, "schemas": {"models/möd": schema}}))
    reply = make_mock(catalog=load_catalog(overlay=overlay)).create(body(model="möd"))
    assert reply.headers["x-mock-warnings"] == "models/m\\xf6d#/properties/prompt/maxLength"


def test_an_overlay_named_in_the_settings_counts(make_mock: DriverFactory, tmp_path: Path) -> None:
    """The mock judges with the overlay that its settings name."""
    overlay = tmp_path / "mine.json"
    overlay.write_text(json.dumps({"models": {"mine": {}}}))
    assert make_mock(catalog=None, overlay=str(overlay)).create(body(model="mine")).status_code == 202
    assert read_error(make_mock().create(body(model="mine"))) == (400, "invalid_request")


def test_square_4k_is_refused(mock: Driver) -> None:
    """4K at 1:1 is an error of its own rule."""
    error = mock.create(SQUARE_4K).get_json()["error"]
    assert [finding["rule"] for finding in error["findings"]] == [SQUARE_RULE]


def test_square_4k_is_capped_with_the_switch(make_mock: DriverFactory) -> None:
    """A mock that caps accepts 4K at 1:1, warns, and shows the input unchanged."""
    mock = make_mock(square_4k="cap")
    reply = mock.create(SQUARE_4K)
    assert (reply.status_code, reply.headers["x-mock-warnings"]) == (202, SQUARE_RULE)
    mock.clock.advance(LONG_MS)
    assert mock.poll(reply.get_json()["id"])["requestLog"]["input"] == SQUARE_4K["input"]


@pytest.mark.parametrize(
    "payload",
    [
        body(aspect_ratio="1:1", resolution="8K"),
        body(aspect_ratio="1:1", resolution="4K", prompt=""),
        body(resolution="8K"),
        {**SQUARE_4K, "operation": "three_d.model.generate"},
    ],
    ids=str,
)
@pytest.mark.parametrize("strict", [False, True])
def test_other_errors_are_refused_beside_a_capped_value(make_mock: DriverFactory, payload: Any, strict: bool) -> None:
    """A body with another error is refused even where the mock caps 4K."""
    assert read_error(make_mock(square_4k="cap", strict=strict).create(payload)) == (400, "invalid_request")


def test_a_repeat_gives_the_first_reply(mock: Driver) -> None:
    """The same key and body, its fields in any order, give the first reply again; nothing is created or charged."""
    key = {"x-idempotency-key": "order-1"}
    first = mock.create(DOCUMENTED, headers=key)
    mock.clock.advance(LONG_MS)
    reordered_body = {name: DOCUMENTED[name] for name in reversed(DOCUMENTED)}
    repeat = mock.create(reordered_body, headers=key)
    assert (repeat.status_code, repeat.data) == (202, first.data)
    assert mock.read_credits() == START - PRICE_4K
    assert "idempotency-repeat" in repeat.headers["x-mock-evidence"]
    assert "idempotency-repeat" not in first.headers["x-mock-evidence"]


def test_without_a_key_every_create_is_new(mock: Driver) -> None:
    """The same body twice without idempotency key makes two requests."""
    assert mock.create_and_get_id() != mock.create_and_get_id()


def test_a_key_counts_within_one_account(mock: Driver) -> None:
    """Two accounts may use the same idempotency key for different bodies."""
    key = {"x-idempotency-key": "order-1"}
    assert mock.create_and_get_id(headers=key) != mock.create_and_get_id(DOCUMENTED, OTHER_KEY, key)


def test_a_request_is_read_with_its_own_key_only(mock: Driver) -> None:
    """The error for a request of another account is that for an unknown id."""
    id_ = mock.create_and_get_id()
    other_key, unknown_id = (
        mock.get(f"/api/v1/requests/{id_}", OTHER_KEY),
        mock.get(f"/api/v1/requests/{id_[::-1]}", OTHER_KEY),
    )
    assert read_error(other_key) == read_error(unknown_id) == (404, "request_not_found")
    assert other_key.data.replace(id_.encode(), b"") == unknown_id.data.replace(id_[::-1].encode(), b"")
    assert mock.poll(id_)["id"] == id_


def test_each_claim_in_the_header_is_weak_and_in_the_ledger(mock: Driver) -> None:
    """x-mock-evidence names claims of the ledger with their strength, and none that the vendor documents."""
    id_ = mock.create_and_get_id()
    replies = [mock.get("/api/v1/status"), mock.create(), mock.create("no"), mock.get("/nowhere"), mock.post("{")]
    for pause in (0, POLL_MS, LONG_MS, 8 * 24 * 3_600_000):
        mock.clock.advance(pause)
        replies.append(mock.get(f"/api/v1/requests/{id_}"))
    for name in [each.split(":") for reply in replies for each in reply.headers["x-mock-evidence"].split(", ")]:
        claim = CATALOG.claims[name[1]]
        assert [claim.strength, claim.severity] == [name[0], "warning"]


def test_a_claim_that_the_user_has_settled_is_not_named(make_mock: DriverFactory, tmp_path: Path) -> None:
    """A claim that an overlay settles is no longer named, and without a weak claim there is no header."""
    overlay = tmp_path / "mine.json"
    settled_claims = {id_: {"strength": "observed"} for id_ in ("error-envelope", "unknown-address-404")}
    overlay.write_text(json.dumps({"claims": settled_claims}))
    assert "x-mock-evidence" in make_mock().get("/nowhere").headers
    assert "x-mock-evidence" not in make_mock(catalog=load_catalog(overlay=overlay)).get("/nowhere").headers


@pytest.mark.parametrize(
    ("payload", "claim", "is_named"),
    [
        (body(), "image-default-model", False),
        (body(model=None), "image-default-model", True),
        (body(), "auth-key-form", True),
        (body(), "create-accepted-202", False),
    ],
)
def test_the_reply_to_a_create_names_its_claims(mock: Driver, payload: Any, claim: str, is_named: bool) -> None:
    """A claim is named where the reply rests on it and the vendor does not document it."""
    assert (claim in mock.create(payload).headers["x-mock-evidence"]) == is_named


def test_an_error_reply_is_bounded(mock: Driver) -> None:
    """However many errors a body has, the reply has at most a hundred findings, and five in its message."""
    reply = mock.create(body(**{f"field{number}": number for number in range(300)}))
    error = read_clean_reply("error", reply)["error"]
    assert len(error["findings"]) == 100
    assert error["message"].endswith("; and 96 more errors")  # one of them stands for the last 200 fields

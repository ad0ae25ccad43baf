"""Status, create and read, as a client meets them."""

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
    Maker,
    body,
    driven,
    refusal,
    spotless,
)
from tests.support.payloads import CATALOG, DOCUMENTED

ENDPOINTS = [("GET", "/api/v1/status"), ("POST", "/api/v1/requests"), ("GET", "/api/v1/requests/req_1")]
WITH_WARNING = body(resolution="2K", aspect_ratio="5:4")
SQUARE_RULE = "models/gptimage2#/allOf/0/then/properties/resolution/enum"

BAD_KEYS: list[dict[str, str]] = [
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

GOOD_KEYS: list[dict[str, str]] = [
    {"x-api-key": KEY},
    {"Authorization": f"Bearer {KEY}"},
    {"authorization": f"bearer  {KEY} "},
    {"x-api-key": KEY, "Authorization": "Bearer wrong"},
    {"x-api-key": KEY, "Authorization": f"Bearer {OTHER_KEY}"},
]


@pytest.mark.parametrize("headers", GOOD_KEYS, ids=str)
def test_a_key_comes_in_either_header(mock: Driver, headers: dict[str, str]) -> None:
    """The same account is meant by x-api-key and by a bearer token; where both are sent, x-api-key decides."""
    mock.created()
    reply = mock.client.get("/api/v1/status", headers=headers)
    assert spotless("status", reply)["creditsRemaining"] == START - PRICE


@pytest.mark.parametrize("headers", BAD_KEYS, ids=str)
@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_without_a_good_key_nothing_is_answered(mock: Driver, method: str, path: str, headers: dict[str, str]) -> None:
    """A key that is missing or malformed is refused with 401 by every endpoint."""
    reply = mock.client.open(path, method=method, headers=headers, data="not even JSON")
    assert refusal(reply) == (401, "unauthorized")
    assert reply.headers["WWW-Authenticate"] == "Bearer"


def test_the_status_shows_the_credits_and_the_time(mock: Driver) -> None:
    """The status reply is flawless, agrees with itself on credits, and tells the clock's time."""
    mock.created()
    reply = mock.get("/api/v1/status")
    seen = spotless("status", reply)
    assert reply.status_code == 200
    assert seen["creditsRemaining"] == seen["credits"]["remaining"] == START - PRICE
    assert seen["serverTime"] == "2025-11-07T01:35:00.000Z"


def test_the_status_is_free(mock: Driver) -> None:
    """Asking for the status changes nothing."""
    assert mock.credits() == mock.credits() == START


def test_a_create_is_accepted(mock: Driver) -> None:
    """A good body is answered with 202 and the documented reply: its keys, in its order, and nothing else."""
    reply = mock.create(DOCUMENTED)
    seen = spotless("accepted", reply)
    assert reply.status_code == 202
    assert list(seen.items()) == [
        ("id", seen["id"]),
        ("status", "queued"),
        ("operation", "image.generate"),
        ("poll_after_ms", POLL_MS),
        ("urls", {"get": f"http://localhost/api/v1/requests/{seen['id']}"}),
    ]
    assert "x-mock-warnings" not in reply.headers


def test_the_address_of_a_reply_leads_to_the_request(mock: Driver) -> None:
    """What urls.get names is the request object of the id."""
    seen = mock.create().get_json()
    assert mock.get(seen["urls"]["get"]).get_json()["id"] == seen["id"]


@pytest.mark.parametrize("speed", [1.0, 20.0, 0.5])
def test_poll_after_ms_meets_the_task_at_work(make_mock: Maker, speed: float) -> None:
    """A client that waits as it was told sees processing."""
    mock = make_mock(speed=speed)
    reply = mock.create().get_json()
    mock.clock.advance(reply["poll_after_ms"])
    assert mock.poll(reply["id"])["status"] == "processing"


@pytest.mark.parametrize("form", ["application/json", "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_is_read_as_json_whatever_it_is_called(mock: Driver, form: str) -> None:
    """The content type does not decide; the body does."""
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
def test_each_state_is_flawless(mock: Driver, headers: dict[str, str], after_ms: int, status: str) -> None:
    """The request object has nothing against it in any state."""
    id_ = mock.created(headers=headers)
    mock.clock.advance(after_ms)
    seen = spotless("request", mock.get(f"/api/v1/requests/{id_}"))
    assert (seen["id"], seen["status"]) == (id_, status)


def test_an_immediate_mock_ends_at_once(make_mock: Maker) -> None:
    """With immediate progression the first poll sees the end, though no time has passed."""
    mock = make_mock(progression="immediate")
    assert mock.poll(mock.created())["status"] == "succeeded"
    assert mock.poll(mock.created(headers=FAILURE))["status"] == "failed"


def test_the_log_has_the_input_as_submitted(mock: Driver) -> None:
    """requestLog.input is the input that was sent, every field of it."""
    assert mock.finished(DOCUMENTED)["requestLog"]["input"] == DOCUMENTED["input"]


@pytest.mark.parametrize("headers", [{}, FAILURE], ids=["success", "failure"])
def test_credits_are_held_then_settled_or_released(mock: Driver, headers: dict[str, str]) -> None:
    """Credits are gone from the create on; a failure gives them back."""
    mock.created(headers=headers)
    assert mock.credits() == START - PRICE
    mock.clock.advance(LONG_MS)
    assert mock.credits() == (START if headers else START - PRICE)


def test_the_same_seed_and_calls_give_the_same_replies(make_mock: Maker) -> None:
    """A seed repeats a mock byte by byte; another seed, and none, make other ids."""
    one, two, other = make_mock(seed="7"), make_mock(seed="7"), make_mock(seed="8")
    assert [one.create().data, one.create().data] == [two.create().data, two.create().data]
    chance = {make_mock(seed="").created() for _ in range(3)} | {one.created(), other.created()}
    assert len(chance) == 5


@given(payloads.requests)
def test_the_mock_accepts_what_the_judge_accepts(payload: Any) -> None:
    """Any JSON is accepted if the judge has no error for it, else refused with the judge's findings."""
    report = validate_request(payload)
    mock = driven()
    reply = mock.post(json.dumps(payload))
    assert reply.status_code == (202 if report.ok else 400)
    if not report.ok:
        assert reply.get_json()["error"]["findings"] == [finding.to_dict() for finding in report.findings]


def test_warnings_are_named_and_not_refused(mock: Driver) -> None:
    """A body with warnings is accepted; x-mock-warnings has each of their rules once."""
    reply = mock.create(WITH_WARNING)
    rules = [finding.rule for finding in validate_request(WITH_WARNING).findings]
    assert reply.status_code == 202
    assert rules
    assert reply.headers["x-mock-warnings"].split(", ") == list(dict.fromkeys(rules))


def test_a_strict_mock_refuses_warnings(make_mock: Maker) -> None:
    """What is a warning elsewhere is an error and refused; a flawless body is accepted."""
    mock = make_mock(strict=True)
    error = mock.create(WITH_WARNING).get_json()["error"]
    assert [finding["severity"] for finding in error["findings"]] == ["error"]
    assert mock.create().status_code == 202


def test_a_rule_is_named_once_however_often_it_is_broken(make_mock: Maker, tmp_path: Path) -> None:
    """A rule that several values break is one word of x-mock-warnings."""
    items = {"items": {"x-severity": {"pattern": "warning"}}}
    schema = {"properties": {"reference_image_urls": items}}
    overlay = tmp_path / "mine.json"
    overlay.write_text(json.dumps({"schemas": {"operations/image.generate/input": schema}}))
    reply = make_mock(catalog=load_catalog(overlay=overlay)).create(body(reference_image_urls=["one", "two"]))
    rule = "operations/image.generate/input#/properties/reference_image_urls/items/pattern"
    assert reply.headers["x-mock-warnings"] == rule


def test_a_rule_of_any_name_fits_a_header(make_mock: Maker, tmp_path: Path) -> None:
    """A rule of an overlay that is not named in ASCII is named in escapes."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Möd",
        "properties": {"prompt": {"maxLength": 3, "x-severity": {"maxLength": "warning"}}},
    }
    overlay = tmp_path / "mine.json"
    overlay.write_text(json.dumps({"models": {"möd": {"schema": "models/möd"}}, "schemas": {"models/möd": schema}}))
    reply = make_mock(catalog=load_catalog(overlay=overlay)).create(body(model="möd"))
    assert reply.headers["x-mock-warnings"] == "models/m\\xf6d#/properties/prompt/maxLength"


def test_an_overlay_named_in_the_settings_counts(make_mock: Maker, tmp_path: Path) -> None:
    """The mock judges by the overlay that its settings name."""
    overlay = tmp_path / "mine.json"
    overlay.write_text(json.dumps({"models": {"mine": {}}}))
    assert make_mock(catalog=None, overlay=str(overlay)).create(body(model="mine")).status_code == 202
    assert refusal(make_mock().create(body(model="mine"))) == (400, "invalid_request")


def test_square_4k_is_refused(mock: Driver) -> None:
    """4K at 1:1 is an error of its own rule."""
    error = mock.create(SQUARE_4K).get_json()["error"]
    assert [finding["rule"] for finding in error["findings"]] == [SQUARE_RULE]


def test_square_4k_is_capped_where_asked(make_mock: Maker) -> None:
    """A mock that caps accepts 4K at 1:1, warns, and keeps the input as it was sent."""
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
        {**SQUARE_4K, "operation": "image.edit"},
    ],
    ids=str,
)
@pytest.mark.parametrize("strict", [False, True])
def test_capping_excuses_nothing_else(make_mock: Maker, payload: Any, strict: bool) -> None:
    """Another error is refused though the mock caps."""
    assert refusal(make_mock(square_4k="cap", strict=strict).create(payload)) == (400, "invalid_request")


def test_a_repeat_gives_the_first_reply(mock: Driver) -> None:
    """The same key and body, its fields in any order, give the first reply again; nothing is created or charged."""
    key = {"x-idempotency-key": "order-1"}
    first = mock.create(DOCUMENTED, headers=key)
    mock.clock.advance(LONG_MS)
    swapped = {name: DOCUMENTED[name] for name in reversed(DOCUMENTED)}
    repeat = mock.create(swapped, headers=key)
    assert (repeat.status_code, repeat.data) == (202, first.data)
    assert mock.credits() == START - PRICE_4K
    assert "idempotency-repeat" in repeat.headers["x-mock-evidence"]
    assert "idempotency-repeat" not in first.headers["x-mock-evidence"]


def test_without_a_key_every_create_is_new(mock: Driver) -> None:
    """The same body twice without idempotency key makes two requests."""
    assert mock.created() != mock.created()


def test_a_key_counts_within_one_account(mock: Driver) -> None:
    """Two accounts may use the same idempotency key for different bodies."""
    key = {"x-idempotency-key": "order-1"}
    assert mock.created(headers=key) != mock.created(DOCUMENTED, OTHER_KEY, key)


def test_a_request_is_read_with_its_own_key_only(mock: Driver) -> None:
    """Another account is told that there is no such request, as of an id that never was."""
    id_ = mock.created()
    foreign, unknown = (
        mock.get(f"/api/v1/requests/{id_}", OTHER_KEY),
        mock.get(f"/api/v1/requests/{id_[::-1]}", OTHER_KEY),
    )
    assert refusal(foreign) == refusal(unknown) == (404, "request_not_found")
    assert foreign.data.replace(id_.encode(), b"") == unknown.data.replace(id_[::-1].encode(), b"")
    assert mock.poll(id_)["id"] == id_


@pytest.mark.parametrize("base", ["http://10.0.0.7:8080", "https://mock.example.com", "http://[::1]:2266"])
def test_addresses_start_as_the_client_called(make_mock: Maker, base: str) -> None:
    """urls.get and the addresses of the picture have the scheme, host and port of the call."""
    mock = make_mock(progression="immediate")
    headers = {"x-api-key": KEY}
    created = mock.client.post("/api/v1/requests", json=body(), headers=headers, base_url=base)
    url = spotless("accepted", created)["urls"]["get"]
    output = mock.client.get(url, headers=headers, base_url=base).get_json()["output"]
    assert url.startswith(f"{base}/api/v1/requests/req_")
    assert all(each.startswith(f"{base}/assets/img_") for each in _addresses(output))


@pytest.mark.parametrize("public", ["https://mock.example.com/cannon", "https://mock.example.com/cannon/"])
def test_addresses_start_with_the_public_url(make_mock: Maker, public: str) -> None:
    """Where a public URL is configured, addresses start with it, however the client called."""
    mock = make_mock(public_url=public, progression="immediate")
    reply = mock.create(headers={"host": "10.0.0.7"}).get_json()
    output = mock.poll(reply["id"])["output"]
    assert reply["urls"]["get"] == f"https://mock.example.com/cannon/api/v1/requests/{reply['id']}"
    assert all(each.startswith("https://mock.example.com/cannon/assets/img_") for each in _addresses(output))


def _addresses(output: dict[str, Any]) -> list[str]:
    return [output["image_url"], *output["image_urls"], *output["provider_image_urls"]]


@pytest.mark.parametrize("host", ["a b", 'a"b', "mock.example:99999", "mock.example/path"])
def test_an_unusable_host_makes_no_broken_address(mock: Driver, host: str) -> None:
    """A Host header that no address can be made of is refused, or answered with an address that works."""
    reply = mock.create(headers={"host": host})
    assert reply.status_code in (202, 400)
    spotless("accepted" if reply.status_code == 202 else "error", reply)


def test_every_claim_cited_is_weak_and_in_the_ledger(mock: Driver) -> None:
    """x-mock-evidence names claims of the ledger with their strength, and none that the vendor documents."""
    id_ = mock.created()
    replies = [mock.get("/api/v1/status"), mock.create(), mock.create("no"), mock.get("/nowhere"), mock.post("{")]
    for pause in (0, POLL_MS, LONG_MS, 8 * 24 * 3_600_000):
        mock.clock.advance(pause)
        replies.append(mock.get(f"/api/v1/requests/{id_}"))
    for cited in [each.split(":") for reply in replies for each in reply.headers["x-mock-evidence"].split(", ")]:
        claim = CATALOG.claims[cited[1]]
        assert [claim.strength, claim.severity] == [cited[0], "warning"]


def test_what_a_user_knows_is_not_cited(make_mock: Maker, tmp_path: Path) -> None:
    """A claim that an overlay makes sure is not named any more, and without a weak claim there is no header."""
    overlay = tmp_path / "mine.json"
    sure = {id_: {"strength": "observed"} for id_ in ("error-envelope", "unknown-address-404")}
    overlay.write_text(json.dumps({"claims": sure}))
    assert "x-mock-evidence" in make_mock().get("/nowhere").headers
    assert "x-mock-evidence" not in make_mock(catalog=load_catalog(overlay=overlay)).get("/nowhere").headers


@pytest.mark.parametrize(
    ("payload", "claim", "cited"),
    [
        (body(), "image-default-model", False),
        (body(model=None), "image-default-model", True),
        (body(), "auth-key-form", True),
        (body(), "create-accepted-202", False),
    ],
)
def test_a_create_cites_what_it_rests_on(mock: Driver, payload: Any, claim: str, cited: bool) -> None:
    """A claim is cited where the reply rests on it and the vendor does not document it."""
    assert (claim in mock.create(payload).headers["x-mock-evidence"]) == cited


def test_a_refusal_is_bounded(mock: Driver) -> None:
    """However many things are wrong with a body, the refusal tells a hundred findings, and five in words."""
    reply = mock.create(body(**{f"field{number}": number for number in range(300)}))
    error = spotless("error", reply)["error"]
    assert len(error["findings"]) == 100
    assert error["message"].endswith("; and 295 more")

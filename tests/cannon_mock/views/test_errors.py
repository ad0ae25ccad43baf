"""Refusals: each has the error body, and leaves nothing behind."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cannon_spec import validate_request
from tests.support.mocks import KEY, PRICE, SQUARE_4K, START, Driver, Maker, body, driven, refusal, spotless
from tests.support.payloads import DOCUMENTED

LARGEST = 8 * 1024 * 1024

BROKEN: list[Any] = [
    None,
    [],
    "image.generate",
    {},
    {"operation": "image.generate"},
    {"operation": "image.edit", "input": {"prompt": "x"}},
    {"operation": "image.generat", "input": {"prompt": "x"}},
    {**body(), "webhook_url": "not an address"},
    {**body(), "extra": 1},
    body(prompt=None),
    body(prompt=""),
    body(model="gpt-image-2"),
    body(resolution="8K", aspect_ratio="7:5"),
    body(resolution=4),
    body(reference_image_urls=["https://example.com/1.jpg"] * 17, Model="x"),
    SQUARE_4K,
]

NOT_JSON: list[tuple[str, bytes]] = [
    ("empty", b""),
    ("space", b"  \n"),
    ("cut", b'{"operation": "image.generate"'),
    ("nan", b'{"operation": "image.generate", "input": {"prompt": "x", "reference_prompt_balance": NaN}}'),
    ("infinite", b'{"operation": "image.generate", "input": {"prompt": "x", "reference_prompt_balance": -Infinity}}'),
    ("huge", b'{"operation": "image.generate", "input": {"prompt": "x", "reference_prompt_balance": 1e999}}'),
    ("digits", b'{"a": ' + b"9" * 5000 + b"}"),
    ("twice", b'{"operation": "image.generate", "operation": "image.generate", "input": {"prompt": "x"}}'),
    ("surrogate", b'{"operation": "image.generate", "input": {"prompt": "\\ud800"}}'),
    ("surrogate key", b'{"operation": "image.generate", "input": {"prompt": "x", "\\udfff": 1}}'),
    ("latin-1", '{"operation": "image.generate", "input": {"prompt": "é"}}'.encode("latin-1")),
    ("utf-16", json.dumps(DOCUMENTED).encode("utf-16")),
    ("depth 65", b"[" * 65 + b"]" * 65),
    ("depth 100000", b"[" * 100_000),
    ("nul", b"\x00"),
    ("form", b"operation=image.generate&input=x"),
]


def _left_behind(mock: Driver) -> tuple[int, bool]:
    """The credits spent or held, and whether the idempotency key of a refused create is taken."""
    spent = START - mock.credits()
    key = {"x-idempotency-key": "refused"}
    return spent, mock.create(body(prompt="another body"), headers=key).status_code != 202


@pytest.mark.parametrize("payload", BROKEN, ids=str)
@pytest.mark.parametrize("status", [400, 422])
def test_findings_are_the_judges_own(make_mock: Maker, payload: Any, status: int) -> None:
    """A body with errors is refused, with the configured status, by the findings of validate_request word for word."""
    mock = make_mock(refusal_status=status)
    reply = mock.post(json.dumps(payload), headers={"x-idempotency-key": "refused"})
    error, report = spotless("error", reply)["error"], validate_request(payload)
    assert refusal(reply) == (status, "invalid_request")
    assert error["findings"] == [finding.to_dict() for finding in report.findings]
    assert all(finding.message in error["message"] and finding.hint in error["message"] for finding in report.errors)
    assert _left_behind(mock) == (0, False)


@pytest.mark.parametrize(("name", "data"), NOT_JSON, ids=lambda value: value if isinstance(value, str) else "")
@pytest.mark.parametrize("status", [400, 422])
def test_what_is_not_sound_json_is_refused(make_mock: Maker, name: str, data: bytes, status: int) -> None:
    """A body that JSON readers would not agree on is refused with 400 and one finding of the rule json."""
    mock = make_mock(refusal_status=status)
    reply = mock.post(data, headers={"x-idempotency-key": "refused"})
    assert refusal(reply) == (400, "invalid_json"), name
    assert [finding["rule"] for finding in reply.get_json()["error"]["findings"]] == ["json"]
    assert _left_behind(mock) == (0, False)


@settings(max_examples=50)
@given(st.binary(max_size=64) | st.text(max_size=64).map(str.encode))
def test_no_body_makes_the_mock_fail(data: bytes) -> None:
    """Any bytes are answered with a refusal."""
    mock = driven()
    assert refusal(mock.post(data))[0] == 400


def test_a_byte_order_mark_is_no_reason(mock: Driver) -> None:
    """A body with a byte order mark is read."""
    assert mock.post(json.dumps(body()).encode("utf-8-sig")).status_code == 202


@pytest.mark.parametrize(("levels", "status"), [(62, 202), (63, 400)])
def test_a_body_has_at_most_64_levels(mock: Driver, levels: int, status: int) -> None:
    """The deepest body that is read has 64 levels of arrays and objects, two of them its own."""
    deep = body(reference_prompt_balance=json.loads("[" * levels + "]" * levels))
    assert mock.create(deep).status_code == status


@pytest.mark.parametrize("key", ["", "k" * 256, "schlüssel"])
def test_a_malformed_idempotency_key_is_refused(mock: Driver, key: str) -> None:
    """An idempotency key has 1 to 255 printable ASCII characters."""
    reply = mock.create(headers={"x-idempotency-key": key})
    assert refusal(reply) == (400, "invalid_idempotency_key")
    assert mock.credits() == START


@pytest.mark.parametrize("key", ["k", "k" * 255, "a b~!"])
def test_a_good_idempotency_key_is_taken(mock: Driver, key: str) -> None:
    """The shortest and the longest key are taken, as any printable one is."""
    assert mock.created(headers={"x-idempotency-key": key}) == mock.created(headers={"x-idempotency-key": key})


@pytest.mark.parametrize("other", [body(prompt="another"), {**body(), "webhook_url": "https://example.com/"}])
def test_an_idempotency_key_is_for_one_body(mock: Driver, other: Any) -> None:
    """A known key with another body is refused with 422; nothing is charged, and the key stays the first body's."""
    key = {"x-idempotency-key": "order-1"}
    first = mock.created(headers=key)
    assert refusal(mock.create(other, headers=key)) == (422, "idempotency_key_reused")
    assert mock.credits() == START - PRICE
    assert mock.created(headers=key) == first


def test_without_credits_nothing_is_created(make_mock: Maker) -> None:
    """A create that the balance does not cover is refused with 402 and both numbers; a repeat of a paid one is not."""
    mock = make_mock(credits=PRICE + 5)
    key = {"x-idempotency-key": "paid"}
    first = mock.created(headers=key)
    reply = mock.create(headers={"x-idempotency-key": "unpaid"})
    assert refusal(reply) == (402, "insufficient_credits")
    assert reply.get_json()["error"]["message"] == "this request costs 31 credits and 5 are left"
    assert (mock.credits(), mock.created(headers=key)) == (5, first)


def test_an_unknown_scenario_is_refused(mock: Driver) -> None:
    """A scenario that does not exist is refused by name, and those that do are listed."""
    reply = mock.create(headers={"x-mock-scenario": "sucess"})
    assert refusal(reply) == (400, "unknown_scenario")
    assert reply.get_json()["error"]["message"].startswith("unknown scenario sucess; there are success, slow, ")
    assert mock.credits() == START


@pytest.mark.parametrize(("size", "status"), [(LARGEST, 202), (LARGEST + 1, 413)])
def test_a_body_has_at_most_eight_mebibytes(mock: Driver, size: int, status: int) -> None:
    """The largest body is read, one byte more is refused with 413."""
    data = json.dumps(body()).encode().ljust(size)
    reply = mock.post(data)
    assert reply.status_code == status
    if status == 413:
        assert refusal(reply) == (413, "request_entity_too_large")
        assert "assumed:body-limit" in reply.headers["x-mock-evidence"]


@pytest.mark.parametrize(
    ("method", "path", "expected", "allowed"),
    [
        ("GET", "/", (404, "not_found"), None),
        ("GET", "/api/v1/status/", (404, "not_found"), None),
        ("GET", "/api/v2/status", (404, "not_found"), None),
        ("GET", "/api/v1/requests", (405, "method_not_allowed"), {"POST", "OPTIONS"}),
        ("POST", "/api/v1/status", (405, "method_not_allowed"), {"GET", "HEAD", "OPTIONS"}),
        ("DELETE", "/api/v1/requests/req_1", (405, "method_not_allowed"), {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_what_the_api_does_not_have(
    mock: Driver, method: str, path: str, expected: tuple[int, str], allowed: set[str] | None
) -> None:
    """Another address or method is refused with the error body; 405 says which methods there are."""
    reply = mock.client.open(path, method=method, headers={"x-api-key": KEY})
    assert refusal(reply) == expected
    assert (set(reply.allow) or None) == allowed


@pytest.mark.parametrize("id_", ["req_0", "%00", "%FF%FE", "%ED%A0%80", "'%20OR%201=1", "é", "a" * 5000, "%0A"])
def test_an_unknown_request_is_not_found(mock: Driver, id_: str) -> None:
    """Whatever stands for an id is answered with 404 and a message of one reasonable line."""
    mock.created()
    reply = mock.get(f"/api/v1/requests/{id_}")
    assert refusal(reply) == (404, "request_not_found")
    assert len(reply.get_json()["error"]["message"]) < 200


def test_a_fault_of_our_own_is_said_to_be_one(
    mock: Driver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault is answered with 500 and the error body, which keeps the reason to the log."""

    def broken(*_: Any) -> Any:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(mock.store.tasks, "get", broken)
    with caplog.at_level(logging.ERROR):
        reply = mock.get("/api/v1/requests/req_1")
    assert refusal(reply) == (500, "mock_fault")
    assert "secret" not in reply.get_data(as_text=True)
    assert "Traceback" not in reply.get_data(as_text=True)
    assert "a secret of the inside" in caplog.text

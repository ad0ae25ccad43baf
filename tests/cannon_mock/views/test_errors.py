"""Error replies: each has the error body, and its call changes nothing."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cannon_spec import validate_request
from tests.support.mocks import (
    KEY,
    PRICE,
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

LARGEST = 8 * 1024 * 1024

INVALID_BODIES: list[Any] = [
    None,
    [],
    "image.generate",
    {},
    {"operation": "image.generate"},
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


def _read_effects(mock: Driver) -> tuple[int, bool]:
    """The credits spent or held, and whether the idempotency key of a refused create is in use."""
    credits = START - mock.read_credits()
    key = {"x-idempotency-key": "refused"}
    return credits, mock.create(body(prompt="another body"), headers=key).status_code != 202


@pytest.mark.parametrize("payload", INVALID_BODIES, ids=str)
@pytest.mark.parametrize("status", [400, 422])
def test_findings_are_the_judges_own(make_mock: DriverFactory, payload: Any, status: int) -> None:
    """A body with errors is refused, with the configured status, by the findings of validate_request word for word."""
    mock = make_mock(refusal_status=status)
    reply = mock.post(json.dumps(payload), headers={"x-idempotency-key": "refused"})
    error, report = read_clean_reply("error", reply)["error"], validate_request(payload)
    assert read_error(reply) == (status, "invalid_request")
    assert error["findings"] == [finding.to_dict() for finding in report.findings]
    assert all(finding.message in error["message"] and finding.hint in error["message"] for finding in report.errors)
    assert _read_effects(mock) == (0, False)


@pytest.mark.parametrize("settings", [{}, {"strict": True}, {"square_4k": "cap"}], ids=str)
@pytest.mark.parametrize("operation", [each.id for each in CATALOG.operations.values() if not each.is_covered])
@pytest.mark.parametrize("input", [{"prompt": "x"}, {}, 7])
def test_an_operation_without_a_page_is_refused(
    make_mock: DriverFactory, settings: dict[str, Any], operation: str, input: Any
) -> None:
    """The judge only warns of an operation that no page documents; the mock, which cannot run it, refuses it."""
    mock, payload = make_mock(**settings), {"operation": operation, "input": input}
    reply = mock.create(payload, headers={"x-idempotency-key": "refused"})
    error, strict_report = read_clean_reply("error", reply)["error"], validate_request(payload, strictness="strict")
    assert read_error(reply) == (400, "invalid_request")
    assert error["findings"] == [finding.to_dict() for finding in strict_report.findings]
    assert f"{strict_report.findings[-1].path}: " in error["message"]
    assert _read_effects(mock) == (0, False)


@pytest.mark.parametrize(("name", "data"), NOT_JSON, ids=lambda value: value if isinstance(value, str) else "")
@pytest.mark.parametrize("status", [400, 422])
def test_invalid_json_is_refused(make_mock: DriverFactory, name: str, data: bytes, status: int) -> None:
    """A body that is not JSON, or that JSON readers disagree on, gets 400 and one finding of the rule json."""
    mock = make_mock(refusal_status=status)
    reply = mock.post(data, headers={"x-idempotency-key": "refused"})
    assert read_error(reply) == (400, "invalid_json"), name
    assert [finding["rule"] for finding in reply.get_json()["error"]["findings"]] == ["json"]
    assert _read_effects(mock) == (0, False)


@settings(max_examples=50)
@given(st.binary(max_size=64) | st.text(max_size=64).map(str.encode))
def test_any_body_gets_an_error_reply(data: bytes) -> None:
    """Any bytes get an error reply with 400, never one of the mock's own faults."""
    mock = build_driver()
    assert read_error(mock.post(data))[0] == 400


def test_a_byte_order_mark_is_accepted(mock: Driver) -> None:
    """A body with a byte order mark is accepted."""
    assert mock.post(json.dumps(body()).encode("utf-8-sig")).status_code == 202


@pytest.mark.parametrize(("levels", "status"), [(62, 202), (63, 400)])
def test_a_body_has_at_most_64_levels(mock: Driver, levels: int, status: int) -> None:
    """A body may have 64 levels of arrays and objects, of which two are its own; one more is refused."""
    deep = body(reference_prompt_balance=json.loads("[" * levels + "]" * levels))
    assert mock.create(deep).status_code == status


@pytest.mark.parametrize("key", ["", "k" * 256, "schlüssel"])
def test_a_malformed_idempotency_key_is_refused(mock: Driver, key: str) -> None:
    """An idempotency key has 1 to 255 printable ASCII characters."""
    reply = mock.create(headers={"x-idempotency-key": key})
    assert read_error(reply) == (400, "invalid_idempotency_key")
    assert mock.read_credits() == START


@pytest.mark.parametrize("key", ["k", "k" * 255, "a b~!"])
def test_a_valid_idempotency_key_is_accepted(mock: Driver, key: str) -> None:
    """The shortest and the longest key are accepted, and any printable one between."""
    assert mock.create_and_get_id(headers={"x-idempotency-key": key}) == mock.create_and_get_id(
        headers={"x-idempotency-key": key}
    )


@pytest.mark.parametrize("other", [body(prompt="another"), {**body(), "webhook_url": "https://example.com/"}])
def test_an_idempotency_key_is_for_one_body(mock: Driver, other: Any) -> None:
    """A used key with another body is refused with 422; nothing is charged, and the key stays with the first body."""
    key = {"x-idempotency-key": "order-1"}
    first = mock.create_and_get_id(headers=key)
    assert read_error(mock.create(other, headers=key)) == (422, "idempotency_key_reused")
    assert mock.read_credits() == START - PRICE
    assert mock.create_and_get_id(headers=key) == first


def test_without_credits_nothing_is_created(make_mock: DriverFactory) -> None:
    """A create that the balance does not cover is refused with 402 and both numbers; a repeat of a paid one is not."""
    mock = make_mock(credits=PRICE + 5)
    key = {"x-idempotency-key": "paid"}
    first = mock.create_and_get_id(headers=key)
    reply = mock.create(headers={"x-idempotency-key": "unpaid"})
    assert read_error(reply) == (402, "insufficient_credits")
    assert reply.get_json()["error"]["message"] == "this request costs 31 credits and 5 are left"
    assert (mock.read_credits(), mock.create_and_get_id(headers=key)) == (5, first)


def test_an_unknown_scenario_is_refused(mock: Driver) -> None:
    """An unknown scenario is refused by its name; the nearest one comes first, then how to list them."""
    reply = mock.create(headers={"x-mock-scenario": "sucess"})
    assert read_error(reply) == (400, "unknown_scenario")
    assert reply.get_json()["error"]["message"].startswith(
        "unknown scenario sucess; did you mean success? cannon-mock "
    )
    assert mock.read_credits() == START


@pytest.mark.parametrize(("size", "status"), [(LARGEST, 202), (LARGEST + 1, 413)])
def test_a_body_has_at_most_eight_mebibytes(mock: Driver, size: int, status: int) -> None:
    """The largest body is accepted, one byte more is refused with 413."""
    data = json.dumps(body()).encode().ljust(size)
    reply = mock.post(data)
    assert reply.status_code == status
    if status == 413:
        assert read_error(reply) == (413, "request_entity_too_large")
        assert "assumed:body-limit" in reply.headers["x-mock-evidence"]


@pytest.mark.parametrize(
    ("method", "path", "error", "methods"),
    [
        ("GET", "/", (404, "not_found"), None),
        ("GET", "/api/v1/status/", (404, "not_found"), None),
        ("GET", "/api/v2/status", (404, "not_found"), None),
        ("GET", "/api/v1/requests", (405, "method_not_allowed"), {"POST", "OPTIONS"}),
        ("POST", "/api/v1/status", (405, "method_not_allowed"), {"GET", "HEAD", "OPTIONS"}),
        ("DELETE", "/api/v1/requests/req_1", (405, "method_not_allowed"), {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_an_unknown_address_or_method_is_refused(
    mock: Driver, method: str, path: str, error: tuple[int, str], methods: set[str] | None
) -> None:
    """An unknown address or method is refused with the error body; with 405 the header Allow lists the methods."""
    reply = mock.client.open(path, method=method, headers={"x-api-key": KEY})
    assert read_error(reply) == error
    assert (set(reply.allow) or None) == methods


@pytest.mark.parametrize("id_", ["req_0", "%00", "%FF%FE", "%ED%A0%80", "'%20OR%201=1", "é", "a" * 5000, "%0A"])
def test_an_unknown_request_is_not_found(mock: Driver, id_: str) -> None:
    """Any text in place of an id is answered with 404 and a message of less than 200 characters."""
    mock.create_and_get_id()
    reply = mock.get(f"/api/v1/requests/{id_}")
    assert read_error(reply) == (404, "request_not_found")
    assert len(reply.get_json()["error"]["message"]) < 200


def test_a_fault_of_the_mock_says_so(
    mock: Driver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault of the mock is answered with 500 and the error body; only the log has the reason."""

    def fail(*_: Any) -> Any:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(mock.store.tasks, "get", fail)
    with caplog.at_level(logging.ERROR):
        reply = mock.get("/api/v1/requests/req_1")
    assert read_error(reply) == (500, "mock_fault")
    assert "secret" not in reply.get_data(as_text=True)
    assert "Traceback" not in reply.get_data(as_text=True)
    assert "a secret of the inside" in caplog.text

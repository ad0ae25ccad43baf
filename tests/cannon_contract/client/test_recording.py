"""Records of calls are short, and spoil no word that only looks like a secret."""

from __future__ import annotations

import httpx

from cannon_contract.client.bounded_reading import LARGEST_REPLY
from cannon_contract.client.recording import LARGEST_BODY, cut_body, describe_call, record_exchange, redact_response
from cannon_spec.redaction import Redactor


def test_a_record_is_short_whatever_is_sent() -> None:
    """Bodies, headers and addresses of a record are cut; a cut body says how long it was, a binary one only that."""
    headers = {f"x-{i}": "v" * 5000 for i in range(100)}
    request = httpx.Request("POST", "http://x/" + "a" * 5000, headers=headers, content="é" * 50_000)
    response = httpx.Response(200, headers=headers, content=b"\0" * 99_999, request=request)
    record = record_exchange(request, response, ())
    assert len(record.request) < 600
    assert len(record.request_body.encode()) <= LARGEST_BODY
    assert record.request_body.endswith("… (100000 bytes in all)")
    assert record.body == "(99999 bytes that are no text)"
    for shown_headers in (record.request_headers, record.headers):
        assert len(shown_headers) <= 41
        assert max(map(len, shown_headers.values())) < 400
        assert shown_headers["…"].endswith(" more")


def test_the_record_of_a_large_file_looks_at_its_start_only() -> None:
    """Of a large file the start is redacted, also where a secret is at the cut, and the record says its size."""
    content = b"%63" * LARGEST_REPLY + b"cs_live_end"
    start = b"a" * (LARGEST_BODY - 45) + b"cs_live_4f9aQ7xE" + content
    response = httpx.Response(200, content=start, request=httpx.Request("GET", "http://x/"))
    redactor = Redactor(("cs_live_4f9aQ7xE", "cs_live_end"))
    safe_response = redact_response(response, redactor)
    assert safe_response.content.endswith(b"a(cut)" + content)
    for each in (response, safe_response):
        body = record_exchange(each.request, each, ("cs_live_4f9aQ7xE",)).body
        assert "cs_" not in body
        assert body.endswith(f"… ({len(each.content)} bytes in all)")


def test_a_body_that_is_cut_again_keeps_its_size() -> None:
    """A body that was cut says its first size however often it is cut; a short one is left as it is."""
    body = cut_body("x" * 9000, 4096)
    assert cut_body(body, 4096) == body
    assert cut_body(body, 256).endswith("x… (9000 bytes in all)")
    assert len(cut_body(body, 256).encode()) <= 256
    assert cut_body("short", 256) == "short"


def test_a_short_value_of_a_header_is_no_secret_elsewhere() -> None:
    """A header value that is too short for a key, or an empty one, is removed from its header only."""
    request = httpx.Request("GET", "http://x/key", headers={"x-api-key": "not a key", "authorization": "Bearer key"})
    record = record_exchange(request, httpx.Response(200, content=b"auth-key-form", request=request), ())
    assert (record.request, record.body) == ("GET http://x/key", "auth-key-form")
    assert record.request_headers["x-api-key"] == record.request_headers["authorization"] == "(cut)"


def test_a_call_is_described_without_its_id() -> None:
    """The description of a call has its method and its path, with {id} for an id, and is short."""
    assert describe_call(httpx.Request("GET", "http://x/api/v1/requests/req_1?a=1")) == "GET /api/v1/requests/{id}"
    assert describe_call(httpx.Request("POST", "http://x/api/v1/requests")) == "POST /api/v1/requests"
    assert len(describe_call(httpx.Request("GET", "http://x/" + "a" * 5000))) < 100

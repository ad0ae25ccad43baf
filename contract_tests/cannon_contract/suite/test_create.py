"""Creating a request: what is accepted, what is refused, and that a refusal costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from cannon_contract import claim_ids
from cannon_contract.client.api import Api
from cannon_contract.client.create_bodies import (
    build_body_of_unknown_model,
    build_incomplete_body,
    list_required_fields,
)
from cannon_contract.client.expectations import expect_equal, expect_member, expect_status
from cannon_contract.client.flows import (
    create,
    create_and_succeed,
    expect_accepted,
    expect_not_account_error,
    expect_success,
    poll_to_end,
    shared_run,
)
from cannon_contract.client.outcomes import ClaimBroken, NotTested
from cannon_contract.suite.cases import each_default, each_notice
from cannon_contract.suite.outputs import describe_result, list_leaves, read_template

_BAD_BODIES: dict[str, Callable[[Api], Any]] = {
    "an unknown operation": lambda api: {**api.build_body(), "operation": f"{api.operation}d"},
    "no input": lambda api: {"operation": api.operation},
    "an array as input": lambda api: {"operation": api.operation, "input": []},
    "a missing field": build_incomplete_body,
    "an unknown field": lambda api: api.build_body(noSuchField="16:9"),
    "an unknown model": build_body_of_unknown_model,
}
_NOT_OBJECTS = [b"", b"{", b"[]", b'{"operation": NaN}', b"\xff"]
_LARGEST_BYTES = 8 * 1024 * 1024

each_bad_body = pytest.mark.parametrize("build_bad_body", _BAD_BODIES.values(), ids=_BAD_BODIES)


@pytest.mark.shares
@pytest.mark.claim("create-accepted-202")
def test_a_valid_create_is_answered_with_202(api: Api) -> None:
    """A valid create is answered with 202."""
    assert shared_run(api).response.status_code == 202


@pytest.mark.creates(1)
@pytest.mark.claim("create-accepts-valid")
def test_a_body_with_the_required_fields_is_accepted(api: Api) -> None:
    """A create is accepted that has the required fields only, though no page shows one like it."""
    required_fields = list_required_fields(api)
    create(api, api.build_body(**{name: None for name in api.default_input if name not in required_fields}))


@pytest.mark.shares
@pytest.mark.claim("create-reply-shape", "create-reply-queued", "request-operation")
def test_an_accepted_reply_names_the_operation(api: Api) -> None:
    """The accepted reply matches its schema, and has the operation of the create."""
    run = shared_run(api)
    operation = expect_member(run.reply, "/operation", "the accepted reply")
    what = "operation of the accepted reply"
    expect_equal(operation, run.body["operation"], what, claim_ids.REQUEST_OPERATION)


@pytest.mark.shares
@pytest.mark.claim("create-reply-shape")
def test_the_url_of_an_accepted_reply_can_be_polled(api: Api) -> None:
    """urls.get of the accepted reply leads to the request of the same id, where it is at the host that was called."""
    reply = shared_run(api).reply
    url, target = httpx.URL(reply["urls"]["get"]), httpx.URL(api.url)
    is_of_target = (url.scheme, url.host, url.port) == (target.scheme, target.host, target.port)
    if not is_of_target:
        raise NotTested(f"urls.get is at {url.host}, port {url.port}: the API key is sent to the target only")
    response = expect_status(api.get(str(url)), 200, "at urls.get of the accepted reply")
    expect_equal(response.json().get("id"), reply["id"], "id of the request at urls.get")


@pytest.mark.probes(1)
@pytest.mark.claim("create-validates")
@each_bad_body
def test_an_invalid_body_is_refused(api: Api, build_bad_body: Callable[[Api], Any]) -> None:
    """A create that breaks the contract is refused with any 4xx status: no page says with which."""
    assert expect_not_account_error(api, api.create(build_bad_body(api))).is_client_error


@pytest.mark.probes(1)
@pytest.mark.claim("create-validates")
@pytest.mark.parametrize("content", _NOT_OBJECTS)
def test_a_body_that_is_not_a_json_object_is_refused(api: Api, content: bytes) -> None:
    """A create whose body is not a JSON object is refused."""
    assert expect_not_account_error(api, api.post(content)).is_client_error


@pytest.mark.probes(1)
@pytest.mark.claim("refusal-status")
@each_bad_body
def test_a_refusal_has_its_status_and_costs_nothing(api: Api, build_bad_body: Callable[[Api], Any]) -> None:
    """An invalid create is answered with 400, or the status that the mock was set to, and costs nothing."""
    before = api.read_credits()
    response = expect_not_account_error(api, api.create(build_bad_body(api)))
    assert response.status_code == api.read_switch("refusal_status", 400)
    assert api.read_credits() == before


@pytest.mark.probes(1)
@pytest.mark.claim("refusal-status")
@pytest.mark.parametrize("content", _NOT_OBJECTS[:2])
def test_a_body_that_is_not_json_is_400(api: Api, content: bytes) -> None:
    """A create whose body is not JSON is answered with 400."""
    assert expect_not_account_error(api, api.post(content)).status_code == 400


@pytest.mark.probes(1)
@pytest.mark.claim("error-envelope")
def test_a_refusal_has_the_error_body(api: Api) -> None:
    """The body of a refusal matches the error schema."""
    assert api.check_reply("error", expect_not_account_error(api, api.create(build_incomplete_body(api))))


@pytest.mark.probes(1)
@pytest.mark.claim("body-limit")
def test_a_body_above_8_mib_is_413(api: Api) -> None:
    """A body of more than 8 MiB is refused with 413."""
    try:
        response = api.post(b'{"operation": "' + b"x" * _LARGEST_BYTES + b'"}')
    except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError) as error:
        raise ClaimBroken(
            f"the connection closed on a large body: {type(error).__name__}", claim_ids.BODY_LIMIT
        ) from None
    assert expect_not_account_error(api, response).status_code == 413


@pytest.mark.probes(1)
@pytest.mark.claim("insufficient-credits")
@pytest.mark.needs("empty key")
def test_a_create_above_the_balance_is_402(api: Api, api_without_credits: Api) -> None:
    """A create that costs more than the balance is refused with 402, and the balance does not change."""
    before = api_without_credits.read_credits()
    assert api_without_credits.create(api.build_body()).status_code == 402
    assert api_without_credits.read_credits() == before


@pytest.mark.creates(1)
@pytest.mark.claim("content-type-ignored")
def test_json_is_accepted_with_any_content_type(api: Api) -> None:
    """A create that is sent as text/plain is accepted as any other."""
    response = api.create(api.build_body(), content_type="text/plain")
    expect_accepted(api, response, api.build_body(), claim_ids.CONTENT_TYPE_IGNORED)


@each_default()
def test_a_field_that_is_left_out_has_its_default(
    api: Api, operation: str, changes: dict[str, Any], field: str, value: Any, claim: str
) -> None:
    """Without a field the output names its default; where none names it, the result is that of an input with it."""
    served_operation, body = api.catalog.operations[operation], api.build_body(**changes)
    end = expect_success(poll_to_end(api, expect_accepted(api, api.create(body), body, claim))[-1])
    leaves = list_leaves(read_template(served_operation, body["input"]), end["output"])
    shown_values = [leaf.value for leaf in leaves if leaf.variable == field]
    assert shown_values == [value] * len(shown_values)
    if not shown_values:
        body_with_value = api.build_body(**{**changes, field: value})
        end_with_value = create_and_succeed(api, body_with_value)
        assert describe_result(api, body, end) == describe_result(api, body_with_value, end_with_value)


@each_notice()
def test_a_create_with_a_notice_is_accepted_with_a_warning(api: Api, changes: dict[str, Any], rule: str) -> None:
    """What is legacy, disabled or shut down is accepted, and our mock says so in a header."""
    body = api.build_body(**changes)
    response = api.create(body)
    expect_accepted(api, response, body)
    assert rule in response.headers["x-mock-warnings"].split(", ")


@pytest.mark.creates(2)
@pytest.mark.claim("idempotency-optional")
def test_creates_without_a_key_make_two_requests(api: Api) -> None:
    """Without x-idempotency-key each create makes a request of its own."""
    body = api.build_body()
    responses = [api.create_without_key(body) for _ in range(2)]
    first, second = (expect_accepted(api, each, body, claim_ids.IDEMPOTENCY_OPTIONAL) for each in responses)
    assert first["id"] != second["id"]


@pytest.mark.claim("host-header")
@pytest.mark.parametrize("host", ["a b", "", "exa/mple", "example.com:99999"])
def test_an_invalid_host_header_is_400(api: Api, host: str) -> None:
    """A Host header that is not a valid host is refused with 400."""
    assert api.call("GET", "/api/v1/status", {"x-api-key": api.key, "host": host}).status_code == 400


@pytest.mark.claim("unknown-address-404")
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/api/v1", 404),
        ("DELETE", "/api/v1/requests/req_123", 405),
        ("PUT", "/api/v1/status", 405),
    ],
)
def test_an_unknown_path_or_method_is_404_or_405(api: Api, method: str, path: str, status: int) -> None:
    """A path that the API does not have is answered with 404, and a method with 405."""
    assert api.call(method, path, {"x-api-key": api.key}).status_code == status


@pytest.mark.claim("rate-limit-429")
def test_too_many_creates_are_429_until_retry_after(make_own_mock: Callable[..., Api]) -> None:
    """Creates above the rate limit are refused with 429, and accepted again after the time in Retry-After."""
    api = make_own_mock()
    responses = [api.create(api.build_body(), x_mock_scenario="rate-window") for _ in range(21)]
    assert [response.status_code for response in responses] == [202] * 20 + [429]
    wait_s = int(responses[-1].headers.get("Retry-After", "0"))
    assert wait_s >= 1
    api.sleep(wait_s)
    assert api.create(api.build_body(), x_mock_scenario="rate-window").status_code == 202

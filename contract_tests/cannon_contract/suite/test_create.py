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
    build_body_with_null,
    build_incomplete_body,
    list_required_fields,
)
from cannon_contract.client.differences import show
from cannon_contract.client.expectations import (
    REFUSAL,
    expect,
    expect_different,
    expect_equal,
    expect_member,
    expect_status,
)
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
from cannon_contract.client.refusals import expect_refused, measure_refusals, send_invalid
from cannon_contract.suite.cases import each_default, each_notice
from cannon_contract.suite.observed_values import note_setting
from cannon_contract.suite.outputs import describe_result, list_leaves, read_template

_INVALID_BODIES: dict[str, Callable[[Api], Any]] = {
    "with an unknown operation": lambda api: {**api.build_body(), "operation": f"{api.operation}d"},
    "without an operation": lambda api: {"input": api.build_body()["input"]},
    "without an input": lambda api: {"operation": api.operation},
    "with an array as input": lambda api: {"operation": api.operation, "input": []},
    "with a text as input": lambda api: {"operation": api.operation, "input": "a red kite"},
    "with a model that no page names": build_body_of_unknown_model,
}
"""Bodies whose refusal the pages demand: the operation and the input are validated."""

_UNSHOWN_BODIES: dict[str, Callable[[Api], Any]] = {
    "with an unknown field in its input": lambda api: api.build_body(noSuchField="16:9"),
    "with an unknown field": lambda api: {**api.build_body(), "noSuchField": "16:9"},
    "with null for an optional field": build_body_with_null,
}
"""Bodies that no page shows, and of which none says that they are refused."""

_NO_OBJECTS = {
    "without a body": b"",
    "with a body that is cut": b"{",
    "with an array as body": b"[]",
    "with NaN as operation": b'{"operation": NaN}',
    "with a body that is not UTF-8": b"\xff",
}
_FREE_BODIES = tuple(name for name, build in _INVALID_BODIES.items() if build is not build_body_of_unknown_model)
"""The bodies that every operation can have."""

_LARGEST_BYTES = 8 * 1024 * 1024

each_invalid_body = pytest.mark.parametrize(
    ("circumstance", "build_invalid_body"), _INVALID_BODIES.items(), ids=_INVALID_BODIES
)


@pytest.mark.shares
@pytest.mark.claim("create-accepted-202")
def test_a_valid_create_is_answered_with_202(api: Api) -> None:
    """A valid create is answered with 202."""
    expect_status(shared_run(api).response, 202, "with a valid body")


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
    address = str(expect_member(reply, "/urls/get", "the accepted reply"))
    if not _is_of_target(api, address):
        raise NotTested(f"urls.get leads to another address than {api.url}, and an API key is sent to its target only")
    response = expect_status(api.get(address), 200, "at the address of urls.get")
    expect_equal(api.check_reply("request", response).get("id"), reply["id"], "id of the request at urls.get")


def _is_of_target(api: Api, address: str) -> bool:
    try:
        url, target = httpx.URL(address), httpx.URL(api.url)
    except httpx.InvalidURL:
        raise ClaimBroken(f"urls.get of the accepted reply: expected an address, got {show(address)}") from None
    return (url.scheme, url.host, url.port) == (target.scheme, target.host, target.port)


@pytest.mark.shares
@pytest.mark.probes(1)
@pytest.mark.claim("create-validates")
@each_invalid_body
def test_an_invalid_body_is_refused(api: Api, circumstance: str, build_invalid_body: Callable[[Api], Any]) -> None:
    """A create whose operation or input is invalid is refused with any 4xx status: no page says with which."""
    expect_refused(api, build_invalid_body(api), circumstance)


@pytest.mark.shares
@pytest.mark.probes(1)
@pytest.mark.claim("create-validates")
@pytest.mark.parametrize(("circumstance", "content"), _NO_OBJECTS.items(), ids=_NO_OBJECTS)
def test_a_body_that_is_not_a_json_object_is_refused(api: Api, circumstance: str, content: bytes) -> None:
    """A create whose body is not a JSON object is refused."""
    expect_refused(api, content, circumstance)


@pytest.mark.shares
@pytest.mark.probes(1)
@pytest.mark.claim("create-refuses-unshown")
@pytest.mark.parametrize(("circumstance", "build_body"), _UNSHOWN_BODIES.items(), ids=_UNSHOWN_BODIES)
def test_what_no_page_shows_is_refused(api: Api, circumstance: str, build_body: Callable[[Api], Any]) -> None:
    """A create with a field that no page lists, or with null in place of an optional value, is refused."""
    expect_refused(api, build_body(api), circumstance)


@pytest.mark.probes(len(_FREE_BODIES))
@pytest.mark.claim("create-validates")
def test_a_refused_create_costs_nothing(api: Api) -> None:
    """The balance does not fall by creates that are refused."""
    charge = measure_refusals(api, [_INVALID_BODIES[name](api) for name in _FREE_BODIES])
    what = f"the fall of creditsRemaining while {len(_FREE_BODIES)} creates were refused"
    expect(charge == 0, what, "none: what is refused is no request", charge)


@pytest.mark.probes(1)
@pytest.mark.claim("refusal-status")
@each_invalid_body
def test_a_refusal_has_its_status(api: Api, circumstance: str, build_invalid_body: Callable[[Api], Any]) -> None:
    """An invalid create is answered with 400, or the status that the mock was set to."""
    response = send_invalid(api, build_invalid_body(api), circumstance)
    note_setting(api, claim_ids.REFUSAL_STATUS, "refusal_status", response.status_code, (400, 422))
    expect_status(response, api.read_switch("refusal_status", 400), circumstance)


@pytest.mark.probes(1)
@pytest.mark.claim("refusal-status")
@pytest.mark.parametrize("circumstance", [*_NO_OBJECTS][:2])
def test_a_body_that_is_not_json_is_400(api: Api, circumstance: str) -> None:
    """A create whose body is not JSON is answered with 400."""
    expect_status(send_invalid(api, _NO_OBJECTS[circumstance], circumstance), 400, circumstance)


@pytest.mark.probes(1)
@pytest.mark.claim("error-envelope")
def test_a_refusal_has_the_error_body(api: Api) -> None:
    """The body of a refusal matches the error schema."""
    response = send_invalid(api, build_incomplete_body(api), "without a required field")
    expect_status(response, REFUSAL, "without a required field")
    api.check_reply("error", response)


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
    expect_status(expect_not_account_error(api, response), 413, "with a body of more than 8 MiB")


@pytest.mark.probes(1)
@pytest.mark.claim("insufficient-credits")
@pytest.mark.needs("empty key")
def test_a_create_above_the_balance_is_402(api: Api, api_without_credits: Api) -> None:
    """A create that costs more than the balance is refused with 402, and the balance does not change."""
    before = api_without_credits.read_credits()
    expect_status(api_without_credits.create(api.build_body()), 402, "above the balance")
    expect_equal(api_without_credits.read_credits(), before, "creditsRemaining after a refusal")


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
    expect_different(first["id"], second["id"], "the ids of two creates without an idempotency key")


@pytest.mark.claim("host-header")
@pytest.mark.parametrize("host", ["a b", "", "exa/mple", "example.com:99999"])
def test_an_invalid_host_header_is_400(api: Api, host: str) -> None:
    """A Host header that is not a valid host is refused with 400."""
    response = api.call("GET", "/api/v1/status", {"x-api-key": api.key, "host": host})
    expect_status(response, 400, f"with the Host {show(host)}")


@pytest.mark.claim("unknown-address-404")
@pytest.mark.parametrize(
    ("method", "path", "status", "circumstance"),
    [
        ("GET", "/api/v1/nothing", 404, "at a path that the API does not have"),
        ("GET", "/api/v1", 404, "at a path that the API does not have"),
        ("DELETE", "/api/v1/requests/req_123", 405, "with a method that the path does not have"),
        ("PUT", "/api/v1/status", 405, "with a method that the path does not have"),
    ],
)
def test_an_unknown_path_or_method_is_404_or_405(
    api: Api, method: str, path: str, status: int, circumstance: str
) -> None:
    """A path that the API does not have is answered with 404, and a method with 405."""
    expect_status(api.call(method, path, {"x-api-key": api.key}), status, circumstance)


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

"""Bodies that are accepted, and that come back as they were sent: the vendor's examples, and texts of all kinds."""

from __future__ import annotations

from typing import Any

import pytest

from cannon_contract import claim_ids
from cannon_contract.client.api import Api
from cannon_contract.client.documented_bodies import list_sources
from cannon_contract.client.expectations import SUCCESS, describe_answer, expect, expect_status
from cannon_contract.client.flows import (
    check_account,
    confirm_accepted,
    expect_accepted,
    poll_to_end,
    shared_run,
)
from cannon_contract.client.logged_input import expect_logged_input
from cannon_contract.client.outcomes import ClaimBroken
from cannon_contract.suite.documented_cases import (
    SPECIAL_TEXT,
    each_example,
    each_long_text,
    each_optional_field,
    each_text,
    find_common_fields,
    find_fields_claim,
)

_WEBHOOK_URL = "https://example.com/webhooks/cannon"
_LEAST_PREVIEW = 8
"""How many letters show whose text a preview is."""


@each_example()
def test_the_example_of_a_page_is_accepted(api: Api, changes: dict[str, Any]) -> None:
    """Each example of the vendor's pages is accepted as it is there, with its model, and its input is in the log."""
    body = api.build_body(**changes)
    try:
        run = shared_run(api, body)
    except ClaimBroken as error:
        raise _explain_refusal(api, body, error) from None
    expect_logged_input(api, run.end, body["input"])


def _explain_refusal(api: Api, body: dict[str, Any], error: ClaimBroken) -> ClaimBroken:
    """Find what a target refuses in an example: files, which exist nowhere, a field that may be left out, or all."""
    if error.claims not in ((claim_ids.CREATE_ACCEPTED,), (claim_ids.CREATE_ACCEPTS_VALID,)):
        return error
    operation, input = api.catalog.operations[api.operation], body["input"]
    common_fields, sources = find_common_fields(operation), list_sources(input)
    claims_by_fields = {
        tuple(sources): claim_ids.CREATE_ACCEPTS_VALID,
        tuple(name for name in input if name not in common_fields): find_fields_claim(operation),
    }
    for names, claim in claims_by_fields.items():
        shorter_input = {name: value for name, value in input.items() if name not in names}
        if names and api.create({**body, "input": shorter_input}).is_success:
            return ClaimBroken(f"{error}; the target accepts the example without {', '.join(names)}", claim)
    # Files may still be the reason where the example cannot do without them.
    needs_sources = bool(set(sources) & common_fields)
    return ClaimBroken(str(error), claim_ids.CREATE_ACCEPTS_VALID if needs_sources else claim_ids.CREATE_ACCEPTED)


@each_optional_field()
def test_a_field_that_may_be_left_out_is_accepted_alone(
    api: Api, operation: str, changes: dict[str, Any], field: str
) -> None:
    """What all examples have and one more field with the value of its example is accepted, and comes back in order."""
    body = api.build_body(**changes)
    response = api.create(body)
    if response.status_code >= 300 and not list_sources({field: body["input"][field]}):
        check_account(api, response)
        base = {name: value for name, value in body["input"].items() if name != field}
        confirm_accepted(api, {**body, "input": base})
        what, claim = (
            f"with {field} beside what all examples have",
            find_fields_claim(api.catalog.operations[operation]),
        )
        expect_status(response, SUCCESS, what, claim)
    end = poll_to_end(api, expect_accepted(api, response, body))[-1]
    expect_logged_input(api, end, body["input"])


@pytest.mark.shares
@pytest.mark.creates(1)
@pytest.mark.claim("create-envelope")
def test_a_webhook_url_is_accepted(api: Api) -> None:
    """A create with a webhook_url is accepted like the same one without it."""
    confirm_accepted(api)
    response = api.create({**api.build_body(), "webhook_url": _WEBHOOK_URL})
    check_account(api, response)
    expect(response.is_success, "a create with a webhook_url", "202, as without it", describe_answer(response))


@pytest.mark.claim("request-log", "request-log-input-exact", "create-accepted-202")
@each_text()
def test_a_text_comes_back_unchanged(api: Api, field: str) -> None:
    """A text with quotes, tags, escapes, line ends, accents, emoji, right-to-left letters is in the log unchanged."""
    run = shared_run(api, api.build_body(**{field: SPECIAL_TEXT}))
    expect_logged_input(api, run.end, run.body["input"])


@pytest.mark.claim("request-log", "create-accepts-valid")
@each_long_text()
def test_a_long_text_comes_back_unchanged(api: Api, changes: dict[str, Any]) -> None:
    """A text of 1,500 words is in the log unchanged. That so long a one is accepted is assumed."""
    body = api.build_body(**changes)
    reply = expect_accepted(api, api.create(body), body, claim_ids.CREATE_ACCEPTS_VALID)
    expect_logged_input(api, poll_to_end(api, reply)[-1], body["input"])


@pytest.mark.shares
@pytest.mark.claim("request-record")
@each_text()
def test_a_preview_is_of_its_own_request(api: Api, field: str) -> None:
    """InputPreview of a request is not the text of another request."""
    runs = shared_run(api), shared_run(api, api.build_body(**{field: SPECIAL_TEXT}))
    for own, other in (runs, runs[::-1]):
        preview = str(own.end.get("inputPreview") or "").rstrip("…. ")
        own_text, other_text = (str(run.body["input"].get(field, "")) for run in (own, other))
        is_of_other = len(preview) >= _LEAST_PREVIEW and _begins_alike(other_text, preview)
        is_own = _begins_alike(own_text, preview)
        expect(is_own or not is_of_other, "inputPreview of a request", "its own text", preview)


def _begins_alike(first: str, second: str) -> bool:
    """Whether one of two texts is the beginning of the other."""
    return first.startswith(second) or (first != "" and second.startswith(first))

"""Creates that are repeated with an idempotency key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from cannon_contract import claim_ids
from cannon_contract.client.api import Api, new_key
from cannon_contract.client.assumptions import expect_assumed
from cannon_contract.client.create_bodies import build_incomplete_body, build_other_body
from cannon_contract.client.expectations import (
    REFUSAL,
    expect,
    expect_between,
    expect_count,
    expect_different,
    expect_equal,
    expect_status,
)
from cannon_contract.client.flows import (
    SharedRun,
    create,
    expect_accepted,
    expect_not_account_error,
    poll,
    read_error_code,
    shared_run,
    wait_before_poll,
)
from cannon_contract.client.outcomes import NotTested
from cannon_contract.suite.observed_values import note_setting
from cannon_spec.amounts import round_credits

_HOURS = 24
_MS = 0.001
_WAITS = 3
"""How often the time before a poll passes until a create is repeated: a client tries again after some seconds."""
_LONG = 200
"""The length of a long idempotency key: many services take up to 255 letters."""
_REPEAT_COUNTS = (1, 2)
_REPEATS = sum(_REPEAT_COUNTS)
_MISMATCH_STATUSES = (400, 409, 422)


def _find_key(run: SharedRun) -> str:
    """The idempotency key of the create of a run."""
    return str(run.response.request.headers["x-idempotency-key"])


def _find_id(response: httpx.Response) -> Any:
    """The id in a reply; None where it has none. A repeat may show the present state, so nothing else is demanded."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return None
    return body.get("id") if isinstance(body, dict) else None


def _expect_same_request(repeat: httpx.Response, id_: str, circumstance: str) -> None:
    """Raise ClaimBroken where a repeat succeeds with another id. It may be refused: then it made no request."""
    if repeat.is_success:
        expect_equal(_find_id(repeat), id_, f"id in the reply to a repeat {circumstance}", claim_ids.CREATE_IDEMPOTENT)


@pytest.mark.shares
@pytest.mark.creates(1)
@pytest.mark.probes(2)
@pytest.mark.claim("create-idempotent")
def test_a_repeat_makes_no_second_request(api: Api) -> None:
    """A create with a new idempotency key makes a request; a repeat names it, at once and some seconds later."""
    other_id, key = shared_run(api).reply["id"], new_key()
    reply = create(api, key=key)
    expect_different(reply["id"], other_id, "ids of two creates with two idempotency keys")
    _expect_same_request(api.create(api.build_body(), key=key), reply["id"], "at once")
    start_s = api.now_s()
    for _ in range(_WAITS):
        wait_before_poll(api, reply)
    circumstance = f"{api.now_s() - start_s:.3g} seconds later"
    _expect_same_request(api.create(api.build_body(), key=key), reply["id"], circumstance)


@pytest.mark.shares
@pytest.mark.probes(1)
@pytest.mark.claim("create-idempotent", "idempotency-repeat")
def test_a_repeat_after_the_end_makes_no_second_request(api: Api) -> None:
    """A repeat of a request that has ended names it, with the status and the body of the first reply."""
    run = shared_run(api)
    repeat = api.create(run.body, key=_find_key(run))
    _expect_same_request(repeat, run.reply["id"], "of a request after its end")
    status, first_status = repeat.status_code, run.response.status_code
    claim = claim_ids.IDEMPOTENCY_REPEAT
    expect_assumed(api, status == first_status, "the status of a repeat", str(first_status), status, claim)
    is_first_reply = repeat.content == run.response.content
    expect_assumed(api, is_first_reply, "the body of the reply to a repeat", "that of the first", repeat.text, claim)


@pytest.mark.shares
@pytest.mark.probes(_REPEATS)
@pytest.mark.claim("create-idempotent")
def test_repeats_cost_nothing(api: Api) -> None:
    """Repeats of a create do not change the balance, however many there are."""
    run = shared_run(api)
    falls = [_measure_repeats(api, run, count) for count in _REPEAT_COUNTS]
    cost = falls[0]
    is_in_step = cost > 0 and falls == [round_credits(cost * count) for count in _REPEAT_COUNTS]
    if any(falls):
        api.account_use.watch_longer(api.read_credits, api.sleep)
        api.account_use.check_quiet()
    what = f"the falls of creditsRemaining during {' and '.join(map(str, _REPEAT_COUNTS))} repeats of a create"
    expect(not is_in_step, what, "none", falls)
    if any(falls):
        raise NotTested("late charges of other requests came during the repeats")


def _measure_repeats(api: Api, run: SharedRun, count: int) -> float:
    """How far the balance fell during a number of repeats, and until the time for a poll has passed."""
    before = api.read_credits()
    for _ in range(count):
        api.create(run.body, key=_find_key(run))
    wait_before_poll(api, run.reply)
    return round_credits(before - api.read_credits())


@pytest.mark.creates(1)
@pytest.mark.claim("create-idempotent")
@pytest.mark.parametrize(
    "count", [pytest.param(2, marks=pytest.mark.probes(2)), pytest.param(10, marks=pytest.mark.probes(10))]
)
def test_parallel_creates_make_one_request(api: Api, count: int) -> None:
    """Creates with one idempotency key that are sent at the same time make one request, which a repeat names."""
    key, body = new_key(), api.build_body()
    # Those that meet the first may be refused. The repeat is what a client sends after that.
    responses = [*api.create_in_parallel(body, key, count), api.create(body, key=key)]
    accepted_responses = [each for each in responses if each.is_success]
    if not accepted_responses:
        expect_accepted(api, responses[-1], body)
    ids = dict.fromkeys(map(_find_id, accepted_responses))
    expect_count(ids, 1, f"requests that {count} parallel creates with one idempotency key made")


@pytest.mark.creates(2)
@pytest.mark.claim("create-idempotent")
def test_long_keys_that_differ_at_their_end_make_two_requests(api: Api) -> None:
    """Creates with two long idempotency keys that differ only in their last letter make two requests."""
    start = (new_key() * _LONG)[: _LONG - 1]
    body = api.build_body()
    responses = [api.create(body, key=start + end) for end in "ab"]
    first, second = (expect_accepted(api, each, body, claim_ids.IDEMPOTENCY_KEY_FORM)["id"] for each in responses)
    what = f"ids of two creates with idempotency keys of {_LONG} letters that differ in the last"
    expect_different(first, second, what, claim_ids.CREATE_IDEMPOTENT)


@pytest.mark.shares
@pytest.mark.probes(1)
@pytest.mark.claim("idempotency-mismatch")
def test_a_key_with_another_body_is_refused(api: Api) -> None:
    """The same key with another body is refused with 422, or the status that the mock was set to, and costs nothing."""
    run, body = shared_run(api), build_other_body(api)
    before = api.read_credits()
    response = expect_not_account_error(api, api.create(body, key=_find_key(run)))
    note_setting(api, claim_ids.IDEMPOTENCY_MISMATCH, "mismatch_status", response.status_code, _MISMATCH_STATUSES)
    circumstance = "with a used idempotency key and another body"
    expect_status(response, api.read_switch("mismatch_status", 422), circumstance)
    if api.is_mock:  # elsewhere other requests may be charged meanwhile
        expect_equal(
            api.read_credits(), before, f"creditsRemaining after a create {circumstance}, compared with before"
        )


@pytest.mark.shares
@pytest.mark.creates(1)
@pytest.mark.claim("idempotency-scope")
@pytest.mark.needs("other key")
def test_a_key_belongs_to_one_api_key(api: Api, other_api: Api) -> None:
    """The same idempotency key with another API key makes another request."""
    run = shared_run(api)
    response = other_api.create(run.body, key=_find_key(run))
    # Two keys of one account may share their idempotency keys: then this is a repeat, and may show the present state.
    if not response.is_success:
        expect_accepted(other_api, response, run.body, claim_ids.IDEMPOTENCY_SCOPE)
    id_, first_id = _find_id(response), run.reply["id"]
    expect_different(id_, first_id, "ids of two creates with one idempotency key and two API keys")


@pytest.mark.creates(1)
@pytest.mark.claim("idempotency-key-form")
@pytest.mark.needs("limits")
@pytest.mark.parametrize("length", [1, 255])
def test_a_key_may_have_up_to_255_characters(api: Api, length: int) -> None:
    """An idempotency key of 1 to 255 characters is accepted."""
    key = (new_key() * 16)[:length]
    expect_accepted(api, api.create(api.build_body(), key=key), api.build_body(), claim_ids.IDEMPOTENCY_KEY_FORM)


@pytest.mark.probes(1)
@pytest.mark.claim("idempotency-key-form")
@pytest.mark.needs("limits")
@pytest.mark.parametrize("length", [0, 256])
def test_a_key_of_another_length_is_refused(api: Api, length: int) -> None:
    """An idempotency key that is empty or longer than 255 characters is refused."""
    response = expect_not_account_error(api, api.create(api.build_body(), key="k" * length))
    expect_status(response, REFUSAL, f"with an idempotency key of {length} characters")


@pytest.mark.shares
@pytest.mark.probes(2)
@pytest.mark.claim("idempotency-after-validation")
def test_a_body_is_validated_before_its_key(api: Api) -> None:
    """An invalid body is refused in the same way whether its idempotency key was used before or not."""
    run, bad_body = shared_run(api), build_incomplete_body(api)
    responses = [expect_not_account_error(api, api.create(bad_body, key=key)) for key in (_find_key(run), None)]
    error, new_error = (f"{status} {code}".rstrip() for status, code in map(read_error_code, responses))
    expect_equal(error, new_error, "status and error code of an invalid create with a used idempotency key")


@pytest.mark.claim("idempotency-lifetime")
@pytest.mark.needs("clock")
def test_a_key_lives_for_24_hours(make_own_mock: Callable[..., Api]) -> None:
    """A create with a used key makes a new request after 24 hours, and not before."""
    api, key = make_own_mock(), new_key()
    first = create(api, key=key)["id"]
    api.sleep(_HOURS * 3600 - _MS)
    expect_equal(create(api, key=key)["id"], first, f"id of a repeat a millisecond before {_HOURS} hours")
    api.sleep(_MS)
    expect_different(create(api, key=key)["id"], first, f"ids of a create and its repeat after {_HOURS} hours")


@pytest.mark.claim("idempotency-in-flight")
def test_a_repeat_during_the_first_create_is_409(make_own_mock: Callable[..., Api]) -> None:
    """A repeat before the first create is answered is refused with 409 and Retry-After; afterwards it is accepted."""
    responses: list[httpx.Response] = []
    key = new_key()

    def repeat() -> None:
        responses.append(api.create(api.build_body(), key=key))

    api: Api = make_own_mock(while_waiting=repeat)
    first: dict[str, Any] = create(api, key=key, x_mock_scenario="latency")
    [response] = responses
    expect_status(response, 409, "that repeats one without an answer yet")
    expect_between(int(response.headers.get("Retry-After", "0")), 1, _HOURS * 3600, "Retry-After of that repeat")
    expect_equal(poll(api, create(api, key=key))["id"], first["id"], "id of a repeat after the answer")

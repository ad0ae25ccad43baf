"""What a request object keeps of its create and of its result: the log and the previews."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cannon_contract import claim_ids
from cannon_contract.client.api import Api
from cannon_contract.client.differences import show
from cannon_contract.client.expectations import expect, expect_between, expect_equal, expect_member
from cannon_contract.client.flows import SharedRun, create, poll, poll_to_end, shared_run
from cannon_contract.client.outcomes import NotTested
from cannon_contract.suite.cases import any_operation, has_asset, has_fields
from cannon_contract.suite.durations import CLOCK_TOLERANCE_S, DAY_S
from cannon_contract.suite.outputs import find_files, strip_signatures

_LONG_S = 60


@pytest.mark.shares
@pytest.mark.claim("request-log")
def test_the_log_has_the_input(api: Api) -> None:
    """The request log is available at the end, and has each field of the input of the create, unchanged."""
    run = shared_run(api)
    log = _find_log(run)
    expect_equal(log.get("available"), True, "available of requestLog at the end of a request")
    for name, value in run.body["input"].items():
        logged_value = expect_member(log, f"/input/{name}", "requestLog at the end of a request")
        expect_equal(logged_value, value, f"input.{name} of requestLog, compared with that of the create")


@pytest.mark.shares
@pytest.mark.claim("request-log")
def test_the_log_has_the_output(api: Api) -> None:
    """The log of a success has an output, whose members are those of the output but for signatures of addresses."""
    run = shared_run(api)
    output, log = run.output, _find_log(run)
    logged_output = expect_member(log, "/output", "requestLog of a success")
    is_object = isinstance(logged_output, dict) and logged_output != {}
    expect(is_object, "output of requestLog of a success", "an object with at least one member", logged_output)
    common_names = [name for name in logged_output if name in output]
    if not common_names:
        raise NotTested(f"output of requestLog has none of the members of the output: {show(logged_output)}")
    for name in common_names:
        values = [strip_signatures(each[name]) for each in (logged_output, output)]
        expect_equal(*values, f"output.{name} of requestLog, compared with that of the output")


def _find_log(run: SharedRun) -> dict[str, Any]:
    """The log of a request that has ended. Raises ClaimBroken where it has none."""
    log = expect_member(run.end, "/requestLog", "a request that has ended", claim_ids.REQUEST_LOG)
    expect(isinstance(log, dict), "requestLog at the end of a request", "an object", log, claim_ids.REQUEST_LOG)
    return dict(log)


@pytest.mark.shares
@pytest.mark.claim("request-shape")
def test_the_log_of_a_success_has_the_keys_of_the_example(api: Api) -> None:
    """The log of a success, while it is available, has each key of the page's example."""
    run = shared_run(api)
    log = _find_log(run)
    if run.output and log.get("available") is True:
        for name in ("retentionDays", "retainedUntilMs", "input", "output", "errorMessage"):
            expect_member(log, f"/{name}", "requestLog of a success")


@pytest.mark.shares
@pytest.mark.claim("request-preview-prompt")
@any_operation(has_fields("prompt"))
def test_the_input_preview_is_the_prompt(api: Api) -> None:
    """InputPreview is the prompt of the create, unchanged."""
    run = shared_run(api)
    if "prompt" not in run.body["input"]:
        raise NotTested("the input of this run has no prompt")
    expect_equal(run.end.get("inputPreview"), run.body["input"]["prompt"], "inputPreview, compared with the prompt")


@pytest.mark.shares
@pytest.mark.claim("request-preview-asset")
@any_operation(has_asset)
def test_the_output_preview_names_the_asset(api: Api) -> None:
    """OutputPreview has the address of a file of the output in it, but for the signature of the address."""
    run = shared_run(api)
    preview = strip_signatures(run.end.get("outputPreview"))
    urls = [strip_signatures(each.url) for each in find_files(api.catalog.operations[api.operation], run.output)]
    names_asset = isinstance(preview, str) and any(url in preview for url in urls)
    expect(names_asset, "outputPreview of a success", f"the address {' or '.join(urls)}", preview)


@pytest.mark.shares
@pytest.mark.claim("request-log-seven-days")
def test_the_log_is_kept_for_seven_days(api: Api) -> None:
    """RetainedUntilMs is seven days after a time between the creation and the end, to five minutes."""
    end, until_ms = _find_end_of_log(api)
    created_ms = end["createdAtMs"] if end.get("createdAtMs") is not None else end["completedAtMs"]
    first_ms, last_ms = created_ms - CLOCK_TOLERANCE_S * 1000, end["completedAtMs"] + CLOCK_TOLERANCE_S * 1000
    kept_ms = 7 * DAY_S * 1000
    what = "retainedUntilMs of requestLog, seven days after the creation or the end"
    expect_between(until_ms, first_ms + kept_ms, last_ms + kept_ms, what)


@pytest.mark.shares
@pytest.mark.claim("request-log-from-completion")
def test_the_log_is_kept_for_seven_days_after_the_end(api: Api) -> None:
    """RetainedUntilMs is seven days after completedAtMs."""
    end, until_ms = _find_end_of_log(api)
    expect_equal(until_ms - end["completedAtMs"], 7 * DAY_S * 1000, "retainedUntilMs of requestLog less completedAtMs")


def _find_end_of_log(api: Api) -> tuple[dict[str, Any], int]:
    """An ended request, and until when its log is kept. Raises NotTested where it does not say so in whole numbers."""
    run = shared_run(api)
    end, until_ms = run.end, _find_log(run).get("retainedUntilMs")
    if type(until_ms) is not int or type(end.get("completedAtMs")) is not int:
        raise NotTested(f"requestLog has no time until when it is kept, or the request no end: {show(until_ms)}")
    return end, until_ms


@pytest.mark.claim("request-log-after-sweep")
@pytest.mark.needs("clock")
def test_the_log_is_empty_after_seven_days(make_own_mock: Callable[..., Api]) -> None:
    """The log is available until the seven days are over; then it has no input and no output."""
    api = make_own_mock()
    reply = create(api)
    until_ms = poll_to_end(api, reply)[-1]["requestLog"]["retainedUntilMs"]
    api.sleep(7 * DAY_S - _LONG_S)
    assert poll(api, reply)["requestLog"]["available"] is True
    api.sleep(_LONG_S + 0.001)
    log = poll(api, reply)["requestLog"]
    assert (log["available"], log["input"], log["output"], log["retainedUntilMs"]) == (False, None, None, until_ms)


@pytest.mark.shares
@pytest.mark.claim("request-log-at-end-only")
def test_log_and_previews_appear_at_the_end(api: Api) -> None:
    """requestLog, inputPreview and outputPreview are in the last poll, and in none before it."""
    polls = shared_run(api).polls
    names = {"requestLog", "inputPreview", "outputPreview"}
    expect_equal(sorted(names & polls[-1].keys()), sorted(names), "log and previews of a request that has ended")
    for view in polls[:-1]:
        expect_equal(sorted(names & view.keys()), [], f"log and previews of a request that is {view['status']}")

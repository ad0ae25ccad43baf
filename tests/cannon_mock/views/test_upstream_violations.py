"""What only the provider refuses: a warning, or a request that is accepted and then fails."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from cannon_contract.suite.case_inputs import find_breaking_body, find_small_input
from cannon_mock import Config, ManualClock, create_app
from cannon_mock.stores.records import Records
from cannon_mock.webhooks.outgoing import DeliveryResponse
from cannon_spec import load_catalog, validate_request
from cannon_spec.finding import UNAVOIDABLE_RULES, Finding
from cannon_spec.strategies import breakable
from tests.support.examples import EXAMPLES
from tests.support.mocks import LONG_MS, START, Driver, DriverFactory, body, build_driver, read_error
from tests.support.payloads import CATALOG

RICH = 10**9
OPERATIONS = [each for each in CATALOG.operations.values() if each.is_covered]
LONG_WAN = {
    "operation": "video.generate",
    "input": {"prompt": "A red bicycle", "model": "wan27video", "duration": 30},
}
WAN_MESSAGE = "Duration should be between 2 and 15"

GENERAL = "Your input was rejected. Please try again or with a different input."
OPTIONS = "{} is not within the range of allowed options"
REQUIRED = "This field is required"
SPEED = (
    "Invalid setting for speed received, expected to be greater or equal to 0.7 and less or equal to 1.2, received {}"
)
MANY = "expected at most 9 reference images but got 10 instead"
MIXED = "first/last frame content cannot be mixed with reference media content"

FORMS = {
    **dict.fromkeys(("enum", "const", "minimum", "maximum", "multipleOf", "type"), OPTIONS),
    **dict.fromkeys(("required", "dependentRequired"), REQUIRED),
    "model-unknown": "The model name you specified is not supported",
    **dict.fromkeys(("not", "minLength", "maxLength", "maxItems"), GENERAL),
}
"""The message of a failure, by the keyword of the rule, or by its name."""

OWN_FORMS = {
    "models/wan27video#/properties/duration/minimum": WAN_MESSAGE,
    "models/wan27video#/properties/duration/maximum": WAN_MESSAGE,
    "models/wan27video#/properties/resolution/enum": "Input should be '1080P' or '720P': parameters.resolution",
    "models/seedance2#/properties/reference_image_urls/maxItems": MANY,
    "models/seedance2#/allOf/0/then/not": MIXED,
    "models/seedance2#/allOf/1/then/not": MIXED,
}
"""The message of a failure where clients have logged one for the rule itself."""


def _list_bodies() -> list[dict[str, Any]]:
    """The create bodies of the inputs among the contract's examples: each rule that can be broken is broken by one."""
    return [{"operation": each.folder, "input": each.document} for each in EXAMPLES if each.part == "input"]


@cache
def _list_violations() -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """By operation, each rule of the provider's with the first body that breaks it and no other rule."""
    bodies: dict[str, dict[str, Any]] = {each.id: {} for each in OPERATIONS}
    for payload in _list_bodies():
        findings = [each for each in validate_request(payload).findings if each.rule not in UNAVOIDABLE_RULES]
        if len(findings) == 1 and (findings[0].severity, findings[0].evidence.strength) == ("warning", "upstream"):
            bodies[payload["operation"]].setdefault(findings[0].rule, payload)
    return {operation: list(each.items()) for operation, each in bodies.items()}


class Site:
    """A mock that lets requests fail late, and the webhooks that it sends."""

    def __init__(self, **settings: Any) -> None:
        self.events: list[dict[str, Any]] = []
        self.mock = build_driver(send=self._take, upstream_violations="fail-late", credits=RICH, **settings)

    def _take(self, _url: str, data: bytes, _headers: Any) -> DeliveryResponse:
        self.events.append(json.loads(data))
        return DeliveryResponse(200)


@pytest.fixture(scope="module")
def site() -> Site:
    return Site()


def _expect_form(finding: Finding, payload: dict[str, Any]) -> str:
    """The message of a failure for a finding."""
    field, word = finding.path.rpartition("/")[2], finding.rule.rpartition("/")[2]
    if field == "speed":
        return SPEED.format(payload["input"]["speed"])
    return OWN_FORMS.get(finding.rule) or FORMS[word].format(field)


@pytest.mark.parametrize("operation", [each.id for each in OPERATIONS])
def test_what_only_the_provider_refuses_fails_late(site: Site, operation: str) -> None:
    """A body that breaks one rule of the provider's is accepted, and fails with the message for that, for nothing."""
    for rule, payload in _list_violations()[operation]:
        _fail_late(site, rule, payload)


@pytest.mark.extended
@pytest.mark.parametrize("operation", [each.id for each in OPERATIONS])
def test_each_rule_of_a_provider_fails_late(site: Site, operation: str) -> None:
    """The same holds for bodies that are made from the rules, and for all of these."""
    for rule in breakable(operation):
        if (rule.severity, rule.claim.strength) == ("warning", "upstream"):
            _fail_late(site, rule.id, find_breaking_body(operation, rule.id))


def _fail_late(site: Site, rule: str, payload: dict[str, Any]) -> None:
    """See that a body which breaks a rule of the provider's is accepted, and fails for it."""
    (finding,) = (each for each in validate_request(payload).findings if each.rule == rule)
    payload = {**payload, "webhook_url": "http://127.0.0.1/hook"}
    mock, before = site.mock, site.mock.read_credits()
    site.events.clear()
    reply = mock.create(payload)
    assert (reply.status_code, rule in reply.headers["x-mock-warnings"]) == (202, True), reply.get_json()
    id_ = reply.get_json()["id"]
    task = mock.store.tasks.get(id_)
    assert task is not None
    assert (mock.poll(id_)["status"], before - mock.read_credits()) == ("queued", task.credits)
    mock.clock.set(task.timeline.started_ms)
    assert (mock.poll(id_)["status"], site.events) == ("processing", [])
    mock.clock.set(task.timeline.ended_ms)
    end = mock.get(f"/api/v1/requests/{id_}")
    view, message = end.get_json(), _expect_form(finding, payload)
    assert (view["status"], view["errorMessage"], view["output"]) == ("failed", message, None)
    assert (view["requestLog"]["errorMessage"], mock.read_credits()) == (message, before)
    assert [(each["type"], each["data"]["errorMessage"]) for each in site.events] == [("request.failed", message)]
    claims = {"assumed:upstream-violations", f"upstream:{finding.evidence.claim}", "reported:failure-message"}
    assert claims <= set(end.headers["x-mock-evidence"].split(", "))
    shown_task = mock.get(f"/__mock__/tasks/{id_}").get_json()
    assert (shown_task["scenario"], shown_task["violation"]["rule"]) == ("failed-upstream", rule)
    exchanges = mock.get(f"/__mock__/journal?request_id={id_}").get_json()["exchanges"]
    assert {rule in each["violation"] for each in exchanges} == {True}


def test_the_table_has_rules_of_each_kind_of_media() -> None:
    """The table has rules of operations of video, image and audio, and those with a message of their own."""
    counts = Counter(dict.fromkeys(("video", "image", "audio"), 0))
    for operation, rows in _list_violations().items():
        counts[CATALOG.operations[operation].kind] += len(rows)
    assert min(counts[kind] for kind in ("video", "image", "audio")) >= 10, counts
    assert OWN_FORMS.keys() <= {rule for rows in _list_violations().values() for rule, _ in rows}


def _list_other_bodies() -> list[dict[str, Any]]:
    """The bodies without a finding on a provider's rule; of those with the same rules, one."""
    bodies = {}
    for payload in _list_bodies():
        findings = validate_request(payload).findings
        if all(each.evidence.strength != "upstream" or each.rule in UNAVOIDABLE_RULES for each in findings):
            bodies[payload["operation"], *(each.rule for each in findings)] = payload
    return list(bodies.values())


def _follow(mock: Driver, payload: dict[str, Any]) -> list[Any]:
    """All that a client gets of a request: the reply to its create, and its object at its end if it was accepted."""
    replies = [mock.create(payload)]
    mock.clock.advance(10 * LONG_MS)
    if replies[0].status_code == 202:
        replies.append(mock.get(f"/api/v1/requests/{replies[0].get_json()['id']}"))
    return [(each.status_code, each.get_json(), dict(each.headers)) for each in replies]


def test_what_no_provider_refuses_is_the_same_under_both_settings(make_mock: DriverFactory) -> None:
    """A body without a finding on a provider's rule has the same replies, whatever becomes of those with one."""
    warning, failing = (
        make_mock(clock=ManualClock(0), credits=RICH, upstream_violations=each) for each in ("warn", "fail-late")
    )
    ends = Counter()
    for payload in _list_other_bodies():
        replies = _follow(failing, payload)
        assert replies == _follow(warning, payload), payload
        ends[replies[-1][1].get("status", "refused")] += 1
    assert ends.keys() == {"succeeded", "refused"}
    assert min(ends.values()) > 50


def test_an_error_is_refused_beside_what_only_the_provider_refuses() -> None:
    """A body with an error is refused as ever: nothing is stored, and nothing fails later."""
    payload = {**LONG_WAN, "input": {**LONG_WAN["input"], "prompt": ""}}
    assert {each.severity for each in validate_request(payload).findings} == {"error", "warning"}
    mock = Site().mock
    assert read_error(mock.create(payload)) == (400, "invalid_request")
    assert mock.get("/__mock__/tasks").get_json() == {"tasks": []}


def test_a_strict_mock_refuses_instead() -> None:
    """--strict wins over --upstream-violations."""
    assert read_error(Site(strict=True).mock.create(LONG_WAN)) == (400, "invalid_request")


@pytest.mark.parametrize("status", ["works", "failed"])
def test_a_shut_down_is_no_violation(make_mock: DriverFactory, status: str) -> None:
    """A request that breaks no rule does not fail late, though the maker of its model has shut it down."""
    mock = make_mock(upstream_violations="fail-late", shut_down=status, credits=RICH)
    input = find_small_input(CATALOG.operations["video.generate"], "sora2")
    reply = mock.create({"operation": "video.generate", "input": {**input, "model": "sora2"}})
    assert "shut-down" in reply.headers["x-mock-warnings"]
    task = mock.store.tasks.get(reply.get_json()["id"])
    assert task is not None
    scenario = "success" if status == "works" else "shut-down-failed"
    assert (task.scenario, task.violation) == (scenario, None)


@pytest.mark.parametrize(("duration", "status"), [(8, "succeeded"), (7, "succeeded"), ("7", "failed")])
def test_a_value_that_the_service_changes_is_no_violation(tmp_path: Path, duration: Any, status: str) -> None:
    """The provider never gets a duration that the service normalises, though only its own rules are against it."""
    claims = {name: {"strength": "upstream"} for name in ("sora2-extend-durations", "sora2-extend-field-types")}
    overlay = tmp_path / "mine.json"
    overlay.write_text(json.dumps({"claims": claims}))
    mock = Site(catalog=load_catalog(overlay=overlay), shut_down="works").mock
    input = {"prompt": "A red bicycle", "sora_video_id": "video_abc", "model": "sora-2-pro", "duration": duration}
    id_ = mock.create_and_get_id({"operation": "sora2.video.extend", "input": input})
    mock.clock.advance(10 * LONG_MS)
    assert mock.poll(id_)["status"] == status


@pytest.mark.parametrize("way", ["header", "rule", "prompt"])
def test_a_scenario_that_a_client_names_wins(way: str) -> None:
    """A request with a scenario of its own becomes what that says, not what its violation would make of it."""
    mock = Site().mock
    headers = {"x-mock-scenario": "success"} if way == "header" else {}
    if way == "rule":
        assert mock.client.post("/__mock__/scenarios", json={"scenario": "success"}).status_code == 201
    prompt = "A red bicycle [mock:success]" if way == "prompt" else "A red bicycle"
    payload = {**LONG_WAN, "input": {**LONG_WAN["input"], "prompt": prompt}}
    id_ = mock.create_and_get_id(payload, headers=headers)
    mock.clock.advance(10 * LONG_MS)
    assert mock.poll(id_)["status"] == "succeeded"


def test_the_default_scenario_of_the_settings_does_not_win() -> None:
    """--scenario is for what nothing else decides: a violation decides."""
    mock = Site(scenario="slow").mock
    id_ = mock.create_and_get_id(LONG_WAN)
    mock.clock.advance(10 * LONG_MS)
    assert mock.poll(id_)["errorMessage"] == WAN_MESSAGE


@pytest.mark.parametrize(("payload", "message"), [(LONG_WAN, WAN_MESSAGE), (body(), GENERAL)])
def test_one_request_can_fail_late_where_others_do_not(mock: Driver, payload: dict[str, Any], message: str) -> None:
    """The scenario failed-upstream does to one request what the setting does to all, with the message for it."""
    view = mock.create_and_get_id(payload, headers={"x-mock-scenario": "failed-upstream"})
    mock.clock.advance(10 * LONG_MS)
    assert mock.poll(view)["errorMessage"] == message
    other = mock.create_and_get_id(payload)
    mock.clock.advance(10 * LONG_MS)
    assert mock.poll(other)["status"] == "succeeded"


def test_the_reply_to_a_create_names_the_assumption(mock: Driver) -> None:
    """That a body is accepted which the provider refuses is an assumption, and the header of evidence says so."""
    headers = [mock.create(payload).headers["x-mock-evidence"] for payload in (LONG_WAN, body())]
    assert ["assumed:upstream-violations" in each for each in headers] == [True, False]


def test_a_late_failure_is_one_request_in_each_store(records: Records) -> None:
    """A repeat with the same key finds the one request, before its failure and after it, in whichever store it is."""
    config = Config(clock="manual", upstream_violations="fail-late")
    clients = [create_app(config, records=records).test_client() for _ in range(2 if records.is_shared else 1)]
    headers = {"x-api-key": "cs_a", "x-idempotency-key": "order-1"}
    ids = []
    for _ in range(2):
        ids += [each.post("/api/v1/requests", json=LONG_WAN, headers=headers).get_json()["id"] for each in clients]
        clients[0].post("/__mock__/clock", json={"advance_ms": 10 * LONG_MS})
    views = [each.get(f"/api/v1/requests/{ids[0]}", headers=headers).get_json() for each in clients]
    assert (len(set(ids)), {view["errorMessage"] for view in views}) == (1, {WAN_MESSAGE})
    status = clients[-1].get("/api/v1/status", headers=headers).get_json()
    assert status["creditsRemaining"] == START
    shown_task = clients[-1].get(f"/__mock__/tasks/{ids[0]}").get_json()
    assert shown_task["violation"]["path"] == "/input/duration"


def test_an_end_by_the_admin_api_is_no_violation() -> None:
    """A request that is ended before it fails late names neither the rule nor its message."""
    mock = Site().mock
    id_ = mock.create_and_get_id(LONG_WAN)
    mock.client.post(f"/__mock__/tasks/{id_}/end", json={"outcome": "failed", "message": "enough"})
    end = mock.get(f"/api/v1/requests/{id_}")
    assert end.get_json()["errorMessage"] == "enough"
    assert "wan27video-durations" not in end.headers["x-mock-evidence"]

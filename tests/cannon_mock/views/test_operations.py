"""Each operation of the contract runs through the mock by its data alone, and so do made-up ones of each kind."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_mock.model.deliveries import DeliveryResponse
from cannon_spec import Catalog, strategies, validate_response
from cannon_spec.completion import complete_input
from cannon_spec.contract.catalog import Operation
from cannon_spec.contract.media_types import find_media_type
from tests.support import made_up
from tests.support.effort import examples
from tests.support.examples import FILES
from tests.support.files import check_file
from tests.support.mocks import LONG_MS, START, build_driver, read_error
from tests.support.payloads import CATALOG

with TemporaryDirectory() as _folder:
    MADE_UP = made_up.load_made_up(Path(_folder))


def _list_operations() -> list[Any]:
    catalogs = ((CATALOG, CATALOG.operations), (MADE_UP, made_up.OVERLAY["operations"]))
    operations = [(catalog, catalog.operations[id_]) for catalog, ids in catalogs for id_ in ids]
    return [pytest.param(catalog, each, id=each.id) for catalog, each in operations if each.is_covered]


each_operation = pytest.mark.parametrize(("catalog", "operation"), _list_operations())


def _build_body(operation: Operation) -> dict[str, Any]:
    """The documented example of an operation, or the first good one; the short input of a made-up one."""
    input = made_up.INPUTS.get(operation.id) or next(_iter_good_inputs(operation.id))
    return {"operation": operation.id, "input": input}


def _iter_good_inputs(operation: str) -> Iterator[Any]:
    examples = [each for each in FILES.values() if (each.folder, each.part) == (operation, "input")]
    for example in sorted(examples, key=lambda each: each.name != "documented"):
        if example.judge(CATALOG).ok:
            yield example.document


def find_addresses(output: Any) -> list[str]:
    """The addresses of files of the mock in an output, at any depth."""
    if isinstance(output, str):
        return [output] if "/assets/" in output else []
    members = output.values() if isinstance(output, dict) else output if isinstance(output, list) else ()
    return [address for member in members for address in find_addresses(member)]


@each_operation
def test_an_operation_succeeds(catalog: Catalog, operation: Operation) -> None:
    """Every view is as the schemas say; the end has the keys of the template and the price of the effective input."""
    mock, body = build_driver(catalog), _build_body(operation)
    id_ = mock.create_and_get_id(body)
    views = []
    for wait_ms in (0, 1500, LONG_MS):
        mock.clock.advance(wait_ms)
        views.append(mock.poll(id_))
        assert validate_response("request", views[-1], catalog=catalog).errors == ()
    end = views[-1]
    assert end["status"] == "succeeded"
    hidden_keys = {key for key, field in operation.conditional_outputs.items() if field not in body["input"]}
    assert list(end["output"]) == [key for key in operation.replies["succeeded"] if key not in hidden_keys]
    cost = operation.find_cost(complete_input(catalog, operation, body["input"]).input).credits
    assert {view["billableCredits"] for view in views} == {cost}
    assert mock.read_credits() == START - cost
    assert end["requestLog"]["input"] == body["input"]


@each_operation
@pytest.mark.parametrize("model", [["a"], {}, 7])
def test_a_model_of_any_type_is_refused_or_served(catalog: Catalog, operation: Operation, model: Any) -> None:
    """A value of the field model that is no text is refused; where it is only warned of, the request succeeds."""
    mock, body = build_driver(catalog, shut_down="failed"), _build_body(operation)
    reply = mock.create({**body, "input": {**body["input"], "model": model}})
    assert reply.status_code in (202, 400)
    if reply.status_code == 202:
        mock.clock.advance(LONG_MS)
        assert mock.poll(reply.get_json()["id"])["status"] == "succeeded"


@each_operation
def test_an_operation_fails_and_costs_nothing(catalog: Catalog, operation: Operation) -> None:
    """A failure has a message and no output, and its credits come back."""
    mock = build_driver(catalog)
    end = mock.create_and_finish(_build_body(operation), headers={"x-mock-scenario": "failed-internal"})
    assert validate_response("request", end, catalog=catalog).errors == ()
    assert (end["status"], end["output"], mock.read_credits()) == ("failed", None, START)
    assert end["errorMessage"]


@each_operation
def test_the_files_of_an_operation_are_of_their_types(catalog: Catalog, operation: Operation) -> None:
    """Each file that the data names is at an address in the output: of its type and length, whole and in ranges."""
    mock = build_driver(catalog, progression="immediate")
    output = mock.poll(mock.create_and_get_id(_build_body(operation)))["output"]
    addresses = dict.fromkeys(find_addresses(output))
    for address in addresses:
        file, head = mock.client.get(address), mock.client.head(address)
        assert (file.status_code, file.mimetype) == (200, find_media_type(catalog.media["types"], address))
        assert int(file.headers["Content-Length"]) == int(head.headers["Content-Length"]) == len(file.data)
        check_file(file.mimetype, file.data)
        part = mock.client.get(address, headers={"Range": "bytes=1-"})
        assert (part.status_code, part.data) == (206, file.data[1:])
    assert bool(addresses) is (operation.kind != "text")


@each_operation
def test_webhooks_journal_and_lists_know_an_operation(catalog: Catalog, operation: Operation) -> None:
    """The webhook at the end has the request as polled; the journal and the list of tasks find it by its operation."""
    events: list[Any] = []

    def send(_url: str, data: bytes, _headers: Mapping[str, str]) -> DeliveryResponse:
        events.append(json.loads(data))
        return DeliveryResponse(200, "")

    mock, body = build_driver(catalog, send=send), _build_body(operation)
    id_ = mock.create_and_get_id({**body, "webhook_url": "http://127.0.0.1:9/hook"})
    mock.clock.advance(LONG_MS)
    view = mock.poll(id_)
    assert [(event["type"], event["data"]) for event in events] == [("request.succeeded", view)]
    assert validate_response("webhook", events[0], catalog=catalog).errors == ()
    exchanges = mock.get(f"/__mock__/journal?operation={operation.id}").get_json()["exchanges"]
    assert [exchange["request_id"] for exchange in exchanges] == [id_, id_]
    tasks = mock.get(f"/__mock__/tasks?operation={operation.id}&status=succeeded").get_json()["tasks"]
    assert [(task["id"], task["credits"]) for task in tasks] == [(id_, view["billableCredits"])]


@pytest.mark.parametrize("how", ["prompt", "rule"])
def test_a_text_without_a_prompt_chooses_a_scenario(how: str) -> None:
    """Where an operation has no prompt, a scenario or rule is found in what the preview of its input shows."""
    mock, text = build_driver(MADE_UP), "Once upon a time [mock:failed-internal]"
    if how == "rule":
        text = "Once upon a time"
        rule = {"scenario": "failed-internal", "match": {"operation": "voice.make", "prompt": "upon"}}
        assert mock.client.post("/__mock__/scenarios", json=rule).status_code == 201
    end = mock.create_and_finish({"operation": "voice.make", "input": {"text": text}})
    assert end["status"] == "failed"


@examples(200)
@given(st.one_of(strategies.requests(), strategies.broken_requests().map(itemgetter(0))))
def test_any_accepted_body_runs_to_its_end(body: Any) -> None:
    """What the mock accepts ends in a reply as the schemas say, at the price held; what it refuses costs nothing."""
    mock = build_driver(progression="immediate", credits=10**9)
    reply = mock.post(json.dumps(body))
    if reply.status_code != 202:
        assert read_error(reply)[0] in (400, 402)
        assert mock.read_credits() == 10**9
        return
    view = mock.poll(reply.get_json()["id"])
    assert validate_response("request", view).errors == ()
    assert (view["status"], mock.read_credits()) == ("succeeded", 10**9 - view["billableCredits"])
    assert view["requestLog"]["input"] == body["input"]

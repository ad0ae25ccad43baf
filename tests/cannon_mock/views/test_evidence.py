"""The evidence header: each assumption that the mock acts on is named by a reply that rests on it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cannon_mock import MAX_BODY_BYTES, claim_ids, create_app
from cannon_mock.model import tasks
from cannon_mock.views.faults import ConnectionDropped
from cannon_spec import CatalogError
from cannon_spec.contract.catalog import Operation
from tests.support.examples import EXAMPLES
from tests.support.mocks import (
    FAILURE,
    KEY,
    LONG_MS,
    RETENTION_MS,
    SQUARE_4K,
    Driver,
    DriverFactory,
    body,
    build_driver,
)
from tests.support.payloads import CATALOG


def _read_claims(*replies: object) -> set[str]:
    headers = [reply.headers.get("x-mock-evidence", "") for reply in replies]  # type: ignore[attr-defined]
    return {each.split(":")[1] for header in headers for each in header.split(", ") if each}


def _collect_claims(mock: Driver) -> set[str]:
    """The claims that one mock names in its replies to every kind of call."""
    same_key = {"x-idempotency-key": "k"}
    first, repeat = mock.create(headers=same_key), mock.create(headers=same_key)
    other = mock.create(body(prompt="another"), headers=same_key)
    bare = mock.create({"operation": "image.generate", "input": {"prompt": "x"}, "webhook_url": "https://x.example"})
    failing = mock.create(headers=FAILURE)
    ids = [reply.get_json()["id"] for reply in (first, bare, failing)]
    replies = [first, repeat, other, bare, failing, mock.get("/api/v1/status", authorization=f"Bearer {KEY}")]
    asset = f"/assets/{ids[0].replace('req_', 'img_')}/image.png"
    for pause in (0, LONG_MS, RETENTION_MS):
        mock.clock.advance(pause)
        replies += [mock.get(f"/api/v1/requests/{id_}") for id_ in ids] + [mock.get(asset)]
        replies.append(mock.get(asset.replace("image.png", "source.png")))
        replies.append(mock.get(asset, authorization=f"Bearer {KEY}"))
    replies.append(mock.client.get(f"/api/v1/requests/{ids[0]}", headers={"x-api-key": "cs_other"}))
    replies += [mock.create(SQUARE_4K), mock.post("{"), mock.post("NaN")]
    replies += [mock.get("/api/v1/requests/req_0"), mock.get("/nowhere"), mock.post("x" * (MAX_BODY_BYTES + 1))]
    replies += [mock.create(headers={"x-idempotency-key": ""}), mock.create(headers={"host": "a b"})]
    replies += [mock.client.get("/api/v1/requests/req_0", headers={"origin": "http://localhost:5173"})]
    return _read_claims(*replies)


def _collect_claims_of(scenario: str) -> set[str]:
    """The claims that a mock names in its replies to requests of one scenario."""
    mock = build_driver(progression="immediate", scenario=scenario)
    replies: list[object] = []
    faults = CATALOG.scenarios["scenarios"][scenario].get("faults", ())
    for _ in range(21 if any("limit" in fault for fault in faults) else 3):
        with suppress(ConnectionDropped):
            replies.append(mock.create())
    for task in list(mock.store.tasks.list_all())[:3]:
        asset = tasks.build_asset_id(CATALOG, task)
        for path in (f"/api/v1/requests/{task.id}", f"/assets/{asset}/image.png"):
            with suppress(ConnectionDropped):
                replies.append(mock.get(path))
    return _read_claims(*replies)


def _collect_claims_of_settings(tmp_path: Path) -> set[str]:
    """The claims that a mock names only with certain settings."""
    priceless = tmp_path / "priceless.json"
    priceless.write_text('{"operations": {"image.generate": {"price": {"cases": null}}}}')
    read_only, key = tmp_path / "keys.json", "cs_reads"
    read_only.write_text(json.dumps({"keys": {key: {"scopes": ["requests:read"]}}}))
    busy = build_driver(scenario="latency")
    headers = {"x-idempotency-key": "k"}
    concurrent_replies: list[object] = []
    busy.clock.sleep_ms = lambda _: concurrent_replies.append(busy.create(headers=headers))  # type: ignore[method-assign]
    busy.create(headers=headers)
    return _read_claims(
        build_driver(speed=2.0).create(),
        build_driver(progression="manual:1").create(),
        build_driver(credits=1).create(),
        build_driver(catalog=None, overlay=str(priceless)).create(),
        build_driver(keys=str(read_only)).create(key=key),
        *concurrent_replies,
    )


def _collect_claims_of_operations() -> set[str]:
    """The claims that mocks name in their replies to inputs of each operation."""
    claims: set[str] = set()
    for operation in CATALOG.operations.values():
        driver = build_driver(progression="immediate", credits=10**9)
        for input in _list_inputs(operation):
            reply = driver.create({"operation": operation.id, "input": input})
            claims |= _read_claims(reply)
            if reply.status_code == 202:
                id_ = reply.get_json()["id"]
                claims |= _read_claims(driver.get(f"/api/v1/requests/{id_}"))
                claims |= _collect_claims_of_files(driver, operation, id_, claims)
    return claims


def _collect_claims_of_files(driver: Driver, operation: Operation, id_: str, known_claims: set[str]) -> set[str]:
    """The claims that a mock names with the files of a request; none where no reply could name a further one."""
    task = driver.store.tasks.get(id_)
    if task is None or known_claims.issuperset(task.media.claims):  # each file takes time to make
        return set()
    asset = tasks.build_asset_id(CATALOG, task)
    return _read_claims(*(driver.get(f"/assets/{asset}/{name}") for name in operation.files.values()))


def _list_inputs(operation: Operation) -> Iterator[dict[str, Any]]:
    """The example inputs of an operation; one of them without one of its fields, and with the values of each price."""
    examples = [each.document for each in EXAMPLES if (each.folder, each.part) == (operation.id, "input")]
    yield from (each for each in examples if isinstance(each, dict))
    for example in examples[:1]:
        yield from ({name: value for name, value in example.items() if name != each} for each in example)
        for price in operation.prices:
            values = {name: _choose_value(condition) for name, condition in price.when.items()}
            yield {name: value for name, value in {**example, **values}.items() if value is not None}


def _choose_value(condition: Any) -> Any:
    if isinstance(condition, Mapping):
        return condition.get("minimum", condition.get("maximum"))
    return condition[0] if isinstance(condition, list) else condition


def test_every_assumed_behaviour_is_named(mock: Driver, tmp_path: Path) -> None:
    """Each assumed behaviour of the ledger is named in the evidence of at least one reply."""
    named_claims = _collect_claims(mock) | _collect_claims_of_settings(tmp_path) | _collect_claims_of_operations()
    named_claims = named_claims.union(*(_collect_claims_of(name) for name in CATALOG.scenarios["scenarios"]))
    assumed_claims = {
        id_ for id_, claim in CATALOG.claims.items() if (claim.strength, claim.kind) == ("assumed", "behaviour")
    }
    of_models = {claim for claim in assumed_claims if claim.endswith("-pixels") or claim == "pixels-computed"}
    assert assumed_claims - of_models - named_claims == set()


def test_a_capped_picture_names_the_assumption(make_mock: DriverFactory) -> None:
    """Whether 4K at 1:1 is refused or made smaller, the reply names the claim on it."""
    for mode in ("refuse", "cap"):
        assert "gptimage2-square-refused" in _read_claims(make_mock(square_4k=mode).create(SQUARE_4K))


def test_a_mock_starts_only_with_a_ledger_that_has_its_claims() -> None:
    """create_app refuses a contract whose ledger lacks a claim that the code names, before any reply needs it."""
    claims = {id_: claim for id_, claim in CATALOG.claims.items() if id_ != claim_ids.BODY_LIMIT}
    with pytest.raises(CatalogError, match=r"cannon_mock\.claim_ids\.BODY_LIMIT: names the claim body-limit"):
        create_app(catalog=replace(CATALOG, claims=claims))

"""The mock says how it knows: each assumption that it acts on is named by a reply that rests on it."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from cannon_mock import MAX_BODY_BYTES
from cannon_mock.model import tasks
from cannon_mock.views.faults import ConnectionDropped
from tests.support.mocks import FAILURE, KEY, LONG_MS, RETENTION_MS, SQUARE_4K, Driver, Maker, body, driven
from tests.support.payloads import CATALOG


def _cited(*replies: object) -> set[str]:
    headers = [reply.headers.get("x-mock-evidence", "") for reply in replies]  # type: ignore[attr-defined]
    return {each.split(":")[1] for header in headers for each in header.split(", ") if each}


def _seen(mock: Driver) -> set[str]:
    """The claims that the replies of one mock name, over everything that a client can do."""
    twice = {"x-idempotency-key": "k"}
    first, repeat = mock.create(headers=twice), mock.create(headers=twice)
    other = mock.create(body(prompt="another"), headers=twice)
    bare = mock.create({"operation": "image.generate", "input": {"prompt": "x"}, "webhook_url": "https://x.example"})
    failing = mock.create(headers=FAILURE)
    ids = [reply.get_json()["id"] for reply in (first, bare, failing)]
    replies = [first, repeat, other, bare, failing, mock.get("/api/v1/status", authorization=f"Bearer {KEY}")]
    asset = f"/assets/{ids[0].replace('req_', 'img_')}/image.png"
    for pause in (0, LONG_MS, RETENTION_MS):
        mock.clock.advance(pause)
        replies += [mock.get(f"/api/v1/requests/{id_}") for id_ in ids] + [mock.get(asset)]
    replies += [mock.create(SQUARE_4K), mock.post("{"), mock.post("NaN")]
    replies += [mock.get("/api/v1/requests/req_0"), mock.get("/nowhere"), mock.post("x" * (MAX_BODY_BYTES + 1))]
    replies += [mock.create(headers={"x-idempotency-key": ""}), mock.create(headers={"host": "a b"})]
    replies += [mock.client.get("/api/v1/requests/req_0")]
    return _cited(*replies)


def _seen_in(scenario: str) -> set[str]:
    """The claims that are named on the way of one request whose scenario that is."""
    mock = driven(progression="immediate", scenario=scenario)
    replies: list[object] = []
    for _ in range(21):
        with suppress(ConnectionDropped):
            replies.append(mock.create())
    for task in list(mock.store.tasks.list_all())[:3]:
        asset = tasks.build_asset_id(CATALOG, task)
        for path in (f"/api/v1/requests/{task.id}", f"/assets/{asset}/image.png"):
            with suppress(ConnectionDropped):
                replies.append(mock.get(path))
    return _cited(*replies)


def _seen_elsewhere(tmp_path: Path) -> set[str]:
    """The claims that only a mock with settings of its own names."""
    priceless = tmp_path / "priceless.json"
    priceless.write_text('{"operations": {"image.generate": {"price": {"cases": null}}}}')
    reading, key = tmp_path / "keys.json", "cs_reads"
    reading.write_text(json.dumps({"keys": {key: {"scopes": ["requests:read"]}}}))
    busy = driven(scenario="latency")
    first = {"x-idempotency-key": "k"}
    while_it_lasts: list[object] = []
    busy.clock.sleep_ms = lambda _: while_it_lasts.append(busy.create(headers=first))  # type: ignore[method-assign]
    busy.create(headers=first)
    return _cited(
        driven(speed=2.0).create(),
        driven(progression="manual:1").create(),
        driven(credits=1).create(),
        driven(catalog=None, overlay=str(priceless)).create(),
        driven(keys=str(reading)).create(key=key),
        *while_it_lasts,
    )


def test_every_assumed_behaviour_is_named(mock: Driver, tmp_path: Path) -> None:
    """Each assumed behaviour of the ledger is named in the evidence of at least one reply."""
    named = _seen(mock) | _seen_elsewhere(tmp_path)
    named = named.union(*(_seen_in(name) for name in CATALOG.scenarios["scenarios"]))
    assumed = {id_ for id_, claim in CATALOG.claims.items() if (claim.strength, claim.kind) == ("assumed", "behaviour")}
    of_models = {claim for claim in assumed if claim.endswith("-pixels") or claim == "pixels-computed"}
    assert assumed - of_models - named == set()


def test_a_capped_picture_names_the_assumption(make_mock: Maker) -> None:
    """Whether 4K at 1:1 is refused or made smaller, the reply names the claim on it."""
    for mode in ("refuse", "cap"):
        assert "gptimage2-square-refused" in _cited(make_mock(square_4k=mode).create(SQUARE_4K))

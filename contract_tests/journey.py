"""A request's way through the API, as a client sees it (floor 5)."""

from __future__ import annotations

from typing import Any

from contract_tests.target import Api

PROMPT = "A lighthouse on a cliff at dawn"
_LEAST_WAIT_S = 0.005


def body(model: str = "gptimage2", **input: Any) -> dict[str, Any]:
    """A create body that the documented contract has nothing against."""
    chosen = {"prompt": PROMPT, "model": model, "aspect_ratio": "16:9", "resolution": "1K", **input}
    return {"operation": "image.generate", "input": chosen}


def polls(api: Api, accepted: dict[str, Any]) -> list[dict[str, Any]]:
    """Every request object that polling sees, until a terminal one; each is held to the schema.

    Polls at once, then every ``poll_after_ms``. Fails when the target's patience is over.
    """
    wait_s = max(accepted["poll_after_ms"] / 1000, _LEAST_WAIT_S)
    seen, waited_s = [poll(api, accepted)], 0.0
    while seen[-1]["status"] not in api.catalog.lifecycle["terminal"]:
        assert waited_s <= api.patience_s, f"{accepted['id']} is {seen[-1]['status']} after {waited_s:.0f} s"
        api.sleep(wait_s)
        waited_s += wait_s
        seen.append(poll(api, accepted))
    return seen


def poll(api: Api, accepted: dict[str, Any]) -> dict[str, Any]:
    """The request object now."""
    response = api.get(f"/api/v1/requests/{accepted['id']}")
    assert response.status_code == 200
    seen: dict[str, Any] = api.held("request", response)
    return seen


def made(api: Api, chosen: dict[str, Any]) -> dict[str, Any]:
    """The succeeded request object of a new create."""
    accepted = api.held("accepted", api.create(chosen))
    end = polls(api, accepted)[-1]
    assert end["status"] == "succeeded", end["errorMessage"]
    return end

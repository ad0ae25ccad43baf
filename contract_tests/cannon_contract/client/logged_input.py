"""The input that a request object shows in its log, compared with the one that was submitted (floor 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cannon_contract import claim_ids
from cannon_contract.client.api import Api
from cannon_contract.client.expectations import expect_equal, expect_member
from cannon_contract.client.outcomes import ClaimBroken, NotTested


def expect_logged_input(api: Api, end: Mapping[str, Any], input: Mapping[str, Any]) -> None:
    """Raise ClaimBroken unless the log of an ended request has each member of its input, unchanged.

    The page says that the log contains the submitted input. More members, such as defaults, are a deviation from an
    assumption. Raises NotTested for a failed request without a log: no page shows one.
    """
    if end["status"] != "succeeded" and not end.get("requestLog"):
        raise NotTested(f"{end['id']} failed, and has no log")
    logged_input = expect_member(end, "/requestLog/input", "the request object", claim_ids.REQUEST_LOG)
    for name, value in input.items():
        logged_value = expect_member(logged_input, f"/{name}", "requestLog.input", claim_ids.REQUEST_LOG)
        expect_equal(logged_value, value, f"requestLog.input.{name}", claim_ids.REQUEST_LOG)
    extra_names = [name for name in logged_input if name not in input]
    if extra_names:
        _note_extra_members(api, extra_names)


def _note_extra_members(api: Api, names: list[str]) -> None:
    description = f"requestLog.input: expected the submitted members only, got also {', '.join(names)}"
    if api.is_mock:
        raise ClaimBroken(description, claim_ids.REQUEST_LOG_INPUT_EXACT)
    api.note_deviation(claim_ids.REQUEST_LOG_INPUT_EXACT, description)

"""A scenario that a test writes as arguments: ``status=503``, ``outcome="failed"`` (floor 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from http import HTTPStatus
from typing import Any

from cannon_mock import claim_ids
from cannon_mock.model.scenarios import Fault
from cannon_spec.contract.catalog import Catalog
from cannon_spec.errors import CatalogError
from cannon_spec.nearest import suggest_name

_ENTRY_WORDS = ("text", "outcome", "pace", "faults", "drift", "webhook")
_FAULT_WORDS = tuple(field.name for field in fields(Fault))
_ERROR_WORDS = ("code", "message", "retry_after_s", "retry_after_form")
"""The words of a fault that only an error reply has."""

_LISTING = f"a scenario has {', '.join(_ENTRY_WORDS)}, and one fault {', '.join(_FAULT_WORDS)}"


@dataclass(frozen=True, slots=True)
class AdHocScenario:
    """A scenario as a file has it, and the number of creates that it is for; None for all of them."""

    entry: dict[str, Any]
    times: int | None


def build_scenario(catalog: Catalog, words: Mapping[str, Any], times: int | None) -> AdHocScenario:
    """The scenario of some words: those of a scenario file, and those of one fault beside them.

    ``times`` counts creates; with ``on="poll"`` or ``on="asset"`` it counts those, for each request. ``status`` alone
    takes code and message of a scenario of the contract. Raises ValueError for an unknown word, and for one that is not
    legal beside the others.
    """
    _check_words(words)
    entry = {name: words[name] for name in _ENTRY_WORDS if name in words}
    fault = {name: words[name] for name in _FAULT_WORDS if name in words}
    if "message" in fault and words.get("outcome", "succeeded") != "succeeded":
        entry["message"] = fault.pop("message")
    if not fault:
        return AdHocScenario(_add_text(entry, words), times)
    fault = {"on": "create", **fault}
    if "status" in fault:
        fault = {**_find_error(catalog, fault["status"], fault["on"]), **fault}
    elif error_words := [name for name in _ERROR_WORDS if name in fault]:
        raise ValueError(f"{error_words[0]} is part of an error reply; add status, as in status=503")
    if fault["on"] != "create" and times is not None:
        fault, times = {**fault, "times": times}, None
    faults = [fault, *entry.get("faults", ())]
    return AdHocScenario(_add_text({**entry, "faults": faults}, words), times)


def describe_problem(error: CatalogError) -> str:
    """What is wrong with the entry of a scenario, in the words of its test."""
    if not error.problem.startswith("scenarios/"):
        return f"{error.problem}; {error.advice}"
    path, _, problem = error.problem.partition(": ")
    place = "/".join(path.split("/")[2:]).removeprefix("faults/0").strip("/")  # below its name; the fault of its words
    return f"{place or 'the scenario'}: {problem}; {error.advice}"


def _check_words(words: Mapping[str, Any]) -> None:
    legal_words = (*_ENTRY_WORDS, *_FAULT_WORDS)
    for name in words:
        if name not in legal_words:
            raise ValueError(f"unknown argument {name}; {suggest_name(name, legal_words, _LISTING)}")
    if not words:
        raise ValueError('name a scenario, as in scenario("slow"), or say what happens, as in scenario(status=503)')


def _add_text(entry: dict[str, Any], words: Mapping[str, Any]) -> dict[str, Any]:
    """The entry with its words as its text, for the listing of the mock."""
    return {"text": ", ".join(f"{name}={value!r}" for name, value in words.items()), **entry}


def _find_error(catalog: Catalog, status: Any, on: str) -> dict[str, str]:
    """Code and message of an error reply with that status: of a scenario of the contract, else of HTTP."""
    entries = catalog.scenarios["scenarios"].values()
    for fault in (fault for entry in entries for fault in entry.get("faults", ())):
        # A 400 is elsewhere the answer to a bad payload, so that of a shut-down is no example for others.
        if (fault.get("status"), fault["on"]) == (status, on) and fault.get("claim") != claim_ids.SHUT_DOWN_ANSWER:
            return {name: fault[name] for name in ("code", "message")}
    known_status = next((each for each in HTTPStatus if each == status), HTTPStatus.INTERNAL_SERVER_ERROR)
    return {"code": known_status.name.lower(), "message": known_status.phrase}

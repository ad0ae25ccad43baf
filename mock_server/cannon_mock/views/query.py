"""The query of a call of the mock's own API: filters and a limit, each of them known and given once (floor 4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import get_args

from cannon_mock.model import journal
from cannon_mock.model.deliveries import State
from cannon_mock.model.keys import derive_account
from cannon_mock.views.context import MockRequest
from cannon_mock.views.errors import AdminError
from cannon_spec import Catalog
from cannon_spec.nearest import suggest_name

_LARGEST_LIMIT, _USUAL_LIMIT = 1000, 100
_LIMIT = re.compile(r"[1-9][0-9]{0,3}")
_LONGEST_TEXT = 1000
_COMMON = ("key", "limit")

_FILTERS: dict[str | None, tuple[str, ...]] = {
    "admin.list_tasks": ("account", "status", "operation", "model", "scenario"),
    "admin.list_exchanges": journal.FILTERS,
    "admin.count_exchanges": journal.FILTERS,
    "admin.list_webhooks": ("account", "state", "task_id"),
}
"""The fields by which each address filters; another address takes no parameter."""

_HTTP_STATUSES = tuple(map(str, range(100, 600)))
_CHOICES: dict[tuple[str | None, str], Callable[[Catalog], Iterable[str]]] = {
    ("admin.list_tasks", "status"): lambda catalog: catalog.lifecycle["states"],
    ("admin.list_exchanges", "status"): lambda _: _HTTP_STATUSES,
    ("admin.count_exchanges", "status"): lambda _: _HTTP_STATUSES,
    ("admin.list_webhooks", "state"): lambda _: get_args(State),
}
"""All values of a filter, where they are known."""


def check_query(request: MockRequest) -> None:
    """Raise AdminError for a parameter that is unknown or stands there twice, and for a value that nothing can have."""
    for name, texts in request.args.lists():
        _check_name(request, name)
        if len(texts) > 1:
            raise AdminError(400, f"{name} stands there {len(texts)} times; give it once")
        _check_value(request, name, texts[0])


def read_filters(request: MockRequest) -> Mapping[str, str]:
    """The filters of a query that was checked; ``key`` stands for the account of an API key."""
    filters = {name: value for name, value in request.args.items() if name not in _COMMON}
    if "key" in request.args:
        filters["account"] = derive_account(request.args["key"])
    return filters


def read_limit(request: MockRequest) -> int:
    """The most items that a reply to a query that was checked lists."""
    return int(request.args.get("limit", _USUAL_LIMIT))


def _check_name(request: MockRequest, name: str) -> None:
    filters = _FILTERS.get(request.endpoint)
    if filters is None:
        raise AdminError(400, f"unknown parameter {name[:60]}; this address takes none")
    legal_names = (*_COMMON, *filters)
    if name not in legal_names:
        advice = suggest_name(name[:60], legal_names, f"there are {', '.join(legal_names)}")
        raise AdminError(400, f"unknown filter {name[:60]}; {advice}")


def _check_value(request: MockRequest, name: str, text: str) -> None:
    if name == "limit" and not (_LIMIT.fullmatch(text) and int(text) <= _LARGEST_LIMIT):
        raise AdminError(400, f"limit {text[:60]!a} is no whole number from 1 to {_LARGEST_LIMIT}")
    if len(text) > _LONGEST_TEXT:
        raise AdminError(400, f"{name} has {len(text)} characters; give at most {_LONGEST_TEXT}")
    list_choices = _CHOICES.get((request.endpoint, name))
    if list_choices is not None and text not in (choices := tuple(list_choices(request.mock.catalog))):
        listing = f"{choices[0]} to {choices[-1]}" if choices is _HTTP_STATUSES else ", ".join(choices)
        raise AdminError(400, f"nothing has the {name} {text[:60]!a}; there are {listing}")

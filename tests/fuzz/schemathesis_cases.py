"""Calls that Schemathesis makes up by the document of a mock: most of them break it, none may be a server error."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import requests
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import HypothesisException

from cannon_mock import Config, create_app
from cannon_mock.serving.serve import serve_in_background
from cannon_spec.coverage import list_covered_operations
from tests.fuzz.api_document import ADMIN, build_document
from tests.support.payloads import CATALOG

_CALL_S = 30.0
_KEY = {"x-api-key": "cs_test_fuzz"}
_SERVER_ERROR = 500
_NEGATIVE_CASES, _POSITIVE_CASES = 40, 10
"""How many calls a route has in one round."""


@dataclass(slots=True)
class Counts:
    """How many calls were answered with which status, and the calls that were server errors."""

    statuses: Counter[int] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)

    @property
    def cases(self) -> int:
        """How many calls were made."""
        return self.statuses.total()


def run_cases(api_cases: int, admin_cases: int, number: int = 0) -> dict[str, Counts]:
    """Make calls of the API and of the mock's own API, at least so many of each. ``number`` chooses them."""
    app, case_counts = create_app(Config(credits=10**9)), {"api": api_cases, "admin": admin_cases}
    counts = {name: Counts() for name in case_counts}
    covered_operations = cycle(list_covered_operations(CATALOG))
    with serve_in_background(app) as url, requests.Session() as session:
        while any(counts[name].cases < case_counts[name] for name in case_counts):
            number += 1
            for route in _list_routes(app, next(covered_operations)):
                name = "admin" if route.path.startswith(ADMIN) else "api"
                if counts[name].cases < case_counts[name]:
                    _call(route, number, url, session, counts[name])
    return counts


def _list_routes(app: Flask, operation: str) -> list[Any]:
    import schemathesis  # of the extra fuzz, which the tests do without

    return [each.ok() for each in schemathesis.openapi.from_dict(build_document(app, operation)).get_all_operations()]


def _call(route: Any, number: int, url: str, session: requests.Session, counts: Counts) -> None:
    """Call a route with data of which most break the document."""
    from schemathesis.generation import GenerationMode

    for mode in (GenerationMode.NEGATIVE, GenerationMode.POSITIVE):

        @seed(number)
        @settings(
            max_examples=_NEGATIVE_CASES if mode is GenerationMode.NEGATIVE else _POSITIVE_CASES,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(route.as_strategy(generation_mode=mode))
        def call(case: Any) -> None:
            try:
                response = case.call(base_url=url, headers=_KEY, session=session, timeout=_CALL_S)
            except (requests.RequestException, UnicodeError, ValueError):
                return  # what the client cannot send
            counts.statuses[response.status_code] += 1
            if response.status_code >= _SERVER_ERROR:
                counts.errors.append(f"{response.status_code} {case.as_curl_command()}"[:2000])

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                call()
            except HypothesisException:
                continue  # nothing of this route can be broken

"""The calls that came to mocks of this process, with what a test must hear of them (floor 5)."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response

from cannon_mock.views import auth, context, cors
from cannon_mock.views.context import MockRequest
from cannon_spec.contract.wording import format_count
from cannon_spec.finding import UNAVOIDABLE_RULES, Finding
from cannon_spec.printable import escape_unprintable
from cannon_spec.redaction import redact

MOST_CALLS = 10_000
"""Of more calls the first are forgotten: an application that polls between tests must not fill the memory."""

_SHORTEST_REAL_KEY = 20
_LIVE_PREFIX = "cs_live_"


@dataclass(frozen=True, slots=True)
class ReceivedCall:
    """One call. ``account`` is None without a valid API key; ``key`` is what may be shown of that key.

    ``findings`` are those of an accepted payload that another payload avoids.
    """

    app: Flask
    server_url: str
    text: str
    account: str | None
    key: str
    findings: tuple[Finding, ...]


class CallRecorder:
    """Records the calls to the API of one or more mocks, until they are taken."""

    def __init__(self) -> None:
        self._calls: deque[ReceivedCall] = deque(maxlen=MOST_CALLS)

    def attach(self, app: Flask) -> None:
        """Record the calls to an application from now on."""

        def record(response: Response) -> Response:
            request = context.current_request()
            if request.blueprint not in ("admin", "assets") and not cors.is_preflight(request):
                self._calls.append(_describe_exchange(app, request, response))
            return response

        app.after_request(record)

    @property
    def calls(self) -> list[ReceivedCall]:
        """The calls since the last that were taken."""
        return list(self._calls)

    def take(self) -> list[ReceivedCall]:
        """The calls so far, which are forgotten."""
        return [self._calls.popleft() for _ in range(len(self._calls))]


def describe_keys(calls: Iterable[ReceivedCall], remark: str) -> list[str]:
    """A sentence for each API key by which one or more calls came to a server, with a remark on it."""
    counts = Counter((call.server_url, call.key) for call in calls if call.account is not None)
    return [
        f"{format_count(count, 'call')} to {url} came with the key {key}, {remark}"
        for (url, key), count in counts.items()
    ]


def describe_findings(calls: Iterable[ReceivedCall], choose: Callable[[Finding], Any]) -> dict[Any, str]:
    """A sentence for each finding on a payload, the first of those for which ``choose`` returns the same."""
    texts: dict[Any, str] = {}
    for finding in (finding for call in calls for finding in call.findings):
        texts.setdefault(choose(finding), f"a payload has a warning: {_describe_finding(finding)}")
    return texts


def _describe_finding(finding: Finding) -> str:
    sentence = f"{finding.path or 'the body'}: {finding.message}"
    sentence = f"{sentence}; {finding.hint}" if finding.hint else sentence
    return escape_unprintable(redact(f"{sentence} [{finding.rule}]"))


def _describe_exchange(app: Flask, request: MockRequest, response: Response) -> ReceivedCall:
    notes = request.notes
    return ReceivedCall(
        app,
        f"{request.scheme}://{context.find_called_host(request)}",
        escape_unprintable(redact(f"{request.method} {request.path} -> {response.status_code}")),
        notes.account,
        _cut_key(auth.read_secret(request)),
        tuple(finding for finding in notes.findings if finding.rule not in UNAVOIDABLE_RULES),
    )


def _cut_key(key: str) -> str:
    """What may be shown of a key, so that a user can tell which it is: a real one must not get into a report."""
    is_word_of_test = len(key) < _SHORTEST_REAL_KEY and not key.startswith(_LIVE_PREFIX)
    return key if is_word_of_test else f"{key[:8]}…{key[-4:] if len(key) >= _SHORTEST_REAL_KEY else ''}"

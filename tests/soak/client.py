"""A client of the mock that notes each answer and judges it."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from time import monotonic
from typing import Any

import httpx

from tests.soak.answers import Answer, judge_answer
from tests.soak.disturbances import Disturbances
from tests.soak.ledger import Ledger

PATIENCE_S = 15
_LONGEST_REASON = 160
_CALLS_A_CONNECTION = 30
"""A client connects anew after so many calls, so that each worker gets its share."""


class SoakClient:
    """Calls the mock at ``url``. Not for several threads at once."""

    def __init__(self, url: str, ledger: Ledger, disturbances: Disturbances) -> None:
        self._url = url
        self._ledger = ledger
        self._disturbances = disturbances
        self._call_count = 0
        self._client = self._connect()

    def call(
        self,
        name: str,
        method: str,
        path: str,
        *,
        key: str | None = None,
        content: bytes | str | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        asked_statuses: Collection[int | None] = (),
    ) -> httpx.Response | None:
        """Make a call and judge its answer; None where none came.

        ``name`` is that of the call in STATUSES. ``asked_statuses`` are those that its scenario asks for.
        """
        self._call_count += 1
        if self._call_count % _CALLS_A_CONNECTION == 0:
            self._reconnect()
        began_s, reply, is_late = monotonic(), None, False
        all_headers = {**({} if key is None else {"x-api-key": key}), **(headers or {})}
        try:
            reply = self._client.request(method, path, content=content, json=json, headers=all_headers)
        except httpx.TransportError as error:
            is_late = isinstance(error, httpx.TimeoutException)
            self._reconnect()
        answer = Answer(name, None, is_late=is_late) if reply is None else _read_answer(name, reply)
        self.note(answer._replace(seconds=monotonic() - began_s), began_s, asked_statuses)
        return reply

    def note(self, answer: Answer, began_s: float, asked_statuses: Collection[int | None] = ()) -> None:
        """Count an answer to a call that was sent at a time, and judge it."""
        circumstances = self._disturbances.find_circumstances(began_s, monotonic(), asked_statuses)
        self._ledger.count_answer(answer.call, answer.status)
        self._ledger.report(*judge_answer(answer, circumstances))

    def close(self) -> None:
        """Close its connection."""
        self._client.close()

    def _connect(self) -> httpx.Client:
        return httpx.Client(base_url=self._url, trust_env=False, timeout=PATIENCE_S)

    def _reconnect(self) -> None:
        self._client.close()
        self._client = self._connect()


def _read_answer(name: str, reply: httpx.Response) -> Answer:
    code = ""
    if reply.status_code >= 400:
        with contextlib.suppress(ValueError, KeyError, TypeError):
            content = reply.json()
            problem = content.get("error") or {"code": "", "message": content["detail"]}
            code = f"{problem['code']} {problem['message']}"[:_LONGEST_REASON]
    return Answer(name, reply.status_code, code, "retry-after" in reply.headers)

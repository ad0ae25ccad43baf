"""Recorded traffic of the honest servers, whose bodies are left as they came over the wire."""

from __future__ import annotations

import itertools
import json
from base64 import b64encode
from typing import Any

import httpx
import pytest

from tests.cannon_spec.traffic.recorder import HOST, REQUESTS, STATUS, format_time, judge_recording, list_headers
from tests.servers.plain_server import Settings
from tests.support.honest_servers import HONEST_SERVERS, KEY, OTHER_KEY, SECOND_KEY
from tests.support.mocks import body

PACE, STEP_MS = 400, 10_000
"""How fast the servers are, and how far apart the recording says its calls to be."""


class WireRecorder:
    """Call a server, and record each reply without unpacking it."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._times = itertools.count(1_762_479_300_000, STEP_MS)
        self.entries: list[dict[str, Any]] = []

    def call(self, method: str, path: str, payload: Any = None, key: str = KEY, idempotency: str = "") -> Any:
        """Call the server; the JSON of the reply is returned, None for a reply of another type."""
        headers = {"x-api-key": key, "accept-encoding": "gzip"}
        if idempotency:
            headers["x-idempotency-key"] = idempotency
        text = None if payload is None else json.dumps(payload)
        request = self._client.build_request(method, path, content=text, headers=headers)
        response = self._client.send(request, stream=True)
        data = b"".join(response.iter_raw())
        content = {"text": b64encode(data).decode(), "encoding": "base64"}
        entry: dict[str, Any] = {
            "startedDateTime": format_time(next(self._times)),
            "request": {"method": method, "url": HOST + path, "headers": list_headers(headers)},
            "response": {
                "status": response.status_code,
                "headers": list_headers(dict(response.headers)),
                "content": content,
            },
        }
        if text is not None:
            entry["request"]["postData"] = {"text": text}
        self.entries.append(entry)
        packed = httpx.Response(response.status_code, headers=response.headers, content=data)
        return packed.json() if packed.is_success else None


def use_api(recorder: WireRecorder) -> None:
    """Use the API as clients do: repeats at any time, other keys, reads after the end."""
    recorder.call("GET", STATUS)
    recorder.call("GET", STATUS, key="nobody")
    for operation, model in (("image.generate", "gptimage2"), ("image.generate", "seedream5")):
        payload = {**body(model=model, resolution="2K"), "operation": operation}
        id_ = recorder.call("POST", REQUESTS, payload, idempotency=model)["id"]
        recorder.call("POST", REQUESTS, payload, idempotency=model)
        while recorder.call("GET", f"{REQUESTS}/{id_}")["status"] not in ("succeeded", "failed"):
            pass
        for _ in range(2):
            next(itertools.islice(recorder._times, 100, None))  # half an hour later
            recorder.call("GET", f"{REQUESTS}/{id_}")
        recorder.call("GET", f"{REQUESTS}/{id_}", key=OTHER_KEY)
        recorder.call("POST", REQUESTS, payload, idempotency=model)
    recorder.call("GET", f"{REQUESTS}/req_unknown")


@pytest.mark.parametrize(
    "server", [pytest.param(name, marks=[pytest.mark.extended] * (name != "plain")) for name in HONEST_SERVERS]
)
def test_traffic_of_an_honest_server_breaks_nothing(server: str) -> None:
    """What honest servers answer is no error, and no warning but on the form of error bodies, which no page shows."""
    settings = Settings(keys=(KEY, SECOND_KEY), other_keys=(OTHER_KEY,), pace=PACE)
    with HONEST_SERVERS[server](settings) as address, httpx.Client(base_url=address) as client:
        recorder = WireRecorder(client)
        use_api(recorder)
    findings = judge_recording({"log": {"entries": recorder.entries}})
    assert [each for each in findings if each.severity == "error"] == []
    assert {each.evidence.claim for each in findings} <= {
        "error-envelope",
        "create-reply-queued",
        "create-accepted-202",
    }

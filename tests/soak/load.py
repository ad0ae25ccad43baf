"""Clients that create, repeat, poll, list and fetch, each in a thread of its own, at a steady pace."""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from random import Random
from time import monotonic
from typing import Any

import httpx

from cannon_spec import validate_response
from tests.soak.breach import Breach
from tests.soak.client import SoakClient
from tests.soak.creates import SCENARIOS, PlannedCreate, plan_create
from tests.soak.ledger import Create, Ledger
from tests.soak.receivers import Receivers

_CREATES_AN_ACCOUNT = 400
"""Few enough that one page of the admin API lists all requests of an account."""

_RECENT = 60
_ASSET = re.compile(r'http://[^"]+/assets/[^"]+')
_FOREIGN_KEY = "cs_soak_foreign"


class LoadClient:
    """One client with accounts of its own; ``name`` tells them from those of others.

    ``storing_statuses`` are the answers, beside 202, after which a create may be stored; None: the connection broke.
    """

    def __init__(
        self,
        name: str,
        seed: str,
        client: SoakClient,
        twin_client: SoakClient,
        ledger: Ledger,
        receivers: Receivers,
        storing_statuses: Collection[int | None],
    ) -> None:
        self._name = name
        self._random = Random(f"{seed}/{name}")
        self._client, self._twin_client = client, twin_client
        self._ledger = ledger
        self._receivers = receivers
        self._storing_statuses = storing_statuses
        self._count = 0
        self._sent: deque[PlannedCreate] = deque(maxlen=_RECENT)
        self._acknowledged: set[Create] = set()
        self._ids: deque[tuple[str, str]] = deque(maxlen=_RECENT)
        self._assets: deque[str] = deque(maxlen=_RECENT)
        self._actions = {
            self._create: 30,
            self._repeat: 12,
            self._create_twice: 4,
            self._poll: 40,
            self._show_status: 5,
            self._fetch_asset: 4,
            self._fetch_range: 4,
            self._list_own: 1,
            self._end_own: 2,
            self._redeliver: 2,
            self._send_slips: 4,
        }

    @property
    def account(self) -> str:
        """The API key that it creates with now."""
        return f"cs_soak_{self._name}_{self._count // _CREATES_AN_ACCOUNT}"

    def run(self, stop: threading.Event, calls_a_second: float) -> None:
        """Make calls at that pace until it is stopped. Where answers are late, it does not catch up."""
        next_s = monotonic()
        while not stop.wait(max(0, next_s - monotonic())):
            next_s = max(next_s + 1 / calls_a_second, monotonic() - 1)
            (action,) = self._random.choices(list(self._actions), weights=list(self._actions.values()))
            action()
        self._client.close()
        self._twin_client.close()

    def _create(self) -> None:
        self._count += 1
        planned = plan_create(self._random, self.account, self._count, self._receivers.urls)
        self._sent.append(planned)
        self._send("create", planned, planned.scenario)

    def _create_twice(self) -> None:
        """Send a create twice at the same time, as a client does whose time-out is too short: it makes one request."""
        self._count += 1
        planned = plan_create(self._random, self.account, self._count, self._receivers.urls)
        create = planned.create._replace(key=f"soak-{self._count}")
        self._sent.append(PlannedCreate(create, ""))
        with ThreadPoolExecutor(1) as pool:
            second = pool.submit(self._send_create, self._twin_client, "repeat", create, "")
            first = self._send_create(self._client, "repeat", create, "")
            self._note_reply(create, second.result())
        self._note_reply(create, first)

    def _repeat(self) -> None:
        """Send a create once more, as it was, but for its scenario; or with its key and another body."""
        with_key = [each for each in self._sent if each.create.key is not None]
        if not with_key:
            return
        planned = self._random.choice(with_key)
        if planned.create in self._acknowledged and self._random.random() < 0.2:
            other = planned.create._replace(body=planned.create.body.replace('"prompt": "', '"prompt": "Another '))
            if other.body != planned.create.body:
                self._send("other-body", PlannedCreate(other, ""), "")
        else:
            self._send("repeat", planned, "")

    def _send(self, name: str, planned: PlannedCreate, scenario: str) -> None:
        self._note_reply(planned.create, self._send_create(self._client, name, planned.create, scenario))

    def _send_create(self, client: SoakClient, name: str, create: Create, scenario: str) -> httpx.Response | None:
        headers = {"content-type": "application/json", **({"x-mock-scenario": scenario} if scenario else {})}
        if create.key is not None:
            headers["x-idempotency-key"] = create.key
        asked_statuses = SCENARIOS[scenario] if scenario else ()
        return client.call(
            *(name, "POST", "/api/v1/requests"),
            key=create.account,
            content=create.body,
            headers=headers,
            asked_statuses=asked_statuses,
        )

    def _note_reply(self, create: Create, reply: httpx.Response | None) -> None:
        if reply is not None and reply.status_code == 202:
            id_ = self._read_body("accepted", reply).get("id", "")
            self._ledger.accept(id_, create)
            self._acknowledged.add(create)
            self._ids.append((create.account, id_))
        elif (reply.status_code if reply is not None else None) in self._storing_statuses:
            self._ledger.note_possible(create)

    def _poll(self) -> None:
        if not self._ids:
            return
        account, id_ = self._random.choice(self._ids)
        earlier_state = self._ledger.find_state(id_)
        reply = self._client.call("poll", "GET", f"/api/v1/requests/{id_}", key=account)
        if reply is not None and reply.status_code == 200:
            self._ledger.see_state(id_, earlier_state, self._read_body("request", reply).get("status", "none"))
            self._assets.extend(_ASSET.findall(reply.text))

    def _show_status(self) -> None:
        reply = self._client.call("status", "GET", "/api/v1/status", key=self.account)
        if reply is not None and reply.status_code == 200:
            self._read_body("status", reply)

    def _fetch_asset(self) -> None:
        if self._assets:
            self._client.call("asset", "GET", self._random.choice(self._assets))

    def _fetch_range(self) -> None:
        if not self._assets:
            return
        address, first, length = self._random.choice(self._assets), self._random.randrange(20), 10
        if self._random.random() < 0.2:
            self._client.call("asset-beyond", "GET", address, headers={"range": "bytes=999999999-"})
            return
        headers = {"range": f"bytes={first}-{first + length - 1}"}
        reply = self._client.call("asset-range", "GET", address, headers=headers)
        if reply is not None and reply.status_code == 206 and len(reply.content) != length:
            text = f"bytes {first} to {first + length - 1} of {address} were {len(reply.content)}"
            self._ledger.report(Breach("undocumented", text))

    def _list_own(self) -> None:
        self._client.call("tasks", "GET", f"/__mock__/tasks?limit=50&key={self.account}")
        self._client.call("webhooks", "GET", f"/__mock__/webhooks?limit=50&key={self.account}")

    def _end_own(self) -> None:
        if self._ids:
            outcome = self._random.choice(["succeeded", "failed"])
            path = f"/__mock__/tasks/{self._random.choice(self._ids)[1]}/end"
            self._client.call("task-end", "POST", path, json={"outcome": outcome})

    def _redeliver(self) -> None:
        if self._ids:
            id_ = self._random.choice(self._ids)[1]
            self._ledger.note_redelivery(id_)  # before the call: the attempt may be made although the reply is lost
            self._client.call("redeliver", "POST", f"/__mock__/webhooks/{id_}/redeliver")

    def _send_slips(self) -> None:
        """Calls that are refused: a bad body, a bad key, a request of another account."""
        bad_body = '{"operation": "image.generate", "input": {"prompt": ""}}'
        self._client.call("bad-body", "POST", "/api/v1/requests", key=self.account, content=bad_body)
        self._client.call("bad-key", "GET", "/api/v1/status", key="sk_unknown")
        if self._ids:
            path = f"/api/v1/requests/{self._random.choice(self._ids)[1]}"
            self._client.call("foreign-poll", "GET", path, key=_FOREIGN_KEY)

    def _read_body(self, kind: str, reply: httpx.Response) -> dict[str, Any]:
        """The body of a reply, judged by the contract; empty where it is no JSON object, which is a breach."""
        try:
            body = reply.json()
        except ValueError:
            body = None
        self._ledger.report(
            *(Breach("undocumented", f"{kind}: {each.message}") for each in validate_response(kind, body).errors)
        )
        return body if isinstance(body, dict) else {}

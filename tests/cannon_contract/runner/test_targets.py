"""How requests are sent to a target at an address."""

from __future__ import annotations

import httpx
import pytest

from cannon_contract.client.redact import Redactor
from cannon_contract.runner.targets import build_sender

KEY = "cs_live_4f9aQ7xE"


def _redirect(request: httpx.Request) -> httpx.Response:
    """Redirect a call to another path, which answers 200."""
    is_first = request.url.path == "/first"
    return httpx.Response(302, headers={"Location": "/second"}) if is_first else httpx.Response(200)


@pytest.mark.parametrize(
    ("headers", "status"), [({}, 200), ({"x-api-key": KEY}, 302), ({"authorization": f"Bearer {KEY}"}, 302)]
)
def test_only_a_call_without_a_key_is_redirected(headers: dict[str, str], status: int) -> None:
    """A redirect is followed where the call has no key, in neither header: a key goes to the target alone."""
    with httpx.Client(transport=httpx.MockTransport(_redirect)) as client:
        send = build_sender(client, Redactor([KEY]))
        assert send(httpx.Request("GET", "http://x/first", headers=headers)).status_code == status

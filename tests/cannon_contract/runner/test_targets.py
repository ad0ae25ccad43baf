"""What is found at an address, and how requests are sent to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import repeat

import httpx
import pytest

from cannon_contract.client.redact import Redactor
from cannon_contract.runner.options import ApiKeys
from cannon_contract.runner.targets import NoTarget, build_sender, find_target
from tests.support.payloads import CATALOG

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


Respond = Callable[[httpx.Request], httpx.Response]
SetAnswers = Callable[[Respond], None]


@pytest.fixture
def answer_all(monkeypatch: pytest.MonkeyPatch) -> SetAnswers:
    """Answers the calls of each client by a function, in place of the network."""

    def set_answers(respond: Respond) -> None:
        monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lambda _, request: respond(request))

    return set_answers


class _Endless(httpx.SyncByteStream):
    def __iter__(self) -> Iterator[bytes]:
        return iter(repeat(bytes(2**20)))


def _answer_status(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={}) if "x-api-key" in request.headers else httpx.Response(401)


@pytest.mark.parametrize("answer", [httpx.RemoteProtocolError("closed"), b"no JSON", _Endless()])
def test_a_target_need_not_answer_at_an_address_of_our_mock(
    answer_all: SetAnswers, answer: Exception | bytes | httpx.SyncByteStream
) -> None:
    """A target that breaks the connection at the address where our mock says what it is is another target."""

    def respond(request: httpx.Request) -> httpx.Response:
        if not request.url.path.startswith("/__mock__"):
            return _answer_status(request)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(200, content=answer) if isinstance(answer, bytes) else httpx.Response(200, stream=answer)

    answer_all(respond)
    target = find_target(CATALOG, "http://x", ApiKeys(), is_live=False)
    assert (target.is_mock, target.switches) == (False, {})


def test_a_status_without_an_end_is_no_answer(answer_all: SetAnswers) -> None:
    """A target is not found where its status reply has no end: the start of a run reads no more than a test."""
    answer_all(lambda request: httpx.Response(200, stream=_Endless()))
    with pytest.raises(NoTarget, match="no answer from http://x: more than 100 MiB; check the address"):
        find_target(CATALOG, "http://x", ApiKeys(), is_live=False)

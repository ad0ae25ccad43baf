"""What is found at an address, and how requests are sent to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import repeat
from typing import Any

import httpx
import pytest

from cannon_contract import plugin
from cannon_contract.client.outcomes import NotTested
from cannon_contract.runner import targets
from cannon_contract.runner.options import ApiKeys, Options
from cannon_contract.runner.run import Run
from cannon_contract.runner.targets import NoTarget, Target, build_sender, find_target, make_server_api, open_client
from cannon_contract.spending.budget import Budget
from cannon_contract.spending.price_list import PriceList
from cannon_contract.spending.time_limit import TimeLimit
from cannon_mock import Config, create_app
from cannon_spec.redaction import Redactor
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


OBSERVED = "what it does otherwise is observed, and breaks no assumption"


def test_a_mock_that_refuses_its_name_is_told(answer_all: SetAnswers) -> None:
    """A mock that does not tell its settings, as by a name, is tested by the defaults, and a line says why."""
    application = httpx.WSGITransport(create_app(Config(allow_host="mock.example.com")))
    answer_all(application.handle_request)
    lines: list[str] = []
    target = find_target(CATALOG, "http://ci.example.com", ApiKeys(main=KEY), is_live=False, announce=lines.append)
    assert (target.is_mock, target.switches) == (True, {})
    (line,) = lines
    assert line.startswith(
        f"http://ci.example.com is tested as if it had the default settings, and {OBSERVED}: the mock's own API is "
    )
    assert "--allow-host ci.example.com" in line


def test_a_mock_that_asks_for_a_token_is_told(answer_all: SetAnswers) -> None:
    """A mock with a token of its own does not tell its settings; the line says what to do."""
    answer_all(httpx.WSGITransport(create_app(Config(admin_token="t"))).handle_request)
    lines: list[str] = []
    target = find_target(CATALOG, "http://localhost", ApiKeys(main=KEY), is_live=False, announce=lines.append)
    assert (target.is_mock, target.switches) == (True, {})
    assert lines == [
        f"http://localhost is tested as if it had the default settings, and {OBSERVED}: it asks for a token, which "
        "these tests do not have; start it without --admin-token"
    ]


def test_a_status_without_an_end_is_no_answer(answer_all: SetAnswers) -> None:
    """A target is not found where its status reply has no end: the start of a run reads no more than a test."""
    answer_all(lambda request: httpx.Response(200, stream=_Endless()))
    with pytest.raises(NoTarget, match="no answer from http://x: more than 2 MiB; check the address"):
        find_target(CATALOG, "http://x", ApiKeys(), is_live=False)


def _ask_to_wait(seconds: int, status: int = 429) -> Respond:
    return lambda request: httpx.Response(status, headers={"Retry-After": str(seconds)})


def test_the_start_of_a_run_says_when_it_waits_and_not_for_long(answer_all: SetAnswers) -> None:
    """Each wait before the first test is announced, and they are five minutes at most in all."""
    answer_all(_ask_to_wait(90))
    waits: list[float] = []
    lines: list[str] = []
    with pytest.raises(NoTarget, match=r"is not ready: GET /api/v1/status answers 429; .*try again later"):
        find_target(
            CATALOG,
            "http://x",
            ApiKeys(),
            is_live=False,
            time_limit=TimeLimit(wait=waits.append),
            announce=lines.append,
        )
    assert waits == [90] * 3
    assert lines == ["http://x asks to wait 90 s"] * 3


def _make_run(max_time: float, key: str = "") -> Run:
    run = Run(CATALOG, Options(target=f"http://x/{key}"), Budget(0, PriceList((), None)), redactor=Redactor([KEY]))
    run.time_limit = TimeLimit(max_time, lambda: 0.0, lambda seconds: None)
    return run


def test_no_wait_of_the_start_goes_on_beyond_the_time_of_the_run(answer_all: SetAnswers) -> None:
    """--max-time ends a run whose target asks to wait for longer before the first test; what is said has no key."""
    answer_all(_ask_to_wait(60))
    lines: list[str] = []
    sentence = r"http://x/\(cut\) is not ready: it asks to wait or is slow, and --max-time 5 is over; try again later"
    with pytest.raises(pytest.exit.Exception, match=sentence) as caught:
        plugin.find_target(_make_run(5, KEY), lines.append)
    assert caught.value.returncode == 2
    assert lines == ["http://x/(cut) asks to wait 60 s"]


def test_no_call_begins_when_the_time_of_the_run_is_over(answer_all: SetAnswers) -> None:
    """When --max-time is over, no test sends a call any more, be it one, several at once, or one of the start."""
    paths: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.path)
        return httpx.Response(200, json={"creditsRemaining": 100})

    answer_all(respond)
    times = iter([0.0, 6.0, 7.0, 8.0])
    limit = TimeLimit(5, lambda: next(times))
    with open_client() as client:
        target, budget = Target("http://x", False, True, False, {}), Budget(40, PriceList((), 1))
        api = make_server_api(
            CATALOG,
            target,
            "image.generate",
            {},
            key=KEY,
            budget=budget,
            client=client,
            shared_runs={},
            redactor=Redactor([KEY]),
            time_limit=limit,
        )
        for call in (lambda: api.get("/a"), lambda: api.create({}), lambda: api.create_in_parallel({}, "key", 2)):
            with pytest.raises(NotTested, match="--max-time 5 is over"):
                call()
        with pytest.raises(NoTarget, match="--max-time 5 is over"):
            find_target(CATALOG, "http://x", ApiKeys(), is_live=False, time_limit=limit)
    assert paths == []


def test_an_interrupt_of_the_start_ends_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C before the target is found ends the run with a sentence."""

    def interrupt(*_: Any, **__: Any) -> Target:
        raise KeyboardInterrupt

    monkeypatch.setattr(targets, "find_target", interrupt)
    with pytest.raises(pytest.exit.Exception, match="interrupted before the target was found: nothing was tested"):
        plugin.find_target(_make_run(5))


def test_no_wait_of_the_guard_goes_on_beyond_the_time_of_the_run(answer_all: SetAnswers) -> None:
    """Where the guard must wait before a create for longer than the run may take, no create is sent."""
    methods: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        methods.append(request.method)
        return _ask_to_wait(60)(request)

    answer_all(respond)
    with open_client() as client:
        api = make_server_api(
            CATALOG,
            Target("http://x", False, True, False, {}),
            "image.generate",
            {},
            key=KEY,
            budget=Budget(40, PriceList((), 1)),
            client=client,
            shared_runs={},
            redactor=Redactor([KEY]),
            time_limit=_make_run(5).time_limit,
        )
        with pytest.raises(NotTested, match="--max-time 5 is over"):
            api.create({})
    assert methods == ["GET"]

"""The budget of a run: whatever a target charges and states, and whenever, no create crosses the ceiling unnoticed."""

from __future__ import annotations

import contextlib
import email.utils
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cannon_contract.client.api import Api, Send
from cannon_contract.client.outcomes import NotTested
from cannon_contract.runner.mock_target import make_mock_api
from cannon_contract.spending.budget import Budget
from cannon_contract.spending.guard import Guard, with_retries
from cannon_contract.spending.price_list import PriceList
from cannon_spec.contract.prices import Price
from cannon_spec.pricing.known_price import KnownPrice
from cannon_spec.strategies import requests as good_bodies
from tests.support.effort import examples
from tests.support.payloads import CATALOG, requests

BASE = "http://mock.test"
CREATE = f"{BASE}/api/v1/requests"
OPERATION = "image.generate"
TERMINAL = ("succeeded", "failed")


def _guard(send: Send, spending: Budget) -> Guard:
    return Guard(send, spending, BASE, TERMINAL, lambda wait_s: None)


conditions = st.fixed_dictionaries(
    {},
    optional={
        "model": st.sampled_from([None, *CATALOG.models]),
        "resolution": st.sampled_from([None, "1K", "2K", "4K"]),
    },
)
known_prices = st.builds(KnownPrice, st.builds(Price, st.integers(0, 60), conditions), st.sampled_from([OPERATION, ""]))
price_lists = st.lists(known_prices, max_size=6).map(tuple)


class _LyingService:
    """A mock in process that charges what it likes for each create, and says something else.

    Each step tells what its create costs, what ``billableCredits`` says of it then and at later polls, and how the
    create is answered.
    """

    def __init__(self, steps: list[tuple[int, Any, Any, str]]) -> None:
        self.api = make_mock_api(CATALOG, OPERATION, credits=10**9, progression="immediate")
        self.steps, self.balance, self.said = iter(steps), 10_000.0, {}
        self.polled: set[str] = set()
        self.before_each: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        response = self.api.send(request)
        if request.method == "POST":
            return self._created(request, response)
        body = response.json()
        if request.url.path.endswith("/status"):
            body["creditsRemaining"] = self.balance
        elif "billableCredits" in body:
            first, later = self.said[body["id"]]
            body["billableCredits"] = later if body["id"] in self.polled else first
            self.polled.add(body["id"])
        return httpx.Response(response.status_code, content=json.dumps(body).encode(), request=request)

    def _created(self, request: httpx.Request, response: httpx.Response) -> httpx.Response:
        costs, first, later, answer = next(self.steps)
        self.before_each.append(10_000 - self.balance)
        self.balance -= costs
        if response.status_code == 202:
            self.said.setdefault(response.json()["id"], (first, later))
        if answer == "no answer":
            raise httpx.ReadError("the connection broke")
        if answer == "undecodable":
            raise httpx.DecodingError("not what its header says")
        return response if answer == "as it is" else httpx.Response(500, request=request)


SAID = st.one_of(st.integers(-60, 60), st.sampled_from([None, 0, float("nan"), float("inf"), True, "31"]))


STEP = st.tuples(
    st.integers(0, 60), SAID, SAID, st.sampled_from(["as it is", "as it is", "no answer", "undecodable", "500"])
)


@examples(100)
@given(
    prices=st.builds(PriceList, prices=price_lists, assumed_price=st.none() | st.integers(0, 60)),
    bodies=st.lists(good_bodies() | requests, min_size=1, max_size=8),
    keys=st.lists(st.sampled_from(["a", "b", None]), min_size=8, max_size=8),
    steps=st.lists(STEP, min_size=8, max_size=8),
    polls=st.lists(st.booleans(), min_size=8, max_size=8),
)
@example(
    prices=PriceList((), 33),
    bodies=[{"operation": "image.generate", "input": {"prompt": "0"}}] * 3,
    keys=["a"] * 3,
    steps=[(28, 0, 0, "as it is"), (37, 0, 0, "as it is"), (36, 0, 0, "no answer")],
    polls=[False] * 3,
)
def test_whatever_it_charges_and_says_nothing_crosses(
    prices: PriceList, bodies: list[Any], keys: list[str | None], steps: list[Any], polls: list[bool]
) -> None:
    """Before each create what was really charged and its dearest price are within the ceiling; an overrun is the last.

    So it is whatever a target charges, for refusals and repeats too, and whatever it says of that, then or later.
    """
    liar, spending = _LyingService(steps), Budget(100, prices)
    guard = _guard(liar, spending)
    for body, key, polled in zip(bodies, keys, polls, strict=False):
        headers = {"x-api-key": liar.api.key, **({"x-idempotency-key": key} if key else {})}
        sent, was_over = len(liar.before_each), spending.overrun_reason
        try:
            response = guard(httpx.Request("POST", CREATE, content=json.dumps(body).encode(), headers=headers))
            if polled and response.status_code == 202:
                guard(httpx.Request("GET", f"{CREATE}/{response.json()['id']}", headers=headers))
        except (NotTested, httpx.HTTPError):
            pass
        really = 10_000 - liar.balance
        assert spending.spent_credits >= really
        if len(liar.before_each) > sent:
            price = prices.estimate(body)
            assert price is not None
            assert liar.before_each[-1] + price <= 100
            assert not was_over, "a create followed an overrun"
        assert really <= 100 or spending.overrun_reason, (
            "a create cost more than its estimate, and no overrun was recorded"
        )


@pytest.mark.parametrize(
    ("billable", "costs"), [(10, 31), (float("nan"), 31), (-5, 31), (0, 31), (None, 31), (31, 10), (31, 31)]
)
def test_a_create_above_its_estimate_ends_the_run(billable: Any, costs: int) -> None:
    """The fall of the balance or the stated cost counts, whichever is higher, at the first create."""
    liar, spending = _LyingService([(costs, billable, billable, "as it is")]), Budget(100, PriceList((), 10))
    content = json.dumps(liar.api.build_body()).encode()
    request = httpx.Request("POST", CREATE, content=content, headers={"x-api-key": liar.api.key})
    _guard(liar, spending)(request)
    assert re.search("overrun: req_.* costs 31, and its estimate was 10", spending.overrun_reason)
    assert spending.spent_credits == 31
    with pytest.raises(NotTested, match="overrun"):
        _guard(liar, spending)(request)


def test_a_repeat_that_is_charged_counts() -> None:
    """What the balance falls by at a repeat is spent, and told."""
    liar, spending = _LyingService([(10, 10, 10, "as it is")] * 3), Budget(25, PriceList((), 10))
    guard, content = _guard(liar, spending), json.dumps(liar.api.build_body()).encode()
    headers = {"x-api-key": liar.api.key, "x-idempotency-key": "k"}
    for spent in (10, 20):
        guard(httpx.Request("POST", CREATE, content=content, headers=headers))
        assert spending.spent_credits == spent
    assert spending.remarks == ["a create that repeats an earlier one was charged: the balance fell by 10"]
    with pytest.raises(NotTested):
        guard(httpx.Request("POST", CREATE, content=content, headers=headers))


@pytest.mark.parametrize(("ceiling", "count"), [(399, 0), (400, 4)])
def test_creates_at_once_are_all_sent_or_none(ceiling: int, count: int) -> None:
    """Creates that are sent at once are sent only if each of them may cost its estimate, and each counts by itself."""
    api, budget = make_mock_api(CATALOG, OPERATION), Budget(ceiling, PriceList((), 100))
    sent_requests: list[httpx.Request] = []

    def send(request: httpx.Request) -> httpx.Response:
        sent_requests.extend([request] if request.method == "POST" else [])
        return api.send(request)

    headers = {"x-api-key": api.key}
    creates = [httpx.Request("POST", CREATE, json=api.build_body(), headers=headers) for _ in range(4)]
    with contextlib.nullcontext() if count else pytest.raises(NotTested, match="its 4 creates may cost 400"):
        _guard(send, budget).create_in_parallel(creates)
    assert len(sent_requests) == len(budget.creates) == count
    assert len({each.request_id for each in budget.creates}) == count
    assert budget.spent_credits == 31 * count == 1250 - api.read_credits()


def test_repeats_at_once_cost_one_create() -> None:
    """Of creates at once with one idempotency key one is charged, and the others repeat it for nothing."""
    api, budget = make_mock_api(CATALOG, OPERATION), Budget(1000, PriceList((), 100))
    headers = {"x-api-key": api.key, "x-idempotency-key": "k"}
    creates = [httpx.Request("POST", CREATE, json=api.build_body(), headers=headers) for _ in range(10)]
    _guard(api.send, budget).create_in_parallel(creates)
    assert budget.spent_credits == 31
    assert len(budget.charges) == 1
    assert budget.remarks == []


@pytest.mark.parametrize("error", [httpx.ReadError("broke"), KeyboardInterrupt()])
def test_creates_at_once_without_answers_count(error: BaseException) -> None:
    """Creates that are sent at once and get no answer count at their estimates, whatever the balance says."""
    api, budget = make_mock_api(CATALOG, OPERATION), Budget(1000, PriceList((), 100))

    def send(request: httpx.Request) -> httpx.Response:
        response = api.send(request)
        if request.method == "POST":
            raise error
        return response

    creates = [httpx.Request("POST", CREATE, json=api.build_body(), headers={"x-api-key": api.key}) for _ in range(2)]
    assert _guard(send, budget).create_in_parallel(creates) == [error, error]
    assert budget.spent_credits == 200


@pytest.mark.parametrize("cost", [6, 31])
def test_repeats_at_once_that_are_charged_again_count(cost: int) -> None:
    """What the balance falls by beyond the first of several creates at once is spent."""
    steps = [(cost, 31, 31, "as it is")] * 10
    liar, budget = _LyingService(steps), Budget(1000, PriceList((), 100))
    headers = {"x-api-key": liar.api.key, "x-idempotency-key": "k"}
    content = json.dumps(liar.api.build_body()).encode()
    _guard(liar, budget).create_in_parallel(
        [httpx.Request("POST", CREATE, content=content, headers=headers) for _ in steps]
    )
    assert budget.spent_credits >= 10_000 - liar.balance


def test_a_price_that_rises_later_is_an_overrun() -> None:
    """A request that said its price and says a higher one at a later poll ends the run."""
    liar, spending = _LyingService([(31, 31, 95, "as it is")]), Budget(200, PriceList((), 31))
    guard, content = _guard(liar, spending), json.dumps(liar.api.build_body()).encode()
    headers = {"x-api-key": liar.api.key}
    id_ = guard(httpx.Request("POST", CREATE, content=content, headers=headers)).json()["id"]
    assert not spending.overrun_reason
    guard(httpx.Request("GET", f"{CREATE}/{id_}", headers=headers))
    assert "costs 95, and its estimate was 31" in spending.overrun_reason
    assert spending.spent_credits == 95


def test_an_interrupted_create_is_read_back() -> None:
    """A create that is interrupted, though the service has it, counts as spent."""
    api = make_mock_api(CATALOG, OPERATION)
    spending = Budget(100, PriceList((), 31))

    def send(request: httpx.Request) -> httpx.Response:
        response = api.send(request)
        if request.method == "POST":
            raise KeyboardInterrupt
        return response

    content = json.dumps(api.build_body()).encode()
    with pytest.raises(KeyboardInterrupt):
        _guard(send, spending)(httpx.Request("POST", CREATE, content=content, headers={"x-api-key": api.key}))
    assert spending.spent_credits == 31
    assert "a create that got no answer (KeyboardInterrupt) was charged" in spending.remarks[0]


def test_a_create_whose_cost_was_not_read_counts() -> None:
    """Interrupted between its answer and what it cost, an accepted create counts at its price, and is named as open."""
    api = make_mock_api(CATALOG, OPERATION)
    spending, created = Budget(100, PriceList((), 31)), []

    def send(request: httpx.Request) -> httpx.Response:
        if created:
            raise KeyboardInterrupt
        response = api.send(request)
        if request.method == "POST":
            created.append(response.json()["id"])
        return response

    content = json.dumps(api.build_body()).encode()
    with pytest.raises(KeyboardInterrupt):
        _guard(send, spending)(httpx.Request("POST", CREATE, content=content, headers={"x-api-key": api.key}))
    assert spending.spent_credits == 31
    assert list(spending.open_requests) == created


def test_what_a_request_says_at_its_end_is_no_less_than_the_balance_fell_by() -> None:
    """A request that says 5 at its end, where the balance fell by 20, cost 20; one that says 20 and fell by 5, too."""
    for costs, first, later in ((20, 20, 5), (5, None, 20)):
        liar, spending = _LyingService([(costs, first, later, "as it is")]), Budget(100, PriceList((), 31))
        guard, content = _guard(liar, spending), json.dumps(liar.api.build_body()).encode()
        headers = {"x-api-key": liar.api.key}
        id_ = guard(httpx.Request("POST", CREATE, content=content, headers=headers)).json()["id"]
        guard(httpx.Request("GET", f"{CREATE}/{id_}", headers=headers))
        assert spending.spent_credits == 20


def _post(api: Api, **headers: str) -> httpx.Request:
    return httpx.Request(
        "POST", CREATE, content=json.dumps(api.build_body()).encode(), headers={"x-api-key": api.key, **headers}
    )


class _LateService:
    """A mock in process whose charges land some calls after the create, and that says what each request costs."""

    def __init__(self, said: Any, costs: int, after: int, status: int = 202) -> None:
        self.api = make_mock_api(CATALOG, OPERATION, credits=10**9)
        self.said, self.costs, self.after, self.status = said, costs, after, status
        self.balance, self.due, self.creates = 1000, [], 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        response = self.api.send(request)
        if request.method == "POST":
            self.creates += 1
            self.due += [self.after] if response.status_code == 202 else []
            return response if self.status == 202 else httpx.Response(self.status, request=request)
        self.due = [left - 1 for left in self.due]
        self.balance -= self.costs * sum(left == 0 for left in self.due)
        body = response.json()
        body |= {"creditsRemaining": self.balance} if "creditsRemaining" in body else {"billableCredits": self.said}
        return httpx.Response(response.status_code, content=json.dumps(body).encode(), request=request)


@pytest.mark.parametrize(("said", "status"), [(10, 202), (31, 503), (31, 504), (31, 200)])
def test_a_charge_that_comes_late_is_noticed(said: int, status: int) -> None:
    """A charge after the read-back ends the run before the next create, or is in the estimate from the start."""
    late, spending = _LateService(said, costs=31, after=3, status=status), Budget(40, PriceList((), said))
    guard = _guard(late, spending)
    for _ in range(3):
        with contextlib.suppress(NotTested):
            guard(_post(late.api))
    assert late.creates == 1
    guard.read(httpx.Request("GET", f"{BASE}/api/v1/status", headers={"x-api-key": late.api.key}))
    assert spending.spent_credits == 31
    assert (
        status != 202
        or "the balance fell by 31 in all, and the creates of this run may cost 10" in spending.overrun_reason
    )


def test_what_is_charged_late_and_was_said_is_no_overrun() -> None:
    """An honest service that charges late is not accused, and neither is a refusal that comes meanwhile."""
    for after in (3, 4, 5):  # before the look at a refusal, during the refusal, after it
        late, spending = _LateService(31, costs=31, after=after), Budget(100, PriceList((), 31))
        guard = _guard(late, spending)
        guard(_post(late.api))
        answer = guard(httpx.Request("POST", CREATE, content=b"{}", headers={"x-api-key": late.api.key}))
        for _ in range(3):
            guard.read(httpx.Request("GET", f"{BASE}/api/v1/status", headers={"x-api-key": late.api.key}))
        assert (answer.status_code, spending.spent_credits, spending.overrun_reason) == (400, 31, "")
        assert late.balance == 1000 - 31


def _changed(api: Api, change: Callable[[httpx.Request, dict[str, Any]], object]) -> Send:
    """The mock of an API, with the JSON of its replies changed."""

    def send(request: httpx.Request) -> httpx.Response:
        response = api.send(request)
        body = response.json()
        change(request, body)
        return httpx.Response(response.status_code, content=json.dumps(body).encode(), request=request)

    return send


@pytest.mark.parametrize(
    "odd",
    [
        {"id": "\ud83d"},
        {"id": "x" * 100_000},
        {"id": "../status"},
        {"id": "req\nspent: 0 of 200"},
        {"billableCredits": 10**400},
        {"creditsRemaining": 10**400},
        {"creditsRemaining": "lots"},
        {"id": 7},
    ],
)
def test_odd_answers_count_at_the_price(odd: dict[str, Any]) -> None:
    """Whatever an accepted create is answered with, it counts, and no more are sent than the ceiling has room for."""
    api, sent = make_mock_api(CATALOG, OPERATION, credits=10**9), 0
    spending = Budget(70, PriceList((), 31))

    def change(request: httpx.Request, body: dict[str, Any]) -> None:
        nonlocal sent
        sent += request.method == "POST"
        body.update({name: value for name, value in odd.items() if name in body})

    guard = _guard(_changed(api, change), spending)
    for _ in range(4):
        with contextlib.suppress(NotTested):
            guard(_post(api))
    assert (sent, spending.spent_credits) == (2, 62)
    assert all("\n" not in each.request_id for each in spending.creates)


@pytest.mark.parametrize("error", [RuntimeError(), UnicodeEncodeError("utf-8", "x", 0, 1, ""), SystemExit()])
def test_a_create_counts_whatever_goes_wrong(error: BaseException) -> None:
    """An error of our own during a create leaves it counted at its price, each time."""
    api, spending = make_mock_api(CATALOG, OPERATION), Budget(70, PriceList((), 31))

    def send(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            raise error
        return api.send(request)

    for spent in (31, 62):
        with pytest.raises(type(error)):
            _guard(send, spending)(_post(api))
        assert spending.spent_credits == spent


@pytest.mark.parametrize(
    ("change", "remark"),
    [
        (lambda body, post: body.update(creditsRemaining=None), "could not be seen"),
        (lambda body, post: body.update(creditsRemaining=1000 + 500 * post), "could not be seen"),
    ],
    ids=["unreadable", "topped up"],
)
@pytest.mark.parametrize("status", [202, 400])
def test_a_create_with_an_unreadable_balance_is_not_free(change: Any, remark: str, status: int) -> None:
    """A refusal, and a repeat, count at their price where the balance could not be read, or rose meanwhile."""
    api, spending, posts = (
        make_mock_api(CATALOG, OPERATION, credits=10**9),
        Budget(200, PriceList((), 50)),
        0,
    )
    content = json.dumps(api.build_body() if status == 202 else {}).encode()

    def look(request: httpx.Request, body: dict[str, Any]) -> None:
        nonlocal posts
        posts += request.method == "POST"
        if "creditsRemaining" in body:
            change(body, posts)

    guard = _guard(_changed(api, look), spending)
    headers = {"x-api-key": api.key, "x-idempotency-key": "k"}
    for spent in (50, 100):
        assert guard(httpx.Request("POST", CREATE, content=content, headers=headers)).status_code == status
        assert spending.spent_credits == spent
    assert any(remark in each for each in spending.remarks)


def test_a_charge_up_to_the_estimate_is_no_overrun() -> None:
    """A request that states 10 and costs 31 late, which was its estimate, counts at 31, and is no overrun."""
    late, spending = _LateService(10, costs=31, after=3), Budget(100, PriceList((), 31))
    guard = _guard(late, spending)
    for spent in (31, 62):
        guard(_post(late.api))
        for _ in range(4):
            guard.read(httpx.Request("GET", f"{BASE}/api/v1/status", headers={"x-api-key": late.api.key}))
        assert (spending.spent_credits, spending.overrun_reason) == (spent, "")


def test_a_request_at_work_says_no_less_than_it_did() -> None:
    """What a request says while it is at work does not make it cheaper than it was; what it says at its end does."""
    api, spending = make_mock_api(CATALOG, OPERATION, credits=10**9), Budget(100, PriceList((), 50))
    guard = _guard(_changed(api, lambda request, body: body.update(creditsRemaining=1000)), spending)
    id_ = guard(_post(api)).json()["id"]
    assert spending.spent_credits == 31
    for status, billable, spent in (("processing", 20, 31), ("processing", 40, 40), ("succeeded", 25, 25)):
        spending.record_poll({"id": id_, "status": status, "billableCredits": billable}, TERMINAL)
        assert spending.spent_credits == spent


def test_the_reading_of_a_balance_is_sent_again_after_a_429() -> None:
    """A 429 to the reading of a balance is no reason to count a refusal."""
    api, spending = make_mock_api(CATALOG, OPERATION), Budget(100, PriceList((), 31))
    busy = [True, False, True, False]

    def send(request: httpx.Request) -> httpx.Response:
        if request.method == "GET" and busy and busy.pop(0):
            return httpx.Response(429, headers={"Retry-After": "0"}, request=request)
        return api.send(request)

    assert _guard(send, spending)(httpx.Request("POST", CREATE, content=b"{}", headers={"x-api-key": api.key}))
    assert (spending.spent_credits, busy) == (0, [])


def test_fractions_of_credits_are_no_overrun() -> None:
    """The costs of a service that counts in tenths add up without an error of rounding."""
    late, spending = _LateService(0.1, costs=0.1, after=1), Budget(1, PriceList((), 0.1))
    for _ in range(12):
        with contextlib.suppress(NotTested):
            _guard(late, spending)(_post(late.api))
    assert (late.creates, spending.spent_credits, spending.overrun_reason) == (10, 1, "")


class _HonestService:
    """An honest service: it charges what it says, at the create or some calls later, for one account or one a key."""

    def __init__(self, after: int, accounts: dict[str, str]) -> None:
        self.after, self.accounts = after, accounts
        self.balances = dict.fromkeys(accounts.values(), 1000)
        self.costs: list[tuple[str, int]] = []
        self.due: list[tuple[int, str, int]] = []
        self.lies = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        account = self.accounts[request.headers["x-api-key"]]
        self.due = [(left - 1, owner, cost) for left, owner, cost in self.due]
        for left, owner, cost in self.due:
            self.balances[owner] -= cost if left == 0 else 0
        if request.method == "POST":
            cost = json.loads(request.read()).get("cost", 0)
            if not cost:
                self.balances[account] -= self.lies
                return httpx.Response(400, request=request)
            self.costs.append((account, cost))
            if self.after:
                self.due.append((self.after, account, cost))
            else:
                self.balances[account] -= cost
            return httpx.Response(202, json={"id": f"req_{len(self.costs)}"}, request=request)
        if request.url.path.endswith("/status"):
            return httpx.Response(200, json={"creditsRemaining": self.balances[account]}, request=request)
        number = int(request.url.path.rpartition("_")[2])
        said = {"id": f"req_{number}", "status": "processing", "billableCredits": self.costs[number - 1][1]}
        return httpx.Response(200, json=said, request=request)


creates = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 40)), max_size=8)


@examples(300)
@given(after=st.integers(0, 9), shared=st.booleans(), creates=creates)
def test_an_honest_service_is_not_accused(after: int, shared: bool, creates: list[tuple[str, int]]) -> None:
    """Whenever it charges, and whether two keys are of one account or two: nothing is an overrun, refusals are free."""
    service = _HonestService(after, {"a": "one", "b": "one" if shared else "two"})
    spending = Budget(10_000, PriceList((), 40))
    guard = _guard(service, spending)
    for key, cost in creates:
        guard(httpx.Request("POST", CREATE, content=json.dumps({"cost": cost}).encode(), headers={"x-api-key": key}))
    for key in "ab" * 10:
        guard.read(httpx.Request("GET", f"{BASE}/api/v1/status", headers={"x-api-key": key}))
    really = sum(cost for _, cost in creates)
    assert (spending.overrun_reason, spending.spent_credits) == ("", really)
    assert spending.spent_credits == sum(each.cost for each in spending.creates) + spending.unexplained_fall


@examples(300)
@given(creates=creates, lies=st.integers(1, 40))
def test_a_charge_for_a_refusal_is_noticed(creates: list[tuple[str, int]], lies: int) -> None:
    """What a refusal costs is counted, with two keys of one account or of two, where each charge lands at once."""
    for accounts in ({"a": "one", "b": "one"}, {"a": "one", "b": "two"}):
        service, spending = _HonestService(0, accounts), Budget(10_000, PriceList((), 40))
        service.lies = lies
        for key, cost in creates:
            content = json.dumps({"cost": cost}).encode()
            _guard(service, spending)(httpx.Request("POST", CREATE, content=content, headers={"x-api-key": key}))
        assert spending.spent_credits == sum(cost or lies for _, cost in creates)


def test_a_key_that_is_not_taken_costs_nothing() -> None:
    """Creates without a good key are free, since there is nobody to charge; not where the key was taken meanwhile."""
    api, spending = make_mock_api(CATALOG, OPERATION), Budget(100, PriceList((), 31))
    guard = _guard(api.send, spending)
    assert guard(httpx.Request("POST", CREATE, content=b"{}", headers={"x-api-key": "bad"})).status_code == 401
    assert spending.spent_credits == 0
    asked = 0

    def moody(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        return httpx.Response(401, request=request) if asked <= 2 else api.send(request)  # both looks before the create

    _guard(moody, spending)(httpx.Request("POST", CREATE, content=b"{}", headers={"x-api-key": api.key}))
    assert spending.spent_credits == 31


def test_prices_are_learnt_from_what_was_said() -> None:
    """That somebody else spends from the account meanwhile makes no request dearer in the next run."""
    liar, spending = _LyingService([(500, 31, 31, "as it is")]), Budget(1000, PriceList((), 600))
    _guard(liar, spending)(_post(liar.api))
    assert spending.spent_credits == 500
    assert [each.price.credits for each in spending.learn_prices(datetime.now(UTC)).prices] == [31]


def test_keys_of_one_account_are_not_held_against_each_other() -> None:
    """Creates with two keys of one account add up to what they cost, and are no overrun."""
    api, spending = make_mock_api(CATALOG, OPERATION, credits=10**9), Budget(200, PriceList((), 31))

    def one_account(request: httpx.Request) -> httpx.Response:
        request.headers["x-api-key"] = api.key
        return api.send(request)

    def send(request: httpx.Request) -> httpx.Response:
        return one_account(httpx.Request(request.method, request.url, headers=request.headers, content=request.read()))

    guard = _guard(send, spending)
    for key in ("one", "two", "one", "two"):
        guard(httpx.Request("POST", CREATE, content=json.dumps(api.build_body()).encode(), headers={"x-api-key": key}))
    assert (spending.spent_credits, spending.overrun_reason) == (124, "")


def test_a_refusal_is_free_once_it_was_seen_to_be() -> None:
    """A create that is refused and costs nothing leaves room for another; one that is refused and charged does not."""
    api = make_mock_api(CATALOG, OPERATION)
    spending = Budget(31, PriceList((), 31))
    guard = _guard(api.send, spending)
    broken, good = (json.dumps(api.build_body(prompt=prompt)).encode() for prompt in (None, "x"))

    def create(content: bytes) -> int:
        headers = {"x-api-key": api.key}
        return guard(httpx.Request("POST", CREATE, content=content, headers=headers)).status_code

    assert [create(broken), create(broken), create(good)] == [400, 400, 202]
    with pytest.raises(NotTested, match="could cross --allow-spend 31: 31 spent, and it may cost 31"):
        create(broken)


def test_a_request_is_sent_again_after_retry_after() -> None:
    """429 and 503 with Retry-After are tried again after that time, a second where none is given, and not for ever."""
    answers = [(429, "7"), (503, "2.5"), (429, "soon"), (503, ""), (200, "")]
    waits: list[float] = []

    def send(request: httpx.Request) -> httpx.Response:
        status, after = answers.pop(0)
        return httpx.Response(status, headers={"Retry-After": after} if after else {}, request=request)

    door, request = with_retries(send, waits.append), httpx.Request("GET", "http://x")
    assert door(request).status_code == 503
    assert waits == [7, 2.5, 1]
    assert door(request).status_code == 200
    answers[:] = [(429, "200")] * 10
    assert door(request).status_code == 429
    assert waits[3:] == [200] * 5
    answers[:], waits[:] = [(429, "301")], []
    assert door(request).status_code == 429
    in_two_minutes = email.utils.format_datetime(datetime.now(UTC) + timedelta(minutes=2), usegmt=True)
    answers[:] = [(503, in_two_minutes), (200, "")]
    assert door(request).status_code == 200
    assert len(waits) == 1
    assert 60 < waits[0] <= 120


def test_a_create_that_may_have_been_stored_is_not_sent_again() -> None:
    """After a 503 a create is tried again with an idempotency key only; after a 429 it is without one too."""
    answers: list[int] = []

    def send(request: httpx.Request) -> httpx.Response:
        return httpx.Response(answers.pop(0), headers={"Retry-After": "1"}, request=request)

    door = with_retries(send, lambda wait_s: None)
    for keyed, first, last in ((False, 503, 503), (True, 503, 202), (False, 429, 202)):
        answers[:] = [first, 202]
        request = httpx.Request("POST", CREATE, headers={"x-idempotency-key": "k"} if keyed else {})
        assert door(request).status_code == last


def test_the_waits_of_the_guard_are_bounded_in_all() -> None:
    """The readings of balances and costs wait a quarter of an hour at most in all, whichever create they are for."""
    waits: list[float] = []

    def send(request: httpx.Request) -> httpx.Response:
        is_create = request.method == "POST"
        return httpx.Response(400 if is_create else 429, headers={} if is_create else {"Retry-After": "100"})

    spending = Budget(100, PriceList((), 1))
    for _ in range(4):
        guard = Guard(send, spending, BASE, TERMINAL, waits.append)
        assert guard(httpx.Request("POST", CREATE, json={}, headers={"x-api-key": "a"})).status_code == 400
    assert waits.count(100) == 9


def test_a_create_is_recorded_also_where_no_time_is_left() -> None:
    """Where the time of the run ends while the cost of a create is read back, it counts at its estimate."""
    is_created = False

    def send(request: httpx.Request) -> httpx.Response:
        nonlocal is_created
        if request.method == "POST":
            is_created = True
            return httpx.Response(202, json={"id": "req_1"})
        if is_created:
            return httpx.Response(429, headers={"Retry-After": "60"})
        return httpx.Response(200, json={"creditsRemaining": 100})

    def sleep(seconds: float) -> None:
        if seconds > 1:
            raise NotTested("--max-time 5 is over")

    spending = Budget(40, PriceList((), 31))
    guard = Guard(send, spending, BASE, TERMINAL, sleep)
    assert guard(httpx.Request("POST", CREATE, json={}, headers={"x-api-key": "a"})).status_code == 202
    assert [(each.request_id, each.cost) for each in spending.creates] == [("req_1", 31)]


class _BusyService(_HonestService):
    """An honest service whose account also falls by some credits with each second that a client waits."""

    def __init__(self, after: int, by_second: float, by_reading: int = 0) -> None:
        super().__init__(after, {"a": "one"})
        self.by_second, self.by_reading = by_second, by_reading

    def sleep(self, wait_s: float) -> None:
        self.balances["one"] -= round(wait_s * self.by_second)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        response = super().__call__(request)
        self.balances["one"] -= self.by_reading * request.url.path.endswith("/status")
        return response

    def create(self, guard: Guard, cost: int) -> httpx.Response:
        content = json.dumps({"cost": cost}).encode()
        return guard(httpx.Request("POST", CREATE, content=content, headers={"x-api-key": "a"}))


def _guard_busy(service: _BusyService, spending: Budget) -> Guard:
    return Guard(service, spending, BASE, TERMINAL, service.sleep)


@pytest.mark.parametrize("after", [0, 1, 4])
def test_a_use_from_elsewhere_is_no_overrun(after: int) -> None:
    """What others spend ends no run: a create counts at most at its estimate, and the reason is at hand."""
    service, spending = _BusyService(after, by_second=15), Budget(400, PriceList((), 40))
    guard = _guard_busy(service, spending)
    for _ in range(4):
        service.create(guard, 31)
        service.sleep(60)
        guard.read(httpx.Request("GET", f"{BASE}/api/v1/status", headers={"x-api-key": "a"}))
    assert spending.overrun_reason == ""
    assert "used from elsewhere: its balance fell by 15" in spending.account_use.elsewhere
    assert 4 * 31 <= spending.spent_credits <= 4 * 40


def test_a_create_with_a_wrong_key_leaves_the_account_to_be_watched() -> None:
    """Where the first create has a key that the target does not take, the account is watched at the next one."""
    api, spending = make_mock_api(CATALOG, OPERATION), Budget(1000, PriceList((), 31))
    guard = _guard(api.send, spending)
    for key, is_watched in (("not a key", False), (api.key, True)):
        guard(httpx.Request("POST", CREATE, json=api.build_body(), headers={"x-api-key": key}))
        assert spending.account_use.is_watched is is_watched


def test_a_suspicion_holds_until_a_key_shows_the_balance() -> None:
    """A call with a key that the target does not take says nothing of a suspicious fall; one with a good key does."""
    api, spending = make_mock_api(CATALOG, OPERATION), Budget(1000, PriceList((), 31))
    guard = Guard(api.send, spending, BASE, TERMINAL, lambda _: None)
    spending.suspicion = "the balance fell"
    for key, reason in (("not a key", ""), (api.key, "overrun: the balance fell")):
        guard.read(httpx.Request("GET", f"{BASE}/api/v1/status", headers={"x-api-key": key}))
        assert spending.overrun_reason == reason


def test_a_use_from_elsewhere_that_begins_later_is_recognized() -> None:
    """Where the balance falls further than the creates may cost, it is watched before that is called an overrun."""
    service, spending = _BusyService(0, by_second=0), Budget(400, PriceList((), 40))
    guard = _guard_busy(service, spending)
    service.create(guard, 31)
    service.by_second = 15
    service.sleep(10)
    service.create(guard, 31)
    assert (spending.overrun_reason, spending.suspicion) == ("", "")
    assert spending.account_use.elsewhere
    service.create(guard, 31)
    assert len(service.costs) == 3


def test_a_stated_cost_above_the_estimate_ends_a_run_on_a_busy_account() -> None:
    """Whatever others spend, a request that states more than its estimate is an overrun."""
    service, spending = _BusyService(0, by_second=15), Budget(400, PriceList((), 30))
    service.create(_guard_busy(service, spending), 31)
    assert "req_1 costs 31, and its estimate was 30" in spending.overrun_reason


def test_where_a_status_call_costs_no_create_is_sent() -> None:
    """A status call that costs credits is no overrun; but what a create costs could not be read, so none is sent."""
    service, spending = _BusyService(0, by_second=0, by_reading=1), Budget(400, PriceList((), 40))
    guard = _guard_busy(service, spending)
    with pytest.raises(NotTested, match="each status call takes 1 credits, so what a create costs cannot be read"):
        service.create(guard, 31)
    assert guard.read(httpx.Request("GET", f"{BASE}/api/v1/status", headers={"x-api-key": "a"})).status_code == 200
    assert (service.costs, spending.overrun_reason) == ([], "")


def test_what_fell_before_the_first_create_is_not_spent() -> None:
    """A fall before any create is no cost of this run."""
    service, spending = _BusyService(0, by_second=0), Budget(400, PriceList((), 40))
    guard = _guard_busy(service, spending)
    for _ in range(2):
        guard.read(httpx.Request("GET", f"{BASE}/api/v1/status", headers={"x-api-key": "a"}))
        service.balances["one"] -= 300
    service.create(guard, 31)
    assert (spending.overrun_reason, spending.spent_credits) == ("", 31)

"""The queries of the mock's own API: what no parameter can be is refused, and never ignored."""

from __future__ import annotations

import itertools
from urllib.parse import quote

from tests.support.admin_calls import get, post, read_problem
from tests.support.mocks import KEY, Driver, DriverFactory

LISTS = ("tasks", "journal", "journal/count", "webhooks")
ALONE = ("clock", "scenarios", "assumptions", "tasks/req_1")
"""Addresses without a parameter."""

NO_NUMBERS = [
    *("", "0", "00", "007", "-1", "+1", " 1", "1 ", "1.0", "1e2", "0x1", "1_0", "NaN", "inf", "null", "1\n", "1\0"),
    *(
        "1001",
        "9999",
        "9" * 5000,
        "0" * 5000 + "1",
        "00000000199999999999999999999",
        "\u0661",
        "\uff11",
        "1\u0660",
        "½",
        "\ud7ff",
    ),
]


def test_a_limit_is_a_plain_number_in_its_bounds(mock: Driver) -> None:
    """H12: a limit is 1 to 1000 in ASCII digits without a leading zero; for all else the reply is 400 and says so."""
    for path, text in itertools.product(LISTS, NO_NUMBERS):
        reply = mock.client.get(f"/__mock__/{path}?limit={quote(text)}")
        assert read_problem(reply) == (400, f"limit {text[:60]!a} is no whole number from 1 to 1000")
    for path, text in itertools.product(LISTS, ("1", "999", "1000")):
        get(mock, f"{path}?limit={text}")


def test_a_parameter_is_known_and_stands_there_once(mock: Driver) -> None:
    """A parameter that an address does not have, or has twice, is refused: if it were ignored, a call would do more."""
    mock.create_and_get_id()
    for path, query in itertools.product(LISTS, ("colour=red", "LIMIT=1", "limit[]=1", "=1", "limit;=1", "x" * 5000)):
        status, detail = read_problem(mock.client.get(f"/__mock__/{path}?{query}"))
        assert (status, detail.startswith("unknown filter ")) == (400, True)
    for path, query in itertools.product(LISTS, ("limit=1&limit=1", f"key={KEY}&key=cs_b", "limit=1&key=&key=&key=")):
        status, detail = read_problem(mock.client.get(f"/__mock__/{path}?{query}"))
        assert (status, "times; give it once" in detail) == (400, True)
    for path in ALONE:
        assert read_problem(mock.client.get(f"/__mock__/{path}?limit=1"))[0] == 400
    for path in ("reset?what=journal", "clock?advance_ms=1", "tasks/req_1/end?outcome=failed"):
        status, detail = read_problem(post(mock, path, {}))
        assert (status, detail.endswith("; this address takes none")) == (400, True)
    assert len(get(mock, "tasks")["tasks"]) == 1
    for path in ("health", "ready", "version"):  # a monitor may add a parameter against caches
        get(mock, f"{path}?t=1&t=2")


def test_a_filter_has_a_value_that_something_can_have(mock: Driver) -> None:
    """A state or status that nothing can have is refused, and so is a text that is longer than any."""
    mock.create_and_get_id()
    for path, query in [
        *(("tasks", f"status={text}") for text in ("succeded", "202", "", "queued ", "%00")),
        *(
            (path, f"status={quote(text)}")
            for path in LISTS[1:3]
            for text in ("queued", "99", "600", "0202", "٢٠٢", "2" * 5000)
        ),
        *(("webhooks", f"state={text}") for text in ("done", "Pending", "")),
        *((path, f"{name}={'9' * 5000}") for path in LISTS for name in ("key", "account")),
    ]:
        assert read_problem(mock.client.get(f"/__mock__/{path}?{query}"))[0] == 400
    assert get(mock, "journal/count?status=202&method=POST&path=/api/v1/")["count"] == 1
    assert get(mock, "tasks?status=failed&operation=none&model=%FF&scenario=") == {"tasks": []}


def test_a_rule_is_named_by_its_id_as_it_is_written(make_mock: DriverFactory) -> None:
    """Another spelling of an id names no rule."""
    mock = make_mock()
    id_ = post(mock, "scenarios", {"scenario": "slow"}).get_json()["id"]
    for text in (f"0{id_}", f"+{id_}", "\u0661", "-1", "NaN", "9" * 5000, f"{id_}.0"):
        assert read_problem(mock.client.delete(f"/__mock__/scenarios/{quote(text)}"))[0] == 404
    assert mock.client.delete(f"/__mock__/scenarios/{id_}").status_code == 200


def test_head_changes_nothing(make_mock: DriverFactory) -> None:
    """H13: HEAD has the headers of GET, and counts as no poll; faults that are not counted happen to it too."""
    mock = make_mock(progression="manual:1")
    plain = mock.create_and_get_id()
    failing = mock.create_and_get_id(headers={"x-mock-scenario": "error-500-poll"})
    lengths = {}
    for id_ in (plain, failing):
        replies = [mock.client.head(f"/api/v1/requests/{id_}", headers={"x-api-key": KEY}) for _ in range(5)]
        assert {reply.status_code for reply in replies} == {200}
        lengths[id_] = replies[0].content_length
    assert [mock.get(f"/api/v1/requests/{failing}").status_code for _ in range(2)] == [500, 200]
    first = mock.get(f"/api/v1/requests/{plain}")
    assert (first.get_json()["status"], first.content_length) == ("queued", lengths[plain])
    for scenario, status in (("asset-missing", 404), ("asset-cut-off", 200)):
        timed = make_mock()
        output = timed.create_and_finish(headers={"x-mock-scenario": scenario})["output"]
        assert timed.client.head(output["image_url"]).status_code == status

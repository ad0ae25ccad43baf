"""What the contract tests of browsers take for access, and what not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cannon_contract.client.page_origin import find_page_origin
from cannon_mock.origins import read_origins
from tests.mutants.wsgi import Call, Reply, change_replies
from tests.support.contract_runs import run_contract
from tests.support.serving import serve_mock

_NAME = "Access-Control-Allow-Headers"


def _allow_all(_call: Call, reply: Reply) -> None:
    """Allow all headers, and list no methods: GET and POST need no list."""
    reply.headers[_NAME] = "*"
    del reply.headers["Access-Control-Allow-Methods"]


def _allow_few(_call: Call, reply: Reply) -> None:
    reply.headers[_NAME] = "Content-Type"


def _ask_for_key(_call: Call, reply: Reply) -> None:
    """Refuse the request for its lack of a key: a browser then sends no other."""
    reply.status = 401


@pytest.mark.parametrize(
    ("change", "problem"),
    [(_allow_all, ""), (_allow_few, "expected * or a list with content-type"), (_ask_for_key, "expected a 2xx status")],
)
def test_access_is_what_a_browser_takes_for_it(change: Callable[[Call, Reply], object], problem: str) -> None:
    """The claim is kept by every preflight reply that a browser accepts, and by no other."""
    with serve_mock(change_replies("OPTIONS create", change)) as served:
        run = run_contract("--target", served.url, "-k", "test_browsers", "-v")
    assert run.returncode == (1 if problem else 0), run.output
    assert problem in run.output


@pytest.mark.parametrize(("cors", "text"), [("http://localhost:5173", "4 passed"), ("none", "start it with --cors")])
def test_a_mock_is_asked_of_a_page_that_it_lets_call(cors: str, text: str) -> None:
    """A mock that lets pages of one origin call is tested with such a page; one that lets none call is not."""
    with serve_mock(cors=cors) as served:
        run = run_contract("--target", served.url, "-k", "test_browsers", "-rs")
    assert text in run.output


@pytest.mark.parametrize(
    ("cors", "page"),
    [
        ("https://a.example, Loopback", "http://localhost:5173"),
        ("*", "http://localhost:5173"),
        ("https://A.example , https://b.example", "https://a.example"),
        ("https://a.example:443", "https://a.example"),
        ("http://[::1]:80", "http://[::1]"),
        ("null", "null"),
        ("None", ""),
        ("", ""),
    ],
)
def test_the_page_is_one_that_the_setting_allows(cors: str, page: str) -> None:
    """The origin is written as browsers write it, and blanks and capitals in the setting change nothing."""
    assert find_page_origin(cors) == page
    assert not page or page in read_origins(cors)

"""What the contract tests may spend: the guard errs on the safe side."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from contract_tests import conftest as guard
from tests.payloads import CATALOG


def _request(target: str, allowed: float, creates: int, stash: Any) -> Any:
    options = {"--target": target, "--allow-spend": allowed}
    marks = [SimpleNamespace(args=(creates,))] if creates else []
    config = SimpleNamespace(getoption=options.__getitem__, stash=stash)
    return SimpleNamespace(node=SimpleNamespace(iter_markers=lambda name: marks), config=config)


def _api(balance: float = 1000, is_mock: bool = False) -> Any:
    return SimpleNamespace(catalog=CATALOG, is_mock=is_mock, credits=lambda: balance)


def _skipped(api: Any, request: Any) -> bool:
    try:
        guard._guard(api, request)
    except pytest.skip.Exception:
        return True
    return False


@pytest.mark.parametrize(
    ("target", "live"),
    [
        ("live", True),
        ("https://www.cannonstudio.app", True),
        ("https://cannonstudio.app/x", True),
        ("https://eu.cannonstudio.app", True),
        ("https://notcannonstudio.app", False),
        ("http://127.0.0.1:2266", False),
        ("mock", False),
    ],
)
def test_every_host_of_the_vendor_is_live(target: str, live: bool) -> None:
    """Not only the documented host: any of the vendor's domain may charge."""
    assert guard._is_live(target, CATALOG.base_url) is live
    assert _skipped(_api(), _request(target, 0, 1, pytest.Stash())) is live
    assert not _skipped(_api(), _request(target, 0, 0, pytest.Stash()))


def test_a_real_key_elsewhere_is_guarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server elsewhere that is called with the user's key may charge; our mock and this machine do not."""
    monkeypatch.setenv("CANNON_API_KEY", "cs_live_x")
    assert _skipped(_api(), _request("https://proxy.example", 0, 1, pytest.Stash()))
    assert not _skipped(_api(is_mock=True), _request("https://proxy.example", 0, 1, pytest.Stash()))
    assert not _skipped(_api(), _request("http://127.0.0.1:8000", 0, 1, pytest.Stash()))
    monkeypatch.delenv("CANNON_API_KEY")
    assert not _skipped(_api(), _request("https://proxy.example", 0, 1, pytest.Stash()))


def test_the_ceiling_holds_at_the_assumed_price() -> None:
    """With a ceiling of 60, two creates at 28 may be made and a third may not, though no charge was seen yet."""
    stash = pytest.Stash()
    assert [_skipped(_api(), _request("live", 60, 1, stash)) for _ in range(3)] == [False, False, True]


def test_a_dearer_price_is_learnt() -> None:
    """Once the balance has lost more than assumed, that is what each further create is reckoned at."""
    stash = pytest.Stash()
    assert not _skipped(_api(1000), _request("live", 120, 1, stash))
    assert _skipped(_api(930), _request("live", 120, 1, stash))
    assert not _skipped(_api(930), _request("live", 140, 1, stash))

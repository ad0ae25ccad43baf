"""What moves the balance of an account beside the creates of a run."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cannon_contract.client.balance import AccountUse
from cannon_contract.client.outcomes import NotTested


class _Account:
    """An account whose balance falls by each reading and with time."""

    def __init__(self, by_reading: float = 0, by_second: float = 0, answer_s: float = 0.0) -> None:
        self.by_reading, self.by_second, self.answer_s = by_reading, by_second, answer_s
        self.now_s, self.readings = 0.0, 0

    def read(self) -> float:
        self.readings += 1
        self.sleep(self.answer_s)
        return 1000 - self.by_reading * self.readings - int(self.now_s * self.by_second)

    def sleep(self, wait_s: float) -> None:
        self.now_s += wait_s


def _watch(account: _Account) -> AccountUse:
    use = AccountUse()
    use.watch(account.read, account.sleep)
    return use


@pytest.mark.parametrize("cost", [1, 0.1, 28])
def test_a_status_call_that_costs_credits_is_recognized(cost: float) -> None:
    """One equal fall for each reading, after a pause too, is the cost of a status call."""
    use = _watch(_Account(by_reading=cost))
    assert (use.reading_cost, use.elsewhere) == (cost, "")
    with pytest.raises(NotTested, match=f"each status call takes {cost:g} credits"):
        use.check_quiet()


@pytest.mark.parametrize("answer_s", [0.001, 0.12, 0.5])
def test_a_use_from_elsewhere_is_recognized(answer_s: float) -> None:
    """A fall with time is a use from elsewhere, however long a status call takes."""
    use = _watch(_Account(by_second=15, answer_s=answer_s))
    assert use.reading_cost == 0
    with pytest.raises(NotTested, match="used from elsewhere: its balance fell by"):
        use.check_quiet()


def test_a_quiet_account_is_quiet() -> None:
    """A balance that stands still says nothing of either."""
    account = _Account(answer_s=0.1)
    use = _watch(account)
    use.watch_longer(account.read, account.sleep)
    use.check_quiet()
    assert use == AccountUse(is_watched=True)


@pytest.mark.parametrize(("moves", "is_elsewhere"), [(0, False), (1, False), (2, True)])
def test_one_late_charge_is_no_use_from_elsewhere(moves: int, is_elsewhere: bool) -> None:
    """In the longer watch a second fall shows a use from elsewhere; one may be a charge of the run."""
    balances, use = [100.0 - min(number, moves) for number in range(9)], AccountUse()
    use.watch_longer(lambda: balances.pop(0), lambda wait_s: None)
    assert bool(use.elsewhere) is is_elsewhere


@pytest.mark.parametrize("watch", [AccountUse.watch, AccountUse.watch_longer])
def test_an_unreadable_balance_shows_nothing(watch: Callable[..., object]) -> None:
    """Where the balance cannot be read, nothing is said about it."""
    use = AccountUse()
    watch(use, lambda: None, lambda wait_s: None)
    use.check_quiet()

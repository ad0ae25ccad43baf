"""The refusal of a call, in the form of FastAPI's own errors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a body."""

    place: tuple[str | int, ...]
    type: str
    message: str

    def under(self, *places: str | int) -> "Problem":
        """Say where the problem is, seen from further outside."""
        return Problem((*places, *self.place), self.type, self.message)

    def detail(self) -> dict[str, Any]:
        """Give the problem as an item of `detail`; the value itself is not repeated."""
        return {"type": self.type, "loc": list(self.place), "msg": self.message}


class Refusal(Exception):
    """A call is refused: nothing is created and nothing is charged."""

    def __init__(self, status: int, detail: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def invalid(problems: Sequence[Problem]) -> Refusal:
    """Refuse a body for its problems."""
    return Refusal(422, [problem.under("body").detail() for problem in problems])

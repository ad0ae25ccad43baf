"""The end of a task that a test chooses, in place of the one that was planned (floor 4)."""

from __future__ import annotations

from typing import Any

from cannon_mock.model import tasks
from cannon_mock.model.tasks import Task
from cannon_mock.views.context import MockContext

MESSAGE = "ended by the test"
"""The message of a failure, where the test gives none."""


def end_task(mock: MockContext, id_: str, outcome: Any, message: Any) -> Task | None:
    """End a task now; one that has ended stays as it is. None where there is no such task.

    Raises ValueError for an outcome that is no state in which a task ends, and for a message that is no text.
    """
    outcomes = mock.catalog.lifecycle["terminal"]
    if outcome not in outcomes or not isinstance(message, str):
        raise ValueError(f"outcome must be {' or '.join(outcomes)}, and message text")
    task = mock.store.tasks.get(id_)
    if task is None:
        return None
    now_ms, delay_ms = mock.clock.now_ms(), mock.scenarios.find_or_plain(task.scenario).webhook.delay_ms
    return mock.store.tasks.change(id_, delay_ms, lambda each: tasks.end_task(each, now_ms, outcome, message))

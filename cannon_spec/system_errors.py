"""What the system refuses, and what to do about it, in the words of every message (floor 1, pure)."""

from __future__ import annotations

import errno

_ADVICE = {
    errno.EMFILE: "allow this process more open files (ulimit -n)",
    errno.ENFILE: "close other programs: the system has no more open files",
}
"""What to do where neither a path nor an address is wrong."""


def explain_os_error(error: BaseException, advice: str = "check the path") -> str:
    """Why the system refused, and what to do: ``advice``, if any, unless the reason asks for another one."""
    return "; ".join(filter(None, (find_reason(error), find_advice(error, advice))))


def find_reason(error: BaseException) -> str:
    """Why the system refused: never empty. Also of a ValueError, as for a name that no system takes."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def find_advice(error: BaseException, advice: str = "check the path") -> str:
    """What to do: ``advice``, unless the reason of an error asks for another one."""
    return _ADVICE.get(getattr(error, "errno", None) or 0, advice)

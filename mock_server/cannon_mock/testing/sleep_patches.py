"""A clock in place of the functions by which code under test sleeps and measures time (floor 5).

Only the modules that a test names change: the rest of the process, pytest and its threads, waits as before.

This module depends on an internal of tenacity: the function ``_portable_async_sleep`` of its module ``asyncio``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from inspect import iscoroutinefunction
from types import FunctionType, ModuleType
from typing import Any

from cannon_mock.clock import ManualClock
from cannon_mock.testing.loop_limits import LoopLimits

_FUNCTIONS = {
    "time": {
        "sleep": "sleep",
        **dict.fromkeys(("time", "monotonic", "perf_counter", "time_ns", "monotonic_ns", "perf_counter_ns"), "measure"),
    },
    "asyncio": {"sleep": "asleep", "timeout": "timeout", "wait_for": "wait_for"},
    "anyio": {"sleep": "asleep", "move_on_after": "move_on_after", "fail_after": "fail_after"},
    "trio": {"sleep": "asleep"},
    "gevent": {"sleep": "sleep"},
    "tenacity.nap": {"sleep": "sleep"},
    "tenacity.asyncio": {"_portable_async_sleep": "asleep"},
}
"""What takes the place of each function of a module: a method of the clock or of LoopLimits; ``measure`` shows time."""

_ADVICE = "name the module whose code calls time.sleep or asyncio.sleep"


class SleepPatches:
    """Functions that were replaced, until they are restored."""

    def __init__(self, clock: ManualClock, limits: LoopLimits) -> None:
        self._clock = clock
        self._limits = limits
        self._start_ms = 0
        self._replacements: dict[int, Any] = {}
        self._restore_steps: list[Callable[[], None]] = []
        self._count = 0

    @property
    def has_any(self) -> bool:
        """Whether something is replaced."""
        return bool(self._restore_steps)

    @property
    def passed_ms(self) -> int:
        """By how much the clock has moved since something was replaced first."""
        return self._clock.now_ms() - self._start_ms if self._restore_steps else 0

    def patch(self, target: Any) -> None:
        """Replace what a module, a class or an object sleeps by, or the one attribute that a dotted name names.

        Raises LookupError where there is nothing to replace.
        """
        if not self._restore_steps:
            self._start_ms = self._clock.now_ms()
        count = self._count
        if isinstance(target, str):
            self._patch_name(target)
        else:
            self._patch_part(target)
        if self._count == count:
            name = target if isinstance(target, str) else getattr(target, "__name__", repr(target))
            raise LookupError(f"{name} sleeps by no function that the clock can replace; {_ADVICE}")

    def restore(self) -> None:
        """Put back all that was replaced."""
        while self._restore_steps:
            self._restore_steps.pop()()
        self._replacements.clear()

    def _patch_name(self, dotted_name: str) -> None:
        owner, names = _import_longest(dotted_name)
        if not names:
            return self._patch_part(owner)
        for name in names[:-1]:
            owner = _get_attribute(owner, name)
        value = _get_attribute(owner, names[-1])
        self._find_replacements()
        if isinstance(value, FunctionType):  # one of the user's own, or one that is replaced everywhere
            replacement = self._clock.asleep if iscoroutinefunction(value) else self._clock.sleep
            return self._set(owner, names[-1], self._replacements.get(id(value), replacement))
        if id(value) in self._replacements:
            return self._set(owner, names[-1], self._replacements[id(value)])
        return self._patch_part(value)

    def _patch_part(self, part: Any) -> None:
        self._find_replacements()
        home = part.__name__ if isinstance(part, ModuleType) else str(getattr(part, "__module__", ""))
        self._patch_values(part, home, set())

    def _find_replacements(self) -> None:
        """Note what takes the place of each function, and of each module that has one, by the id of the original.

        A replacement stands for itself, so that what is patched twice is no error.
        """
        for module_name, names in _FUNCTIONS.items():
            module = sys.modules.get(module_name)
            if module is None or id(module) in self._replacements:
                continue
            originals = {name: getattr(module, name) for name in names if hasattr(module, name)}
            functions = {name: self._replace(name, each, names[name]) for name, each in originals.items()}
            new_module = _PatchedModule(module, functions)
            self._replacements |= {id(each): functions[name] for name, each in originals.items()}
            self._replacements |= {id(each): each for each in (new_module, *functions.values())}
            self._replacements[id(module)] = new_module

    def _replace(self, name: str, function: Callable[[], Any], how: str) -> Any:
        if hasattr(self._limits, how):
            return getattr(self._limits, how)
        if how != "measure":
            return getattr(self._clock, how)
        unit = 1_000_000 if name.endswith("_ns") else 0.001  # of a millisecond
        return lambda: function() + self.passed_ms * unit

    def _patch_values(self, owner: Any, home: str, visited_ids: set[int]) -> None:
        """Replace values of an object's attributes, the defaults of a function, and what the module ``home`` defines.

        An object of another module is looked into where the module itself has it, or a function, as the ``retry`` that
        tenacity adds to a function; but not what is in it in turn.
        """
        visited_ids.add(id(owner))
        if isinstance(owner, FunctionType):
            self._patch_defaults(owner)
        for name, value in _list_attributes(owner):
            part = value.__func__ if issubclass(type(value), staticmethod | classmethod) else value
            if id(part) in self._replacements:
                self._set(owner, name, self._replacements[id(part)])
            elif id(part) not in visited_ids and not issubclass(type(part), ModuleType):
                if _find_home(part) == home:
                    self._patch_values(part, home, visited_ids)
                elif home and issubclass(type(owner), ModuleType | FunctionType) and not _is_definition(part):
                    self._patch_values(part, "", visited_ids)

    def _patch_defaults(self, function: FunctionType) -> None:
        """Replace the defaults of arguments: ``def wait(sleep=time.sleep)``."""
        defaults, keyword_defaults = function.__defaults__, function.__kwdefaults__
        if defaults and any(id(each) in self._replacements for each in defaults):
            self._set(function, "__defaults__", tuple(self._replacements.get(id(each), each) for each in defaults))
        if keyword_defaults and any(id(each) in self._replacements for each in keyword_defaults.values()):
            new_defaults = {name: self._replacements.get(id(each), each) for name, each in keyword_defaults.items()}
            self._set(function, "__kwdefaults__", new_defaults)

    def _set(self, owner: Any, name: str, value: Any) -> None:
        # A class keeps the wrapper of a static method: what getattr returns would be another method.
        old_value = dict(_list_attributes(owner)).get(name, getattr(owner, name))
        _assign(owner, name, value)
        self._count += 1
        self._restore_steps.append(lambda: _assign(owner, name, old_value))


class _PatchedModule(ModuleType):
    """A module with other functions; all else is what the original has at the time."""

    def __init__(self, original: ModuleType, functions: dict[str, Any]) -> None:
        super().__init__(original.__name__, original.__doc__)
        vars(self).update(functions, _original=original)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)


def _list_attributes(owner: Any) -> list[tuple[str, Any]]:
    try:
        return list(vars(owner).items())
    except Exception:  # noqa: BLE001 - without attributes, or a proxy of the user's, which may raise anything
        return []


def _assign(owner: Any, name: str, value: Any) -> None:
    namespace = getattr(owner, "__dict__", None)
    if isinstance(namespace, dict) and name in namespace:  # of an object that may refuse assignments
        namespace[name] = value
    else:
        setattr(owner, name, value)


def _is_definition(value: Any) -> bool:
    """Whether a value is a class or a function. Its type is asked, as a proxy may load or raise when it is asked."""
    return issubclass(type(value), type | FunctionType)


def _find_home(value: Any) -> str:
    """The module that defines a class or a function, or the class of another object."""
    return str((value if _is_definition(value) else type(value)).__module__)


def _import_longest(dotted_name: str) -> tuple[ModuleType, list[str]]:
    """The module that a dotted name begins with, and the names of attributes behind it."""
    parts = dotted_name.split(".")
    if not all(parts):
        raise LookupError(f"{dotted_name!r} is no dotted name; name a module as in an import")
    for size in range(len(parts), 0, -1):
        name = ".".join(parts[:size])
        try:
            return import_module(name), parts[size:]
        except ModuleNotFoundError as error:
            if error.name is None or not f"{name}.".startswith(f"{error.name}."):  # one that the module imports
                raise
    raise LookupError(f"no module {dotted_name}; name one as in an import")


def _get_attribute(owner: Any, name: str) -> Any:
    try:
        return getattr(owner, name)
    except AttributeError:
        raise LookupError(f"{getattr(owner, '__name__', owner)} has no {name}; {_ADVICE}") from None

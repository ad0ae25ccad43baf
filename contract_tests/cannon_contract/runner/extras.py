"""The packages that a run needs beside the library, and how to install those that are missing (floor 6)."""

from __future__ import annotations

from importlib.util import find_spec

from cannon_spec.installation import advise_extra

_ALWAYS = {"pytest": "pytest", "httpx": "httpx", "hypothesis": "hypothesis"}
_BY_OPTION = {
    "--target mock": {"flask": "flask", "PIL": "pillow", "standardwebhooks": "standardwebhooks"},
    "--report": {"jinja2": "jinja2"},
    "-n": {"xdist": "pytest-xdist"},
}
"""The packages of each option, by the name of their module."""


def describe_missing_packages(options: tuple[str, ...]) -> str:
    """Say which packages are missing that a run with these options needs, and what installs them; empty for none."""
    groups = [("", _ALWAYS), *((f" (for {each})", _BY_OPTION[each]) for each in options)]
    missing = [
        f"{package}{reason}" for reason, names in groups for module, package in names.items() if not find_spec(module)
    ]
    if not missing:
        return ""
    verb = "is" if len(missing) == 1 else "are"
    return f"{', '.join(missing)} {verb} missing; {advise_extra('testing')}"

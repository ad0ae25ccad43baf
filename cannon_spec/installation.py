"""How to add an extra to this installation, from where the user has the project (floor 1).

The name of our distribution is not ours on the package index: no advice may send a user there.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_DISTRIBUTION = "cannon-spec"
_UNKNOWN_SOURCE = "/path/to/this/checkout"


@cache
def advise_extra(extra: str) -> str:
    """What to do where an extra is missing: ``install the extra mock: pip install '/home/me/checkout[mock]'``.

    It names the checkout, the file or the repository that this installation was made from, as far as that is recorded.
    """
    from shlex import quote  # late, as all imports below: most runs lack nothing

    checkout = _find_checkout()
    if checkout is not None:
        return f"install the extra {extra}: pip install --editable {quote(f'{checkout}[{extra}]')}"
    return f"install the extra {extra}: pip install {quote(_describe_requirement(_read_origin(), extra))}"


def describe_import_error(error: ImportError) -> str:
    """``flask is missing``; the error's own text where the package is there and cannot be imported."""
    return f"{error.name} is missing" if isinstance(error, ModuleNotFoundError) else str(error)


def _find_checkout() -> Path | None:
    """The checkout that this code runs from; None for an installed package."""
    from pathlib import Path

    folder = Path(__file__).resolve().parents[1]
    return folder if (folder / "pyproject.toml").is_file() else None


def _read_origin() -> dict[str, Any]:
    """What the installer recorded of where the package came from (direct_url.json); empty where it recorded nothing."""
    import json
    from importlib import metadata

    try:
        text = metadata.distribution(_DISTRIBUTION).read_text("direct_url.json")
    except metadata.PackageNotFoundError:
        return {}
    origin: dict[str, Any] = json.loads(text or "{}")
    return origin


def _describe_requirement(origin: dict[str, Any], extra: str) -> str:
    from pathlib import Path
    from urllib.request import url2pathname

    url = str(origin.get("url", ""))
    if url.startswith("file:"):
        path = Path(url2pathname(url.removeprefix("file://")))
        return f"{path if path.exists() else _UNKNOWN_SOURCE}[{extra}]"
    if not url:
        return f"{_UNKNOWN_SOURCE}[{extra}]"
    repository = origin.get("vcs_info", {})
    address = f"{repository['vcs']}+{url}@{repository['commit_id']}" if repository else url
    return f"{_DISTRIBUTION}[{extra}] @ {address}"

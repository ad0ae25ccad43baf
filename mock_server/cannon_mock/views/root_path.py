"""The application under the prefix of a proxy (floor 4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def mount(app: WSGIApplication, root_path: str) -> WSGIApplication:
    """The application under a prefix: it answers paths with the prefix, and those from which a proxy removed it."""
    prefix = root_path.rstrip("/")

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        has_prefix = path == prefix or path.startswith(f"{prefix}/")
        names = {
            "SCRIPT_NAME": environ.get("SCRIPT_NAME", "") + prefix,
            "PATH_INFO": path[len(prefix) :] if has_prefix else path,
        }
        return app({**environ, **names}, start_response)

    return answer

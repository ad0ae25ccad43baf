"""A WSGI application behind a public host name, within every HTTP client that is installed (floor 5)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol, cast

from cannon_mock.testing.vendor_app import Reply, VendorApp
from cannon_spec.hosts import find_domain

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from cannon_mock.testing.vendor_app import Check, Wait

_MODULES = {"httpcore": "respx_bridge", "urllib3": "urllib3_bridge", "aiohttp": "aiohttp_bridge"}
"""The module that bridges each client. It is imported only where the client is installed, for it imports the client."""


class ClientBridge(Protocol):
    """What a module that bridges a client offers."""

    def serve_client(self, vendor: VendorApp) -> AbstractContextManager[None]:
        """Answer the calls of the client to the vendor, and to no other host, while the context lasts."""


def _pass_check(_: Reply) -> None:
    """Accept any reply."""


def _skip_wait(_: int) -> None:
    """Take no time."""


@contextmanager
def bridge_app(
    app: WSGIApplication, base_url: str, check: Check = _pass_check, wait_ms: Wait = _skip_wait
) -> Iterator[None]:
    """Answer every call to the host of ``base_url`` and its domain by ``app``, while the context lasts.

    This holds for httpx, httpx2, urllib3, requests and aiohttp, for clients and sessions made before or inside. Calls
    to other hosts are as without the bridge. Of two bridges to one domain the one entered last answers. ``check`` gets
    each reply of the application, and may raise: the client's call raises the same.

    The application runs in the caller's thread, or in that of the event loop, which it must not wait for. Where its
    reply is late, as a scenario with latency makes it, ``wait_ms`` passes that time, such as ``sleep_ms`` of a clock. A
    reply as late as the client's own time-out or later raises the client's error of a time-out. Where a timer of the
    event loop is due before, real time passes. Raises ValueError for an address without a host.
    """
    domain = find_domain(base_url)
    if not domain:
        raise ValueError(f"no host in {base_url!r}")
    with ExitStack() as stack:
        for bridge in _list_bridges():
            stack.enter_context(bridge.serve_client(VendorApp(domain, app, check, wait_ms)))
        yield


def _list_bridges() -> list[ClientBridge]:
    names = [name for client, name in _MODULES.items() if find_spec(client)]
    return [cast(ClientBridge, import_module(f"cannon_mock.testing.{name}")) for name in names]

"""Flask without the parts that no view of the mock uses, which take half of its time (floor 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, Request
from flask.ctx import RequestContext
from flask.sessions import NullSession, SessionInterface, SessionMixin
from werkzeug.routing import MapAdapter

from cannon_mock.views.context import MockRequest, find_called_host, find_context
from cannon_mock.views.json_reply import JsonReplies

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_NO_SUBDOMAIN = ""


class _NoSessions(SessionInterface):
    """Every session is the same empty one: no view has a session, and no reply sets a cookie."""

    _session = NullSession()

    def open_session(self, app: Flask, request: Request) -> SessionMixin:  # noqa: ARG002 - as Flask calls it
        """See SessionInterface."""
        return self._session


class MockApplication(Flask):
    """The application of one mock, whose requests are MockRequests."""

    request_class = MockRequest
    json_provider_class = JsonReplies
    session_interface = _NoSessions()

    def request_context(self, environ: WSGIEnvironment) -> RequestContext:
        """See Flask."""
        context = super().request_context(environ)
        assert isinstance(context.request, MockRequest)
        context.request.mock = find_context(self)
        return context

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """See Flask. The address of a usual request is matched by its path alone."""
        if request is None or "HTTP_UPGRADE" in request.environ or self.config["TRUSTED_HOSTS"] is not None:
            return super().create_url_adapter(request)
        environ = request.environ
        return MapAdapter(
            self.url_map,
            server_name=find_called_host(request).lower(),
            script_name=request.root_path or "/",
            subdomain=_NO_SUBDOMAIN,
            url_scheme=request.scheme,
            path_info=environ.get("PATH_INFO", "").encode("latin-1").decode(errors="replace"),
            default_method=request.method,
            query_args=environ.get("QUERY_STRING", ""),
        )

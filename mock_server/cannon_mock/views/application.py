"""Flask without the parts that no view of the mock uses, which take half of its time (floor 4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Request
from flask.ctx import RequestContext
from flask.sessions import NullSession, SessionInterface, SessionMixin
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, MapAdapter, Rule

from cannon_mock.views.context import MockRequest, find_called_host, find_context
from cannon_mock.views.json_reply import JsonReplies

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_NO_SUBDOMAIN = ""
_LONGEST_PATH = 200

Route = tuple[Rule, Mapping[str, Any]]
"""The rule that a path matches, and the arguments of its view."""

View = Callable[..., Any]

_compiled_routes: dict[tuple[str, ...], Map] = {}
"""The routes of blueprints, by their names. Werkzeug compiles them slowly, and each test has a mock of its own."""


class _NoSessions(SessionInterface):
    """Every session is the same empty one: no view has a session, and no reply sets a cookie."""

    _session = NullSession()

    def open_session(self, app: Flask, request: Request) -> SessionMixin:  # noqa: ARG002 - as Flask calls it
        """See SessionInterface."""
        return self._session


class _MockRequestContext(RequestContext):
    app: MockApplication

    def match_request(self) -> None:
        """See RequestContext. A client asks for the same few addresses again and again."""
        adapter = self.url_adapter
        if adapter is None or adapter.websocket or len(adapter.path_info) > _LONGEST_PATH:
            return super().match_request()
        try:
            rule, arguments = self.app.match_once(adapter.path_info, adapter.default_method)
        except HTTPException:  # no view: the adapter knows what to tell the client
            return super().match_request()
        self.request.url_rule, self.request.view_args = rule, dict(arguments)
        return None


class MockApplication(Flask):
    """The application of one mock, whose requests are MockRequests."""

    request_class = MockRequest
    json_provider_class = JsonReplies
    session_interface = _NoSessions()
    _has_compiled_routes = False

    def __init__(self, name: str) -> None:
        super().__init__(name, static_folder=None)
        self.url_map.merge_slashes = False  # an address with "//" is another one, and unknown
        self.match_once: Callable[[str, str], Route] = lru_cache(maxsize=1000)(self._match)
        self._sync_once: Callable[[Callable[..., Any]], Callable[..., Any]] = lru_cache(maxsize=100)(
            super().ensure_sync
        )

    def register_parts(self, *parts: Blueprint) -> None:
        """Register the blueprints of a mock; all mocks with the same ones share their routes."""
        names = tuple(part.name for part in parts)
        routes = _compiled_routes.get(names)
        if routes is not None:
            self.url_map, self._has_compiled_routes = routes, True
        for part in parts:
            self.register_blueprint(part)
        _compiled_routes[names], self._has_compiled_routes = self.url_map, False

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: Any = None,
        provide_automatic_options: bool | None = None,
        **options: Any,
    ) -> None:
        """See Flask. A route that is added to one mock is not added to others."""
        if self._has_compiled_routes and endpoint is not None:
            self.view_functions[endpoint] = view_func
            return
        if self.url_map in _compiled_routes.values():
            self.url_map = _copy_routes(self.url_map)
        super().add_url_rule(rule, endpoint, view_func, provide_automatic_options, **options)

    def ensure_sync(self, func: View) -> View:
        """See Flask, which finds out for each request again whether a function is a coroutine."""
        return self._sync_once(func)

    def request_context(self, environ: WSGIEnvironment) -> RequestContext:
        """See Flask."""
        context = _MockRequestContext(self, environ)
        assert isinstance(context.request, MockRequest)
        context.request.mock = find_context(self)
        return context

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """See Flask. The address of a usual request is matched by its path alone."""
        if request is None and self.config["SERVER_NAME"] is None:
            return None
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

    def _match(self, path: str, method: str) -> Route:
        return self.url_map.bind("localhost").match(path, method, return_rule=True)


def _copy_routes(routes: Map) -> Map:
    """Routes of one application alone."""
    copied_routes = Map(host_matching=routes.host_matching, merge_slashes=routes.merge_slashes)
    for rule in routes.iter_rules():
        copied_rule = rule.empty()
        copied_rule.provide_automatic_options = rule.provide_automatic_options  # type: ignore[attr-defined]  # by Flask
        copied_routes.add(copied_rule)
    return copied_routes

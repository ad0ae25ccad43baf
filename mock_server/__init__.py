"""A mock of the Cannon Studio API (floor 4): an application that takes a request from queued to its end, offline."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from cannon_spec import catalog as catalogs
from cannon_spec.contract import Catalog
from mock_server.clock import Clock, ManualClock, SystemClock
from mock_server.config import Config
from mock_server.stores import Store
from mock_server.stores.memory import MemoryStore

if TYPE_CHECKING:
    from flask import Flask

MAX_BODY_BYTES = 1024 * 1024

__all__ = ["Clock", "Config", "ManualClock", "SystemClock", "create_app"]


def create_app(
    config: Config | None = None,
    *,
    catalog: Catalog | None = None,
    store: Store | None = None,
    clock: Clock | None = None,
) -> Flask:
    """A mock as a WSGI application. What is not given is the default: time goes by itself, tasks are kept in memory.

    Raises CatalogError where ``config.overlay`` names a file that cannot be used, and ImportError without the extra
    ``mock``.
    """
    from flask import Flask  # late: the command can say then that the extra is missing

    from mock_server import admin, api, assets, mock, refusals

    config = config or Config()
    catalog = catalog or (catalogs.load(overlay=config.overlay) if config.overlay else catalogs.default())
    app = Flask("mock_server", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of the default provider: keys in the vendor's order
    store, clock = store or MemoryStore(config.max_tasks), clock or SystemClock()
    mock.install(app, mock.Mock(config, catalog, store, clock, config.seed or secrets.token_hex(8)))
    refusals.install(app)
    for part in (api, assets, admin):
        app.register_blueprint(part.blueprint)
    return app

"""A mock of the Cannon Studio API as an application: it takes a request from queued to its end, offline (floor 5)."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from cannon_mock import claim_ids
from cannon_mock.clock import Clock, LocalClockState
from cannon_mock.config import Config, find_setting
from cannon_mock.model import tasks
from cannon_mock.model.keys import Keys
from cannon_mock.model.scenarios import SCENARIO_LISTING
from cannon_mock.setting_sources import apply_overlay_settings
from cannon_mock.settings import SettingError
from cannon_mock.stores import Records, Store, open_records, shared_values
from cannon_mock.stores.shared_clock import SharedClockState
from cannon_spec import document
from cannon_spec.contract import load as catalogs
from cannon_spec.contract.catalog import Catalog
from cannon_spec.contract.checks import check_claim_ids
from cannon_spec.nearest import suggest_name

if TYPE_CHECKING:
    from flask import Flask

    from cannon_mock.views.context import MockContext
    from cannon_mock.webhooks.outgoing import Send

MAX_BODY_BYTES = 8 * 1024 * 1024
"""More than the longest prompt of any model needs, with each of its letters written as a pair of JSON escapes."""


def create_app(
    config: Config | None = None,
    *,
    catalog: Catalog | None = None,
    records: Records | None = None,
    clock: Clock | None = None,
    send: Send | None = None,
) -> Flask:
    """A mock as a WSGI application. What is left out is as ``config`` says.

    ``send`` posts webhooks: a body with headers to an address, in the thread that delivers them. In an application that
    no server runs, due webhooks are sent at the end of each exchange and when the clock is advanced. Raises
    CatalogError where a file that ``config`` names cannot be used or no renderer makes the files of a type,
    StoreError where its store cannot be opened, SettingError where its scenario is unknown, and ImportError where an
    extra is missing.
    """
    # late: the command can say then that the extra is missing
    from cannon_mock.asset_files.file_renderer import check_file_types
    from cannon_mock.views import admin, after_request, api, assets, context, cors, errors, root_path
    from cannon_mock.views.application import MockApplication

    document.load_fast_decoder()
    config = config or Config()
    catalog = catalog or load_contract(config)
    config = apply_overlay_settings(config, catalog.settings) if catalog.settings else config
    check_claim_ids(claim_ids, catalog.claims)
    check_file_types(catalog)
    if config.scenario and config.scenario not in catalog.scenarios["scenarios"]:
        advice = suggest_name(config.scenario, catalog.scenarios["scenarios"], SCENARIO_LISTING)
        raise SettingError(find_setting("scenario"), config.scenario, advice)
    keys = Keys(catalog.status_reply, config.credits, catalogs.read_part("keys", config.keys) if config.keys else None)
    app = MockApplication("cannon_mock")
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    records = records or open_records(config.store, config.max_bytes)
    context.install(app, _build_context(config, catalog, keys, records, clock, send))
    errors.install(app)
    after_request.install(app)
    cors.install(app)
    app.register_parts(api.blueprint, assets.blueprint, *([admin.blueprint] if config.admin else []))
    if config.root_path:
        app.wsgi_app = root_path.mount(app.wsgi_app, config.root_path)  # type: ignore[assignment]  # the place for WSGI middleware
    return app


def load_contract(config: Config) -> Catalog:
    """The contract with the overlay and the scenarios that the settings name. Raises CatalogError."""
    catalog = catalogs.load_catalog(overlay=config.overlay) if config.overlay else catalogs.default_catalog()
    return catalogs.add_scenarios(catalog, config.scenarios) if config.scenarios else catalog


def _build_context(
    config: Config, catalog: Catalog, keys: Keys, records: Records, clock: Clock | None, send: Send | None
) -> MockContext:
    from cannon_mock.asset_files.file_renderer import FileRenderer
    from cannon_mock.serving import event_loop
    from cannon_mock.stores import scenario_registry
    from cannon_mock.views import assets, context
    from cannon_mock.webhooks import event, outgoing, sender

    retries_ms = catalog.lifecycle["webhook_retries_ms"]["value"]
    store = Store(records, config.max_tasks, retries_ms, sender.find_patience_ms(config))
    clock = clock or _build_clock(config, records)
    secret = config.webhook_secret or _share(records, "secret", event.encode_secret(secrets.token_bytes(32)))
    seed = config.seed or _share(records, "seed", secrets.token_hex(8))
    scenarios = scenario_registry.ScenarioRegistry(catalog, records)
    webhook_sender = sender.WebhookSender(
        catalog=catalog,
        config=config,
        store=store,
        clock=clock,
        secret=secret,
        find_webhook_faults=scenarios.find_webhook_faults,
        post=outgoing.build_post(config.webhook_hosts),
        start=event_loop.start,
        find_receiver=lambda _: send,
    )
    clock.move_handlers.append(webhook_sender.deliver_until)
    return context.MockContext(
        config=config,
        pace=config.pace,
        catalog=catalog,
        keys=keys,
        store=store,
        clock=clock,
        webhook_sender=webhook_sender,
        seed=seed,
        numbers=shared_values.Numbers(records),
        scenarios=scenarios,
        poll_after_ms=tasks.compute_poll_after_ms(catalog, config.pace),
        file_renderer=FileRenderer(catalog, assets.log_samples),
    )


def _share(records: Records, name: str, value: str) -> str:
    """The value that the first process of this store stored under a name: all processes must have the same."""
    shared_value: str = shared_values.change(records, name, value, lambda stored_value: stored_value)
    return shared_value


def _build_clock(config: Config, records: Records) -> Clock:
    scale = 0 if config.clock == "manual" else 1
    start_ms = config.start_ms
    state = SharedClockState(records, scale, start_ms) if records.is_shared else LocalClockState(start_ms, scale)
    return Clock(state)

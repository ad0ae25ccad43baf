"""Defects of refusals: invalid bodies that are accepted, answered with a 5xx status, or charged."""

from __future__ import annotations

from dataclasses import replace

from tests.servers.defects.defect import Defect
from tests.servers.plain_server import Parts
from tests.servers.plain_server.checks import Checks
from tests.servers.plain_server.ledger import Charge
from tests.servers.plain_server.messages import JsonObject, Refusal, Reply, Request
from tests.servers.plain_server.operations import OPERATIONS
from tests.servers.plain_server.rows import Field, Operation
from tests.servers.plain_server.service import Service
from tests.servers.plain_server.tasks import Order


class CrashOnUnknownModel(Checks):
    """Fails on a model that it does not know."""

    def check_value(self, name: str, field: Field, value: object) -> None:
        try:
            super().check_value(name, field, value)
        except Refusal:
            raise Refusal(500, "Internal error") from None


class CrashOnType(Checks):
    """Fails on a value of another type."""

    def check_type(self, name: str, field: Field, value: object) -> None:
        try:
            super().check_type(name, field, value)
        except Refusal:
            raise Refusal(500, "Internal error") from None


class CrashOnBadJson(Checks):
    """Fails on a body that is not JSON."""

    def parse(self, body: bytes) -> object:
        try:
            return super().parse(body)
        except Refusal:
            raise Refusal(502, "Bad gateway") from None


class CrashOnArray(Checks):
    """Fails on a body that is no object."""

    def read_envelope(self, body: bytes | None) -> JsonObject:
        if body is not None and isinstance(self.parse(body), list):
            raise Refusal(500, "Internal error")
        return super().read_envelope(body)


class CrashOnNoInput(Checks):
    """Fails on a body without an input."""

    def check_envelope_input(self, envelope: JsonObject) -> JsonObject:
        if "input" not in envelope:
            raise Refusal(503, "Service unavailable")
        return super().check_envelope_input(envelope)


class AnyOperation(Checks):
    """Takes an operation that it does not know for another."""

    def check_operation(self, envelope: JsonObject) -> Operation:
        return OPERATIONS.get(str(envelope.get("operation")), OPERATIONS["image.generate"])


class AnyModel(Checks):
    """Takes a model that it does not know for its default."""

    def check_value(self, name: str, field: Field, value: object) -> None:
        if name != "model":
            super().check_value(name, field, value)

    def choose_defaults(self, operation: Operation, input: JsonObject, webhook_url: str | None) -> Order:
        is_known = input.get("model") in operation.models
        order = super().choose_defaults(operation, input if is_known else {**input, "model": None}, webhook_url)
        return replace(order, input=input)


class AnyType(Checks):
    """Takes a prompt of any type."""

    def check_type(self, name: str, field: Field, value: object) -> None:
        if name != "prompt":
            super().check_type(name, field, value)


class NoInput(Checks):
    """Takes a body without an input for one with an example."""

    def check_envelope_input(self, envelope: JsonObject) -> JsonObject:
        return super().check_envelope_input({**envelope, "input": envelope.get("input") or {"prompt": "A lighthouse"}})


class ChargedRefusals(Service):
    """Charges a credit for each refusal."""

    def create(self, request: Request) -> Reply:
        try:
            return super().create(request)
        except Refusal:
            caller, now = self.access.identify(request), self.lifecycle.now_ms()
            with self.ledger.lock:
                self.ledger.find_book(caller.account.id, now).open_charges.append(Charge(now, 1))
            raise


SERVER_ERROR, COST, ACCEPTED = "a 5xx to an invalid body", "a refusal costs nothing", "an invalid body is accepted"
VALIDATES, REFUSAL = "create-validates", "expected a 4xx status, got"

DEFECTS = (
    Defect(
        "an unknown model is answered with 500",
        SERVER_ERROR,
        VALIDATES,
        f"{REFUSAL} 500",
        Parts(checks=CrashOnUnknownModel),
    ),
    Defect(
        "a value of another type is answered with 500",
        SERVER_ERROR,
        VALIDATES,
        f"{REFUSAL} 500",
        Parts(checks=CrashOnType),
    ),
    Defect("bad JSON is answered with 502", SERVER_ERROR, VALIDATES, f"{REFUSAL} 502", Parts(checks=CrashOnBadJson)),
    Defect("an array is answered with 500", SERVER_ERROR, VALIDATES, f"{REFUSAL} 500", Parts(checks=CrashOnArray)),
    Defect(
        "a body without an input is answered with 503",
        SERVER_ERROR,
        VALIDATES,
        f"{REFUSAL} 503",
        Parts(checks=CrashOnNoInput),
    ),
    Defect("any operation is accepted", ACCEPTED, VALIDATES, f"{REFUSAL} 202", Parts(checks=AnyOperation)),
    Defect("any model is accepted", ACCEPTED, VALIDATES, f"{REFUSAL} 202", Parts(checks=AnyModel)),
    Defect("a prompt of any type is accepted", ACCEPTED, "image-field-types", f"{REFUSAL} 202", Parts(checks=AnyType)),
    Defect("a body without an input is accepted", ACCEPTED, VALIDATES, f"{REFUSAL} 202", Parts(checks=NoInput)),
    Defect("a refusal costs credits", COST, VALIDATES, "creditsRemaining", service=ChargedRefusals),
)

"""The compose file: valid, sealed, and two mocks of it share one store."""

from __future__ import annotations

import json
from contextlib import ExitStack

import pytest
from jsonschema import Draft202012Validator

from cannon_mock import Config, create_app
from cannon_mock.views.context import find_context
from tests.container.build_files import (
    COMPOSE_FILE,
    STORE_HOST,
    build_composed_config,
    list_composed_mocks,
    read_health_command,
    read_last_stage,
)
from tests.support.workflow_steps import ROOT, read_yaml

SERVICES = read_yaml(COMPOSE_FILE)["services"]


def test_it_follows_the_compose_specification() -> None:
    """The file is one that the schema of the Compose Specification takes."""
    schema = json.loads((ROOT / "tests" / "official" / "compose-spec.json").read_text("utf-8"))
    assert [error.message for error in Draft202012Validator(schema).iter_errors(read_yaml(COMPOSE_FILE))] == []


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_sealed_and_tells_its_health(name: str) -> None:
    """A service writes to no disk, has no rights and the image's user, says whether it is healthy, and is not open."""
    service = SERVICES[name]
    user = read_last_stage()["USER"]
    assert (service["read_only"], service["cap_drop"], service["user"]) == (True, ["ALL"], user)
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["healthcheck"]["test"][0] == "CMD"
    assert all(each.startswith("127.0.0.1:") for each in service.get("ports", ()))


def test_the_mocks_are_reached_at_ports_of_their_own() -> None:
    """Each mock has another port of this machine, leads to that of the image, and is healthy as the image is."""
    mocks = list_composed_mocks().values()
    (ports, inner_ports) = zip(*(each["ports"][0].removeprefix("127.0.0.1:").split(":") for each in mocks), strict=True)
    assert len(set(ports)) == len(ports) == 2
    assert str(Config().port) in ports
    assert set(inner_ports) == {read_last_stage()["EXPOSE"]}
    assert all(each["healthcheck"]["test"] == ["CMD", *read_health_command()] for each in mocks)
    assert all((ROOT / COMPOSE_FILE).parent.joinpath(each["build"]["context"]).samefile(ROOT) for each in mocks)
    assert all((ROOT / each["build"]["dockerfile"]).is_file() for each in mocks)


def test_two_mocks_share_one_store(valkey: str) -> None:
    """By the options and variables of the file, a request that one mock accepts is answered by the other."""
    mocks = list_composed_mocks()
    assert STORE_HOST.partition(":")[0] in SERVICES
    database = f"{valkey.removesuffix('/0')}/7"  # no other test of this session is in it
    with ExitStack() as stack:
        apps = [create_app(build_composed_config(each, database)) for each in mocks.values()]
        for app in apps:
            stack.callback(find_context(app).store.records.close)
        first, second = (app.test_client() for app in apps)
        key = {"x-api-key": "cs_test_compose"}
        body = {"operation": "image.generate", "input": {"prompt": "A red bicycle"}}
        request = first.post("/api/v1/requests", json=body, headers=key).json
        assert second.get(f"/api/v1/requests/{request['id']}", headers=key).json["id"] == request["id"]
        statuses = {
            host: second.get("/__mock__/tasks", headers={"Host": host}).status_code for host in (*mocks, "a.com")
        }
        assert statuses == {**dict.fromkeys(mocks, 200), "a.com": 403}

"""Pages of other origins: they read and move nothing of the mock's own API."""

from __future__ import annotations

import itertools
from urllib.parse import unquote_to_bytes

import pytest

from tests.support.admin_calls import get, read_problem
from tests.support.mocks import Driver, DriverFactory

HOST = "127.0.0.1:2266"
LINK = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
FRAME = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
CALLS = [("POST", "reset"), ("POST", "clock"), ("DELETE", "scenarios"), ("GET", "journal"), ("GET", "webhooks")]
OPEN_PATHS = ("health", "ready", "version")


@pytest.mark.parametrize(("method", "path"), CALLS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:5173"},
        {"Origin": "http://localhost:2266"},
        {"Origin": "null"},
        {"Origin": "http://[::1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": f"http://{HOST}"},
        {"Sec-Fetch-Site": "cross-site", **FRAME},
    ],
    ids=str,
)
def test_a_call_of_a_foreign_page_is_refused(mock: Driver, method: str, path: str, headers: dict[str, str]) -> None:
    """H7: whatever a page of another origin calls under /__mock__/ is answered with 403, and nothing happens."""
    mock.create_and_get_id()
    reply = mock.client.open(f"/__mock__/{path}", method=method, headers={"Host": HOST, **headers}, data="{}")
    status, detail = read_problem(reply)
    assert (status, "called the mock's own API; call it from" in detail) == (403, True)
    assert len(get(mock, "tasks")["tasks"]) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": f"http://{HOST}"},
        {"Origin": f"https://{HOST}"},
        {"Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://localhost:5173", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none", **LINK},
    ],
    ids=str,
)
def test_a_call_of_the_mocks_own_page_or_of_no_page_is_answered(mock: Driver, headers: dict[str, str]) -> None:
    """A client that is no browser, and a page of the mock's origin, also behind a proxy that changed the host, may."""
    mock.create_and_get_id()
    assert mock.client.post("/__mock__/reset", headers={"Host": HOST, **headers}).status_code == 200
    assert get(mock, "tasks")["tasks"] == []


def test_a_link_to_the_mock_may_be_followed(mock: Driver) -> None:
    """A link on any page opens an address of the mock; a form that posts there does nothing."""
    headers = {"Sec-Fetch-Site": "cross-site", **LINK}
    assert mock.client.get("/__mock__/tasks", headers=headers).status_code == 200
    assert mock.client.post("/__mock__/reset", headers=headers).status_code == 403


LOOPBACK_HOSTS = ["localhost:2266", "LocalHost.", "app.localhost", "127.0.0.1", "127.9.9.9:1", "[::1]:2266", "[0:0::1]"]
FOREIGN_HOSTS = [
    *("attacker.example", "Attacker.Example.:2266", "localhost.attacker.example", "localhost.localhost.example"),
    *("127.0.0.1.nip.io", "0.0.0.0", "10.0.0.7:8080", "[2001:db8::1]", "[::]", "cannon_mock", "host.docker.internal"),
]


@pytest.mark.parametrize("root_path", ["", "/cannon"])
def test_a_mock_of_this_machine_is_called_by_its_own_names(make_mock: DriverFactory, root_path: str) -> None:
    """H8: where the mock listens on a loopback address, calls by any other host are refused, as a page may have it."""
    mock = make_mock(root_path=root_path)
    mock.create_and_get_id()
    for host in FOREIGN_HOSTS:
        page = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
        for (method, path), headers in itertools.product(CALLS, ({"Host": host}, page)):
            reply = mock.client.open(f"{root_path}/__mock__/{path}", method=method, headers=headers, data="{}")
            status, detail = read_problem(reply)
            assert (status, "is not called by the host" in detail) == (403, True)
            assert detail.endswith(f" or --public-url http://{host}")
    for host in LOOPBACK_HOSTS:
        tasks = mock.client.get(f"{root_path}/__mock__/tasks", headers={"Host": host}).get_json()["tasks"]
        assert len(tasks) == 1
    assert all(mock.create(headers={"Host": host}).status_code == 202 for host in FOREIGN_HOSTS)


@pytest.mark.parametrize(
    ("settings", "own_hosts", "foreign_hosts"),
    [
        ({"public_url": "https://Mock.example.com:8443/cannon"}, ["mock.example.com", "MOCK.example.com.:1"], ["a.b"]),
        ({"allow_host": "Cannon_Mock, 2001:db8::1,"}, ["cannon_mock:2266", "[2001:DB8:0::1]"], ["cannon", "[::2]"]),
        ({"host": "::1"}, ["[::1]"], ["a.b", "cannon_mock"]),
        ({"host": "0.0.0.0"}, ["cannon_mock:2266", "mock.example.com", "10.0.0.7"], []),
        ({"host": "::"}, ["[2001:db8::1]", "attacker.example"], []),
        (
            {"host": "0.0.0.0", "allow_host": "cannon_mock"},
            ["cannon_mock", "localhost", "127.0.0.1"],
            ["a.b", "10.0.0.7"],
        ),
        ({"host": "0.0.0.0", "allow_host": "a", "public_url": "http://b"}, ["a", "b"], ["c"]),
        ({"admin_token": "t"}, ["localhost"], ["mock.example.com"]),
    ],
    ids=str,
)
def test_settings_name_the_hosts_of_a_mock(
    make_mock: DriverFactory, settings: dict[str, str], own_hosts: list[str], foreign_hosts: list[str]
) -> None:
    """A mock is called by the hosts of its settings too, and by all where it listens on another address and has none.

    Health, ready and version answer whoever calls: they are for what only knows that something listens here.
    """
    mock = make_mock(**settings)
    statuses = {
        host: mock.client.get("/__mock__/tasks", headers={"Host": host, "Authorization": "Bearer t"}).status_code
        for host in (*own_hosts, *foreign_hosts)
    }
    assert statuses == {**dict.fromkeys(own_hosts, 200), **dict.fromkeys(foreign_hosts, 403)}
    page = {"Host": "attacker.example", "Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert {mock.client.get(f"/__mock__/{path}", headers=page).status_code for path in OPEN_PATHS} == {200}


def test_a_server_that_is_not_ours_tells_where_it_listens(make_mock: DriverFactory) -> None:
    """In a container another WSGI server listens on every address, though the settings do not say so."""
    client = make_mock().client
    for server, status in (("0.0.0.0", 200), ("cannon_mock", 200), ("127.0.0.1", 403), ("::1", 403)):
        reply = client.get("/__mock__/tasks", headers={"Host": "a.b"}, environ_overrides={"SERVER_NAME": server})
        assert reply.status_code == status


DISGUISES = r"""
    //__mock__/reset ///__mock__/reset /__mock__//reset /__mock__/%2Freset /__mock__%2Freset /__mock__%2freset
    /%5F_mock__/reset /%5f%5fmock%5f%5f/reset /%255F_mock__/reset /__MOCK__/reset /__mock__/reset%00 /%00/__mock__/reset
    /./__mock__/reset /%2e/__mock__/reset /a/../__mock__/reset /api/v1/../../__mock__/reset /__mock__/./reset
    /__mock__/../__mock__/reset /__mock__foo /__mock__reset /__mock__ /__mock__;/reset /__mock__/reset; /__mock__/reset/
    /\__mock__/reset /__mock__\reset \__mock__/reset /__mock__%5Creset /__mock__/reset%3Fa /__mock__%0d%0a/reset
    /x/__mock__/reset /api/v1/__mock__/reset /__mock__/%72eset /__mock__/rese%74 /__mock__/%72eset?a
    /__mock__/%63lock /__mock__/cl%6Fck
"""


@pytest.mark.parametrize("root_path", ["", "/cannon"])
def test_a_path_in_disguise_is_unknown(make_mock: DriverFactory, root_path: str) -> None:
    """What is not the plain path reaches nothing of the mock's own, so that a rule of a proxy on it holds for all."""
    mock = make_mock(root_path=root_path)
    mock.create_and_get_id()
    for path in DISGUISES.split():
        # werkzeug's client sends no path as it stands, but servers tell it, in either way, if it has an escape.
        raw_path = root_path + path
        decoded_path = unquote_to_bytes(raw_path).decode("latin-1")
        for raw_paths in ((raw_path, ""), ("", raw_path), ("", "")[: 0 if "%" in path else 2]):
            environ = {"PATH_INFO": decoded_path, **dict(zip(("REQUEST_URI", "RAW_URI"), raw_paths, strict=False))}
            reply = mock.client.post("/", data="{}", environ_overrides=environ)
            assert (reply.status_code, path) == (404, path)
    assert len(mock.client.get(f"{root_path}/__mock__/tasks").get_json()["tasks"]) == 1


def test_the_setting_for_pages_does_not_open_the_api_of_the_mock(make_mock: DriverFactory) -> None:
    """Whatever ``--cors`` allows, and with the right token too, a foreign page is refused."""
    mock = make_mock(cors="*", admin_token="t")
    headers = {"Origin": "https://app.example.com", "Authorization": "Bearer t"}
    assert mock.client.post("/__mock__/reset", headers=headers).status_code == 403

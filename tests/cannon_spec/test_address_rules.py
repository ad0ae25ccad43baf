"""The named rules on addresses: the service must reach them, and a string has one."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cannon_spec import validate_input, validate_request
from cannon_spec.address_rules import AddressFields, judge_addresses
from cannon_spec.contract.nodes import AddressField, list_address_fields
from cannon_spec.patch import apply_patch
from cannon_spec.reachability import find_host, is_reachable
from tests.support.effort import examples
from tests.support.payloads import CATALOG

UNREACHABLE = (
    *("http://localhost:8000/a.png", "http://192.168.1.4/a.png", "https://nas.local/a.png", "http://LOCALHOST./a"),
    *("http://minio:9000/a", "http://user:secret@localhost/a", "http://host.docker.internal/a", "http://x.home.arpa/a"),
    *("https://shop.test/a", "http://x.lan", "http://app.localhost", "http://x.invalid", "http://127.0.0.1?a=b.c"),
    *("http://10.0.0.1", "http://172.16.3.9", "http://169.254.1.1", "http://100.64.0.1", "http://0.0.0.0"),
    *("http://[::1]/a", "http://[fd00::1]:80/a", "http://[fe80::1]", "http://[::]", "http://[::ffff:10.0.0.1]"),
    *(
        "http://2130706433/a",
        "http://0x7f.1/a",
        "http://0177.0.0.1",
        "http://999.1.1.1",
        "http://[x]",
        "http://224.0.0.1",
    ),
)
REACHABLE = (
    *("https://example.com/a.png", "https://your-app.com/webhooks/cannon", "https://a.example/1.jpg", "http://8.8.8.8"),
    *("http://[2606:4700::1111]/a", "https://localhost.example.com/a", "https://local.co", "http://134744072"),
    *("http://b\u00fccher.example", "https://example.com./a", "https://example.com/?u=http://localhost/"),
)


@pytest.mark.parametrize("address", UNREACHABLE)
def test_a_host_that_is_private_is_not_reachable(address: str) -> None:
    """P6: a name that no public server answers for, and a number that is not public, cannot be reached."""
    assert not is_reachable(find_host(address))


@pytest.mark.parametrize("address", REACHABLE)
def test_a_public_host_is_reachable(address: str) -> None:
    """The hosts of the vendor's examples, and other public names and numbers, can be reached."""
    assert is_reachable(find_host(address))


@pytest.mark.parametrize("address", UNREACHABLE[:3])
def test_an_address_that_the_service_cannot_reach_is_a_warning(address: str) -> None:
    """P6: a reference, or a webhook, that the service cannot reach is one warning at its place, from an assumption."""
    input = {"prompt": "x", "model": "gptimage2", "reference_image_urls": ["https://example.com/a", address]}
    body = {"operation": "image.generate", "input": input, "webhook_url": address}
    findings = validate_request(body, catalog=CATALOG).findings
    assert [(each.path, each.rule, each.severity, each.fix) for each in findings] == [
        ("/input/reference_image_urls/1", "address-unreachable", "warning", None),
        ("/webhook_url", "address-unreachable", "warning", None),
    ]
    assert {each.evidence.strength for each in findings} == {"assumed"}
    assert all("reach" in each.hint and find_host(address) in each.message for each in findings)
    bare_findings = validate_input("image.generate", input, catalog=CATALOG).findings
    assert [each.path for each in bare_findings] == ["/reference_image_urls/1"]


def test_each_address_of_an_input_is_looked_at() -> None:
    """Each field of an input whose value is an address is one that the service must reach, at any depth."""
    operations = [each for each in CATALOG.operations.values() if each.is_covered]
    paths = {
        ".".join(map(str, field.path))
        for each in operations
        for field in list_address_fields(CATALOG.input_schema_of(each))
    }
    assert {"image_url", "reference_image_urls.*", "angle_context.*.image_url", "audio_url", "file_url"} <= paths
    fields = {
        name
        for each in operations
        for name in CATALOG.input_schema_of(each)["properties"]
        if name.endswith(("_url", "_urls"))
    }
    assert fields <= {path.partition(".")[0] for path in paths}


@pytest.mark.parametrize("separator", [",", ";", "|", ",,", ", "])
def test_two_addresses_in_one_string_are_an_error(separator: str) -> None:
    """P7: two addresses in one item are one error, whose fix makes two items of them."""
    addresses = ["https://a.example/1.jpg", "https://a.example/2.jpg"]
    body = {
        "operation": "image.generate",
        "input": {"prompt": "x", "reference_image_urls": [separator.join(addresses)]},
    }
    (finding,) = validate_request(body, catalog=CATALOG).errors
    assert finding.path == "/input/reference_image_urls/0"
    assert "two addresses in one string" in finding.message
    assert apply_patch(body, finding.fix or ())["input"]["reference_image_urls"] == addresses


def test_two_addresses_in_a_field_of_one_have_no_fix() -> None:
    """Of two addresses in a field that takes one, nobody can tell which is meant."""
    input = {"prompt": "x", "model": "wan27video", "image_url": "https://a.example/1.jpg,https://a.example/2.jpg"}
    (finding,) = validate_input("video.generate", input, catalog=CATALOG).errors
    assert (finding.path, finding.rule, finding.fix) == ("/image_url", "address-joined", None)
    assert "one address" in finding.hint


@pytest.mark.parametrize(
    "address",
    ["https://a.example/w_1,h_2/x.png", "https://a.example/?u=https://b.example/1", "https://a.example/a;b|c"],
)
def test_an_address_within_an_address_is_none_of_two(address: str) -> None:
    """Commas in an address, and an address as a part of another, are no slip."""
    body: dict[str, Any] = {"operation": "image.generate", "input": {"prompt": "x", "reference_image_urls": [address]}}
    assert validate_request({**body, "webhook_url": address}, catalog=CATALOG).findings == ()


@pytest.mark.parametrize(
    "address",
    [
        "https://images.example.com/fetch?urls=https://b.example.com/1.png,https://c.example.com/2.png",
        "https://proxy.example.com/https://b.example.com/1.png,https://c.example.com/2.png",
        "https://example.com:8443/a,b;c.png",
    ],
)
def test_an_address_may_have_others_in_it(address: str) -> None:
    """An address of a proxy, with others in its path or query, is one address."""
    report = validate_input("image.generate", {"prompt": "x", "model": "gptimage2", "reference_image_urls": [address]})
    assert report.findings == ()


@examples(300)
@given(
    st.lists(
        st.sampled_from([*UNREACHABLE, *REACHABLE, "https://a.b,http://c.d", "http:///,http://a.b", "x", 1, [], {}]),
        max_size=4,
    )
)
def test_addresses_without_findings_are_told_at_a_glance(addresses: list[Any]) -> None:
    """Addresses are gone through one by one only where a finding is possible, and never overlooked."""
    fields = AddressFields([AddressField(path, "address-reachable") for path in (("input", "urls", "*"), ("url",))])
    body = {"input": {"urls": addresses}, "url": addresses[0] if addresses else None}
    may_have_findings = fields.may_have_findings(body)
    with patch.object(AddressFields, "may_have_findings", return_value=True):
        findings = judge_addresses(CATALOG, body, fields)
    assert may_have_findings or not findings
    assert not may_have_findings or findings or any(str(each).count("://") > 1 for each in addresses)

"""The output of a success, and the files that it names."""

from __future__ import annotations

from typing import Any

import pytest

from cannon_contract.client.api import Api
from cannon_contract.client.asset_files import fetch_file
from cannon_contract.client.expectations import expect, expect_count, expect_equal
from cannon_contract.client.flows import SharedRun, run_to_end, shared_run
from cannon_contract.suite.cases import (
    any_operation,
    each_conditional_output,
    each_operation,
    has_fields,
    has_image,
    has_outputs,
    list_output_claims,
    list_reply_claims,
)
from cannon_contract.suite.outputs import find_files, list_leaves, read_template, strip_signatures


def _check_values(api: Api, run: SharedRun, template: Any) -> None:
    """Compare the texts of an output, its model, its cost and its fields of the input with the template.

    What follows from the data on media, as the ratio of an image, has tests of its own.
    """
    values = {**run.body["input"], "credits": run.end.get("billableCredits")}
    own_properties = api.catalog.operations[api.operation].file_properties
    for leaf in list_leaves(template, run.output):
        if leaf.variable in values and leaf.variable not in own_properties:
            expect_equal(leaf.value, values[leaf.variable], f"{leaf.name} of the output")
        elif isinstance(leaf.template, str) and "$" not in leaf.template:
            expect_equal(leaf.value, leaf.template, f"{leaf.name} of the output")


@pytest.mark.shares
@each_operation(claims=list_output_claims)
def test_the_output_has_the_documented_shape(api: Api) -> None:
    """The output of a success matches the schema of its operation."""
    run = shared_run(api)
    expect(bool(run.output), "the output of a success", "at least one member", run.output)


@pytest.mark.shares
@each_operation(claims=list_reply_claims)
def test_the_output_has_the_values_of_the_contract(api: Api, operation: str) -> None:
    """The output has the constant texts of the contract, values of the input, the cost, and as many files as it says.

    A member that depends on a field of the input is absent without that field.
    """
    run, served_operation = shared_run(api), api.catalog.operations[operation]
    template = read_template(served_operation, run.body["input"])
    _check_values(api, run, template)
    surplus = [name for name in served_operation.replies["succeeded"] if name in run.output and name not in template]
    expect(not surplus, "the output of a success", "no members that need a field which the input lacks", surplus)


@each_conditional_output()
def test_the_output_has_the_members_of_the_input(api: Api, operation: str, changes: dict[str, Any]) -> None:
    """With the fields that members of the output depend on, the output has these members, and their files."""
    run, served_operation = run_to_end(api, api.build_body(**changes)), api.catalog.operations[operation]
    template = read_template(served_operation, run.body["input"])
    _check_values(api, run, template)
    expect_equal(list(template), list(served_operation.replies["succeeded"]), "the members of the output")
    for file in find_files(served_operation, run.output):
        fetch_file(api, file.member, file.url)


@pytest.mark.shares
@pytest.mark.claim("image-output-first")
@any_operation(has_outputs("image_url", "image_urls"))
def test_image_url_is_the_first_of_image_urls(api: Api) -> None:
    """The address in image_url is the first one in image_urls."""
    output = shared_run(api).output
    url, urls = output["image_url"], output["image_urls"]
    first_url, what = strip_signatures(urls[0]), "image_url of the output, compared with the first of its image_urls"
    expect_equal(strip_signatures(url), first_url, what)


@pytest.mark.shares
@pytest.mark.claim("image-output-count")
@any_operation(has_outputs("provider_image_urls", "provider_image_count"))
def test_provider_image_count_is_the_number_of_urls(api: Api) -> None:
    """provider_image_count is the length of provider_image_urls."""
    output = shared_run(api).output
    count, urls = output["provider_image_count"], output["provider_image_urls"]
    expect_equal(count, len(urls), "provider_image_count of the output, compared with its provider_image_urls")


@pytest.mark.shares
@pytest.mark.claim("image-output-ratio")
@any_operation(has_image, has_fields("aspect_ratio"), has_outputs("aspect_ratio"))
def test_the_output_has_the_ratio_of_the_input(api: Api) -> None:
    """The aspect_ratio of the output is that of the input."""
    run = shared_run(api)
    expect_equal(run.output["aspect_ratio"], run.body["input"]["aspect_ratio"], "aspect_ratio of the output")


@pytest.mark.shares
@pytest.mark.claim("asset-one-image")
@any_operation(has_image, has_outputs("image_urls", "provider_image_urls"))
def test_a_request_makes_one_image(api: Api) -> None:
    """image_urls and provider_image_urls have one address each."""
    output = shared_run(api).output
    for name in ("image_urls", "provider_image_urls"):
        expect_count(output[name], 1, f"{name} of the output")

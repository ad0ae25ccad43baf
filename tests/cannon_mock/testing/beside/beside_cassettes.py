"""Cassettes: neither recorded from the mock nor replayed in its place."""

import pytest
import vcr
from calls import assert_all_served, by_requests


@pytest.mark.vcr
def test_pytest_recording(cannon_mock):
    assert_all_served(cannon_mock)


@pytest.mark.vcr(record_mode="once")
def test_pytest_recording_records_nothing(cannon_server, vcr):
    assert_all_served(cannon_server)
    assert (len(vcr), vcr.play_count) == (0, 0)


@pytest.mark.vcr(ignore_hosts=["other.example"])
def test_pytest_recording_with_hosts_of_the_users(cannon_mock):
    assert_all_served(cannon_mock)


@pytest.mark.block_network
def test_pytest_recording_without_network(cannon_mock):
    assert_all_served(cannon_mock)


@pytest.mark.block_network(allowed_hosts=["127.0.0.1"])
def test_pytest_recording_without_network_but_this_machine(cannon_server):
    assert_all_served(cannon_server)


def test_vcrpy(cannon_mock, tmp_path):
    with vcr.use_cassette(str(tmp_path / "a.yaml"), record_mode="none", ignore_hosts=["www.cannonstudio.app"]):
        assert_all_served(cannon_mock)


def test_vcrpy_beside_the_server(cannon_server, tmp_path):
    with vcr.use_cassette(str(tmp_path / "a.yaml"), record_mode="none", ignore_localhost=True):
        assert_all_served(cannon_server)


def test_refused_by_vcr(cannon_mock, tmp_path):
    with vcr.use_cassette(str(tmp_path / "a.yaml"), record_mode="none"):
        by_requests(cannon_mock)


@pytest.mark.block_network
def test_refused_by_pytest_recording(cannon_server):
    by_requests(cannon_server)

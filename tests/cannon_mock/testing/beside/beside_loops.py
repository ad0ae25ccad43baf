"""Asynchronous tests, and classes of unittest."""

import asyncio
import unittest

import pytest
from calls import assert_all_served, by_aiohttp, by_async_httpx, by_requests


@pytest.fixture(params=["cannon_mock", "cannon_server"])
def mock(request):
    return request.getfixturevalue(request.param)


@pytest.mark.asyncio
async def test_asyncio(mock):
    assert await asyncio.gather(by_async_httpx(mock), by_aiohttp(mock)) == [202, 202]
    mock.assert_called(2, status=202)


@pytest.mark.anyio
async def test_anyio(mock, anyio_backend_name):
    assert await by_async_httpx(mock) == 202
    mock.assert_called(1, status=202)


@pytest.mark.asyncio
async def test_pytest_aiohttp(aiohttp_client, cannon_mock):
    from aiohttp import web

    async def forward(_):
        return web.Response(status=await by_aiohttp(cannon_mock))

    app = web.Application()
    app.router.add_get("/", forward)
    client = await aiohttp_client(app)
    assert (await client.get("/")).status == 202


@pytest.mark.usefixtures("cannon_mock")
class TestNothingAsked(unittest.TestCase):
    def test_it(self):
        import httpx

        assert httpx.get("https://www.cannonstudio.app/api/v1/status").status_code == 401


class TestClass(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _take_fixtures(self, cannon_mock, cannon_clock):
        self.mock, self.clock = cannon_mock, cannon_clock

    def test_it(self):
        before = self.clock.now_ms()
        assert_all_served(self.mock)
        assert self.clock.advance(seconds=1) == before + 1000


class TestAsyncClass(unittest.IsolatedAsyncioTestCase):
    @pytest.fixture(autouse=True)
    def _take_fixtures(self, cannon_mock):
        self.mock = cannon_mock

    async def test_it(self):
        assert await by_aiohttp(self.mock) == 202
        self.mock.assert_called(1, status=202)

    def test_that_is_synchronous(self):
        assert by_requests(self.mock) == 202

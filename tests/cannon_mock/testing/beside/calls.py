"""One create by each client, in the project that the tests run beside other plugins."""

import asyncio

import aiohttp
import httpx
import requests
import urllib3

BODY = {"operation": "image.generate", "input": {"prompt": "A red bicycle", "model": "gptimage2"}}


def by_httpx(mock):
    return httpx.post(f"{mock.url}/api/v1/requests", json=BODY, headers={"x-api-key": mock.key}).status_code


async def by_async_httpx(mock):
    async with httpx.AsyncClient(headers={"x-api-key": mock.key}) as client:
        return (await client.post(f"{mock.url}/api/v1/requests", json=BODY)).status_code


def by_requests(mock):
    return requests.post(f"{mock.url}/api/v1/requests", json=BODY, headers={"x-api-key": mock.key}).status_code


def by_urllib3(mock):
    with urllib3.PoolManager(headers={"x-api-key": mock.key}) as pool:
        return pool.request("POST", f"{mock.url}/api/v1/requests", json=BODY).status


async def by_aiohttp(mock):
    async with (
        aiohttp.ClientSession(headers={"x-api-key": mock.key}) as session,
        session.post(f"{mock.url}/api/v1/requests", json=BODY) as reply,
    ):
        return reply.status


def assert_all_served(mock):
    """Each client gets its create accepted, and the mock has all of them."""
    statuses = [by_httpx(mock), by_requests(mock), by_urllib3(mock)]
    statuses += [asyncio.run(by_async_httpx(mock)), asyncio.run(by_aiohttp(mock))]
    assert statuses == [202] * 5
    assert len(mock.tasks) == 5

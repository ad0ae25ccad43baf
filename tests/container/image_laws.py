"""The image, built and run: ``make container-test`` runs these tests, ``make test-all`` does not.

They need root, buildah and, unless CONTAINER_BASE names an image or an archive of files to build on, mmdebstrap.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.metadata import Distribution, distributions
from pathlib import Path

import httpx
import pytest
from packaging.utils import canonicalize_name

from cannon_spec import __version__
from tests.container.build_files import list_composed_arguments, list_composed_mocks
from tests.container.buildah import Buildah
from tests.container.sealed_process import Image
from tests.support.mock_processes import open_client
from tests.support.valkey import running
from tests.support.workflow_steps import ROOT

BASE = os.environ.get("CONTAINER_BASE", "")
MOST_BYTES = 150_000_000
STOP_SECONDS = 2
REVISION = "0123456789abcdef"


@pytest.fixture(scope="module")
def buildah() -> Iterator[Buildah]:
    """A storage that is gone at the end, some 2 GB."""
    programs = ["buildah", *([] if BASE else ["mmdebstrap"])]
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        pytest.exit(f"make container-test needs {' and '.join(missing)}: apt-get install {' '.join(missing)}", 2)
    if os.geteuid() != 0:
        pytest.exit("make container-test mounts folders, which root alone may: run it as root", 2)
    with tempfile.TemporaryDirectory(prefix="cannon-mock-image-") as folder:
        storage = Buildah(Path(folder))
        yield storage
        storage.call("rm", "--all")


@pytest.fixture(scope="module")
def name(buildah: Buildah) -> str:
    """The name of the image, which is built here."""
    return buildah.build(buildah.find_base(BASE), VERSION=__version__, REVISION=REVISION)


@pytest.fixture(scope="module")
def image(buildah: Buildah, name: str) -> Image:
    """The image, unpacked."""
    return Image(buildah.unpack(name), buildah.read_config(name))


def test_it_is_run_as_its_file_says(image: Image) -> None:
    """User, program, port and health command are those of the Dockerfile, and the labels say what it was made of."""
    config = image.config
    assert (config["User"], config["Entrypoint"], config["Cmd"]) == ("65532:65532", ["cannon-mock"], [])
    assert config["Healthcheck"]["Test"] == ["CMD", "cannon-mock", "health"]
    assert config["ExposedPorts"] == {"2266/tcp": {}}
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in config["Labels"].items()}
    assert (labels["version"], labels["revision"], labels["licenses"]) == (__version__, REVISION, "MIT")
    assert labels["base.name"]


def _list_packages(image: Image) -> list[Distribution]:
    (folder,) = image.root.glob("opt/cannon-mock/lib/python3*/site-packages")
    return list(distributions(path=[str(folder)]))


def test_its_packages_are_pinned(image: Image) -> None:
    """Each package that it has is one of constraints.txt in that version; it has no pip to install more."""
    pins = dict(re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE))
    versions = {canonicalize_name(name): version for name, version in pins.items()}
    packages = {canonicalize_name(each.name): each.version for each in _list_packages(image)}
    assert packages.pop("cannon-spec") == __version__
    assert packages == {name: versions.get(name) for name in packages}
    assert "pip" not in packages
    assert "redis" in packages


def test_it_is_small(buildah: Buildah, name: str, image: Image, capsys: pytest.CaptureFixture[str]) -> None:
    """Compressed, as it is pulled, it has less than 150 MB. What weighs is printed."""
    base, *own_layers = buildah.measure_layers(name)
    sizes = {each.name: _measure(each) for each in _list_packages(image)}
    heaviest = sorted(sizes, key=sizes.__getitem__, reverse=True)[:6]
    with capsys.disabled():
        print(f"\n{(base + sum(own_layers)) / 1e6:.1f} MB compressed, of these {base / 1e6:.1f} MB are the base")
        print("unpacked:", ", ".join(f"{each} {sizes[each] / 1e6:.1f} MB" for each in heaviest))
    assert base + sum(own_layers) < MOST_BYTES


def _measure(package: Distribution) -> int:
    files = (Path(str(package.locate_file(each))) for each in package.files or ())
    return sum(file.stat().st_size for file in files if file.is_file())


def _create(client: httpx.Client) -> str:
    body = {"operation": "image.generate", "input": {"prompt": "A red bicycle", "model": "gptimage2"}}
    request: str = client.post("/api/v1/requests", json=body).raise_for_status().json()["id"]
    return request


def _fetch_picture(client: httpx.Client, request: str) -> bytes:
    reply = client.get(f"/api/v1/requests/{request}").raise_for_status().json()
    return httpx.get(reply["output"]["image_url"], trust_env=False).raise_for_status().content


@pytest.mark.parametrize("workers", [1, 2])
def test_it_works_sealed_and_ends_when_it_is_told_to(image: Image, tmp_path: Path, workers: int) -> None:
    """With a root that nobody can write, as its own user and as process 1, a mock takes a request to its picture.

    It is healthy by its own command, and by SIGTERM it ends with 0 within 2 s, though a client is connected.
    """
    with ExitStack() as stack:
        server = stack.enter_context(running(tmp_path))
        options = ("--workers", str(workers), "--store", server.url, "--progression", "immediate")
        mock = stack.enter_context(image.start_mock(*options))
        assert (mock.read_user(), "ro" in mock.list_root_options()) == (image.config["User"], True)
        client = stack.enter_context(open_client(mock.url.replace("0.0.0.0", "127.0.0.1")))
        assert _fetch_picture(client, _create(client)).startswith(b"\x89PNG")
        assert image.is_healthy(mock)
        assert mock.stop(STOP_SECONDS) == 0
        assert not image.is_healthy(mock)


def test_two_composed_mocks_share_one_store(image: Image, tmp_path: Path) -> None:
    """By the options and variables of the compose file, a request that one mock accepts is answered by the other."""
    with ExitStack() as stack:
        server = stack.enter_context(running(tmp_path))
        services = list_composed_mocks().values()
        mocks = [
            stack.enter_context(image.start_mock(*list_composed_arguments(each, server.url), **each["environment"]))
            for each in services
        ]
        first, second = (stack.enter_context(open_client(each.url)) for each in mocks)
        request = _create(first)
        assert second.get(f"/api/v1/requests/{request}").json()["id"] == request
        assert [each.stop(STOP_SECONDS) for each in mocks] == [0, 0]

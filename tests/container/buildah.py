"""Images made by buildah, in a storage of their own that goes with its folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.container.build_files import DOCKERFILE
from tests.support.workflow_steps import ROOT

_DRIVER = os.environ.get("STORAGE_DRIVER", "overlay")
"""How images are stored; overlay is the fastest, vfs works everywhere."""
_CERTIFICATES = Path("/etc/ssl/certs")
_DEBIAN = ("bookworm", "python3,python3-venv")
"""What a base is made of where none is named: a release, whose Python is 3.11, and its packages."""


class Buildah:
    """A storage in a folder. Nothing of it needs a daemon."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def call(self, *arguments: str) -> str:
        """What buildah prints; its errors are shown as they come."""
        storage = ("--storage-driver", _DRIVER, "--root", f"{self._folder}/root", "--runroot", f"{self._folder}/run")
        run = subprocess.run(("buildah", *storage, *arguments), stdout=subprocess.PIPE, text=True, check=True)
        return run.stdout.strip()

    def find_base(self, name: str) -> str:
        """The image to build on: that of a name, of a .tar of files, or, without a name, one of Debian's packages."""
        if not name:
            name = str(self._make_archive())
        return self._import_archive(name) if name.endswith(".tar") else name

    def build(self, base: str, **arguments: str) -> str:
        """The image of the Dockerfile on a base; the build trusts the authorities that this machine trusts."""
        options = [f"--build-arg={name}={value}" for name, value in {"BASE": base, **arguments}.items()]
        if _CERTIFICATES.is_dir():
            options.append(f"--volume={_CERTIFICATES}:{_CERTIFICATES}:ro")
        fixed = ("--quiet", "--format=docker", "--isolation=chroot", f"--file={DOCKERFILE}", "--tag=cannon-mock")
        self.call("build", *fixed, *options, str(ROOT))
        return "cannon-mock"

    def read_config(self, image: str) -> dict[str, Any]:
        """What an image says of how it is run."""
        config: dict[str, Any] = json.loads(self.call("inspect", "--type=image", image))["Docker"]["config"]
        return config

    def unpack(self, image: str) -> Path:
        """A folder with all files of an image."""
        return Path(self.call("mount", self.call("from", image)))

    def measure_layers(self, image: str) -> list[int]:
        """The sizes in bytes of the layers as a registry has them, compressed, from the base up."""
        folder = self._folder / "pushed"
        self.call("push", "--quiet", image, f"dir:{folder}")
        layers = json.loads((folder / "manifest.json").read_text())["layers"]
        shutil.rmtree(folder)
        return [layer["size"] for layer in layers]

    def _make_archive(self) -> Path:
        archive = self._folder / "debian.tar"
        release, packages = _DEBIAN
        command = ("mmdebstrap", "--quiet", "--variant=minbase", f"--include={packages}", release, str(archive))
        subprocess.run(command, check=True)
        return archive

    def _import_archive(self, archive: str) -> str:
        container = self.call("from", "scratch")
        self.call("add", "--quiet", container, archive, "/")
        self.call("commit", "--quiet", "--rm", container, "localhost/base")
        return "localhost/base"

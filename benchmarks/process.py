"""Child processes: commands that run to their end, and servers."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter, sleep

from benchmarks.measure import Measurement, NotMeasured

ROOT = Path(__file__).parents[1]
_PEERS = ROOT / ".peers"
_SCRIPTS = ROOT / "benchmarks/peers"
_PATIENCE_S = 30


def find_script(name: str) -> str:
    """A console script that was installed with this interpreter."""
    return str(Path(sys.executable).with_name(name))


def find_peer(name: str) -> str:
    """A command of a peer. Raises NotMeasured where the peers are not installed."""
    command = _PEERS / "node_modules/.bin" / name
    if not command.exists() or shutil.which("node") is None:
        raise NotMeasured("the peers are not installed (make bench-peers installs them; it needs Node.js and npm)")
    return str(command)


def build_node_command(script: str, *arguments: str) -> list[str]:
    """The command that runs one of our scripts for Node. Raises NotMeasured where the peers are not installed."""
    find_peer("prism")
    return ["node", str(_SCRIPTS / script), *arguments]


def get_environment() -> dict[str, str]:
    """The environment of this process without settings of the commands that are measured."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("CANNON_", "PYTHON"))}
    return {**variables, "NODE_PATH": str(_PEERS / "node_modules")}


def time_command(*command: str, status: int = 0) -> Measurement:
    """A measurement of a command from its start to its end, in seconds."""

    def run() -> float:
        began = perf_counter()
        get_output(*command, status=status)
        return perf_counter() - began

    return run


def get_output(*command: str, status: int = 0) -> str:
    """What a command prints. Raises NotMeasured where it cannot be run, or ends with another status."""
    try:
        ended = subprocess.run(command, capture_output=True, text=True, env=get_environment(), check=False, cwd=ROOT)
    except OSError as error:
        raise NotMeasured(f"{command[0]}: {error.strerror}") from None
    if ended.returncode != status:
        raise NotMeasured(f"{' '.join(command[:4])} ended with {ended.returncode}: {ended.stderr.strip()[-300:]}")
    return ended.stdout


class Server:
    """A server that runs on a port of this machine until the stack is closed.

    ``command`` gets the port in place of ``{port}``. ``start_s`` are the seconds to its first answer, of whatever
    status. Raises NotMeasured where it does not answer.
    """

    def __init__(self, stack: ExitStack, command: Sequence[str], path: str) -> None:
        port = str(_find_free_port())
        self.url = f"http://127.0.0.1:{port}"
        self._errors = stack.enter_context(tempfile.TemporaryFile("w+"))  # noqa: SIM115 - the stack closes it
        began = perf_counter()
        try:
            self._process = subprocess.Popen(
                [each.replace("{port}", port) for each in command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                env=get_environment(),
            )
        except OSError as error:
            raise NotMeasured(f"{command[0]}: {error.strerror}") from None
        stack.callback(self._end)
        while not is_answered(self.url + path):
            if self._process.poll() is not None or perf_counter() - began > _PATIENCE_S:
                self._errors.seek(0)
                raise NotMeasured(f"{command[0]} does not answer: {self._errors.read().strip()[-300:]}")
            sleep(0.002)
        self.start_s = perf_counter() - began

    @property
    def process_id(self) -> int:
        """The id of its process, which may have started others."""
        return self._process.pid

    def get_memory(self) -> float:
        """The bytes of memory that it holds."""
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text()
        except OSError:
            raise NotMeasured("the memory of a process is read from /proc, which is not there") from None
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def is_answered(url: str) -> bool:
    """Whether a server answers, with whatever status."""
    try:
        with urllib.request.urlopen(url, timeout=_PATIENCE_S):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _find_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port

"""``cannon-mock health``: whether a mock answers and can work (floor 5).

Exit status: 0 it can, 1 it cannot, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import http.client
import json
import ssl
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence

from cannon_mock.config import Config
from cannon_mock.host_and_port import normalize_host
from cannon_mock.notices import write_notice
from cannon_mock.variables import read_environment, read_mock_url
from cannon_spec.cli.command_parser import CommandParser
from cannon_spec.system_errors import explain_os_error

_READY = "/__mock__/ready"
_CALL_SECONDS = 5.0
_PAUSE_SECONDS = 0.1
_LONGEST_REPLY = 64 * 1024
_ALL_ADDRESSES = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - nothing is bound

_EXAMPLES = """\
examples:
  cannon-mock health                              the mock of this machine
  cannon-mock health http://mock:2266             another one
  cannon-mock health --wait 30                    until it is ready, at most 30 s
"""


def run(argv: Sequence[str]) -> int:
    """Say whether a mock is ready; the exit status is returned. Raises ValueError for a variable that is wrong."""
    arguments = build_parser().parse_args(argv)
    own_config = read_environment()
    url: str = arguments.url or read_mock_url() or find_own_url(own_config)
    problem = _wait_for(url, _trust(own_config), arguments.wait)
    if problem:
        write_notice(f"{url} is not ready: {problem}")
        return 1
    sys.stdout.write("ready\n")
    return 0


def build_parser() -> CommandParser:
    """The parser of what the command takes."""
    parser = CommandParser(
        prog="cannon-mock health", description="Say whether a mock answers and can work.", epilog=_EXAMPLES
    )
    parser.add_argument(
        "url",
        nargs="?",
        type=_parse_url,
        metavar="URL",
        help="address of the mock (default: $CANNON_MOCK_URL, else this machine at $CANNON_MOCK_PORT, else at 2266)",
    )
    parser.add_argument(
        "--wait", type=_parse_seconds, default=0.0, metavar="SECONDS", help="how long it may take (default: 0)"
    )
    return parser


def find_own_url(config: Config) -> str:
    """The address at which a mock with these settings answers on its own machine."""
    host = normalize_host(_ALL_ADDRESSES.get(config.host, config.host))
    scheme = "https" if config.tls_cert else "http"
    return f"{scheme}://[{host}]:{config.port}" if ":" in host else f"{scheme}://{host}:{config.port}"


def find_problem(url: str, trust: ssl.SSLContext, seconds: float = _CALL_SECONDS) -> str:
    """Why the mock at an address is not ready; an empty text if it is. The whole reply has ``seconds`` to come."""
    problems: list[str] = []
    # In a thread: each byte of a reply, and the look-up of the name, may take as long as the whole may.
    call = threading.Thread(target=lambda: problems.append(_call(url, trust, seconds)), daemon=True)
    call.start()
    call.join(seconds)
    return problems[0] if problems else f"no whole reply within {seconds:.3g} s"


def _call(url: str, trust: ssl.SSLContext, seconds: float) -> str:
    handlers = urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust)
    try:
        with urllib.request.build_opener(*handlers).open(url.rstrip("/") + _READY, timeout=seconds) as reply:
            return "" if _is_mock(reply.read(_LONGEST_REPLY)) else "what answers there is no cannon-mock"
    except urllib.error.HTTPError as error:
        return _describe_refusal(error)
    except (http.client.InvalidURL, ValueError):  # whose text may have a part of a password
        return "the address cannot be read; check its host and its port"
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        return reason if isinstance(reason, str) else explain_os_error(reason, "")


def _wait_for(url: str, trust: ssl.SSLContext, seconds: float) -> str:
    """Ask until the mock is ready or the time is over; the last problem is returned."""
    end = time.monotonic() + seconds
    while True:
        rest = end - time.monotonic()
        problem = find_problem(url, trust, max(_PAUSE_SECONDS, min(rest, _CALL_SECONDS)) if seconds else _CALL_SECONDS)
        if not problem or end - time.monotonic() < _PAUSE_SECONDS:
            return problem
        time.sleep(_PAUSE_SECONDS)


def _trust(config: Config) -> ssl.SSLContext:
    """The TLS trust: the system's authorities, and the mock's own certificate for any host name."""
    trust = ssl.create_default_context()
    if config.tls_cert:
        trust.check_hostname = False
        trust.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the file need not have the authority
        trust.load_verify_locations(config.tls_cert)
    return trust


def _is_mock(data: bytes) -> bool:
    try:
        reply = json.loads(data)
    except (ValueError, RecursionError):  # the second for lists in lists, many times
        return False
    return isinstance(reply, dict) and reply.get("ok") is True


def _describe_refusal(error: urllib.error.HTTPError) -> str:
    """The message of a mock that is not ready, or the status of another server."""
    with error:
        data = error.read(_LONGEST_REPLY)
    try:
        return str(json.loads(data)["detail"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return f"it answers with status {error.code}"


def _parse_url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"expected an address such as http://127.0.0.1:2266, got {text}")
    return text


def _parse_seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"expected a number of seconds from 0 to 86400, got {text}")
    return seconds

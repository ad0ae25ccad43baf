"""The command ``cannon-spec check-traffic``: judge the calls that HAR files recorded (floor 2)."""

from __future__ import annotations

import argparse
import sys

from cannon_spec.cli import flags

_EPILOG = f"""\
examples:
  cannon-spec check-traffic session.har
  cannon-spec check-traffic --base-url http://127.0.0.1:2266 session.har
  cannon-spec check-traffic --ignore traffic-fast,notice session.har
  cannon-spec check-traffic --baseline accepted.json session.har

how to save a HAR file:
  Chromium     developer tools, Network, Export HAR; with sensitive data, if
               keys are to be compared
  Firefox      developer tools, Network, the gear, Save All As HAR
  Playwright   browser.new_context(record_har_path="session.har"), or
               "session.har.zip"
  mitmproxy    mitmdump --set hardump=session.har

Each create body and each reply is judged by its schema. The replies about one
request are judged together, too: each state must be able to follow the one
before. Warnings tell what your client should do in another way: how it polls,
and how it sends a create again. API keys are compared, and never written.

The last line counts the calls that were judged, the entries that are no calls
of the API ("ignored"), the calls of which a body was not recorded or cannot be
read ("without body"), and the entries that cannot be read ("skipped").
Bodies that are still compressed are unpacked; br and zstd need the extra
traffic.

{flags.JUDGE_STATUSES}
"""


def add_flags(command: argparse.ArgumentParser) -> None:
    """Add the flags of the command."""
    flags.begin_command(command, run, epilog=_EPILOG)
    command.add_argument("files", nargs="+", metavar="FILE", help="HAR file, .har.zip archive, or - for standard input")
    command.add_argument(
        "--base-url",
        action="append",
        default=[],
        type=_parse_base_url,
        metavar="URL",
        help="judge calls to this address too; can be repeated (default: the vendor's host only)",
    )
    flags.add_judge_flags(command)


def run(arguments: argparse.Namespace) -> int:
    """Judge the calls of each file. Raises CatalogError where the contract's own address cannot be used."""
    from cannon_spec.cli.traffic_check import TrafficCheck  # late: no other command reads HAR files

    catalog = flags.load_catalog(arguments)
    with flags.open_output(arguments, sys.stdout) as stream:
        check = TrafficCheck(catalog, arguments, stream.write)
        for name in arguments.files:
            check.judge_file(name)
        status = check.finish()
    flags.report_output(arguments, check.run, status)
    return status


def _parse_base_url(text: str) -> str:
    from cannon_spec.traffic.addresses import normalize_base_url

    try:
        return normalize_base_url(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None

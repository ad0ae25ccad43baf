"""The command ``cannon-spec check-traffic``: judge the calls that HAR files recorded (floor 2)."""

from __future__ import annotations

import argparse

from cannon_spec.cli import flags

_EPILOG = f"""\
examples:
  cannon-spec check-traffic session.har
  cannon-spec check-traffic --base-url http://127.0.0.1:2266 session.har

how to save a HAR file:
  Chromium     developer tools, Network, Export HAR; with sensitive data, if
               keys are to be compared
  Firefox      developer tools, Network, the gear, Save All As HAR
  Playwright   browser.new_context(record_har_path="session.har")
  mitmproxy    mitmdump --set hardump=session.har

Each create body and each reply is judged by its schema. The replies about one
request are judged together, too: each state must be able to follow the one
before. The last line counts the calls that were judged, the entries that are no
calls of the API ("ignored"), and the calls whose reply was not recorded
("without body"). API keys are compared, and never written.

{flags.JUDGE_STATUSES}
"""


def add_parser(commands: flags.Commands) -> None:
    """Add the command with its flags."""
    summary = "judge a recording of your integration's calls"
    command = flags.add_command(commands, "check-traffic", summary, run, epilog=_EPILOG)
    command.add_argument("files", nargs="+", metavar="FILE", help="HAR file, or - for standard input")
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

    check = TrafficCheck(flags.load_catalog(arguments), arguments)
    for name in arguments.files:
        check.judge_file(name)
    return check.finish()


def _parse_base_url(text: str) -> str:
    from cannon_spec.traffic.addresses import normalize_base_url

    try:
        return normalize_base_url(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None

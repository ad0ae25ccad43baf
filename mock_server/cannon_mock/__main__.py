"""The command ``cannon-mock``: flags, one server, one printed address (floor 5).

Exit status: 0 stopped by a signal, once the code below runs; 2 could not start, or could not write its output; 3 a
fault of our own.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from cannon_mock import create_app, json_log, notices
from cannon_mock.app import load_contract
from cannon_mock.config import SETTINGS, Config
from cannon_mock.notices import write_notice
from cannon_mock.setting_sources import build_config, relabel_error
from cannon_mock.settings import SettingError, Source
from cannon_mock.stores import StoreError
from cannon_mock.variables import read_variables
from cannon_spec import __version__
from cannon_spec.cli.command_parser import CommandParser
from cannon_spec.cli.console import measure_table_width, run_command
from cannon_spec.errors import CannonSpecError
from cannon_spec.installation import advise_extra, describe_import_error
from cannon_spec.output.tables import fill
from cannon_spec.printable import escape_lines
from cannon_spec.redaction import redact
from cannon_spec.system_errors import explain_os_error

if TYPE_CHECKING:
    from socket import socket

    from flask import Flask

_EXAMPLES = """\
examples:
  cannon-mock                              on http://127.0.0.1:2266
  cannon-mock --port 0 --speed 20          a free port, twenty times as fast
  cannon-mock --progression immediate      a task has ended at its first poll
  cannon-mock --progression manual:2       each state lasts two polls
  cannon-mock --scenario rate-limited      the first tries of a create get 429
  cannon-mock --store sqlite:mock.db       tasks outlive the process
  cannon-mock exec -- pytest               a mock for one command
  cannon-mock health                       whether a mock is ready
  cannon-mock completion bash              a script by which bash completes

Each flag can also be set in the environment: CANNON_MOCK_PORT=8000,
CANNON_MOCK_ADMIN=no. A create chooses its own scenario with the header
x-mock-scenario: failed-internal, or with [mock:failed-internal] in its prompt.
cannon-mock --list-scenarios lists them.
"""


_EXEC_EXAMPLES = """\
examples:
  cannon-mock exec -- pytest
  cannon-mock exec --speed 20 -- npm test
  cannon-mock exec --scenario rate-limited -- ./try.sh

The command finds the mock's address in $CANNON_BASE_URL and $CANNON_MOCK_URL,
a key that it takes in $CANNON_API_KEY, and what signs its webhooks in
$CANNON_WEBHOOK_SECRET. The exit status of exec is that of the command; where it
is not 0, the last calls are written to standard error.
"""

_EXEC_DEFAULTS = {"port": "0"}
"""The settings of exec whose defaults are not those of the mock, as flags have them."""

_ADVICE_ON_PORTS = "choose another with --host and --port (0: a free port)"


def main(argv: Sequence[str] | None = None) -> int:
    """Serve a mock until it is stopped; the exit status is returned.

    Raises SystemExit as argparse does: with status 0 for --help and --version, with status 2 for wrong usage.
    """
    return run_command("cannon-mock", lambda: _run(argv))


def _run(argv: Sequence[str] | None) -> int:
    arguments = sys.argv[1:] if argv is None else list(argv)
    try:
        command = _COMMANDS.get(arguments[0]) if arguments else None
        return _run_server(arguments) if command is None else command(arguments[1:])
    except ImportError as error:
        return _complain(f"{describe_import_error(error)}; {advise_extra('mock')}")
    except (ValueError, OverflowError, CannonSpecError, StoreError) as error:
        return _complain(str(error))
    finally:
        json_log.uninstall()


def _check_health(arguments: Sequence[str]) -> int:
    from cannon_mock.commands import health  # late, as what each command alone needs

    return health.run(arguments)


def _write_completion(arguments: Sequence[str]) -> int:
    from cannon_mock.commands import health  # late, as what each command alone needs
    from cannon_spec.cli.shell_completion import run_for

    commands = {"exec": _build_exec_parser(), "health": health.build_parser()}
    words = {each.name: each.choices for each in SETTINGS}
    scenarios = load_contract(Config()).scenarios["scenarios"]
    return run_for(build_parser(), arguments, {**words, "scenario": scenarios}, commands)


def _build_exec_parser() -> CommandParser:
    default_texts = {**_EXEC_DEFAULTS, "webhook_secret": "random, in $CANNON_WEBHOOK_SECRET"}
    parser = _build_settings_parser(
        "cannon-mock exec", "Run a command beside a mock of its own.", _EXEC_EXAMPLES, default_texts
    )
    parser.usage = "cannon-mock exec [options] -- COMMAND [ARGUMENT ...]"
    return parser


def _run_beside(arguments: Sequence[str]) -> int:
    """Run a command beside a mock."""
    parser = _build_exec_parser()
    options, command = _split(arguments)
    values = vars(parser.parse_args(options))
    if not command:
        parser.error("no command; name it behind --: cannon-mock exec -- pytest")
    if not command[0].strip():
        parser.error("the name of the command is empty; name one behind --: cannon-mock exec -- pytest")
    variables, flags = read_variables(), Source("{flag} {value}", values, takes_empty=False)
    config = build_config(Source("{name}={value}", _EXEC_DEFAULTS), variables, flags)
    if config.workers > 1:
        parser.error("the mock of a command has one process; leave out --workers")
    app = _build_app(config, variables, flags)
    from cannon_mock.commands import exec

    try:
        return exec.run(app, config, command)
    except OSError as error:
        return _complain(f"{config.host}: {explain_os_error(error, _ADVICE_ON_PORTS)}")


def _split(arguments: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """The arguments before and behind the first --."""
    place = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:place], arguments[place + 1 :]


def _run_server(arguments: Sequence[str]) -> int:
    """Serve a mock until it is stopped."""
    try:
        values = vars(build_parser().parse_args(arguments))
        wants_list = values.pop("list_scenarios", False)
        variables, flags = read_variables(), Source("{flag} {value}", values, takes_empty=False)
        config = build_config(variables, flags)
        if wants_list:
            return _list_scenarios(config)
        app = _build_app(config, variables, flags)
    except KeyboardInterrupt:
        return 0
    from cannon_mock.serving import serve  # late: the message above says which extra is missing

    listeners: list[socket] = []
    port, advice = config.port, _ADVICE_ON_PORTS
    try:
        listeners.append(serve.listen(config))
        port, advice = config.asset_port, "choose another with --host and --asset-port"
        listeners += serve.listen_for_assets(config)
    except (OSError, ValueError, OverflowError) as error:
        for each in listeners:
            each.close()
        return _complain(f"{config.host} port {port}: {explain_os_error(error, advice)}")
    _serve(app, config, listeners)
    return 0


def _list_scenarios(config: Config) -> int:
    """Print the scenarios that ``config`` gives a mock, each with what it does."""
    scenarios, width = load_contract(config).scenarios["scenarios"], measure_table_width()
    indent = max(map(len, scenarios)) + 2
    for name, entry in scenarios.items():
        print(escape_lines(fill(f"{name:<{indent}}{entry.get('text', '')}", indent, width)))
    return 0


def _build_app(config: Config, variables: Source, flags: Source) -> Flask:
    from cannon_mock.serving import tls, workers  # late: main says which extra is missing

    if config.log == "json":
        json_log.install()  # before anything is opened that may fail
    if config.workers > 1:
        workers.require_fork()
    try:
        tls.load_context(config)  # here, so that a file that cannot be used is told before anything is opened
        return create_app(config)
    except SettingError as error:
        raise relabel_error(error, variables, flags) from None
    finally:
        gc.enable()  # from here on there is garbage: see start


def _serve(app: Flask, config: Config, listeners: Sequence[socket]) -> None:
    from cannon_mock.serving import open_files, serve, workers
    from cannon_mock.views import context, exchange_log

    open_files.raise_limit()
    mock = context.find_context(app)
    exchange_log.install(app)
    secret = "" if config.webhook_secret else mock.webhook_sender.secret
    members: json_log.Members = {"version": __version__, "workers": config.workers, "store": redact(config.store)}

    def announce(url: str) -> None:
        notices.announce(url, secret, members)
        _tell_of_samples()

    if config.workers > 1:
        workers.serve_all(app, listeners, config.workers, announce)
    else:
        serve.serve(app, listeners[0], announce, *listeners[1:])
    mock.store.records.close()


def _tell_of_samples() -> None:
    """Say which kinds of files are not made for their requests, if any."""
    from cannon_mock.asset_files.file_renderer import list_sample_extensions

    extensions = [f".{each}" for each in list_sample_extensions()]
    if extensions:
        write_notice(f"{' and '.join(extensions)} files are samples; to get real ones {advise_extra('media')}")


class _SettingsParser(CommandParser):
    """A parser of settings that tells where a command belongs, too."""

    def suggest_flag(self, unknown_arguments: list[str], command: str = "") -> str:
        """See CommandParser."""
        word = unknown_arguments[0]
        if word in _COMMANDS:
            return f"; write {word} first: cannon-mock {word} [options]"
        if self.prog.endswith(" exec") and not word.startswith("-"):
            return f"; name the command behind --: cannon-mock exec -- {word}"
        from cannon_spec.nearest import find_nearest  # late: most command lines have no slip

        nearest_command = None if word.startswith("-") else find_nearest(word, list(_COMMANDS))
        if nearest_command:
            return f"; did you mean {nearest_command}?"
        return super().suggest_flag(unknown_arguments, command)


class _AppendWithComma(argparse.Action):
    """Collects the values of a repeated flag as the one text that the setting's variable takes."""

    def __call__(self, _parser: Any, namespace: argparse.Namespace, value: Any, _option: Any = None) -> None:
        earlier_values = [getattr(namespace, self.dest)] if self.dest in namespace else []
        setattr(namespace, self.dest, ",".join([*earlier_values, value]))


_COMMANDS = {"exec": _run_beside, "health": _check_health, "completion": _write_completion}
"""What a first argument asks for that is no flag."""


def build_parser() -> CommandParser:
    """The flags of the command; what the user leaves out is absent from the result."""
    parser = _build_settings_parser(
        "cannon-mock", "Serve a mock of the Cannon Studio API, offline and free.", _EXAMPLES
    )
    parser.add_argument("--list-scenarios", action="store_true", help="list the scenarios, and exit")
    return parser


def _build_settings_parser(
    name: str, description: str, epilog: str, default_texts: Mapping[str, str] = MappingProxyType({})
) -> CommandParser:
    """A parser of the flags that settings have; ``default_texts`` name defaults of this command, by their settings."""
    parser = _SettingsParser(prog=name, description=description, epilog=epilog, argument_default=argparse.SUPPRESS)
    for setting in SETTINGS:
        names = [setting.short_flag, setting.flag] if setting.short_flag else [setting.flag]
        text = setting.describe(default_texts.get(setting.name, ""))
        form: dict[str, Any] = {"metavar": setting.placeholder} if setting.placeholder else {}
        if setting.kind is bool:
            form = {"action": "store_const", "const": not setting.default}
        elif setting.is_list:
            form["action"] = _AppendWithComma
        parser.add_argument(*names, dest=setting.name, help=text.replace("%", "%%"), **form)
    return parser


def _complain(text: str) -> int:
    write_notice(text)
    return 2


if __name__ == "__main__":
    sys.exit(main())

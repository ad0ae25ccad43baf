"""The command ``cannon-spec``: parse, read, judge, report (floor 2). The only reader of this package's environment.

Exit status: 0 no errors, 1 errors found, 2 could not judge (beats 1), 3 a fault of our own.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import IO, Any

from cannon_spec import __version__, document, inputs, validate
from cannon_spec.cli import usage
from cannon_spec.contract import load
from cannon_spec.contract.catalog import Catalog
from cannon_spec.errors import CannonSpecError, NotJSON
from cannon_spec.finding import Finding, Report, Strictness
from cannon_spec.output import writers

OK, ERRORS, COULD_NOT, INTERNAL = 0, 1, 2, 3
_PROGRESS_BYTES = 1024 * 1024
_COLUMNS = 100

_STRENGTHS = ("documented", "example", "observed", "upstream", "reported", "assumed", "user")
_KINDS = ("rule", "behaviour", "gap")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is returned."""
    arguments = _parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a letter is no reason to fail
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
        return status
    except (CannonSpecError, OSError) as error:
        if isinstance(error, BrokenPipeError):  # the reader has gone, as in `| head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return COULD_NOT
        return _complain(str(error))
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # noqa: BLE001 - the last resort: a user gets a line, not a traceback
        print(f"cannon-spec: internal error: {type(error).__name__}: {error}; please report it", file=sys.stderr)
        return INTERNAL


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cannon-spec",
        description="Judge payloads for the Cannon Studio API before they cost credits.",
        epilog=usage.COMMANDS,
        formatter_class=_formatter,
    )
    parser.add_argument("--version", action="version", version=f"cannon-spec {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", prog="cannon-spec")
    _add_validate(commands)
    _add_traffic(commands)
    _add_claims(commands)
    explain = _add(
        commands, "explain", "what is known of a model, an operation, a claim or a rule, and how", _run_explain
    )
    explain.add_argument("topic", metavar="MODEL|OPERATION|CLAIM|RULE")
    listing = _add(commands, "catalog", "the operations and models of the contract", _run_catalog)
    listing.add_argument("--format", choices=("text", "markdown"), default="text")
    example = _add(commands, "example", "a create body that is valid by construction", _run_example)
    example.add_argument("operation", metavar="OPERATION")
    example.add_argument("--model", metavar="M", help="the model's identifier (default: the operation's own default)")
    return parser


def _formatter(prog: str) -> argparse.HelpFormatter:
    """Help as wide as the terminal. argparse would import shutil for that, for every flag that is added."""
    try:
        columns = os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):  # no terminal
        columns = _COLUMNS
    return argparse.RawDescriptionHelpFormatter(prog, width=min(columns, _COLUMNS))


def _add(commands: Any, name: str, words: str, run: Callable[..., int], **more: Any) -> argparse.ArgumentParser:
    more = {"formatter_class": _formatter, "description": words.capitalize(), **more}
    command: argparse.ArgumentParser = commands.add_parser(name, help=words, **more)
    command.add_argument(
        "--overlay", metavar="FILE", help="JSON Merge Patch over the contract (default: $CANNON_SPEC_OVERLAY)"
    )
    command.set_defaults(run=run)
    return command


def _add_validate(commands: Any) -> None:
    command = _add(
        commands,
        "validate",
        "judge create bodies, or bare inputs",
        _run_validate,
        epilog=usage.VALIDATE,
        formatter_class=_formatter,
    )
    command.add_argument("files", nargs="+", metavar="FILE", help=".json, .jsonl, or - for standard input")
    command.add_argument("--operation", metavar="ID", help="the files hold bare inputs of this operation")
    command.add_argument(
        "--input",
        choices=("auto", "json", "jsonl"),
        default="auto",
        help="one document a file, or one a line (auto: by name, or by the first line)",
    )
    _add_judging(command)


def _add_traffic(commands: Any) -> None:
    words = "judge a recording of your integration's calls"
    command = _add(commands, "check-traffic", words, _run_check_traffic, epilog=usage.TRAFFIC)
    command.add_argument("files", nargs="+", metavar="FILE", help="HAR file, or - for standard input")
    command.add_argument(
        "--base-url",
        action="append",
        default=[],
        type=_base_url,
        metavar="URL",
        help="where calls of the API go too, beside the vendor's host; can be given again",
    )
    _add_judging(command)


def _base_url(text: str) -> str:
    from cannon_spec.traffic import har

    try:
        return har.normalize_base_url(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _add_claims(commands: Any) -> None:
    command = _add(commands, "claims", "the claims that the contract rests on", _run_claims, epilog=usage.CLAIMS)
    command.add_argument("--strength", choices=_STRENGTHS, help="those of this strength only")
    command.add_argument("--kind", choices=_KINDS, help="those of this kind only")
    command.add_argument("--observations", metavar="FILE", help="what a contract run saw otherwise, from its file")
    command.add_argument("--format", choices=("text", "json"), default="text")


def _add_judging(command: argparse.ArgumentParser) -> None:
    command.add_argument("--format", choices=("text", "json"), default="text")
    strictness = command.add_mutually_exclusive_group()
    strictness.add_argument("--strict", action="store_true", help="warnings are errors")
    strictness.add_argument("--lenient", action="store_true", help="warnings are dropped")
    command.add_argument("--color", choices=("auto", "always", "never"), default="auto")


def _catalog(arguments: argparse.Namespace) -> Catalog:
    return load.load_catalog(overlay=arguments.overlay or os.environ.get("CANNON_SPEC_OVERLAY") or None)


def _run_validate(arguments: argparse.Namespace) -> int:
    known = _catalog(arguments)
    operation = arguments.operation
    if operation is not None and operation not in known.operations:
        return _complain(f"--operation {operation}: no such operation; cannon-spec catalog lists them")
    with ExitStack() as stack:
        run = _Run(arguments, known, stack)
        for name in arguments.files:
            run.judge_file(name)
        run.writer.finish(run.summary)
    return COULD_NOT if run.failed else ERRORS if run.summary.errors else OK


class _Run:
    """One run of ``validate``: where results go, what was counted, what was said once already."""

    def __init__(self, arguments: argparse.Namespace, known: Catalog, stack: ExitStack) -> None:
        self._arguments = arguments
        self._catalog = known
        self._stack = stack
        self._strictness = _strictness(arguments)
        self._said: set[tuple[str, str]] = set()
        self._bar: Any = None
        self.summary = writers.Summary()
        self.failed = False
        self.writer = _writer(arguments, self._write)

    def judge_file(self, name: str) -> None:
        """Judge each document of one file; a file that cannot be read is complained of and passed over."""
        shown = "<stdin>" if name == "-" else name
        try:
            with ExitStack() as opened:
                stream = sys.stdin.buffer if name == "-" else opened.enter_context(open(name, "rb"))
                self._bar = _progress(stream, opened)
                advance = self._bar.update if self._bar else lambda size: None
                form, judged = inputs.find_form(name, self._arguments.input), self.summary.judged
                for line, data in inputs.split_documents(stream, form, advance):
                    self._judge(shown, line, data)
            if self.summary.judged == judged:
                self.failed = True
                _complain(f"{shown}: holds no document; check the file")
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            self.failed = True
            _complain(f"{shown}: {error.strerror or error}; check the path")
        finally:
            self._bar = None

    def _judge(self, file: str, line: int | None, data: bytes) -> None:
        text = ""
        try:
            text = inputs.decode_document(data)
            value = document.loads(text)
        except NotJSON as error:
            self.failed = self.failed or line is None
            judged = validate.report_unreadable(self._catalog, error)
        else:
            judged = self._report(value)
            self._note_other_form(file, value)
        judged = Report(tuple(finding for finding in judged.findings if not self._repeats(finding)))
        self.summary = self.summary.plus(judged)
        self.writer.add(writers.JudgedDocument(file, line, text, judged))

    def _report(self, value: Any) -> Report:
        operation = self._arguments.operation
        if operation is None:
            return validate.request(self._catalog, value, self._strictness)
        return validate.bare_input(self._catalog, operation, value, self._strictness)

    def _note_other_form(self, file: str, value: Any) -> None:
        """Say once of a file that it holds bare inputs where bodies were asked for, or the other way round."""
        keys, operation = set(value) if isinstance(value, dict) else set(), self._arguments.operation
        inputs = {each.id: each.input for each in self._catalog.operations.values() if each.input is not None}
        likely = [id_ for id_, schema in inputs.items() if keys <= set(self._catalog.schemas[schema]["properties"])]
        note = ""
        if operation is None and keys and likely:
            note = f"looks like a bare input; judge it with --operation {likely[0]}"
        elif operation is not None and {"operation", "input"} <= keys:
            note = "looks like a whole create body; leave --operation out"
        if note and (file, note) not in self._said:
            self._said.add((file, note))
            _complain(f"{file}: {note}")

    def _repeats(self, finding: Finding) -> bool:
        """Whether this is a warning about a model's identifier that this run has given before."""
        if finding.rule != "model-assumed" or finding.severity == "error":
            return False
        key = finding.rule, finding.message
        if key in self._said:
            return True
        self._said.add(key)
        return False

    def _write(self, text: str) -> None:
        if self._bar is None:
            sys.stdout.write(text)
        else:
            self._bar.write(text, file=sys.stdout, end="")


def _progress(stream: IO[bytes], opened: ExitStack) -> Any:
    """A bar on a terminal, for a file that takes a while; None otherwise."""
    if not sys.stderr.isatty() or not stream.seekable():
        return None
    size = os.fstat(stream.fileno()).st_size
    if size < _PROGRESS_BYTES:
        return None
    from tqdm import tqdm  # late: only a long file on a terminal needs it

    return opened.enter_context(tqdm(total=size, unit="B", unit_scale=True, delay=0.5, leave=False))


def _run_check_traffic(arguments: argparse.Namespace) -> int:
    from cannon_spec.cli import check_traffic

    writer = _writer(arguments, sys.stdout.write)
    run = check_traffic.Run(_catalog(arguments), arguments.base_url, _strictness(arguments), writer, _complain)
    run.judge(arguments.files)
    return COULD_NOT if run.failed else ERRORS if run.summary.errors else OK


def _run_claims(arguments: argparse.Namespace) -> int:
    from cannon_spec.output import claim_list, observations

    known, in_json = _catalog(arguments), arguments.format == "json"
    claims = claim_list.chosen(known, arguments.strength, arguments.kind)
    if arguments.observations is None:
        print(claim_list.as_json(claims) if in_json else claim_list.text(claims))
    else:
        seen = observations.read_observations(known, arguments.observations).of(claims)
        print(observations.as_json(seen) if in_json else observations.text(seen))
    return OK


def _run_explain(arguments: argparse.Namespace) -> int:
    from cannon_spec.output import tables

    print(tables.explain_topic(_catalog(arguments), arguments.topic))
    return OK


def _run_catalog(arguments: argparse.Namespace) -> int:
    from cannon_spec.output import tables

    known, for_terminal = _catalog(arguments), arguments.format == "text"
    render = tables.render_text if for_terminal else tables.render_markdown
    models = tables.tabulate_identifiers if for_terminal else tables.tabulate_models
    print(render(tables.tabulate_operations(known)))
    for operation in known.operations.values():
        if operation.is_covered:
            print(f"\nModels of {operation.id} (cannon-spec explain MODEL tells more):\n")
            print(render(models(known, operation.id)))
    return OK


def _run_example(arguments: argparse.Namespace) -> int:
    import json

    from cannon_spec.example import build_example

    body = build_example(_catalog(arguments), arguments.operation, arguments.model)
    print(json.dumps(body, indent=2, ensure_ascii=False))
    return OK


def _strictness(arguments: argparse.Namespace) -> Strictness:
    return "strict" if arguments.strict else "lenient" if arguments.lenient else "normal"


def _writer(arguments: argparse.Namespace, write: writers.Write) -> writers.Writer:
    if arguments.format == "json":
        return writers.JsonWriter(write)
    return writers.TextWriter(write, color=_color(arguments.color, sys.stdout))


def _color(choice: str, stream: Any) -> bool:
    if choice != "auto":
        return choice == "always"
    return bool(stream.isatty()) and not os.environ.get("NO_COLOR")


def _complain(text: str) -> int:
    print(f"cannon-spec: {text}", file=sys.stderr)
    return COULD_NOT


if __name__ == "__main__":
    sys.exit(main())

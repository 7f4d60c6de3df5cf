"""The grammar of the command line. Imports nothing heavy: `--help` must answer at once."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn

from gangen import __version__
from gangen.errors import UsageError, did_you_mean, one_of, shown
from gangen.importers.grammar import TOOLS

SHELLS = ("bash", "zsh", "fish")
DEVICES = ("auto", "cpu", "cuda")
COLORS = ("auto", "always", "never")

EPILOG = """\
A spec is a short YAML file; `-` stands for standard input. To begin:
  gangen init                     write a commented spec.yaml
  gangen build spec.yaml          write the project that it describes
  gangen explain training.steps   what a key means and takes

exit codes: 0 done, 2 wrong usage or invalid spec, 3 a file of yours would be lost, 4 broken
catalogue, 5 files cannot be read or written, 6 verification failed, 70 bug in gangen"""


class Parser(argparse.ArgumentParser):
    """A parser whose complaints are UsageErrors that say what to do next."""

    def __init__(self, **settings: Any) -> None:
        settings.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(allow_abbrev=False, **settings)
        self.color = False  # Python 3.14 would colour the help whatever --color says

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print."""
        raise UsageError(message, help=f"`{self.prog} --help` shows what it takes")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        choices = list(action.choices or ())
        if not choices or value in choices:
            return
        flag = "/".join(action.option_strings)
        what = f"{flag} takes no" if flag else f"there is no {str(action.metavar).lower()}"
        guess = did_you_mean(str(value), choices)
        raise UsageError(
            f"{what} {shown(value)}" + (f"; did you mean {guess}?" if guess else ""),
            help=f"choose {one_of(choices)}; `{self.prog} --help` says more",
        )


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The arguments by name. Raises UsageError; SystemExit after --help or --version."""
    parser, commands = make_parser()
    chosen, unknown = parser.parse_known_args(list(arguments))
    if unknown:
        raise _unknown(unknown, _innermost(commands.get(chosen.command, parser), chosen))
    if chosen.command is None:
        raise UsageError(
            f"what shall gangen do? Its commands are {one_of(COMMANDS)}",
            help="`gangen --help` describes them; `gangen init` writes a first spec",
        )
    chosen.catalogue = [*(chosen.catalogue or ()), *(chosen.more_catalogues or ())]
    return chosen


def make_parser() -> tuple[Parser, Mapping[str, Parser]]:
    """The whole parser, and the parser of each command."""
    parser = Parser(
        prog="gangen",
        description="Compile a short YAML spec of a GAN into a standalone PyTorch project.",
        epilog=EPILOG,
    )
    parser.add_argument("--version", action="version", version=f"gangen {__version__}")
    _add_common(parser, {"color": "auto", "debug": False}, "catalogue")
    subparsers = parser.add_subparsers(
        dest="command", metavar="COMMAND", title="commands", parser_class=Parser
    )
    commands: dict[str, Parser] = {}
    unsaid = argparse.SUPPRESS  # so that a command leaves alone what was said before it
    for name, (summary, add) in COMMANDS.items():
        sentence = f"{summary[0].upper()}{summary[1:]}."
        command = subparsers.add_parser(name, help=summary, description=sentence)
        add(command)
        _add_common(command, {"color": unsaid, "debug": unsaid}, "more_catalogues")
        commands[name] = command
    parser.set_defaults(more_catalogues=None)
    return parser, commands


def inner_parsers(parser: argparse.ArgumentParser) -> Mapping[str, argparse.ArgumentParser]:
    """The parsers that a command's first word chooses from; most commands have none."""
    found = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    return found[0].choices if found else {}


def _innermost(parser: Parser, chosen: argparse.Namespace) -> Parser:
    inner = inner_parsers(parser).get(getattr(chosen, "tool", None) or "")
    return inner if isinstance(inner, Parser) else parser


def _unknown(unknown: Sequence[str], parser: Parser) -> UsageError:
    options = [word for word in unknown if word.startswith("-") and word != "-"]
    word = (options or unknown)[0].partition("=")[0]
    if not options:
        message = f"{parser.prog} cannot take {shown(word)} as well"
        return UsageError(message, help=f"`{parser.prog} --help` shows what it takes")
    known = [flag for action in parser._actions for flag in action.option_strings]
    guess = did_you_mean(word, known)
    return UsageError(
        f"{parser.prog} has no option {word}" + (f"; did you mean {guess}?" if guess else ""),
        help=f"`{parser.prog} --help` lists its options",
    )


def _add_common(parser: Parser, default: Mapping[str, Any], catalogues: str) -> None:
    group = parser.add_argument_group("everywhere")
    group.add_argument(
        "--catalogue",
        action="append",
        dest=catalogues,
        metavar="DIR",
        help="a folder of your own components, in front of the shipped ones; repeatable",
    )
    group.add_argument(
        "--color",
        choices=COLORS,
        default=default["color"],
        metavar="WHEN",
        help="auto (default), always or never",
    )
    group.add_argument(
        "--debug",
        action="store_true",
        default=default["debug"],
        help="print the traceback of an error",
    )


def _add_set(parser: Parser) -> None:
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="assignments",
        metavar="PATH=VALUE",
        help="change a value of the spec: a.b=1, list+=item, ~path for the default; repeatable",
    )


def _add_format(parser: Parser, formats: Iterable[str]) -> None:
    first, *others = formats
    parser.add_argument(
        "--format",
        choices=[first, *others],
        default=first,
        metavar="FORMAT",
        help=f"{first} (default), {one_of(others)}",
    )


def _init(parser: Parser) -> None:
    parser.add_argument("preset", nargs="?", metavar="PRESET", help="see `gangen list presets`")
    parser.add_argument(
        "-o", "--output", default="spec.yaml", metavar="FILE", help="default: spec.yaml; - prints"
    )


def _validate(parser: Parser) -> None:
    parser.add_argument("specs", nargs="+", metavar="SPEC", help="YAML file, or -")
    _add_set(parser)
    _add_format(parser, ("text", "json", "github", "sarif"))


def _build(parser: Parser) -> None:
    parser.add_argument("spec", metavar="SPEC", help="YAML file, or -")
    parser.add_argument(
        "-o", "--output", metavar="DIR", help="folder of the project; default: the spec's name"
    )
    _add_set(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would change; write nothing"
    )
    parser.add_argument("--verify", action="store_true", help="then run the project in earnest")
    _add_device(parser)
    _add_format(parser, ("text", "json"))


def _verify(parser: Parser) -> None:
    parser.add_argument("targets", nargs="+", metavar="SPEC|DIR", help="a spec, or a built project")
    _add_set(parser)
    _add_device(parser)
    _add_format(parser, ("text", "json", "junit"))


def _add_device(parser: Parser) -> None:
    parser.add_argument(
        "--device",
        choices=DEVICES,
        default="auto",
        metavar="DEVICE",
        help="to verify on: auto (default), cpu or cuda",
    )


def _show(parser: Parser) -> None:
    parser.add_argument("spec", metavar="SPEC", help="YAML file, or -")
    _add_set(parser)
    _add_format(parser, ("table", "json", "yaml"))


def _list(parser: Parser) -> None:
    parser.add_argument(
        "kind", nargs="?", metavar="KIND", help="like presets or families; default: the kinds"
    )
    _add_format(parser, ("text", "json"))


def _explain(parser: Parser) -> None:
    parser.add_argument("path", metavar="PATH", help="like training.steps, or a component's name")


def _schema(parser: Parser) -> None:
    parser.add_argument("-o", "--output", default="-", metavar="FILE", help="default: print it")


def _import(parser: Parser) -> None:
    tools = parser.add_subparsers(
        dest="tool", metavar="WHAT", title="what", parser_class=Parser, required=True
    )
    for name, (summary, add, _) in TOOLS.items():
        tool = tools.add_parser(name, help=summary, description=f"Import {summary}.")
        add(tool)
        unsaid = argparse.SUPPRESS
        _add_common(tool, {"color": unsaid, "debug": unsaid}, "more_catalogues")
        tool.set_defaults(more_catalogues=unsaid)


def _completion(parser: Parser) -> None:
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=one_of(SHELLS))


COMMANDS: Mapping[str, tuple[str, Callable[[Parser], None]]] = {
    "init": ("write a commented spec to start from", _init),
    "validate": ("check specs and report every error at once", _validate),
    "build": ("compile a spec into a project", _build),
    "verify": ("run a project in earnest: its tests, training, resuming, sampling", _verify),
    "show": ("print every resolved value with its source, and the networks by layer", _show),
    "list": ("list what the catalogue has", _list),
    "explain": ("say what a key, a component, a preset or a family is", _explain),
    "schema": ("print the JSON Schema of specs, for editors", _schema),
    "import": ("turn another tool's files into a spec, or into data", _import),
    "completion": ("print a script that completes commands and options in a shell", _completion),
}

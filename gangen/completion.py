"""Completion scripts, written from the parser itself."""

from __future__ import annotations

from argparse import Action, ArgumentParser
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gangen.arguments import COMMANDS, inner_parsers, make_parser


@dataclass(frozen=True)
class Completed:
    """What can follow a command: options, their choices, and words."""

    options: Mapping[str, tuple[str, ...]]  # option -> its choices, empty when it has none
    help: Mapping[str, str]
    words: tuple[str, ...]


def script(shell: str) -> str:
    """The script for bash, zsh or fish."""
    parser, commands = make_parser()
    completed = {name: _command(command) for name, command in commands.items()}
    top = _completed(parser._actions)
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](completed, top)


def _command(parser: ArgumentParser) -> Completed:
    """A command, with the options of all that its first word chooses from."""
    own = _completed(parser._actions)
    inner = [_completed(parser._actions) for parser in inner_parsers(parser).values()]
    options = {flag: choices for it in (*inner, own) for flag, choices in it.options.items()}
    help = {flag: text for it in (*inner, own) for flag, text in it.help.items()}
    return Completed(options, help, own.words)


def _completed(actions: list[Action]) -> Completed:
    options: dict[str, tuple[str, ...]] = {}
    help: dict[str, str] = {}
    words: tuple[str, ...] = ()
    for action in actions:
        choices = tuple(map(str, action.choices or ()))
        for flag in action.option_strings:
            options[flag] = choices
            help[flag] = (action.help or "").replace("%", "%%") % {}
        if not action.option_strings and action.metavar != "COMMAND":
            words = words + choices
    return Completed(options, help, words)


def _bash(commands: Mapping[str, Completed], top: Completed) -> str:
    cases = "".join(
        f"    {name}) words=\"{' '.join([*it.options, *it.words])}\" ;;\n"
        for name, it in commands.items()
    )
    values = "".join(
        f"    {flag}) words=\"{' '.join(choices)}\" only=1 ;;\n"
        for flag, choices in _values(commands)
    )
    return f"""\
# bash completion of gangen: put `eval "$(gangen completion bash)"` into ~/.bashrc
_gangen() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}"
  local command="" words="{' '.join([*commands, *top.options])}" only="" word
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case " {' '.join(commands)} " in *" $word "*) command="$word"; break ;; esac
  done
  case "$command" in
{cases}  esac
  case "$command $previous" in
{values}  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [[ -n "$command" && -z "$only" && "$current" != -* ]]; then
    COMPREPLY+=($(compgen -f -- "$current"))
  fi
}}
complete -o filenames -F _gangen gangen
"""


def _zsh(commands: Mapping[str, Completed], top: Completed) -> str:
    bash = _bash(commands, top).partition("\n")[2]
    return f"""\
# zsh completion of gangen: put `eval "$(gangen completion zsh)"` into ~/.zshrc, after compinit
autoload -Uz +X bashcompinit && bashcompinit
{bash}"""


def _fish(commands: Mapping[str, Completed], top: Completed) -> str:
    lines = ["# fish completion of gangen: gangen completion fish | source"]
    for name in commands:
        condition = "-n __fish_use_subcommand -f"
        lines.append(f"complete -c gangen {condition} -a {name} -d {_quoted(COMMANDS[name][0])}")
    for name, it in commands.items():
        seen = f'-n "__fish_seen_subcommand_from {name}"'
        for flag, choices in it.options.items():
            kind = f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}"
            values = f" -x -a {_quoted(' '.join(choices))}" if choices else ""
            lines.append(f"complete -c gangen {seen} {kind}{values} -d {_quoted(it.help[flag])}")
        if it.words:
            lines.append(f"complete -c gangen {seen} -f -a {_quoted(' '.join(it.words))}")
    return "\n".join(lines) + "\n"


def _values(commands: Mapping[str, Completed]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """`"command option"` and the option's choices, where it has some."""
    for name, command in commands.items():
        for flag, choices in command.options.items():
            if choices:
                yield f'"{name} {flag}"', choices


def _quoted(text: str) -> str:
    escaped = text.replace("'", "'\\''")
    return f"'{escaped}'"

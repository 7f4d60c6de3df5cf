"""The command line: the only code that prints or exits.

Results go to standard output, everything else to standard error. Exit codes: 0 done, 2 wrong usage
or invalid spec, 3 a person must decide, 4 broken catalogue, 5 files cannot be read or written,
6 verification failed, 70 a bug in gangen, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from gangen.errors import GangenError, OutputError, Problem, printable

if TYPE_CHECKING:
    from argparse import Namespace

    from gangen.commands import Answer

BUG, INTERRUPTED = 70, 130


@dataclass
class Terminal:
    """Where things are said: results on one stream, all else on the other."""

    color: str = "auto"
    debug: bool = False

    def result(self, text: str) -> None:
        """Print a result. A reader that went away is no error; a full disk is an OutputError."""
        _write(sys.stdout, text)

    def note(self, text: str) -> None:
        """Print progress, a warning or an error."""
        with suppress(OutputError):  # then there is nobody left to tell
            _write(sys.stderr, f"{text}\n")

    def problem(self, problem: Problem | GangenError) -> None:
        """Print a finding or an error."""
        self.note(problem.render(colored(self.color, sys.stderr)))

    def traceback(self) -> None:
        """Print the traceback of the current exception when it was asked for."""
        if self.debug:
            import traceback

            self.note(traceback.format_exc().rstrip())


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code and lets no exception out."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a name that the terminal cannot show is no error
            stream.reconfigure(errors="backslashreplace")
    terminal = Terminal(debug="--debug" in arguments)
    chosen: Namespace | None = None
    try:
        from gangen.arguments import parse

        chosen = parse(arguments)
        terminal.color = chosen.color
        return _answer(chosen, terminal)
    except SystemExit as end:  # argparse, after it printed the help
        return _flushed(int(end.code or 0))
    except KeyboardInterrupt:
        terminal.note("interrupted")
        terminal.traceback()
        return INTERRUPTED
    except GangenError as error:
        return _failed(error, chosen, terminal)
    except OSError as error:
        return _failed(_output_error(error), chosen, terminal)
    except Exception as error:
        return _failed(_bug(error), chosen, terminal)


def colored(when: str, stream: TextIO | None) -> bool:
    """Whether to colour what is written to a stream."""
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream is not None and stream.isatty()


def _answer(chosen: Namespace, terminal: Terminal) -> int:
    from gangen import commands

    answer: Answer = commands.run(chosen, terminal.note)
    for problem in answer.problems:
        terminal.problem(problem)
    if answer.note:
        terminal.note(answer.note)
    terminal.result(answer.text)
    return answer.code


def _failed(error: GangenError, chosen: Namespace | None, terminal: Terminal) -> int:
    """Say what went wrong: to people, and as the one document of the JSON mode."""
    terminal.traceback()
    terminal.problem(error)
    if getattr(chosen, "format", "") == "json" and chosen is not None:
        from gangen.reports import document, error_data

        with suppress(OutputError):  # one error is enough
            terminal.result(document(chosen.command, ok=False, error=error_data(error)))
    return error.exit_code


def _bug(error: Exception) -> GangenError:
    return GangenError(
        f"this is a bug in gangen: {type(error).__name__}: {printable(str(error))}",
        help="run the command again with --debug, and report the traceback with your spec",
    )


def _output_error(error: OSError) -> OutputError:
    reason = error.strerror or str(error) or type(error).__name__
    name = f"{error.filename}: " if error.filename is not None else ""
    return OutputError(
        f"{name}{reason}", help="check that the path exists, its permissions and the free space"
    )


def _flushed(code: int) -> int:
    try:
        _write(sys.stdout, "")
    except OutputError as error:
        return error.exit_code
    return code


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:  # it was closed before gangen started
        return
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        _discard(stream)
    except OSError as error:
        _discard(stream)
        raise OutputError(
            f"cannot write the result: {error.strerror}", help="check the free space"
        ) from None


def _discard(stream: TextIO) -> None:
    """Send what is left in the buffer nowhere, or Python would complain of it at its end."""
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())

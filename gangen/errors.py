"""What can go wrong, where it did, and how a person is told. In brackets: the exit code.

    GangenError                 [70] never raised itself: a bug in gangen
    ├── UsageError              [2]  the command or its arguments are wrong
    ├── SpecError               [2]  the spec is invalid: all its Problems together
    ├── ConflictError           [3]  a person must decide: an edited file would be lost
    ├── TemplateError           [4]  a template or a component of the catalogue is broken
    ├── OutputError             [5]  files cannot be read or written
    └── VerificationError       [6]  the generated project failed its verification

A Problem is one finding, at a Place in a Source (a file, a preset, a `--set`).
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal

Severity = Literal["error", "warning"]

# YAML 1.1's line breaks: the parser counts by them, so the printed line must be cut by them.
LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
MAX_LINE = 160  # characters of a source line that are printed
MAX_MESSAGE = 1000  # a hostile value must not flood the terminal
RED, YELLOW, BLUE, BOLD, RESET = "\x1b[31m", "\x1b[33m", "\x1b[34m", "\x1b[1m", "\x1b[0m"


@dataclass(frozen=True)
class Source:
    """A text that values come from, under the name a user knows it by: `spec.yaml`, `--set`."""

    name: str
    text: str = field(repr=False)

    @cached_property
    def lines(self) -> list[str]:
        """The text line by line, cut once."""
        return LINE_BREAK.split(self.text)

    def line(self, n: int) -> str:
        """Line `n` (1-based); empty when the source has no such line."""
        return self.lines[n - 1] if 1 <= n <= len(self.lines) else ""


@dataclass(frozen=True)
class Place:
    """A stretch of one line of a source; line and column are 1-based and count characters."""

    source: Source = field(repr=False)
    line: int
    column: int
    length: int = 1

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Problem:
    """One finding: a stable code, what was received, and what to do next."""

    code: str
    message: str
    place: Place | None = None
    notes: tuple[str, ...] = ()
    help: str | None = None
    severity: Severity = "error"

    def render(self, color: bool = False) -> str:
        """The finding as the terminal shows it: position, message, source line, notes, help."""
        shade = RED if self.severity == "error" else YELLOW
        where = f"{printable(str(self.place))}: " if self.place else ""
        kind = f"{self.severity}[{self.code}]"
        lines = [f"{where}{_paint(kind, shade + BOLD, color)}: {printable(self.message)}"]
        if self.place is not None:
            lines += _excerpt(self.place, shade, color)
        lines += [f"   = from: {printable(note)}" for note in self.notes]
        if self.help is not None:
            lines.append(f"   = help: {printable(self.help)}")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """The finding as plain data for JSON; `end_column` is one past the last character."""
        place = self.place
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "file": place.source.name if place else None,
            "line": place.line if place else None,
            "column": place.column if place else None,
            "end_column": place.column + place.length if place else None,
            "notes": list(self.notes),
            "help": self.help,
        }


class Problems:
    """Collects findings; gives them back once each, ordered by source name, line and column."""

    def __init__(self) -> None:
        self._found: dict[Problem, None] = {}

    def add(
        self,
        code: str,
        message: str,
        place: Place | None,
        notes: Sequence[str] = (),
        help: str | None = None,
        severity: Severity = "error",
    ) -> None:
        """Record a finding; an exact duplicate is dropped."""
        self._found[Problem(code, message, place, tuple(notes), help, severity)] = None

    @property
    def all(self) -> tuple[Problem, ...]:
        """Errors and warnings in order."""
        return tuple(sorted(self._found, key=_position))

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The findings that stop the compiler."""
        return tuple(problem for problem in self.all if problem.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The findings that do not."""
        return tuple(problem for problem in self.all if problem.severity == "warning")

    def __bool__(self) -> bool:
        return any(problem.severity == "error" for problem in self._found)

    def raise_if_any(self) -> None:
        """Raise SpecError with everything found (warnings too) when there is at least one error."""
        if self:
            raise SpecError(self.all)


class GangenError(Exception):
    """Base of everything gangen raises on purpose."""

    exit_code: ClassVar[int] = 70

    def __init__(self, message: str, *, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help

    def render(self, color: bool = False) -> str:
        """The error as the terminal shows it."""
        text = f"{_paint('error', RED + BOLD, color)}: {printable(self.message)}"
        return text if self.help is None else f"{text}\n   = help: {printable(self.help)}"


class UsageError(GangenError):
    """The command or its arguments are wrong."""

    exit_code = 2


class SpecError(GangenError):
    """The spec is invalid; `problems` are all that is wrong with it."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.summary)

    def __str__(self) -> str:
        return self.render()

    @property
    def summary(self) -> str:
        """`3 errors in 1 file.`; command-line arguments are not counted as files."""
        errors = sum(problem.severity == "error" for problem in self.problems)
        counts = [_count(errors, "error"), _count(len(self.problems) - errors, "warning")]
        names = {problem.place.source.name for problem in self.problems if problem.place}
        files = _count(sum(not name.startswith("--") for name in names), "file")
        return " in ".join(filter(None, [" and ".join(filter(None, counts)), files])) + "."

    def render(self, color: bool = False) -> str:
        """Every problem, then how many there are."""
        return "\n".join([*(problem.render(color) for problem in self.problems), self.summary])


class ConflictError(GangenError):
    """A person must decide: going on would lose an edit."""

    exit_code = 3


class TemplateError(GangenError):
    """A template or a component of the catalogue is broken."""

    exit_code = 4


class OutputError(GangenError):
    """Files cannot be read or written."""

    exit_code = 5


class VerificationError(GangenError):
    """The generated project failed its verification."""

    exit_code = 6


def did_you_mean(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `word` most likely stands for; case and `-` for `_` do not count."""
    if len(word) > 100:  # difflib is quadratic
        return None
    import difflib  # only for those who err

    plain = {candidate.lower().replace("-", "_"): candidate for candidate in candidates}
    wanted = word.lower().replace("-", "_")
    close = difflib.get_close_matches(wanted, plain, n=1, cutoff=0.65)
    return plain[close[0]] if close else None


def one_of(names: Iterable[str], limit: int = 10) -> str:
    """`a, b or c`; of more than `limit` names the first ones and `… (12 in all)`."""
    every = list(names)
    if len(every) > limit:
        return f"{', '.join(every[:limit])}, … ({len(every)} in all)"
    return " or ".join(filter(None, [", ".join(every[:-1]), *every[-1:]]))


def dotted(path: Iterable[str | int]) -> str:
    """A path as users read it: `generator.blocks[2].channels`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def shown(value: object, limit: int = 60) -> str:
    """A received value in the words of YAML: `"text"`, `true`, `null`, `3`, `a list`."""
    if isinstance(value, list | tuple | dict):
        return "a mapping" if isinstance(value, dict) else "a list"
    if isinstance(value, str):
        return f'"{value if len(value) <= limit else value[: limit - 1] + "…"}"'
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else repr(value)


def printable(text: str) -> str:
    """`text` on one line, safe for a terminal: controls, bidi marks, lone surrogates escaped."""
    if len(text) > MAX_MESSAGE:
        text = f"{text[: MAX_MESSAGE - 100]} … {text[-96:]}"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _cells(text: str) -> int:
    """Terminal columns that `text` takes."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) != 0 for character in text)


def _excerpt(place: Place, shade: str, color: bool) -> list[str]:
    """The source line and carets under the place; nothing for an empty line."""
    line = place.source.line(place.line)
    if not line.strip():
        return []
    start, before, after = place.column - 1, "", ""
    if len(line) > MAX_LINE:
        first = max(0, min(start - MAX_LINE // 3, len(line) - MAX_LINE))
        before, after = "…" * (first > 0), "…" * (first + MAX_LINE < len(line))
        line, start = line[first : first + MAX_LINE], start - first
    head = before + printable(line[:start])
    carets = "^" * max(1, _cells(printable(line[start : start + place.length])))
    gutter = max(5, len(str(place.line)))
    indent = " " * (_cells(head) + max(0, start - len(line)))
    text = f"{head}{printable(line[start:])}{after}".rstrip()
    number, margin = (_paint(f"{at:>{gutter}} |", BLUE, color) for at in (place.line, ""))
    return [f"{number} {text}", f"{margin} {indent}{_paint(carets, shade, color)}"]


def _paint(text: str, style: str, color: bool) -> str:
    return f"{style}{text}{RESET}" if color else text


def _position(problem: Problem) -> tuple[str, int, int]:
    place = problem.place
    return (place.source.name, place.line, place.column) if place else ("", 0, 0)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""

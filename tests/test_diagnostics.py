"""gangen/errors.py: how findings look, how they are collected, and the exit codes."""

import json
import subprocess
import sys
import unicodedata
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gangen import errors
from gangen.errors import (
    ConflictError,
    GangenError,
    OutputError,
    Place,
    Problem,
    Problems,
    Source,
    SpecError,
    TemplateError,
    UsageError,
    VerificationError,
    did_you_mean,
    dotted,
    one_of,
    shown,
)

SPEC = Source("spec.yaml", "\n" * 13 + "    chanels: 128\n")
UNKNOWN = Problem(
    "unknown-key",
    'generator.blocks[2] has no key "chanels"; did you mean "channels"?',
    Place(SPEC, 14, 5, 7),
)


def width(text: str) -> int:
    return sum(
        0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF")
        for c in text
    )


def test_a_problem_as_the_terminal_shows_it() -> None:
    assert UNKNOWN.render() == (
        'spec.yaml:14:5: error[unknown-key]: generator.blocks[2] has no key "chanels"; '
        'did you mean "channels"?\n'
        "   14 |     chanels: 128\n"
        "      |     ^^^^^^^"
    )


def test_notes_help_and_severity() -> None:
    notes = ("data.image_size 32 (line 6)", "halved by blocks 1-4")
    problem = Problem("shape", "too small", None, notes, "set it to 64", "warning")
    assert problem.render() == (
        "warning[shape]: too small\n"
        "   = from: data.image_size 32 (line 6)\n"
        "   = from: halved by blocks 1-4\n"
        "   = help: set it to 64"
    )


def test_color_changes_nothing_but_color() -> None:
    colored = UNKNOWN.render(color=True)
    for style in (errors.RED, errors.YELLOW, errors.BLUE, errors.BOLD, errors.RESET):
        colored = colored.replace(style, "")
    assert colored == UNKNOWN.render()
    assert errors.RED in UNKNOWN.render(color=True)
    assert "\x1b" not in UNKNOWN.render()


def test_as_dict_is_plain_data() -> None:
    assert json.loads(json.dumps(UNKNOWN.as_dict())) == {
        "code": "unknown-key",
        "severity": "error",
        "message": UNKNOWN.message,
        "file": "spec.yaml",
        "line": 14,
        "column": 5,
        "end_column": 12,
        "notes": [],
        "help": None,
    }
    assert Problem("c", "m").as_dict()["line"] is None


def test_places() -> None:
    place = Place(SPEC, 14, 5, 7)
    assert str(place) == "spec.yaml:14:5"
    assert "chanels" not in repr(place)
    assert "chanels" not in repr(SPEC)
    assert "chanels: 128" not in repr(UNKNOWN)
    with pytest.raises(FrozenInstanceError):
        place.line = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a\nb", ["a", "b"]),
        ("a\r\nb\rc", ["a", "b", "c"]),
        ("a\x85b\u2028c\u2029d", ["a", "b", "c", "d"]),
        ("a\x0bb\x0cc", ["a\x0bb\x0cc"]),
        ("", [""]),
    ],
)
def test_lines(text: str, lines: list[str]) -> None:
    source = Source("s", text)
    assert [source.line(n + 1) for n in range(len(lines))] == lines
    assert source.line(0) == source.line(len(lines) + 1) == source.line(-1) == ""


@pytest.mark.parametrize(
    ("line", "column", "length", "shows", "carets"),
    [
        ("a: b", 4, 1, "a: b", "   ^"),
        ("\ta: b", 2, 1, "\\ta: b", "  ^"),
        ("é: b", 4, 1, "é: b", "   ^"),
        ("日本: b", 5, 1, "日本: b", "      ^"),
        ("日本: b", 1, 2, "日本: b", "^^^^"),
        ("e\u0301: b", 5, 1, "e\u0301: b", "   ^"),
        ("\x1b[31m: b", 8, 1, "\\x1b[31m: b", " " * 10 + "^"),
        ("\u202eabc: b", 7, 1, "\\u202eabc: b", " " * 11 + "^"),
        ("a\ud800: b", 5, 1, "a\\ud800: b", " " * 9 + "^"),
        ("a: b", 5, 1, "a: b", "    ^"),
        ("a: b", 9, 3, "a: b", "        ^"),
        ("a: b", 4, 99, "a: b", "   ^"),
        ("a: b   ", 1, 1, "a: b", "^"),
    ],
)
def test_carets(line: str, column: int, length: int, shows: str, carets: str) -> None:
    _, source, marker = (
        Problem("c", "m", Place(Source("s", line), 1, column, length)).render().split("\n")
    )
    assert (source, marker) == (f"    1 | {shows}", f"      | {carets}")


def test_no_excerpt_where_there_is_nothing_to_show() -> None:
    for text, line in [("", 1), ("a", 7), ("   ", 1)]:
        assert "\n" not in Problem("c", "m", Place(Source("s", text), line, 1)).render()


def test_the_gutter_grows() -> None:
    rendered = Problem("c", "m", Place(Source("s", "\n" * 1_234_566 + "a"), 1_234_567, 1)).render()
    assert rendered.split("\n")[1:] == ["1234567 | a", "        | ^"]


@pytest.mark.parametrize("column", [1, 50, 150, 161, 1000, 4999, 5000])
def test_a_long_line_is_windowed_around_the_column(column: int) -> None:
    line = "x" * (column - 1) + "日Z"[column % 2] + "x" * (5000 - column)
    _, shows, carets = Problem("c", "m", Place(Source("s", line), 1, column)).render().split("\n")
    assert len(shows) <= errors.MAX_LINE + 12
    at = carets.index("^")
    before, cells = "", 0
    for character in shows:
        if cells == at:
            assert character in "日Z"
            break
        before, cells = before + character, cells + width(character)
    else:
        pytest.fail("no character above the caret")


def test_a_long_stretch_in_a_long_line() -> None:
    place = Place(Source("s", "x" * 5000), 1, 100, 4000)
    _, shows, carets = Problem("c", "m", place).render().split("\n")
    assert width(carets) <= width(shows)


def test_nothing_hostile_reaches_the_terminal() -> None:
    evil = "\x1b]0;title\x07 \x9b31m \u202e \r\n\t \x00 \ud800"
    source = Source(f"spec{evil}.yaml", f"a: {evil}")
    problem = Problem("c", evil, Place(source, 1, 4, 50), (evil,), evil)
    for text in (
        problem.render(),
        SpecError([problem]).render(),
        UsageError(evil, help=evil).render(),
    ):
        assert all(line.isprintable() for line in text.split("\n"))
        text.encode("utf-8")
    assert problem.render().count("\n") == 4


def test_a_huge_message_is_cut() -> None:
    assert len(Problem("c", "x" * 10**6).render()) < 2000


@given(st.text(max_size=300), st.integers(1, 400), st.integers(1, 400))
def test_any_line_can_be_shown(text: str, column: int, length: int) -> None:
    lines = Problem("c", text, Place(Source("s", text), 1, column, length)).render().split("\n")
    assert len(lines) in (1, 3)
    assert all(line.isprintable() for line in lines)


def test_problems_are_ordered_and_told_once() -> None:
    problems = Problems()
    other = Source("preset", "")
    problems.add("b", "2", Place(SPEC, 2, 9))
    problems.add("a", "1", Place(SPEC, 2, 3), notes=["n"], help="h")
    problems.add("b", "2", Place(SPEC, 2, 9))
    problems.add("w", "w", Place(SPEC, 1, 1), severity="warning")
    problems.add("c", "3", Place(other, 9, 1))
    problems.add("d", "no place", None)
    assert [problem.code for problem in problems.all] == ["d", "c", "w", "a", "b"]
    assert [problem.code for problem in problems.errors] == ["d", "c", "a", "b"]
    assert [problem.code for problem in problems.warnings] == ["w"]
    assert problems.all[3].notes == ("n",)
    with pytest.raises(SpecError) as caught:
        problems.raise_if_any()
    assert caught.value.problems == problems.all


def test_warnings_alone_stop_nothing() -> None:
    problems = Problems()
    assert not problems
    problems.add("w", "w", None, severity="warning")
    assert not problems
    problems.raise_if_any()
    problems.add("e", "e", None)
    assert problems


@pytest.mark.parametrize(
    ("sources", "severities", "summary"),
    [
        (["spec.yaml"], ["error"], "1 error in 1 file."),
        (["spec.yaml"] * 3, ["error"] * 3, "3 errors in 1 file."),
        (["a", "b"], ["error", "warning"], "1 error and 1 warning in 2 files."),
        (["--set"], ["error"], "1 error."),
        (["--set", "a"], ["error"] * 2, "2 errors in 1 file."),
        ([None], ["warning"], "1 warning."),
    ],
)
def test_the_summary(sources: list[str | None], severities: list[str], summary: str) -> None:
    found = [
        Problem("c", str(n), Place(Source(name, "x"), 1, 1) if name else None, severity=severity)  # type: ignore[arg-type]
        for n, (name, severity) in enumerate(zip(sources, severities, strict=True))
    ]
    error = SpecError(found)
    assert str(error).split("\n")[-1] == summary
    assert str(error) == "\n".join([*(problem.render() for problem in found), summary])


def test_exit_codes() -> None:
    assert [
        kind.exit_code
        for kind in (UsageError, ConflictError, TemplateError, OutputError, VerificationError)
    ] == [2, 3, 4, 5, 6]
    assert SpecError.exit_code == 2
    assert GangenError.exit_code == 70
    error = OutputError("cannot write\nout", help="free some space")
    assert isinstance(error, GangenError)
    assert str(error) == error.message == "cannot write\nout"
    assert error.render() == "error: cannot write\\nout\n   = help: free some space"
    assert UsageError("bad").render() == "error: bad"


def test_the_docstring_draws_every_class() -> None:
    assert errors.__doc__ is not None
    for kind in GangenError.__subclasses__():
        assert f"── {kind.__name__} " in errors.__doc__
        row = next(row for row in errors.__doc__.split("\n") if kind.__name__ in row)
        assert f"[{kind.exit_code}]" in row


@pytest.mark.parametrize(
    ("word", "guess"),
    [
        ("chanels", "channels"),
        ("CHANNELS", "channels"),
        ("batch-size", "batch_size"),
        ("Batch_Siez", "batch_size"),
        ("zzz", None),
        ("", None),
        ("channels" * 1000, None),
    ],
)
def test_did_you_mean(word: str, guess: str | None) -> None:
    assert did_you_mean(word, ["kernel", "channels", "batch_size"]) == guess
    assert did_you_mean(word, []) is None


def test_one_of() -> None:
    assert one_of([]) == ""
    assert one_of(["a"]) == "a"
    assert one_of(["a", "b"]) == "a or b"
    assert one_of(["a", "b", "c"]) == "a, b or c"
    assert one_of("abcdefghijkl") == "a, b, c, d, e, f, g, h, i, j, … (12 in all)"
    assert one_of("abc", limit=2) == "a, b, … (3 in all)"


def test_dotted() -> None:
    assert dotted(()) == ""
    assert dotted(("generator", "blocks", 2, "channels")) == "generator.blocks[2].channels"


def test_shown() -> None:
    values = [None, True, False, 1, 0.5, "a", [1], {"a": 1}, ()]
    words = ["null", "true", "false", "1", "0.5", '"a"', "a list", "a mapping", "a list"]
    assert [shown(value) for value in values] == words
    assert len(shown("x" * 1000)) == 62


def test_errors_is_cheap_to_import() -> None:
    code = "import sys, gangen.errors; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"yaml", "pydantic", "jinja2", "black", "torch", "asyncio"} & set(run.stdout.split())

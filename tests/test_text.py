"""Literals and filters: whatever a spec says, the text that reaches a file is what it should be."""

from __future__ import annotations

import ast
import io
import math
import re
import tokenize
import tomllib
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gangen.text import Code, comment, docstring, literal, markdown, number, plain, toml

deterministic = settings(derandomize=True, deadline=None)

CONTROLS = "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0)]))
HOSTILE = [
    '"""',
    '\\"""',
    "\\",
    "\\\\",
    '"',
    "'",
    "\\N{DASH}",
    "\\x00",
    "a\rb",
    "a\x0cimport os",
    "a\u2028import os",
    "a\u2029import os",
    "a\x85import os",
    "a\nimport os",
    "\ud800",
    "\udfff\ud800",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "#: include 'x'",
    "${HOME}",
    "`x`",
    "</td><script>",
    "[x](javascript:y)",
    "| a |",
    "- x",
    "12. x",
    "=====",
    "\u202eevil",
    "\ufeffx",
    CONTROLS,
]
TEXTS = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40)).flatmap(
    lambda text: st.one_of(st.just(text), st.sampled_from(HOSTILE).map(lambda more: text + more))
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXTS
)
VALUES = st.recursive(SCALARS, lambda inside: st.lists(inside, max_size=4).map(tuple), max_leaves=8)


def identical(first: object, second: object) -> bool:
    """Equal and of the same type all the way down; -0.0 is not 0.0."""
    if isinstance(first, tuple) and isinstance(second, tuple):
        return len(first) == len(second) and all(map(identical, first, second))
    return type(first) is type(second) and repr(first) == repr(second)


# Literals


@deterministic
@given(VALUES)
def test_a_literal_reads_back_as_the_same_value(value: object) -> None:
    code = literal(value)
    assert isinstance(code, Code)
    assert identical(ast.literal_eval(code), value)
    assert code.isascii()
    assert code.isprintable()  # so it is one line, whatever counts as a line break


@deterministic
@given(st.lists(SCALARS, max_size=3))
def test_a_list_is_written_as_a_tuple(values: list[object]) -> None:
    assert identical(ast.literal_eval(literal(values)), tuple(values))


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (2e-4, "2e-4"),
        (0.001, "0.001"),
        (0.00123, "0.00123"),
        (1.5e-5, "1.5e-5"),
        (-2e-4, "-2e-4"),
        (1e-8, "1e-8"),
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        (0.5, "0.5"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e22, "1e22"),
        (1.7976931348623157e308, "1.7976931348623157e308"),
        (5e-324, "5e-324"),
        (100_000.0, "100000.0"),
        (9_999, "9999"),
        (10_000, "10_000"),
        (-1_234_567, "-1_234_567"),
        (True, "True"),
        (None, "None"),
        ((), "()"),
        ((5,), "(5,)"),
        ((1, (2.0, "x")), '(1, (2.0, "x"))'),
        ('say "x"', '"say \\"x\\""'),
        ("it's", '"it\'s"'),
        ("é", '"\\xe9"'),
        ("→", '"\\u2192"'),
        ("😀", '"\\U0001f600"'),
        (Code("config.lr"), "config.lr"),
        ((1, Code("n")), "(1, n)"),
    ],
)
def test_how_literals_look(value: object, code: str) -> None:
    assert literal(value) == code


@deterministic
@given(st.floats(allow_nan=False, allow_infinity=False))
@example(1e-3)
@example(9.999999e-4)
def test_a_number_is_exact_and_no_longer_than_pythons_own(value: float) -> None:
    text = number(value)
    assert identical(float(text), value)
    if 0 < abs(value) < 1e-3:
        assert "e" in text
        assert len(text) <= len(repr(value))


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_there_is_no_literal_of_what_is_not_finite(value: float) -> None:
    with pytest.raises((TypeError, ValueError)):
        literal(value)


@pytest.mark.parametrize("value", [object(), {"a": 1}, {1}, b"x", 1j, ...])
def test_there_is_no_literal_of_anything_else(value: object) -> None:
    with pytest.raises(TypeError, match="no literal"):
        literal(value)


@pytest.mark.parametrize("character", CONTROLS)
def test_a_string_may_hold_any_control_character(character: str) -> None:
    text = f"a{character}b"
    assert ast.literal_eval(literal(text)) == text


# Filters


@deterministic
@given(TEXTS)
def test_plain_text_is_one_line_without_anything_invisible(text: str) -> None:
    result = plain(text)
    assert len(result.splitlines()) <= 1
    assert result == result.strip()
    assert not [c for c in result if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]
    assert not [c for c in result if unicodedata.bidirectional(c) in BIDIRECTIONAL]
    assert result.encode().decode() == result
    assert plain(result) == result


BIDIRECTIONAL = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@pytest.mark.parametrize("text", ["straße 500 m²", "日本語 のテキスト", "naïve — façade", "a  b"])
def test_plain_text_keeps_what_people_write(text: str) -> None:
    assert plain(text) == " ".join(text.split())


@deterministic
@given(TEXTS)
def test_a_comment_stays_a_comment(text: str) -> None:
    source = f"x = 1  # {comment(text)}\ny = 2\n"
    assert ast.dump(ast.parse(source)) == ast.dump(ast.parse("x = 1\ny = 2\n"))
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    assert sum(token.type == tokenize.COMMENT for token in tokens) == 1


@deterministic
@given(TEXTS)
def test_a_docstring_says_the_text_and_nothing_else(text: str) -> None:
    tree = ast.parse(f'def f():\n    """{docstring(text)}"""\n    return 1\n')
    (function,) = tree.body
    assert isinstance(function, ast.FunctionDef)
    assert len(function.body) == 2
    assert ast.get_docstring(function, clean=False) == plain(text)


@deterministic
@given(TEXTS)
def test_toml_reads_back_the_text(text: str) -> None:
    document = tomllib.loads(f"[project]\ndescription = {toml(text)}\nafter = 1\n")
    assert document == {"project": {"description": plain(text), "after": 1}}


def test_toml_keeps_letters_readable() -> None:
    assert toml('a "café" 😀') == '"a \\"café\\" 😀"'


@deterministic
@given(TEXTS)
def test_markdown_has_no_mark_up_left(text: str) -> None:
    result = markdown(text)
    assert isinstance(result, Code)
    unescaped = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", result)
    assert unescaped == plain(text)
    bare = re.sub(r"\\[!-/:-@\[-`{-~]", "", result)
    assert not set(bare) & set("\\`*_{}[]<>#|!&~$")
    assert not re.match(r"([-+=]|\d+[.)])", result)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("plain words, 3.5 of 4 (ok)", "plain words, 3.5 of 4 (ok)"),
        ("- item", "\\- item"),
        ("1. item", "1\\. item"),
        ("2) item", "2\\) item"),
        ("=====", "\\====="),
        ("a | b", "a \\| b"),
        ("<b>&amp;", "\\<b\\>\\&amp;"),
    ],
)
def test_how_markdown_looks(text: str, result: str) -> None:
    assert markdown(text) == result


@pytest.mark.parametrize("function", [comment, docstring, markdown, toml])
def test_a_filter_makes_code_of_text(function: Callable[[str], str]) -> None:
    assert type(function("text")) is Code

"""gangen/load.py: YAML traps, hostile documents, places, overlays and `--set`."""

import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gangen import load as loading
from gangen import yaml_text
from gangen.assign import apply_set
from gangen.errors import Place, Problems, Source, UsageError
from gangen.load import load, load_file, parse_value
from gangen.marks import Document, Marks, overlay

LOADERS = [yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader)]


@pytest.fixture(autouse=True, params=LOADERS, ids=["python", "libyaml"])
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test runs with both parsers: what is read must not depend on libyaml."""
    monkeypatch.setattr(loading, "LOADER", request.param)
    return


def read(text: str | bytes) -> Document:
    """A document that must have no problem."""
    problems = Problems()
    document = load(text, "spec.yaml", problems)
    assert problems.all == ()
    return document


def value(text: str) -> Any:
    return read(f"a: {text}\n").data["a"]


def found(text: str | bytes) -> list[str]:
    """The problems of a document as `line:column code`."""
    problems = Problems()
    assert isinstance(load(text, "spec.yaml", problems).data, dict)
    for problem in problems.all:
        assert problem.place is not None
        problem.render()
    return [f"{p.place.line}:{p.place.column} {p.code}" for p in problems.all if p.place]


def at(place: Place) -> tuple[int, int, int]:
    return place.line, place.column, place.length


def text_at(place: Place) -> str:
    return place.source.line(place.line)[place.column - 1 :][: place.length]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1e-4", 1e-4),
        ("2E+3", 2000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("-.5e1", -5.0),
        ("20_000", 20000),
        ("1_000.5", 1000.5),
        ("010", 10),
        ("-7", -7),
        ("+7", 7),
        ("0x1F", 31),
        ("0o17", 15),
        ("-.inf", -math.inf),
        ("+.INF", math.inf),
        ("true", True),
        ("TRUE", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
    ],
)
def test_core_scalars(text: str, expected: object) -> None:
    got = value(text)
    assert got == expected
    assert type(got) is type(expected)


def test_nan() -> None:
    assert math.isnan(value(".nan"))


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "n",
        "on",
        "off",
        "yes",
        "Y",
        "NO",
        "On",
        "nULL",
        "tRUE",
        "1:30",
        "2020-01-01",
        "1__0",
        "_1",
        "1_",
        "0b11",
        "0xg",
        "0o8",
        "-0x1",
        ".",
        "e5",
        "1e",
        "٣",
        "=",
        "12e03x",
        "1.2.3",
        "inf",
        "nan",
        ".iNF",
        "+",
        "-.",
        "1 2",
    ],
)
def test_everything_else_is_text(text: str) -> None:
    assert value(text) == text


@pytest.mark.parametrize("text", ["'1'", '"1"', "|-\n  1", ">-\n  1", "!!str 1"])
def test_quoted_is_text(text: str) -> None:
    assert value(text) == "1"


def test_quoted_words_are_text() -> None:
    assert value("['', 'null', \"true\"]") == ["", "null", "true"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('!!int "3"', 3),
        ("!!float 3", 3.0),
        ("!!float '1e-4'", 1e-4),
        ("!!bool true", True),
        ("!!null ''", None),
        ("!!seq [1]", [1]),
        ("!!map {b: 1}", {"b": 1}),
        ("!<tag:yaml.org,2002:int> 4", 4),
    ],
)
def test_standard_tags(text: str, expected: object) -> None:
    got = value(text)
    assert got == expected
    assert type(got) is type(expected)


@pytest.mark.parametrize(
    "text",
    [
        "!foo 1",
        "! 1",
        "!!int x",
        "!!int 1.5",
        "!!bool no",
        "!!map [1]",
        "!!seq {b: 1}",
        "!!str [1]",
        "!!set {b}",
        "!!binary aGk=",
        "!!timestamp 2020-01-01",
        "!!python/object/apply:os.system ['true']",
        "!!python/name:os.system",
        "!undefined!x 1",
    ],
)
def test_other_tags_are_errors(text: str) -> None:
    assert found(f"a: {text}\n") == ["1:4 yaml-tag"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "a: 1\nb: 2\na: 3\nb: 4\na: 5\n",
            ["3:1 duplicate-key", "4:1 duplicate-key", "5:1 duplicate-key"],
        ),
        ("a: {b: 1, 'b': 2}\n", ["1:11 duplicate-key"]),
        (
            "a: !x 1\nb: !y 2\nc: 1\nc: !z 2\n",
            ["1:4 yaml-tag", "2:4 yaml-tag", "4:1 duplicate-key", "4:4 yaml-tag"],
        ),
        ("a: 1\n---\nb: 2\n", ["2:1 yaml-documents"]),
        ("a: 1\n...\n---\n", ["3:1 yaml-documents"]),
        ("", ["1:1 yaml-empty"]),
        ("# only a comment\n", ["1:1 yaml-empty"]),
        ("---\n", ["1:1 yaml-empty"]),
        ("null\n", ["1:1 yaml-empty"]),
        ("\n- a\n", ["2:1 yaml-top"]),
        ("hello\n", ["1:1 yaml-top"]),
        ("1: x\n", ["1:1 yaml-key"]),
        ("a:\n  true: x\n  null: y\n  ~: z\n", ["2:3 yaml-key", "3:3 yaml-key", "4:3 yaml-key"]),
        ("? [a]\n: 1\n", ["1:3 yaml-key"]),
        ("{a: 1}: 1\n", ["1:1 yaml-key"]),
        ("?\n: 1\n", ["1:2 yaml-key"]),
        ("a: &k x\n*k : 1\n", ["2:1 yaml-key"]),
        ("a: &k {b: 1}\nc:\n  <<: *k\n  <<: *k\n", ["3:3 yaml-key", "4:3 yaml-key"]),
        ("a: &x [*x]\n", ["1:8 yaml-alias"]),
        ("a: &x {b: *x}\n", ["1:11 yaml-alias"]),
        ("a: *nothing\n", ["1:4 yaml-alias"]),
        ("a: " + "9" * 5000 + "\n", ["1:4 yaml-number"]),
        ("a: 0x" + "f" * 500 + "\n", ["1:4 yaml-number"]),
        ("a:\n\tb: 1\n", ["2:1 yaml-syntax"]),
        ("a:\n  b: 1\n  \tc: 2\n", ["3:3 yaml-syntax"]),
        ("a: b: c\n", ["1:5 yaml-syntax"]),
        ("a: 1\n b: 2\n", ["2:3 yaml-syntax"]),
        ("a: 1\nb\n", ["2:1 yaml-syntax"]),
        ("a: [1, 2\nb: 3\n", ["1:4 yaml-syntax"]),
        ("a: {b: 1\n", ["1:4 yaml-syntax"]),
        ("a: 'x\n", ["1:4 yaml-syntax"]),
        ("a: 'it's'\n", ["1:8 yaml-syntax"]),
        ("a: @x\n", ["1:4 yaml-syntax"]),
        ("a: %x\n", ["1:4 yaml-syntax"]),
        ("- a\nb: 1\n", ["2:1 yaml-syntax"]),
        ("a:\n  b: 1\n c: 2\n", ["3:2 yaml-syntax"]),
        ("%YAML 3.0\n---\na: 1\n", ["1:1 yaml-syntax"]),
    ],
)
def test_problems_and_their_places(text: str, expected: list[str]) -> None:
    assert found(text) == expected


def test_unknown_escape() -> None:
    problems = Problems()
    load('a: "\\d"\n', "spec.yaml", problems)
    (problem,) = problems.all
    assert problem.code == "yaml-syntax"
    assert "'single quotes'" in str(problem.help)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"a: \xff\n", "1:4 yaml-encoding"),
        (b"a: 1\nb: \xc3\xa9\xc3(\n", "2:5 yaml-encoding"),
        (b"\xef\xbb\xbfa: \xff\n", "1:4 yaml-encoding"),
        (b"a: 1\nb: x\x00y\n", "2:5 yaml-encoding"),
        ("a: 1\n".encode("utf-16"), "1:1 yaml-encoding"),
        ("a: 1\n".encode("utf-16-be"), "1:1 yaml-encoding"),
        ("\ufeffa: 1\n".encode("utf-16-be"), "1:1 yaml-encoding"),
        ("a: 1\n".encode("utf-32"), "1:1 yaml-encoding"),
        ("a: \x1b[31mred\n", "1:4 yaml-encoding"),
        ("a: x\ud800\n", "1:5 yaml-encoding"),
        ("a: x\ufeff\n", "1:5 yaml-encoding"),
        ('a: "x\\0"\n', "1:4 yaml-encoding"),
    ],
)
def test_encoding(text: str | bytes, expected: str) -> None:
    assert found(text) == [expected]


@pytest.mark.parametrize("escape", ["\\ud800", "\\uDFFF", "\\U00110000", "\\UFFFFFFFF"])
def test_escapes_that_are_no_characters(escape: str) -> None:
    (problem,) = found(f'a: "x{escape}"\n')
    assert problem.endswith(" yaml-encoding")


def test_byte_order_mark_is_no_column() -> None:
    for text in (b"\xef\xbb\xbfa: 1\n", "\ufeffa: 1\n"):
        document = read(text)
        assert document.data == {"a": 1}
        assert at(document.marks.key(("a",))) == (1, 1, 1)


def test_size_is_checked_before_reading() -> None:
    assert found("a: 1\n" + "#" * yaml_text.MAX_BYTES) == ["1:1 yaml-size"]
    assert found(b"a: 1\n" + b"#" * yaml_text.MAX_BYTES) == ["1:1 yaml-size"]


def test_depth() -> None:
    inside = loading.MAX_DEPTH - 1
    assert found("a: " + "[" * inside + "]" * inside) == []
    assert found("a: " + "[" * (inside + 1) + "]" * (inside + 1)) == ["1:67 yaml-depth"]
    assert found("a: " + "[" * 100_000)[0].endswith("yaml-depth")
    assert found("".join(" " * n + "a:\n" for n in range(70)))[0].endswith("yaml-depth")


def test_depth_through_aliases() -> None:
    rows = ["a0: &a0 [[[[[[[[[[1]]]]]]]]]]"]
    rows += [f"a{n}: &a{n} [[[[[[[[[*a{n - 1}]]]]]]]]]" for n in range(1, 9)]
    assert found("\n".join(rows)) == ["7:18 yaml-depth"]


def test_nodes() -> None:
    fits = loading.MAX_NODES - 3  # the mapping, its key and the list
    items = "a: [" + "1," * fits + "]\n"
    assert found(items) == []
    assert found(items.replace("]", "1]")) == [f"1:{len(items) - 1} yaml-nodes"]


def test_alias_bomb_is_counted_and_not_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    expand = loading.Reader.expand
    monkeypatch.setattr(loading.Reader, "expand", lambda *rest: (calls.append(1), expand(*rest))[1])
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert found("\n".join(rows))[-1].endswith("yaml-nodes")
    assert len(calls) <= loading.MAX_NODES


def test_a_long_text_cannot_be_multiplied() -> None:
    text = "a: &a " + "x" * 500_000 + "\nb: [" + "*a, " * 10_000 + "]\n"
    assert found(text)[-1].endswith("yaml-nodes")


def test_problems_of_one_document_come_together_and_in_words() -> None:
    problems = Problems()
    load("training:\n  lr: 1\n  lr: 2\nlayers:\n- {k: 1, k: 2}\n", "spec.yaml", problems)
    assert [problem.message for problem in problems.all] == [
        "training.lr is given twice (first at line 2)",
        "layers[0].k is given twice (first at line 5)",
    ]


def test_the_first_of_equal_keys_counts() -> None:
    document = load("a: 1\na: {b: 2}\n", "spec.yaml", Problems())
    assert document.data == {"a": 1}
    assert at(document.marks.value(("a", "b"))) == (1, 1, 1)


def test_marks() -> None:
    text = (
        "gangen: 1\n"
        "training:\n"
        "  lr: 1e-4  # comment\n"
        "  betas: [0.5, 0.999]\n"
        "  adam: {lr: 'é😀', eps: 3}\n"
        "layers:\n"
        "  - relu\n"
        "  - conv: {channels: 64}\n"
        "empty:\n"
        'long: "one\n'
        '  two"\n'
        "block: |\n"
        "  text\n"
    )
    marks = read(text).marks
    assert at(marks.key(("training",))) == (2, 1, 8)
    assert at(marks.value(("training",))) == (3, 3, 2)
    assert at(marks.key(("training", "lr"))) == (3, 3, 2)
    assert at(marks.value(("training", "lr"))) == (3, 7, 4)
    assert text_at(marks.value(("training", "betas"))) == "[0.5, 0.999]"
    assert text_at(marks.value(("training", "betas", 1))) == "0.999"
    assert at(marks.key(("training", "betas", 1))) == (4, 16, 5)
    assert text_at(marks.value(("training", "adam"))) == "{lr: 'é😀', eps: 3}"
    assert at(marks.key(("training", "adam", "eps"))) == (5, 20, 3)
    assert text_at(marks.value(("training", "adam", "lr"))) == "'é😀'"
    assert at(marks.value(("layers",))) == (7, 3, 1)
    assert text_at(marks.value(("layers", 0))) == "relu"
    assert at(marks.key(("layers", 1, "conv"))) == (8, 5, 4)
    assert at(marks.value(("layers", 1))) == (8, 5, 4)
    assert at(marks.value(("empty",))) == (9, 1, 5)
    assert text_at(marks.value(("long",))) == '"one'
    assert text_at(marks.value(("block",))) == "|"


def test_marks_of_missing_paths_are_the_nearest_key() -> None:
    marks = read("# comment\na:\n  b: [1]\n").marks
    assert at(marks.key(("a", "b", 0, "x"))) == (3, 7, 1)
    assert at(marks.value(("a", "b", 7))) == (3, 3, 1)
    assert at(marks.value(("a", "x", "y"))) == (2, 1, 1)
    assert at(marks.key(("x",))) == at(marks.value(("x", 3))) == at(marks.value(())) == (1, 1, 1)


def test_an_alias_is_a_copy_placed_at_the_alias() -> None:
    document = read("a: &x\n  b: {c: [1]}\nd: *x\ne: [*x, *x]\n")
    assert document.data["d"] == document.data["a"]
    document.data["d"]["b"]["c"].append(2)
    assert document.data["a"] == document.data["e"][1] == {"b": {"c": [1]}}
    for path in ((), ("b",), ("b", "c"), ("b", "c", 0)):
        assert at(document.marks.value(("d", *path))) == (3, 4, 2)
        assert at(document.marks.value(("e", 1, *path))) == (4, 9, 2)
    assert at(document.marks.key(("d", "b", "c"))) == (3, 4, 2)
    assert at(document.marks.key(("a", "b", "c"))) == (2, 7, 1)


def test_the_latest_anchor_of_a_name_counts() -> None:
    assert read("a: &x 1\nb: &x 2\nc: *x\n").data["c"] == 2


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end: str) -> None:
    marks = read(end.join(["a:", "  b: 'é'", "", "  c: 2", ""])).marks
    assert at(marks.key(("a", "c"))) == (4, 3, 1)
    assert text_at(marks.value(("a", "b"))) == "'é'"


@pytest.mark.parametrize("separator", ["\x85", "\u2028", "\u2029"])
def test_lines_are_counted_as_the_parser_counts_them(separator: str) -> None:
    marks = read(f"# a{separator}# b\nc: 1\n").marks
    assert text_at(marks.key(("c",))) == "c"


def test_marks_can_be_set_and_merged() -> None:
    one, two = Source("one", "x"), Source("two", "y")
    marks = Marks(one)
    marks.set(("a", "b"), Place(one, 1, 1), Place(one, 1, 5))
    marks.set(("a", "c"), Place(one, 2, 1), None)
    other = Marks(two)
    other.set(("d",), Place(two, 9, 1), Place(two, 9, 5))
    merged = marks.merged(other, under=("a", "b"))
    assert str(merged.value(("a", "b", "d"))) == "two:9:5"
    assert str(merged.key(("a", "b"))) == "one:1:1"
    assert str(merged.key(("a", "c"))) == "one:2:1"
    assert str(marks.value(("a", "b", "d"))) == "one:1:1"
    assert str(marks.merged(other).key(("a",))) == "two:1:1"


def two(lower: str, upper: str) -> tuple[Document, Document]:
    problems = Problems()
    documents = load(lower, "preset", problems), load(upper, "spec.yaml", problems)
    assert not problems
    return documents


def test_overlay() -> None:
    lower, upper = two(
        "a: 1\nt:\n  lr: 1\n  betas: [1, 2]\n  o: {adam: {lr: 3}}\nz: {k: 1}\n",
        "t:\n  betas: [3]\n  o: {adam: {eps: 4}}\nz:\nn: {m: 1}\n",
    )
    before = str(lower.data), str(upper.data)
    both = overlay(lower, upper)
    assert both.data == {
        "a": 1,
        "t": {"lr": 1, "betas": [3], "o": {"adam": {"lr": 3, "eps": 4}}},
        "z": None,
        "n": {"m": 1},
    }
    assert list(both.data) == ["a", "t", "z", "n"]
    places = {
        ("a",): "preset:1:4",
        ("t", "lr"): "preset:3:7",
        ("t", "betas", 0): "spec.yaml:2:11",
        ("t", "betas", 1): "spec.yaml:2:3",
        ("t", "o", "adam", "lr"): "preset:5:18",
        ("t", "o", "adam", "eps"): "spec.yaml:3:19",
        ("z", "k"): "spec.yaml:4:1",
        ("n", "m"): "spec.yaml:5:8",
        ("missing",): "spec.yaml:1:1",
        ("t", "missing"): "spec.yaml:1:1",
    }
    assert {path: str(both.marks.value(path)) for path in places} == places
    both.data["t"]["o"]["adam"]["lr"] = 9
    assert (str(lower.data), str(upper.data)) == before


def test_overlay_can_replace_a_mapping_whole() -> None:
    lower, upper = two(
        "g: {architecture: a, width: 1}\nt: {x: 1}\n", "g: {architecture: b}\nt: {y: 2}\n"
    )
    seen = []

    def replace(path: tuple[str | int, ...], below: Any, above: Any) -> bool:
        seen.append((path, below, above))
        return path == ("g",)

    both = overlay(lower, upper, replace)
    assert both.data == {"g": {"architecture": "b"}, "t": {"x": 1, "y": 2}}
    assert str(both.marks.key(("g", "width"))) == "spec.yaml:1:1"
    assert seen[0] == (("g",), {"architecture": "a", "width": 1}, {"architecture": "b"})


def test_parse_value() -> None:
    problems = Problems()
    for text, expected in [("64", 64), ("", None), ("[1, a]", [1, "a"]), ("a: 1", {"a": 1})]:
        assert parse_value(text, "--set", problems).data == expected
    assert problems.all == ()
    parse_value("[1", "--set", problems)
    assert [problem.code for problem in problems.all] == ["yaml-syntax"]


BASE = "t: {lr: 1, o: [1, 2, 3]}\nblocks:\n- {c: 1}\n- {c: 2}\nn:\nx: text\n"


@pytest.mark.parametrize(
    ("assignment", "path", "expected", "place"),
    [
        ("t.lr=1e-4", ("t", "lr"), 1e-4, (1, 6, 4)),
        ("t.lr=", ("t", "lr"), None, (1, 3, 2)),
        ("x=a=b", ("x",), "a=b", (1, 3, 3)),
        (" t.lr = 5", ("t", "lr"), 5, (1, 9, 1)),
        ("blocks.1.c=64", ("blocks", 1, "c"), 64, (1, 12, 2)),
        ("t.o.0=no", ("t", "o", 0), "no", (1, 7, 2)),
        ("new.deep.key={a: [7]}", ("new", "deep", "key", "a", 0), 7, (1, 19, 1)),
        ("n.k=1", ("n", "k"), 1, (1, 5, 1)),
        ("t.o+=4", ("t", "o", 3), 4, (1, 6, 1)),
        ("t.o += {k: 4}", ("t", "o", 3, "k"), 4, (1, 12, 1)),
        ("p+=[4]", ("p", 0, 0), 4, (1, 5, 1)),
        ("blocks+={c: 3}", ("blocks", 2, "c"), 3, (1, 13, 1)),
    ],
)
def test_set(assignment: str, path: tuple[str | int, ...], expected: object, place: object) -> None:
    problems = Problems()
    base = read(BASE)
    document = apply_set(base, [assignment], problems)
    assert problems.all == ()
    data = document.data
    for part in path:
        data = data[part]
    assert data == expected
    assert at(document.marks.value(path)) == place
    assert document.marks.value(path).source == Source("--set", assignment)
    assert base.data == read(BASE).data
    assert at(document.marks.value(("x", "y"))) == (
        at(base.marks.key(("x",))) if path[0] != "x" else (1, 1, 1)
    )


def test_set_in_order_and_reset() -> None:
    problems = Problems()
    document = apply_set(read(BASE), ["~blocks.0", "blocks.0.c=9", "~t.lr", "~t.o.1"], problems)
    assert problems.all == ()
    assert document.data["blocks"] == [{"c": 9}]
    assert document.data["t"] == {"o": [1, 3]}
    assert text_at(document.marks.value(("t", "o", 1))) == "3"
    assert at(document.marks.key(("t", "lr"))) == (1, 1, 1)
    assert document.marks.value(("blocks", 0, "c")).source.name == "--set"


def test_resetting_nothing_is_a_warning() -> None:
    for assignment, help in [("~t.lrr", "did you mean t.lr?"), ("~zzz.a.b", None)]:
        problems = Problems()
        assert apply_set(read(BASE), [assignment], problems).data == read(BASE).data
        (warning,) = problems.warnings
        assert (warning.code, warning.help) == ("set-path", help)
        assert not problems


@pytest.mark.parametrize(
    ("assignment", "column", "code"),
    [
        ("t.lr", 1, "set-path"),
        ("", 1, "set-path"),
        ("~t.lr=1", 1, "set-path"),
        ("=1", 1, "set-path"),
        ("a..b=1", 3, "set-path"),
        ("a.=1", 3, "set-path"),
        ("~", 2, "set-path"),
        ("a b.c=1", 1, "set-path"),
        ("blocks.2.c=1", 8, "set-path"),
        ("blocks.-1.c=1", 8, "set-path"),
        ("blocks.c=1", 8, "set-path"),
        ("blocks." + "9" * 5000 + "=1", 8, "set-path"),
        ("~blocks.5", 9, "set-path"),
        ("nothing.0.c=1", 9, "set-path"),
        ("t.0=1", 3, "set-path"),
        ("x.y=1", 3, "set-path"),
        ("x+=1", 1, "set-path"),
        ("t.lr=[1", 6, "yaml-syntax"),
        ("t.lr=!foo 1", 6, "yaml-tag"),
        ("t.lr={a: 1, a: 2}", 13, "duplicate-key"),
        ("t.lr=x\x00", 7, "yaml-encoding"),
        ("t.lr=\udcff", 6, "yaml-encoding"),
        (".".join("a" * 100) + "=1", 1, "set-path"),
    ],
)
def test_bad_assignments(assignment: str, column: int, code: str) -> None:
    problems = Problems()
    apply_set(read(BASE), [assignment], problems)
    (problem,) = problems.errors
    assert problem.place is not None
    assert (problem.place.source.name, problem.place.column, problem.code) == (
        "--set",
        column,
        code,
    )
    assert problem.place.source.text == assignment
    problem.render()


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_bytes(b"a: 1\r\n")
    problems = Problems()
    document = load_file(path, problems)
    assert document.data == {"a": 1}
    assert document.source.name == str(path)
    path.write_bytes(b"#" * (yaml_text.MAX_BYTES + 10))
    load_file(path, problems)
    assert [problem.code for problem in problems.all] == ["yaml-size"]


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (tmp_path / "missing.yaml", tmp_path, tmp_path / "x\0y"):
        with pytest.raises(UsageError) as caught:
            load_file(path, Problems())
        assert caught.value.help
        assert caught.value.exit_code == 2

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(UsageError, match="Permission denied"):
        load_file(tmp_path / "spec.yaml", Problems())


def calls(layers: int) -> int:
    """Function calls, Python's and C's, that a spec of so many layers costs."""
    text = "layers:\n" + "- conv: {channels: 64, kernel: 4}\n" * layers
    count = 0

    def profile(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    problems = Problems()
    sys.setprofile(profile)
    try:
        load(text, "spec.yaml", problems)
    finally:
        sys.setprofile(None)
    assert not problems
    return count


def test_time_is_linear() -> None:
    assert calls(800) < 2.05 * calls(400)


def test_the_text_is_cut_into_lines_once(monkeypatch: pytest.MonkeyPatch) -> None:
    cuts = []
    lines = Source.__dict__["lines"].func
    monkeypatch.setattr(
        Source.__dict__["lines"], "func", lambda self: cuts.append(1) or lines(self)
    )
    problems = Problems()
    load("a:\n" + '- "x\n  y"\n' * 400, "spec.yaml", problems)
    assert len(cuts) == 1


PIECES = st.sampled_from(
    [
        *"ab[]{}!'\"\\#%~@`|>\t\n\r\x00\x1b\x85\u2028\ufeff\ud800é😀",
        "b: ",
        "- ",
        ", ",
        ": ",
        "? ",
        "\n  ",
        "\n\t",
        "&x ",
        "*x",
        "!!int ",
        "!!str ",
        "\\ud800",
        "|\n",
        "---\n",
        "...\n",
        "<<",
        "1e-4",
        "\\x",
        "%YAML 1.2\n",
        "%TAG ! x\n",
    ]
)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(PIECES, max_size=25).map("".join))
def test_hostile_text_gives_data_or_problems(text: str) -> None:
    problems = Problems()
    document = load(text, "spec.yaml", problems)
    assert bool(problems) or isinstance(document.data, dict)
    for problem in problems.all:
        assert problem.render().isascii() or not any(
            ord(c) < 32 for c in problem.render() if c != "\n"
        )
        assert problem.place is None or problem.place.column >= 1
    apply_set(read(BASE), [text, "x=" + text, text + "=1", "~" + text], problems)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=60))
def test_hostile_bytes_give_data_or_problems(text: bytes) -> None:
    problems = Problems()
    assert bool(problems) or isinstance(load(text, "spec.yaml", problems).data, dict)


SCALARS = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=8)
TREES = st.recursive(
    SCALARS | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.text(max_size=5), TREES, max_size=4), st.booleans())
def test_what_json_can_say_is_read_back(data: dict[str, Any], flow: bool) -> None:
    text = "a: " + yaml.safe_dump(
        data, default_style='"', default_flow_style=True, allow_unicode=False
    )
    expected = {"a": data}
    if not flow:
        text = yaml.safe_dump(expected, default_style='"', default_flow_style=False)
    problems = Problems()
    document = load(text, "spec.yaml", problems)
    if any(problem.code == "yaml-encoding" for problem in problems.all):  # NUL
        return
    assert problems.all == ()
    assert document.data == expected

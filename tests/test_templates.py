"""Jinja prints, Python thinks: templates are Python-shaped and hold next to no control."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import black
import pytest
from jinja2 import DictLoader, Environment, TemplateNotFound, UndefinedError, nodes
from jinja2.visitor import NodeVisitor

from gangen.catalogue import Catalogue, shipped
from gangen.render import guard, make_environment
from gangen.text import Code

CATALOGUE = Catalogue((shipped(),))
FAMILIES = CATALOGUE.names("families")
TEMPLATES = sorted(shipped().rglob("*.jinja"))
PYTHON = [path for path in TEMPLATES if path.name.endswith(".py.jinja")]
FILTERS = {"py", "comment", "docstring", "md", "toml"}
CONTROL = re.compile(r"^[ \t]*#: (.*)\n", re.MULTILINE)
HOLE = re.compile(r"{{(.*?)}}")
MODE = black.Mode(line_length=100, target_versions={black.TargetVersion.PY310})


def ids(path: Path) -> str:
    return path.relative_to(shipped()).as_posix()


def environment(family: str = FAMILIES[0], **templates: str) -> Environment:
    """The compiler's own, over templates of a test."""
    made = make_environment(CATALOGUE, family)
    made.loader = DictLoader(templates)
    return made


def parsed(path: Path) -> nodes.Template:
    return environment().parse(path.read_text(encoding="utf-8"))


# Templates are Python


def one_branch(text: str, other: bool) -> str:
    """The text without the parts of if/else that are not taken: all first, or all second ones.

    What has no `else` stays, so that no body is empty.
    """
    kept, open_ifs = [], []  # each: the number of its lines in `kept`, whether it has an else
    for line in text.splitlines(keepends=True):
        control = CONTROL.fullmatch(line)
        word = control[1].split()[0] if control else ""
        if word == "if":
            open_ifs.append([len(kept), -1])
        elif word == "else":
            open_ifs[-1][1] = len(kept)
        elif word == "endif":
            first, second = open_ifs.pop()
            if second >= 0:
                kept[first:] = kept[second:] if other else kept[first:second]
        kept += [line] if word not in ("if", "else", "endif") else []
    return "".join(kept)


def whole(path: Path, other: bool) -> str:
    """One branch of each choice of a template, with what it includes."""
    included, indents = "", [""]
    for line in one_branch(path.read_text(encoding="utf-8"), other).splitlines(keepends=True):
        control = CONTROL.fullmatch(line)
        word, *rest = control[1].split() if control else [""]
        if word == "filter":
            indents.append(indents[-1] + int(re.sub(r"\D", "", rest[0])) * " ")
        elif word == "endfilter":
            indents.pop()
        elif word == "include":
            found = fragment(path, rest[0].strip('"'))
            included += textwrap.indent(whole(found, other) if found else "", indents[-1])
        elif not control:
            included += textwrap.indent(line, indents[-1])
    return included


def fragment(path: Path, name: str) -> Path | None:
    """Where an included template is: beside the one that includes it, or where a family has it."""
    folders = CATALOGUE.template_folders(FAMILIES[0])
    return next((f / name for f in (path.parent, *folders) if (f / name).is_file()), None)


def python_shaped(path: Path, other: bool = False) -> str:
    """The template as Python: one branch of each choice, a name in each hole.

    A hole directly behind something is what may follow it (`f(x{{ more }})`). A fragment that is
    included inside a function is given one, around its dedented text; one of arguments, a call.
    """
    text = whole(path, other)
    text = re.sub(r"(?<=[\w)\]\"])({{[^{}]*}})(?=\W)", "", text)
    text = HOLE.sub("hole", text)
    if not text.lstrip("\n").startswith(" "):
        return text
    inside = textwrap.dedent(text.strip("\n"))
    if re.fullmatch(r"(\w+=\w+,\n?)+", inside):
        return "call(\n" + textwrap.indent(inside, "    ") + "\n)\n"
    return "def fragment() -> None:\n" + textwrap.indent(inside, "    ") + "\n"


every_branch = pytest.mark.parametrize("other", [False, True], ids=["if", "else"])


@every_branch
@pytest.mark.parametrize("path", PYTHON, ids=ids)
def test_a_python_template_is_python(path: Path, other: bool) -> None:
    ast.parse(python_shaped(path, other))


@every_branch
@pytest.mark.parametrize("path", PYTHON, ids=ids)
def test_a_python_template_is_formatted(path: Path, other: bool) -> None:
    """Indented and spaced as black would; how lines break depends on what the holes hold."""

    def shape(text: str) -> list[str]:
        joined = re.sub(r"\s+", "", text).replace(",)", ")").replace(",}", "}").replace(",]", "]")
        return [joined, *(line.rstrip() for line in text.splitlines() if is_block(line))]

    text = python_shaped(path, other)
    assert shape(black.format_str(text, mode=MODE)) == shape(text)
    assert not [line for line in text.splitlines() if line != line.rstrip()]


def is_block(line: str) -> bool:
    return bool(re.match(r" *(def|class|if|else|for|while|with|try|except|return|raise)\b", line))


# What Jinja may do


ALLOWED_STATEMENTS = (nodes.For, nodes.If, nodes.Include, nodes.FilterBlock, nodes.Output)
ALLOWED_EXPRESSIONS = (
    nodes.Getattr,
    nodes.Name,
    nodes.Filter,
    nodes.TemplateData,
    nodes.Const,
)


class Walk(NodeVisitor):
    """Every node with those it stands in."""

    def __init__(self) -> None:
        self.found: list[tuple[nodes.Node, tuple[nodes.Node, ...]]] = []

    def generic_visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> None:
        parents: tuple[nodes.Node, ...] = args[0] if args else ()
        self.found.append((node, parents))
        for child in node.iter_child_nodes():
            self.visit(child, (*parents, node))


@cache
def walk(path: Path) -> Sequence[tuple[nodes.Node, tuple[nodes.Node, ...]]]:
    visitor = Walk()
    visitor.visit(parsed(path))
    return visitor.found[1:]


@pytest.mark.parametrize("path", TEMPLATES, ids=ids)
def test_only_a_few_constructs_are_used(path: Path) -> None:
    for node, _ in walk(path):
        where = f"{ids(path)}:{node.lineno}: {type(node).__name__}"
        assert isinstance(node, (*ALLOWED_STATEMENTS, *ALLOWED_EXPRESSIONS)), where


@pytest.mark.parametrize("path", TEMPLATES, ids=ids)
def test_loops_and_conditions_are_plain(path: Path) -> None:
    for node, parents in walk(path):
        where = f"{ids(path)}:{node.lineno}"
        if isinstance(node, nodes.For):
            assert attribute(node.iter), f"{where}: a loop goes over a list of the plan"
            assert isinstance(node.target, nodes.Name), where
            assert not node.else_, where
            assert node.test is None, where
            assert not node.recursive, where
            assert not any(isinstance(p, nodes.For) for p in parents), f"{where}: nested loops"
        if isinstance(node, nodes.If):
            assert attribute(node.test), f"{where}: a condition is an attribute of the plan"
            assert not node.elif_, where
        if isinstance(node, nodes.Include):
            assert isinstance(node.template, nodes.Const), where
            assert node.template.value.startswith("_"), f"{where}: fragments start with _"
        if isinstance(node, nodes.FilterBlock):
            assert node.filter.name == "indent", where
        if isinstance(node, nodes.Name):
            loops = [p.target.name for p in parents if isinstance(p, nodes.For)]
            fragment = variables(path.name) if path.name.startswith("_") else set()
            assert node.name in {"plan", *loops, *fragment}, f"{where}: {node.name}"


@cache
def variables(fragment: str) -> set[str]:
    """What the loops around its includes are called, and around the includes of those."""
    found: set[str] = set()
    for path in TEMPLATES:
        for node, parents in walk(path):
            if isinstance(node, nodes.Include) and node.template.value == fragment:
                found |= {loop.target.name for loop in parents if isinstance(loop, nodes.For)}
                found |= variables(path.name) if path.name.startswith("_") else set()
    return found


def attribute(node: nodes.Node) -> bool:
    """plan.a.b, or the same of a loop's variable."""
    while isinstance(node, nodes.Getattr):
        node = node.node
        if isinstance(node, nodes.Name):
            return True
    return False


@pytest.mark.parametrize("path", TEMPLATES, ids=ids)
def test_holes_are_attributes_with_one_filter_at_most(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for hole in HOLE.findall(text):
        found = re.fullmatch(r" [a-z]\w*(?:\.[a-z]\w*)*(?: \| ([a-z]+))? ", hole)
        assert found, hole
        assert found[1] is None or found[1] in FILTERS, hole
    assert "{%" not in text
    assert "{#" not in text


@pytest.mark.parametrize("path", TEMPLATES, ids=ids)
def test_control_lines_are_spelled_one_way(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    words = r"for \w+ in [\w.]+|endfor|if [\w.]+|else|endif|filter indent\(\d+, true\)|endfilter"
    include = r'include "_\w+\.\w+\.jinja"( ignore missing)?'
    for line in text.splitlines():
        if "#:" in line:
            assert re.fullmatch(rf" *#: ({words}|{include})", line), line


def share(paths: list[Path]) -> float:
    lines = [line for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    return sum(line.lstrip().startswith("#:") for line in lines) / len(lines)


@pytest.mark.parametrize("family", FAMILIES)
def test_little_of_a_projects_templates_is_control(family: str) -> None:
    """Of all that a project is printed from, the files that are copied as they are included.

    A family whose step has a dozen switches (warm-up, accumulation, halves …) needs a seventh.
    """
    folders = CATALOGUE.template_folders(family)
    real = [p for folder in folders for p in folder.rglob("*.py") if p.name != "family.py"]
    assert share([p for p in TEMPLATES if {*p.parents} & {*folders}] + real) <= 0.15


LARGE = [path for path in TEMPLATES if len(path.read_text(encoding="utf-8").splitlines()) >= 40]


@pytest.mark.parametrize("path", LARGE, ids=ids)
def test_little_of_a_large_template_is_control(path: Path) -> None:
    """A choice in a small space weighs more; nowhere is it more than a quarter."""
    assert share([path]) <= 0.25


@pytest.mark.parametrize("path", TEMPLATES, ids=ids)
def test_templates_name_no_member_of_the_catalogue(path: Path) -> None:
    """Which loss or layer a project has is nothing that a template asks."""
    kinds = ("losses", "penalties", "blocks", "architectures", "optimizers", "reparametrizations")
    names = [name for kind in kinds for name in CATALOGUE.names(kind)]
    asked = re.findall(r"#: (?:if|for) .*|{{.*?}}", path.read_text(encoding="utf-8"))
    found = [text for text in asked if re.search(rf"\b({'|'.join(names)})\b", text)]
    assert found == []


# What Jinja refuses


@pytest.mark.parametrize("value", [Code("x = 1"), Code(""), "", 0, 7, -1])
def test_the_guard_lets_code_and_whole_numbers_through(value: object) -> None:
    assert guard(value) is value
    assert environment(x="{{ value }}").get_template("x").render(value=value) == str(value)


@pytest.mark.parametrize(
    "value", ["text", " ", "\n", True, False, None, 1.5, ["a"], ("a",), {}, {"a": 1}, b"a", object]
)
def test_the_guard_refuses_everything_else(value: object) -> None:
    with pytest.raises(TypeError, match="unfiltered"):
        guard(value)
    with pytest.raises(TypeError, match="unfiltered"):
        environment(x="a{{ value }}b").get_template("x").render(value=value)


@pytest.mark.parametrize(
    "template",
    [
        "{{ text ~ '' }}",
        "{{ text.upper() }}",
        "{{ '%s' % text }}",
        "{{ [text] }}",
        "{{ text | indent(2) }}",
        "{{ code + text }}",
        "{{ 'constant' }}",
        "{% set a = text %}{{ a }}",
        "{% macro m() %}{{ text }}{% endmacro %}{{ m() }}",
        "{% for c in text %}{{ c }}{% endfor %}",
        "#: if text\n{{ text }}\n#: endif\n",
    ],
)
def test_a_specs_text_does_not_slip_through(template: str) -> None:
    with pytest.raises(TypeError, match="unfiltered"):
        environment(x=template).get_template("x").render(text="import os", code=Code("x"))


@pytest.mark.parametrize("filter_", ["safe", "e", "escape", "string", "upper", "join", "format"])
def test_jinjas_own_filters_are_not_there(filter_: str) -> None:
    with pytest.raises(Exception, match="No filter named"):
        environment(x=f"{{{{ text | {filter_} }}}}").get_template("x")


@pytest.mark.parametrize(
    "template",
    ["{{ absent }}", "{{ text.absent }}", "#: if absent\n#: endif\n", "{{ absent | py }}"],
)
def test_what_is_not_there_is_an_error(template: str) -> None:
    with pytest.raises((UndefinedError, TypeError)):
        environment(x=template).get_template("x").render(text="x")


def test_a_specs_text_is_never_a_template() -> None:
    text = "{{ 7 * 7 }}{% raw %}#: include 'x'"
    for name in FILTERS:
        result = environment(x=f"{{{{ text | {name} }}}}").get_template("x").render(text=text)
        assert "7 * 7" in result.replace("\\", "")
        assert "49" not in result


def test_an_include_that_is_missing() -> None:
    with pytest.raises(TemplateNotFound):
        environment(x='#: include "_absent.py.jinja"\n').get_template("x").render()


def test_line_statements_keep_blank_lines_and_indentation() -> None:
    template = "a\n\n    #: if yes\n    b\n\n    #: endif\n\n\nc\n"
    result = environment(x=template).get_template("x").render(yes=True)
    assert result == "a\n\n    b\n\n\n\nc\n"

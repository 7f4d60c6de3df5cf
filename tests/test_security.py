"""A spec may come from a stranger: its text is data in every file that gangen writes.

Every text that a spec can hold is found from the models and the catalogue, and given values that
have broken other generators. Either the spec is refused, or the project has the same code as with a
harmless value.
"""

from __future__ import annotations

import ast
import json
import re
import socket
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, get_args

import jinja2
import pytest
from jinja2 import nodes
from pydantic import BaseModel

from gangen.build import build, project_files
from gangen.catalogue import KINDS, Catalogue, SpecModel, shipped
from gangen.compose import Compiled, compile_spec, shipped_defaults
from gangen.describe import literals, takes
from gangen.errors import SpecError
from gangen.render import copied, guard, make_environment, render
from gangen.spec import Choice, Chosen, Many, NetworkSection, NetworkSpec, PerRole, Tagged
from gangen.spec import spec_model as model_of
from gangen.text import docstring, markdown, plain, toml

CATALOGUE = Catalogue((shipped(),))
USUAL = str(shipped_defaults(CATALOGUE).data["family"])
FAMILY = CATALOGUE.family(USUAL)
Keys = tuple[str | int, ...]

HARMLESS = "harmless"
HOSTILE = {
    "quotes": '"""',
    "single_quotes": "'''",
    "call": '""" + __import__("os").system("id") + """',
    "escaped_quote": '\\"""',
    "backslash": "\\",
    "backslashes": "\\\\",
    "named_escape": "\\N{BULLET}",
    "bad_escape": "\\x",
    "newline": "a\nimport os",
    "return": "a\rimport os",
    "form_feed": "a\x0cimport os",
    "vertical_tab": "a\x0bimport os",
    "next_line": "a\x85import os",
    "line_separator": "a\u2028import os",
    "paragraph_separator": "a\u2029import os",
    "nul": "a\x00b",
    "surrogate": "\ud800",
    "expression": "{{7*7}}",
    "block": "{% raw %}",
    "unclosed_comment": "{#",
    "line_statement": '#: include "config.py.jinja"',
    "line_statement_below": '\n#: include "config.py.jinja"\n',
    "braces": "{0.__class__} {plan} %(x)s %s $x",
    "end_of_comment": "*/ --> ]]>",
    "html": "<script>alert(1)</script><!--",
    "image": "<img src=x onerror=alert(1)>",
    "link": "[x](javascript:alert(1)) ](javascript:alert(2))",
    "backticks": "``` `rm -rf /`",
    "heading": "# x\n\n# y",
    "shell": "$(rm -rf /); `id` && id | id",
    "bidi": "\u202egnp.exe\u2066",
    "toml": '"\n[tool.x]\ny = """',
    "table": "a | b\n--- | ---",
    "path": "../../etc/passwd",
    "type_comment": "# type: ignore # noqa",
    "coding": "-*- coding: utf-7 -*-",
    "emoji": "\U0001f600",
    "long": "x" * 100_000,
}


# ------------------------------------------------------------------ every text of a spec


@dataclass(frozen=True)
class Text:
    """A place in a spec that takes a text; `free` when any text is legal there."""

    path: Keys
    base: Mapping[str, Any]
    free: bool

    @property
    def name(self) -> str:
        return ".".join(map(str, self.path))


# Values for options without default; a new one has to be added here.
REQUIRED = {"path": "data.bin", "image_size": [16, 16], "shape": [3, 16, 16], "lr": 1e-3}
REQUIRED |= {"attributes": 3, "channels": 4, "features": 4, "size": [2, 2], "network": "generator"}
REQUIRED |= {"length": 8, "vocabulary": 30, "filters": [[1, 2]]}
NAMES = ("preset", "family", "condition", "network", "best")  # texts that are looked up


OF_TOKENS = {"family": "sequence", "generator": {"architecture": "recurrent"}}


def base(data: str = "gaussian_1d") -> dict[str, Any]:
    """A small spec that is right."""
    spec = {"gangen": 1, "name": "tame", "data": {"source": data, **required("data", data)}}
    if CATALOGUE.get("data", data).constant("VOCABULARY"):
        judge = {"architecture": "textcnn", "filters": [[1, 2]]}
        return spec | OF_TOKENS | {"discriminator": judge}
    networks = {"architecture": "mlp", "init": {"normal": {}}}
    return spec | {"generator": networks, "discriminator": networks}


def required(kind: str, name: str) -> dict[str, Any]:
    options = CATALOGUE.get(kind, name).options()
    return {option: REQUIRED[option] for option, o in options.items() if o.required}


def texts() -> Iterator[Text]:
    """Every place for a text, from the models and the catalogue."""
    yield from of_model(model_of(FAMILY), (), base())
    for name in CATALOGUE.names("families"):
        family = CATALOGUE.family(name)
        roles = {role: {"architecture": "mlp"} for role in family.roles}
        for key, model in {"training": family.training, **family.sections}.items():
            found = of_model(model, (key,), base() | roles | {"family": name})
            known = key in FAMILY.sections or key == "training"  # with what is chosen below it
            yield from (t for t in found if name != USUAL and (len(t.path) == 2 or not known))


def of_model(model: type[SpecModel], path: Keys, spec: Mapping[str, Any]) -> Iterator[Text]:
    for name, field in model.model_fields.items():
        marker = next((m for m in field.metadata if isinstance(m, MARKERS)), None)
        nested = field.annotation
        if marker is not None:
            yield from of_marker(marker, (*path, name), spec)
        elif isinstance(nested, type) and issubclass(nested, SpecModel):
            yield from of_model(nested, (*path, name), spec)
        elif takes(nested, str) or any(takes(a, str) for a in get_args(nested)):
            closed = field.metadata and any(hasattr(m, "pattern") for m in field.metadata)
            free = not closed and name not in NAMES and not literals(nested)
            yield Text((*path, name), spec, free)


MARKERS = (Choice, Tagged, Many, PerRole, NetworkSection)


def of_marker(marker: Any, path: Keys, spec: Mapping[str, Any]) -> Iterator[Text]:
    match marker:
        case Tagged(kind, tag):
            yield Text((*path, tag), spec, False)
            for name in CATALOGUE.names(kind):
                inside = base(name) if kind == "data" else base() | {path[0]: {tag: name}}
                yield from of_component(kind, name, path, inside)
        case Many(Choice(kind)):
            yield from of_choices(kind, (*path, 0), lambda value: base() | placed(path, [value]))
        case Choice(kind):
            yield from of_choices(kind, path, lambda value: base() | placed(path, value))
        case PerRole(Choice(kind)):
            for role in FAMILY.roles:
                section = str(path[-1])
                yield from of_choices(
                    kind,
                    (*path, role),
                    lambda v, s=section, r=role: base() | {"training": {s: {r: v}}},
                )
        case NetworkSection(role, builder):
            yield Text((role, "architecture"), spec, False)
            able = [c.name for c in CATALOGUE.all("architectures") if builder in c.functions]
            for name in able:
                inside = base("digits") | {role: {"architecture": name}}
                yield from of_component("architectures", name, (role,), inside, builder)
            for kind, key in (("initializers", "init"), ("conditioning", "conditioning")):
                yield from of_choices(
                    kind,
                    (role, key),
                    lambda v, k=key, r=role: base() | {r: {"architecture": "mlp", k: v}},
                )
            yield from of_choices(
                "blocks", (role, "layers", 0), lambda v, r=role: base() | {r: {"layers": [v]}}
            )
            for name in CATALOGUE.names("reparametrizations"):
                section = {"architecture": "mlp", name: {}}
                inside = base() | {role: section}
                yield from of_component("reparametrizations", name, (role, name), inside)
        case _:
            raise AssertionError(f"texts behind {marker} are not tested")


def placed(path: Keys, value: Any) -> dict[str, Any]:
    """A value below the keys that lead to it."""
    for key in reversed(path):
        value = {str(key): value}
    whole: dict[str, Any] = value
    return whole


def of_choices(kind: str, path: Keys, spec: Any) -> Iterator[Text]:
    yield Text(path, spec("harmless"), False)
    for name in CATALOGUE.names(kind):
        chosen = {name: required(kind, name)}
        yield from of_component(kind, name, (*path, name), spec(chosen))


def of_component(
    kind: str, name: str, path: Keys, spec: Mapping[str, Any], function: str = ""
) -> Iterator[Text]:
    for option in CATALOGUE.get(kind, name).options(function).values():
        if takes(option.type, str):
            closed = any(getattr(x, "pattern", None) for x in get_args(option.type))
            free = option.name not in NAMES and not literals(option.type) and not closed
            yield Text((*path, option.name), spec, free)


TEXTS = list(texts())
FREE = [text for text in TEXTS if text.free]
CLOSED = [text for text in TEXTS if not text.free]


def with_value(spec: Mapping[str, Any], path: Keys, value: str) -> Any:
    """The spec with one value replaced, everything else shared."""
    if not path:
        return value
    if isinstance(path[0], int):
        items = list(spec)
        items[path[0]] = with_value(items[path[0]], path[1:], value)
        return items
    below: Any = spec.get(path[0]) if isinstance(spec, Mapping) else None
    return {**spec, path[0]: with_value(below if below is not None else {}, path[1:], value)}


def as_yaml(value: Any) -> str:
    """YAML in which every character of a text is plain ASCII or escaped."""
    match value:
        case Mapping():
            return "{" + ", ".join(f"{as_yaml(k)}: {as_yaml(v)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(as_yaml, value)) + "]"
        case str():
            return '"' + "".join(map(escaped, value)) + '"'
    return str(value).lower()


def escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    plain_text = character.isascii() and character.isprintable()
    return character if plain_text else f"\\U{ord(character):08x}"


def compiled(spec: Mapping[str, Any]) -> Compiled:
    return compile_spec(Path("spec.yaml"), CATALOGUE, text=as_yaml(spec))


def test_the_texts_are_found() -> None:
    """The enumeration is not empty by accident."""
    names = {text.name for text in TEXTS}
    assert {"name", "description", "data.path", "data.samples_key", "data.source"} <= names
    assert {"objective.loss", "penalties.0", "generator.layers.0", "generator.norm"} <= names
    assert {"training.optimizer.generator", "latent.distribution", "preset", "family"} <= names
    assert {"augment.0", "generator.conditioning", "training.fake_labels"} <= names
    assert {"evaluation.metrics.0", "evaluation.features", "evaluation.best"} <= names
    assert {"launch.0", "launch.0.slurm.time"} <= names
    assert {"penalties.0.orthogonal.network", "training.batches", "data.attributes_key"} <= names
    assert {text.name for text in FREE} >= {"description", "data.path", "data.labels_key"}
    assert len(CLOSED) > 25


def test_every_model_of_the_spec_is_walked() -> None:
    """A text that only `FREE` or `CLOSED` does not know would never be tested."""
    known = {text.path[-1] for text in TEXTS}
    for kind in KINDS:
        for name in CATALOGUE.names(kind):
            if kind == "pictures":  # not chosen by a spec
                continue
            options = CATALOGUE.get(kind, name).options().values()
            assert {option.name for option in options if takes(option.type, str)} <= known


# ------------------------------------------------------------------ what is not free is refused


@pytest.mark.parametrize("text", CLOSED, ids=lambda text: text.name)
def test_names_and_choices_are_closed(text: Text) -> None:
    for value in HOSTILE.values():
        with pytest.raises(SpecError) as caught:
            compiled(with_value(text.base, text.path, value))
        message = caught.value.render()
        assert message.isprintable() or set(message) - printable(message) <= {"\n"}
        assert len(message) < 5_000


def printable(text: str) -> set[str]:
    return {character for character in text if character.isprintable()}


def test_keys_are_closed() -> None:
    for value in HOSTILE.values():
        for path in ((), ("data",), ("generator",), ("training", "optimizer"), ("latent",)):
            with pytest.raises(SpecError):
                compiled(with_value(base(), (*path, value), "1"))
            assignment = ".".join([*path, value]) + "=1"
            with pytest.raises(SpecError):
                compile_spec(Path("s"), CATALOGUE, [assignment], as_yaml(base()))


NO_NAMES = [
    *("..", ".", "/", "\\", "a/b", "a\\b", "../a", "/etc", "C:a", "a:b", "a.", "a ", " a", "a.b"),
    *("-a", "_a", "a\x00", "a\n", "A", "\u0430", "a\u200b", "\uff41", "\u0131", "\u00df"),
    *(65 * "a", "", "~", "$HOME"),
]


@pytest.mark.parametrize("name", NO_NAMES)
def test_a_name_is_no_path(name: str) -> None:
    with pytest.raises(SpecError):
        compiled(base() | {"name": name})


# ------------------------------------------------------------------ what is free stays a value

SOURCES = sorted({str(text.base["data"]["source"]) for text in FREE})


def all_free(source: str, value: str) -> dict[str, Any]:
    """A spec with the value in each of its free texts."""
    spec = base(source)
    for text in FREE:
        if text.base["data"]["source"] == source or text.path[0] != "data":
            spec = with_value(spec, text.path, value)
    return spec


def harmless(source: str) -> Mapping[str, str]:
    return render(compiled(all_free(source, HARMLESS)).plan, CATALOGUE)


@pytest.fixture(scope="module")
def same() -> dict[str, Mapping[str, str]]:
    return {source: harmless(source) for source in SOURCES}


# Every value in the source with the most texts, some values in the others.
MOST = max(SOURCES, key=lambda source: sum(t.base["data"]["source"] == source for t in FREE))
SOME = ("call", "escaped_quote", "line_separator", "line_statement", "toml", "surrogate")
CASES = [(name, source) for source in SOURCES for name in (HOSTILE if source == MOST else SOME)]


@pytest.mark.parametrize(("name", "source"), CASES)
def test_free_text_stays_text(
    name: str, source: str, same: Mapping[str, Mapping[str, str]]
) -> None:
    value, spec = HOSTILE[name], all_free(source, HOSTILE[name])
    if name in ("surrogate", "nul"):
        with pytest.raises(SpecError):
            compiled(spec)
        return
    if name == "long":  # a path may be long, a description may not
        spec["description"] = HARMLESS
    plan = compiled(spec).plan
    files = render(plan, CATALOGUE)
    assert files.keys() == same[source].keys()
    for path, text in files.items():
        check_file(path, text, same[source][path], value)


def check_file(path: str, text: str, expected: str, value: str) -> None:
    """The file holds the value as a text wherever it holds the harmless one, and nothing else."""
    if path.endswith(".py"):
        tree, wanted = ast.parse(text), ast.parse(expected)
        assert shape(tree, value) == shape(wanted, HARMLESS), path
        assert strings(tree).count(value) >= strings(wanted).count(HARMLESS)
    elif path.endswith(".toml"):
        assert tomllib.loads(text) == tomllib.loads(expected)
    elif path.endswith(".md"):
        assert text.count("\n") == expected.count("\n")
        check_markdown(text)
    elif path.endswith(".json"):  # data, in which any text is itself
        found, wanted = json.loads(text), json.loads(expected)
        assert found.pop("description") in (value, wanted.pop("description"))
        assert found == wanted
    else:
        assert text == expected


def shape(tree: ast.AST, value: str) -> str:
    """The tree, with the value's texts replaced; comments never get this far."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            exact = node.value == value
            node.value = "<value>" if exact else node.value
    return ast.dump(tree)


def strings(tree: ast.AST) -> list[str]:
    """Constants, those that `shape` has marked too."""
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def check_markdown(text: str) -> None:
    """No raw HTML, and no link, image or code that gangen's own template did not write."""
    outside = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    outside = re.sub(r"\\.", "", outside)
    outside = re.sub(r"`[^`\n]*`", "", outside)
    assert not re.search(r"<[A-Za-z/!?]", outside), outside
    assert "`" not in outside
    for target in re.findall(r"\]\(([^)]*)\)", outside):
        assert target.startswith("https://"), target


@pytest.mark.parametrize("name", HOSTILE)
def test_filters(name: str) -> None:
    """Each filter alone: what it gives is inside its own quotes, whatever goes in."""
    value = HOSTILE[name]
    assert ast.literal_eval(f'"""x {docstring(value)} x"""').strip("x ") == plain(value).strip("x ")
    assert tomllib.loads(f"x = {toml(value)}") == {"x": plain(value)}
    assert len(ast.parse(f"pass  # {plain(value)}\npass").body) == 2
    check_markdown(markdown(value))


def test_formatted_project_keeps_the_values() -> None:
    """The whole way, black included, with everything hostile at once."""
    value = "".join(v for k, v in HOSTILE.items() if k not in ("nul", "surrogate", "long"))
    spec = all_free("npz", value)
    files = project_files(compiled(spec), CATALOGUE)
    expected = project_files(compiled(all_free("npz", HARMLESS)), CATALOGUE)
    assert files.keys() == expected.keys()
    for path in files:
        if path.endswith((".py", ".toml", ".md")):
            check_file(path, files[path].decode(), expected[path].decode(), value)
    assert strings(ast.parse(files["data.py"])).count(value) == 3  # all names of arrays


# ------------------------------------------------------------------ specs are not templates


def test_no_text_of_a_spec_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    compile_template, seen = jinja2.Environment.compile, []

    def spy(self: Any, source: Any, *args: Any, **kwargs: Any) -> Any:
        seen.append(str(source))
        return compile_template(self, source, *args, **kwargs)

    monkeypatch.setattr(jinja2.Environment, "compile", spy)
    files = render(compiled(all_free("npz", "{{7*7}}sentinel")).plan, CATALOGUE)
    assert seen
    assert not any("sentinel" in source for source in seen)
    assert any("{{7*7}}sentinel" in text for text in files.values())
    assert not any("49sentinel" in text for text in files.values())


def test_only_finished_code_is_printed() -> None:
    assert guard("") == ""
    assert guard(3) == 3
    for value in ("text", 1.5, True, None, [], object()):
        with pytest.raises(TypeError, match="unfiltered"):
            guard(value)


def test_templates_call_nothing() -> None:
    """Values in, text out: no calls, no private names, no template made of a text."""
    environment = make_environment(CATALOGUE, USUAL)
    names = environment.list_templates(filter_func=lambda name: name.endswith(".jinja"))
    assert names
    for name in names:
        source = environment.preprocess(environment.loader.get_source(environment, name)[0])
        tree = environment.parse(source)
        assert not list(tree.find_all((nodes.Call, nodes.CallBlock, nodes.FromImport))), name
        assert not [n.attr for n in tree.find_all(nodes.Getattr) if n.attr.startswith("_")], name
        for include in tree.find_all(nodes.Include):
            assert isinstance(include.template, nodes.Const), name


def test_a_resolved_spec_holds_plain_data_only() -> None:
    def check(value: Any) -> None:
        match value:
            case BaseModel():
                for name in type(value).model_fields:
                    check(getattr(value, name))
            case Chosen():
                check(dict(value.options))
            case NetworkSpec():
                parts = (value.architecture, value.initializer, value.conditioning)
                for part in (*parts, *value.reparametrizations):
                    check(part)
                for layer in value.layers:
                    check(layer.chosen)
            case dict():
                for key, item in value.items():
                    assert type(key) is str
                    check(item)
            case tuple():
                for item in value:
                    check(item)
            case _:
                assert type(value) in (int, float, bool, str, type(None)), value

    for source in CATALOGUE.names("data"):
        check(compiled(base(source)).spec)


# ------------------------------------------------------------------ nothing is run or fetched


class Pickled:
    """What a python/* tag would make."""


@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:os.system",
        "!!python/object/new:subprocess.Popen",
        "!!python/object:tests.test_security.Pickled",
        "!!python/name:os.system",
        "!!python/module:os",
        "!!python/tuple",
        "!!python/str",
        "!<tag:yaml.org,2002:python/object/apply:eval>",
        "!include",
        "!!binary",
        "!!set",
    ],
)
@pytest.mark.parametrize("inside", ["[id]", "{}", "x"])
def test_tags_make_nothing(tag: str, inside: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((subprocess, "Popen"), (__import__("os"), "system")):
        monkeypatch.setattr(module, name, forbidden)
    text = as_yaml(base())[:-1] + f', "description": {tag} {inside}}}'
    with pytest.raises(SpecError) as caught:
        compile_spec(Path("s"), CATALOGUE, text=text)
    assert {problem.code for problem in caught.value.problems} == {"yaml-tag"}


def forbidden(*args: Any, **kwargs: Any) -> NoReturn:
    raise AssertionError("this must not happen")


def test_building_opens_no_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("socket", "create_connection", "getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, name, forbidden)
    spec = tmp_path / "spec.yaml"
    spec.write_text(as_yaml(base()), encoding="utf-8")
    assert build(spec, tmp_path / "out", CATALOGUE).changes


# ------------------------------------------------------------------ the generated code

DANGEROUS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen"}


def generated() -> Iterator[tuple[str, ast.Module]]:
    """All Python that any project can get: one project of each source, and the whole catalogue."""
    for source in CATALOGUE.names("data"):
        for path, text in render(compiled(base(source)).plan, CATALOGUE).items():
            if path.endswith(".py"):
                yield f"{source}: {path}", ast.parse(text)
    for path, content in copied(CATALOGUE, USUAL).items():
        yield path, ast.parse(content)
    for file in sorted(shipped().rglob("*.py")):
        yield str(file), ast.parse(file.read_text(encoding="utf-8"))


def test_generated_code_loads_no_objects() -> None:
    loads = 0
    for path, tree in generated():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name, keywords = ast.unparse(call.func), {k.arg: k.value for k in call.keywords}
            if name == "torch.load":
                loads += 1
                assert ast.unparse(keywords["weights_only"]) == "True", path
            if name in ("np.load", "numpy.load"):
                allowed = keywords.get("allow_pickle")
                assert allowed is None or ast.unparse(allowed) == "False", path
            assert not re.fullmatch(r"(c?[pP]ickle|marshal|shelve|joblib|dill)\.\w+", name), path
            assert not re.search(r"add_safe_globals|torch\.hub\.|torch\.jit\.load", name), path
            assert name not in DANGEROUS, f"{path}: {name}"
            shell = keywords.get("shell")
            assert shell is None or ast.unparse(shell) == "False", path
    assert loads


def test_generated_code_imports_nothing_that_fetches() -> None:
    fetching = {"requests", "urllib", "http", "socket", "ftplib", "wget", "httpx", "gdown"}
    for path, tree in generated():
        for node in ast.walk(tree):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {name.split(".")[0] for name in names} & fetching, path

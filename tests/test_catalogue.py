"""Every member of the catalogue keeps the contract of its kind; all are found by walking it."""

from __future__ import annotations

import ast
import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import black
import pytest
import torch
import yaml
from pydantic import TypeAdapter
from torch import Tensor, nn

from gangen.build import project_files
from gangen.catalogue import (
    ANNEAL,
    EVERY,
    KINDS,
    NETWORK,
    NETWORK_LOSS,
    Catalogue,
    Component,
    shipped,
)
from gangen.compose import Compiled, compile_spec, shipped_defaults
from gangen.errors import Problems, SpecError, TemplateError
from gangen.expressions import inline
from gangen.layering import parameters_of
from gangen.load import load
from gangen.resolve import NETWORK_KEYS
from gangen.shapes import Rule, Shape, Unfit, evaluate
from gangen.signature import Function, Memory, Module
from gangen.starter import starter
from gangen.text import Code, literal
from gangen.view import View
from gangen.yaml_write import flow

TEMPLATES = shipped()
CATALOGUE = Catalogue((TEMPLATES,))
COMPONENTS = [component for kind in KINDS for component in CATALOGUE.all(kind)]
SPOKEN = tuple(kind for kind in KINDS if kind != "pictures")  # those that a spec can name
INLINED = ("blocks", "reparametrizations", "optimizers")  # and what LAYERED and HEADED print
LAYERED = ("SHAPES", "VECTOR_SHAPES", "LAYER_SHAPES")  # of a conditioning: rules by function
LIBRARIES = [path for kind in KINDS for path in sorted(TEMPLATES.glob(f"{kind}/_*.py"))]
FAMILIES = [CATALOGUE.family(name) for name in CATALOGUE.names("families")]
ROLES = {name for family in FAMILIES for name in family.roles}
LAYER_WORDS = {"batch_statistics", "batch_comparison", "energy", "lipschitz", "noise", "weight"}
NETWORK_WORDS = {"bounded_output", "condition", "packs", "probabilities", *LAYER_WORDS}
SUBJECT_WORDS = dict.fromkeys(ROLES, NETWORK_WORDS) | {
    "data": {"labels", "attributes", "images", "signals", "voxels", "vectors", "points", "numbers"}
    | {"modes", "tokens", "oracle", "text"},
    "latent": {"codes", "noise"},
    "training": {"unequal_batches", "pairs"},
}
# What the compiler finds out by itself, without a component that says so.
FOUND = {
    "bounded_output",
    "condition",
    "codes",
    "noise",
    "pairs",
    "unequal_batches",
    *SUBJECT_WORDS["data"],
}
FLOWS = {"input", "layers", "chunks", "logits", "head"}
WITH_MEMORY = ("losses", "penalties", "augmentations")
CONSTANTS = {  # what a component can say of itself
    *("ASSETS", "ATTRIBUTE", "ATTRIBUTES", "BATCH", "BETTER", "CHILDREN", "CLASSES"),
    *("CLASS_LOGITS", "CONDITIONAL", "DEFAULT", "END", "FILE", "KEEPS_STATE", "KNOWS"),
    *("CONDITION_DIM", "DIVIDES", "FAITHFUL", "FLAT_CONDITION", "FLOW", "FORBIDS", "GIVES"),
    *("HEAD", "HEAD_OUTPUTS", "HEAD_PARAMETERS", "HELP", "HELPERS", "LAYER_SHAPES", "LAZY"),
    *(
        "NEEDS",
        "NEEDS_WHEN",
        "NEUTRAL",
        "PAIRS",
        "PARAMETERS",
        "RANGE",
        "RANK",
        "REPLACES",
        "SEES_INPUT",
    ),
    *("SHAPE", "SHAPES", "SPELLING", "STARTS_AT_ZERO", "TAKES_CONDITION", "TARGET"),
    *("VECTOR_SHAPES", "VOCABULARY", "WHERE"),
}
PRESETS = CATALOGUE.names("presets")
MODE = black.Mode(line_length=100, target_versions={black.TargetVersion.PY310})


def ids(component: Component) -> str:
    return f"{component.kind}/{component.name}"


def of(*kinds: str) -> list[Component]:
    return [component for component in COMPONENTS if component.kind in kinds]


def rules_of(component: Component) -> Mapping[str, str]:
    """The shape rules of layers by the function that makes one; of a head there is none."""
    if component.kind == "blocks":
        return component.constant("SHAPES") or {component.name: component.constant("SHAPE")}
    tables = [component.constant(name, {}) for name in LAYERED]
    return {name: rule for table in tables for name, rule in table.items()}


def head_of(component: Component) -> str:
    """The function that makes its head, if it has one."""
    head = component.constant("HEAD")
    return f"{head}_head" if head else ""


HEADED = [component for component in COMPONENTS if head_of(component)]


def every_component(*kinds: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("component", of(*(kinds or KINDS)), ids=ids)


every_spoken = every_component(*SPOKEN)


@pytest.fixture(autouse=True)
def _private_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    families = [f"families/{name}" for name in CATALOGUE.names("families")]
    for folder in ("project", *KINDS, *families):
        monkeypatch.syspath_prepend(str(TEMPLATES / folder))


# All kinds


def test_the_kinds_are_the_folders() -> None:
    assert all(list(CATALOGUE.names(kind)) for kind in KINDS)
    others = {"families", "macros", "presets", "project"}
    folders = {path.name for path in TEMPLATES.iterdir() if path.is_dir()} - {"__pycache__"}
    assert folders == {*KINDS, *others}


@every_component()
def test_the_summary_is_one_sentence(component: Component) -> None:
    summary = component.summary
    assert summary.endswith(".")
    assert summary[0].isupper() or summary[0].isdigit()
    assert len(summary) <= 97
    assert "  " not in summary


@every_spoken
def test_every_option_is_described_typed_and_legal(component: Component) -> None:
    for name, function in component.functions.items():
        for option in component.options(name).values():
            assert re.fullmatch(r"[a-z][a-z0-9_]*", option.name)
            assert option.description, option.name
            assert "Annotated" not in option.annotation
            if not option.required:
                value = TypeAdapter(option.type).validate_python(option.default, strict=True)
                assert value == option.default
        described = set(re.findall(r"^ {4,12}(\w+): ", arguments_of(function), re.M))
        assert described >= set(function.options)
        node = function.node
        assert all(arg.annotation for arg in [*node.args.args[is_method(function) :]])
        assert all(arg.annotation for arg in node.args.kwonlyargs)
        assert node.returns is not None
        assert not node.args.defaults, "ports have no defaults"


def is_method(function: Function) -> int:
    return int(isinstance(function, Memory))


def arguments_of(function: Function) -> str:
    """The `Args:` of its docstring, as indented in the file; of a class those of its `__init__`."""
    nodes: list[Any] = [function.node]
    if isinstance(function, Memory):
        methods = {x.name: x for x in function.owner.body if isinstance(x, ast.FunctionDef)}
        nodes = [function.owner, methods["__init__"]]
    docs = [ast.get_docstring(node, clean=False) or "" for node in nodes]
    return "\n".join(doc.partition("Args:\n")[2].partition("\n\n")[0] for doc in docs)


@every_spoken
def test_its_model_takes_the_defaults_and_nothing_unknown(component: Component) -> None:
    for name in component.functions:
        required = {o.name for o in component.options(name).values() if o.required}
        model = component.model(name)
        assert {key for key, field in model.model_fields.items() if field.is_required()} == required
        if not required:
            assert model.model_validate({})
        with pytest.raises(ValueError, match="no_such_option"):
            model.model_validate({"no_such_option": 1})


@every_component()
def test_functions_have_docstrings(component: Component) -> None:
    for name, node in component.module.definitions.items():
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not name.startswith("_"):
            assert ast.get_docstring(node), name
        assert component.name != name or isinstance(node, ast.FunctionDef)


@every_component()
def test_its_constants_are_known(component: Component) -> None:
    """A constant that nothing reads is misspelt: the compiler would silently not see it."""
    used = {node.id for node in ast.walk(component.module.tree) if isinstance(node, ast.Name)}
    stored = [
        name
        for name, node in component.module.definitions.items()
        if isinstance(node, ast.Assign | ast.AnnAssign) and name.isupper()
    ]
    loaded = {name for name in used if uses(component.module.tree, name)}
    for name in stored:
        where = f"{component.path}: {name}"
        assert name in CONSTANTS or name.startswith("_") or name in loaded, where
        if name in CONSTANTS and name not in loaded:
            component.constant(name)  # a literal


def test_the_contract_page_describes_every_constant() -> None:
    page = (TEMPLATES / "README.md").read_text(encoding="utf-8")
    assert [name for name in sorted(CONSTANTS) if not re.search(rf"`{name}\b", page)] == []
    ports = (name for name in offered("generator_loss") if not re.search(r"_(class|code)_", name))
    unsaid = [name for name in ports if not re.search(rf"`{name}`", page)]
    assert unsaid == [], "every port that a component can ask for"
    words = {word for known in SUBJECT_WORDS.values() for word in known}
    assert [word for word in sorted(words) if not re.search(rf"\b{word}`", page)] == []


def uses(tree: ast.AST, name: str) -> bool:
    """Whether a file's own code reads a name."""
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == name)
    return any(isinstance(node.ctx, ast.Load) for node in nodes)


PROJECTS = ("numpy", "PIL", "torch", "torchmetrics")


@every_component()
def test_it_imports_only_what_a_project_has(component: Component) -> None:
    runs_here = component.kind in ("architectures", "launchers")
    known = {"annotated_types", *(("gangen", "pydantic") if runs_here else PROJECTS)}
    for node in component.module.tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None) or node.names[0].name
            root = module.split(".")[0]
            if root == "runtime":
                assert {alias.name for alias in node.names} <= RUNTIME, "of project/runtime.py"
                continue
            if root == "loading" or root in OF_FAMILIES:
                assert component.kind == "data", "where there is a project/loading.py"
                continue
            assert root in {*known, *sys.stdlib_module_names} or root in LIBRARY_NAMES, module
            assert root != "gangen" or module == "gangen.contracts"
            assert module != "__future__", "the projects gather definitions, not files"


OF_FAMILIES = {path.stem for path in TEMPLATES.glob("families/*/[a-z]*.py")} - {"family"}
LIBRARY_NAMES = {path.stem for path in LIBRARIES}
RUNTIME = set(Module((TEMPLATES / "project" / "runtime.py").read_text(), "runtime").functions)


def capabilities(component: Component) -> Iterator[tuple[str, str]]:
    for constant in ("GIVES", "NEEDS", "FORBIDS"):
        for capability in component.constant(constant, []):
            yield constant, capability


@every_component()
def test_capabilities_are_of_the_vocabulary(component: Component) -> None:
    for constant, capability in capabilities(component):
        subject, colon, word = capability.partition(":")
        if not colon:  # of the network that the layer stands in
            assert constant == "GIVES"
            kinds = ("architectures", "blocks", "reparametrizations", "conditioning")
            assert component.kind in kinds, capability
            assert subject in LAYER_WORDS, capability
        else:
            assert word in SUBJECT_WORDS.get(subject, ()), capability
    for constant in ("NEEDS", "FORBIDS"):
        for reason in component.constant(constant, {}).values():
            assert reason[0].islower()
            assert not reason.endswith(".")


def test_what_is_needed_or_forbidden_is_given_somewhere() -> None:
    found = [(name, text) for component in COMPONENTS for name, text in capabilities(component)]
    given = {text.rpartition(":")[2] for name, text in found if name == "GIVES"}
    wanted = {text.rpartition(":")[2] for name, text in found if name != "GIVES"}
    assert wanted <= given | FOUND


@every_component()
def test_needs_that_depend_on_options(component: Component) -> None:
    for capability, expression in component.constant("NEEDS_WHEN", {}).items():
        assert capability in component.constant("NEEDS")
        options = {name: option.default for name, option in component.options().items()}
        assert evaluate(expression, options) in (True, False)


def sources() -> list[Path]:
    return sorted(path for path in TEMPLATES.rglob("*.py") if "__pycache__" not in path.parts)


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(TEMPLATES).as_posix())
def test_files_are_formatted(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert black.format_str(text, mode=MODE) == text
    assert text.isascii()


def test_files_are_clean() -> None:
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", str(TEMPLATES)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=TEMPLATES.parent
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", LIBRARIES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_private_libraries_are_used(path: Path) -> None:
    others = [other for other in path.parent.glob("*.py") if other != path]
    texts = "".join(other.read_text(encoding="utf-8") for other in [*others, *sources()])
    assert path.stem in texts.replace(path.read_text(encoding="utf-8"), "")


# What each kind must have


def wide() -> str:
    """A spec in which a step has all that a component can ask for."""
    heads = {c.kind: c.name for c in HEADED}
    asks = [c for c in of("penalties") if {"real_features", "fake_features"} & asked(c)]
    names = [heads["penalties"], asks[0].name]
    return (
        "gangen: 1\nname: wide\ndata: digits\ncondition: labels\n"
        "latent: {categorical: [3], continuous: 2}\ngenerator: {architecture: mlp}\n"
        f"discriminator: {{architecture: mlp, conditioning: {heads['conditioning']}}}\n"
        f"penalties: {names}\n"
    )


def asked(component: Component) -> set[str]:
    """Everything that the functions of a component are given."""
    return {port for function in component.functions.values() for port in function.ports}


@cache
def offered(slot: str) -> frozenset[str]:
    """The ports that the step of a family knows in a slot."""
    compiled = compile_spec(Path("spec.yaml"), CATALOGUE, (), text=wide())
    return frozenset(View(compiled.plan, CATALOGUE).step.wires(slot))


def assert_wired(component: Component, function: Function, slot: str) -> None:
    """A misspelt port would be found out only by the first spec that chooses the component."""
    memory = component.memory
    arguments = function.node.args.args[is_method(function) :]
    own = {a.arg for a in arguments if memory and ast.unparse(a.annotation or a) == memory.name}
    setup = memory.setup if isinstance(function, Memory) and memory else ()
    unknown = {*function.ports, *setup} - own - offered(slot)
    known = ", ".join(sorted(offered(slot)))
    where = f"{component.path}: {function.name} asks for"
    assert not unknown, f"{where} {sorted(unknown)}; in {slot} there are {known}"


@every_component("losses")
def test_losses(component: Component) -> None:
    functions = {n: f for n, f in component.functions.items() if not isinstance(f, Memory)}
    usual = ["discriminator_loss", "generator_loss"]
    late = "after_discriminator_step"
    assert list(functions) in (usual, [*usual, late]), functions.keys()
    assert component.functions["discriminator_loss"].ports[:2] == ("real_logits", "fake_logits")
    assert component.functions["generator_loss"].ports[0] == "fake_logits"
    judged = {"real_logits", "fake_logits"}
    for name, function in functions.items():
        assert_wired(component, function, name)
        logits = {port for port in function.ports if port in offered(name)}
        assert logits <= judged, "a loss is a function of logits; what needs more is a penalty"
    if late in functions:
        assert component.memory is not None, "without a memory there is nothing to update"
        assert not functions[late].options
    first, second = (component.options(name) for name in usual)
    for name in first.keys() & second.keys():  # they become one knob
        one, other = first[name], second[name]
        assert (str(one.type), one.default) == (str(other.type), other.default), name


@every_component("penalties", "conditioning")
def test_terms(component: Component) -> None:
    """A penalty, or what a conditioning adds to the losses: where it acts and what it is given."""
    slots = {slot for family in FAMILIES for slot in family.slots}
    for name, places in component.slots.items():
        assert name in component.functions, f"{component.path}: WHERE names {name}"
        assert {*places} <= {*slots, NETWORK_LOSS}, f"{component.path}: WHERE says {places}"
        for slot in places:
            slot = "generator_loss" if slot == NETWORK_LOSS else slot
            assert_wired(component, component.functions[name], slot)
    assert component.constant("LAZY", False) in (True, False)
    assert component.kind == "penalties" or bool(component.slots) == bool(head_of(component))


@every_component("penalties")
def test_penalties(component: Component) -> None:
    where = component.constant("WHERE")
    others = {*component.functions} - {head_of(component)}
    if isinstance(where, str):
        assert len(others) == 1, "several functions need a WHERE that names each of them"
    else:
        assert {*where} == others
    if component.memory is None and len(others) == 1:
        assert others == {component.name}
    tests = TEMPLATES / "penalties" / "tests" / f"{component.name}.py"
    functions = Module(tests.read_text(), str(tests)).functions
    assert any(name.startswith("test_") for name in functions)
    written = {name for f in component.functions.values() for name in f.options}
    assert not written & {EVERY.name, ANNEAL.name, NETWORK.name}, "the compiler adds these"


@every_component(*WITH_MEMORY)
def test_what_is_kept_from_step_to_step(component: Component) -> None:
    """Buffers, so that a checkpoint holds them; nothing that an optimiser would train."""
    definitions = component.module.definitions
    public = [n for n, x in definitions.items() if isinstance(x, ast.ClassDef) and n[0] != "_"]
    assert len(public) <= 1, f"which of {public} is kept? private names for the others"
    memory = component.memory
    if memory is None:
        assert not public, f"{public[0]} has no __init__"
        return
    made = kept(component)
    assert isinstance(made, nn.Module)
    assert not list(made.parameters())
    assert made.state_dict() or component.kind == "augmentations", "it keeps nothing"
    twin = kept(component)
    twin.load_state_dict(made.state_dict())
    if memory.has("metrics"):
        metrics = made.metrics()
        assert all(re.fullmatch("[a-z_]+", name) for name in metrics)
        assert all(value.numel() == 1 and not value.requires_grad for value in metrics.values())
    assert component.kind == "losses" or memory.has("forward")
    if component.kind == "augmentations" and memory.has("update"):
        methods = {x.name: x for x in memory.owner.body if isinstance(x, ast.FunctionDef)}
        assert [argument.arg for argument in methods["update"].args.args] == ["self", "real_logits"]


def kept(component: Component) -> Any:
    """The object of a component's class, with the defaults of its options."""
    memory = component.memory
    assert memory is not None
    options = {name: option.default for name, option in memory.options.items()}
    return getattr(python(component), memory.name)(
        *[nn.Linear(2, 2) for _ in memory.setup], **options
    )


@every_component("augmentations")
def test_augmentations(component: Component) -> None:
    (function,) = component.functions.values()
    assert function.ports[0] == "x", "samples come first"
    assert set(function.ports[1:]) <= offered("augment"), f"{component.path}: {function.ports}"
    assert set(function.ports[1:]) <= {"step", "steps"}, "nothing else is there so early"
    options = {name: option.default for name, option in component.options().items()}
    joined = int(evaluate(component.constant("BATCH", "1"), options))
    assert joined >= 1
    rule = Rule.parse(component.constant("SHAPE") or "*size -> *size")
    images_only = "data:images" in component.constant("NEEDS", {})
    for shape in SHAPES:
        if images_only and len(shape) != 3:
            continue
        x = torch.randn(4 * joined, *shape, requires_grad=True)
        act = kept(component) if component.memory else getattr(python(component), function.name)
        steps = [{"step": 0, "steps": 10}[port] for port in function.ports[1:]]
        out = act(x, *steps, **({} if component.memory else options))
        assert out.shape == (4, *rule.apply(shape, options))
        assert joined > 1 or out.shape[0] == 4
        out.square().sum().backward()
        assert x.grad is not None, "gradients reach the generator through it"
        assert x.grad.isfinite().all()


@pytest.mark.parametrize("component", HEADED, ids=ids)
def test_heads(component: Component) -> None:
    """A second output of a network, computed from its features."""
    function = component.functions[head_of(component)]
    names = {"num_classes": 7, "categorical": (3, 2), "continuous": 2}
    assert function.ports[0] == "in_features"
    assert set(function.ports[1:]) <= set(names)
    head = component.constant("HEAD")
    given = {f"{side}_{head}_logits" for side in ("real", "fake")}
    assert given & asked(component), f"{component.path}: nothing looks at {sorted(given)}"
    defaults = {key: option.default for key, option in function.options.items()}
    for said in variations(component, function.name, defaults):
        scope = {"in_features": 12, **names, **said}
        module = printed(component, function, scope)
        outputs = evaluate(component.constant("HEAD_OUTPUTS", "1"), scope)
        assert module(torch.zeros(4, 12, device="meta")).shape == (4, outputs), said
        expected = evaluate(component.constant("HEAD_PARAMETERS", "0"), scope)
        assert sum(p.numel() for p in module.parameters()) == expected, said


@every_component("optimizers", "schedules", "initializers")
def test_kinds_of_one_function(component: Component) -> None:
    (function,) = component.functions.values()
    assert function.name == component.name
    ports = {
        "optimizers": ("parameters",),
        "schedules": ("step", "steps"),
        "initializers": ("module",),
    }
    assert function.ports == ports[component.kind]
    if component.kind == "optimizers":
        assert function.options["lr"].required


@every_component("data")
def test_data_sources(component: Component) -> None:
    (function,) = component.functions.values()
    assert function.name == f"load_{component.name}"
    assert function.ports == ()
    options = {
        name: option.default if not option.required else EXAMPLES[name]
        for name, option in component.options().items()
    }
    shape = evaluate(f"({component.constant('SHAPE')})", options)
    assert isinstance(shape, tuple)
    assert all(type(size) is int for size in shape)
    assert evaluate(component.constant("CLASSES"), options) >= 0
    assert evaluate(component.constant("ATTRIBUTES", "0"), options) >= 0
    assert any(
        c.constant("RANK") == len(shape) for c in of("pictures")
    ), "nothing draws its samples"
    assert evaluate(str(component.constant("RANGE")), options) in (None, (-1.0, 1.0))
    for asset in component.constant("ASSETS", []):
        assert (TEMPLATES / "data" / "assets" / asset).is_file()
    stand_in = TEMPLATES / "data" / "stand_in" / f"{component.name}.py"
    assert stand_in.is_file() == ("path" in component.options())


EXAMPLES = {"path": "data", "image_size": (8, 12), "shape": (3, 8, 12), "attributes": 5} | {
    "length": 8,
    "vocabulary": 30,
}


@every_component("pictures")
def test_pictures(component: Component) -> None:
    function = component.module.definitions["save_picture"]
    assert isinstance(function, ast.FunctionDef)
    assert [argument.arg for argument in function.args.args] == ["samples", "path"]
    alike = [c for c in of("pictures") if c.constant("RANK") == component.constant("RANK")]
    assert alike == [component], "one kind of picture for one number of axes"


@every_component("architectures")
def test_architectures(component: Component) -> None:
    builders = {role.builder for family in FAMILIES for role in family.roles.values()}
    assert component.functions.keys() & builders
    for function in component.functions.values():
        assert function.ports == ("source", "target", "bounds")
        assert not any(option.required for option in function.options.values())
    assert set(component.functions) <= builders


@every_component("blocks", "conditioning")
def test_layers_have_a_rule_for_each_function(component: Component) -> None:
    rules, functions = rules_of(component), component.functions
    others = {*component.constant("CONDITIONAL", {}).values(), head_of(component), *component.slots}
    assert {*rules} | others - {""} == {*functions}
    assert {*component.constant("CONDITIONAL", {})} <= {*rules}
    assert all(map(Rule.parse, rules.values()))
    known = [option for function in functions.values() for option in function.options.values()]
    for option in known:
        alike = [other for other in known if other.name == option.name]
        assert {(str(o.type), o.required, str(o.default)) for o in alike} == {
            (str(option.type), option.required, str(option.default))
        }, f"{option.name} means one thing in a section"
    if component.kind == "blocks":
        assert len({tuple(functions[name].options) for name in rules}) == 1
    parameters = component.constant("PARAMETERS", "0")
    assert isinstance(parameters, str) or {*parameters} <= {*rules}
    bounds = component.constant("RANGE")
    assert bounds is None or bounds == "keeps" or bounds[0] < bounds[1]


@every_component("conditioning")
def test_conditionings(component: Component) -> None:
    flow = component.constant("FLOW")
    assert flow in FLOWS, f"{component.path}: FLOW is {flow}"
    assert not {*component.constant("SHAPES", {})} & {*component.constant("VECTOR_SHAPES", {})}
    assert bool(rules_of(component)) == (flow != "head")
    assert bool(head_of(component)) == (flow == "head")
    replaces = component.constant("REPLACES", [])
    assert bool(replaces) == (flow in ("layers", "chunks"))
    assert bool(component.constant("TAKES_CONDITION")) == bool(replaces)
    assert bool(component.constant("LAYER_SHAPES")) == (flow == "chunks")
    assert bool(component.constant("CONDITION_DIM")) == (flow == "chunks")
    tables = [component.constant(name) for name in LAYERED]
    for name in replaces:
        instead = rules_of(CATALOGUE.get("blocks", name)).values()
        for table in filter(None, tables[:2] if flow == "layers" else tables[2:]):
            for shape in SHAPES:
                takes = any(Rule.parse(rule).bind(shape) is not None for rule in instead)
                rules = [Rule.parse(rule) for rule in table.values()]
                fitting = [rule for rule in rules if rule.bind(shape) is not None]
                assert bool(fitting) == takes, f"it cannot stand where {name} stood on {shape}"
                # Norms keep the channels, what appends the condition has more.
                scope = {name: option.default for name, option in component.options().items()}
                after = [rule.apply(shape, {**scope, "condition_dim": 3}) for rule in fitting]
                assert all(a[1:] == shape[1:] and a[0] >= shape[0] for a in after)
    if flow == "logits":
        assert all(rule == "in_features -> 1" for rule in rules_of(component).values())
    names = component.constant("ATTRIBUTE", "condition")
    assert names.isidentifier()


@every_component("blocks", "conditioning")
def test_layers_that_take_the_condition_say_so(component: Component) -> None:
    """In a row of layers they are told from the others by their class."""
    conditional = sys.modules.get("_conditional") or __import__("_conditional")
    variants = component.constant("CONDITIONAL", {}).values()
    for case, name, shape in layer_cases():
        if case is not component or (chunked(case) and name in case.constant("SHAPES")):
            continue
        made = printed(component, component.functions[name], scope_of(component, name, shape))
        takes = bool(component.constant("TAKES_CONDITION"))
        assert isinstance(made, conditional.Conditional) == takes, name
    for name in variants:
        made = getattr(python(component), name)(nn.Identity(), nn.Identity())
        assert isinstance(made, conditional.Conditional)


def chunked(component: Component) -> bool:
    """Whether its SHAPES are of what splits the input, not of a layer."""
    return component.constant("FLOW") == "chunks"


@every_component("reparametrizations")
def test_reparametrizations(component: Component) -> None:
    (function,) = component.functions.values()
    assert len(function.ports) == 1
    assert not any(option.required for option in function.options.values())
    for found, instead in component.constant("HELPERS", {}).items():
        for name in (found, instead):
            assert (TEMPLATES / "initializers" / f"{name}.py").is_file()


def inlined() -> Iterator[tuple[Component, str]]:
    """Every function that is printed as the call that it returns."""
    for component in of(*INLINED):
        yield from ((component, name) for name in component.functions)
    for component in of("conditioning"):
        yield from ((component, name) for name in rules_of(component))
    yield from ((component, head_of(component)) for component in HEADED)


INLINED_FUNCTIONS = list(inlined())
every_inlined = pytest.mark.parametrize(
    ("component", "name"),
    INLINED_FUNCTIONS,
    ids=[f"{c.name}.{name}" for c, name in INLINED_FUNCTIONS],
)


@every_inlined
def test_inlined_functions_are_one_return_of_a_call(component: Component, name: str) -> None:
    function = component.functions[name]
    assert isinstance(function.call, ast.Call)
    read = {node.id for node in ast.walk(function.call) if isinstance(node, ast.Name)}
    wired = {*function.ports, *function.options}
    assert wired <= read, "an option that changes nothing"
    assert not function.node.decorator_list


def test_names_do_not_meet() -> None:
    """A network's section holds its options and the reparametrizations as keys of equal rank."""
    keys = {"architecture", "layers", *NETWORK_KEYS}
    wrappers = set(CATALOGUE.names("reparametrizations"))
    assert not wrappers & keys
    for component in of("architectures"):
        assert not set(component.options()) & (keys | wrappers)
    tags = {"data": "source", "losses": "loss"}
    for kind, tag in tags.items():
        assert not [c.name for c in of(kind) if tag in c.options()]


@pytest.mark.parametrize("family", FAMILIES, ids=CATALOGUE.names("families"))
def test_families(family: Any) -> None:
    assert family.averaged == "" or family.averaged in family.roles
    assert len({role.prefix for role in family.roles.values()}) == len(family.roles)
    for model in (family.training, *family.sections.values()):
        assert model.__doc__
        assert all(field.description for field in model.model_fields.values())


# Parameters and printed defaults, against the real modules


SHAPES: list[Shape] = [(16,), (16, 12), (16, 6, 8), (16, 4, 6, 8)]
SIZES = {"channels": 12, "features": 12, "shape": (4, 2, 2), "kernel": 3, "size": (7, 9)} | {
    "filters": ((1, 4), (3, 5))
}
NAMES = {"num_classes": 7, "condition_dim": 5, "chunks": 3}  # of the condition
NAMES |= {"vocabulary": 9}  # of the data


@cache
def python(component: Component) -> ModuleType:
    """The component's file, run."""
    spec = importlib.util.spec_from_file_location(f"tested_{component.name}", component.path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def layer_cases() -> Iterator[tuple[Component, str, Shape]]:
    """Every layer on every shape that it takes."""
    for component in of("blocks", "conditioning"):
        done: set[tuple[str, Shape]] = set()
        for shape in SHAPES:
            for table in tables(component):
                fitting = (
                    n for n, text in table.items() if Rule.parse(text).bind(shape) is not None
                )
                name = next(fitting, "")
                if name and (name, shape) not in done:
                    done.add((name, shape))
                    yield component, name, shape


def tables(component: Component) -> list[Mapping[str, str]]:
    """Rules of which the first that fits counts."""
    if component.kind == "blocks":
        return [rules_of(component)]
    return [table for name in LAYERED if (table := component.constant(name))]


def defaults_of(component: Component, name: str) -> dict[str, Any]:
    """Options of a layer, the required ones by example."""
    return {
        key: SIZES[key] if option.required else option.default
        for key, option in component.options(name).items()
    }


def scope_of(
    component: Component, name: str, shape: Shape, said: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """All that the expressions of a layer may use: options, sizes, the layers inside."""
    sizes = Rule.parse(rules_of(component)[name]).bind(shape)
    assert sizes is not None
    inside = dict.fromkeys(component.constant("CHILDREN", []), shape)
    return {**(said or defaults_of(component, name)), **NAMES, **sizes, **inside}


def printed(component: Component, function: Function, scope: Mapping[str, Any]) -> nn.Module:
    """The layer that the code in a project makes, on the meta device."""
    values = {key: scope[key] for key in (*function.ports, *function.options)}
    values |= dict.fromkeys(component.constant("CHILDREN", []), Code("nn.Identity()"))
    with torch.device("meta"):
        made = eval(inline(function, values), {**vars(python(component)), "nn": nn})
    assert isinstance(made, nn.Module)
    return made


def arguments(component: Component, name: str, shape: Shape) -> tuple[dict[str, Any], list[Any]]:
    """Options and ports of a layer on a shape, for a real one."""
    scope = scope_of(component, name, shape)
    children = component.constant("CHILDREN", [])
    ports = component.functions[name].ports
    wired = [nn.Identity() if port in children else scope[port] for port in ports]
    return defaults_of(component, name), wired


def variations(
    component: Component, name: str, options: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """The options; then each true or false one turned round, each size one larger."""
    yield options
    for key, value in options.items():
        if isinstance(value, bool):
            yield {**options, key: not value}
        elif key in ("kernel", "channels", "features", "embedding_dim", "dim", "kernels"):
            yield {**options, key: value + 4}
            if "tuple" in component.options(name)[key].annotation:
                yield {**options, key: (2, 5)}
        elif key == "hidden" and isinstance(value, int):
            yield {**options, key: 0 if value else 8}


def outputs(component: Component, module: nn.Module, x: Tensor) -> Tensor:
    """What a layer makes of samples, given what else it wants to see."""
    if component.constant("SEES_INPUT"):
        return module(x, torch.zeros_like(x))
    if component.kind == "blocks" and isinstance(module, nn.Embedding):
        return module(x.abs().long() % module.num_embeddings)
    if component.constant("KEEPS_STATE"):
        return module(x)[0]
    if component.kind != "conditioning":
        return module(x)
    try:
        out = module(x, torch.zeros(len(x), dtype=torch.long, device=x.device))
    except (TypeError, RuntimeError, IndexError):  # it takes a vector
        out = module(x, torch.zeros(len(x), NAMES["condition_dim"], device=x.device))
    return out[0] if isinstance(out, tuple) else out


LAYER_CASES = list(layer_cases())
every_layer = pytest.mark.parametrize(
    ("component", "name", "shape"),
    LAYER_CASES,
    ids=[f"{c.name}.{name}.{len(shape)}" for c, name, shape in LAYER_CASES],
)


@every_layer
def test_parameters_and_shapes_are_those_of_the_printed_module(
    component: Component, name: str, shape: Shape
) -> None:
    rule, function = Rule.parse(rules_of(component)[name]), component.functions[name]
    for said in variations(component, name, defaults_of(component, name)):
        scope = scope_of(component, name, shape, said)
        try:
            after = rule.apply(shape, scope)
        except Unfit:
            continue  # (2, 5) is for two axes
        module = printed(component, function, scope)
        expected = parameters_of(component, function, scope)
        assert sum(p.numel() for p in module.parameters()) == expected, said
        x = torch.zeros(4, *shape, device="meta")
        after = () if component.constant("FLOW") == "logits" else after
        assert outputs(component, module, x).shape == (4, *after), said


@every_component("reparametrizations")
def test_reparametrizations_add_no_parameters(component: Component) -> None:
    (function,) = component.functions.values()
    wrap = getattr(python(component), function.name)
    for block, name, shape in LAYER_CASES:
        if "weight" not in block.constant("GIVES", []):
            continue
        options, ports = arguments(block, name, shape)
        plain = getattr(python(block), name)(*ports, **options)
        parameters = sum(p.numel() for p in plain.parameters())
        wrapped = wrap(plain, **{n: o.default for n, o in function.options.items()})
        assert sum(p.numel() for p in wrapped.parameters()) == parameters


def real_layers(component: Component) -> Iterator[tuple[nn.Module, Shape]]:
    """Real modules of a block that pass on samples one by one, as far as they do."""
    for name, shape in ((n, s) for c, n, s in LAYER_CASES if c is component):
        options, ports = arguments(component, name, shape)
        if "p" in options:
            options["p"] = 0.0  # dropout draws for every sample
        if name in ("unflatten", "reshape"):
            options["shape"] = (*shape[1:], shape[0])
        if "groups" in options and component.constant("RANGE") is None:
            options["groups"] = 1  # of two values each is 1 or -1
        yield getattr(python(component), name)(*ports, **options), shape


@every_component("blocks", "conditioning")
def test_what_needs_the_batch_is_declared(component: Component) -> None:
    """Samples are independent of each other unless a layer says that it looks at the batch."""
    torch.manual_seed(0)
    depends = []
    for module, shape in real_layers(component):
        x = torch.randn(4, *shape)
        alone = torch.cat([outputs(component, module, half) for half in (x[:2], x[2:])])
        depends.append(not torch.allclose(alone, outputs(component, module, x), atol=1e-5))
    declared = {"batch_statistics", "batch_comparison"} & {*component.constant("GIVES", [])}
    assert any(depends) == bool(declared)
    assert {*depends} != {True, False} or chunked(component)


@every_component("blocks")
def test_ranges_are_those_of_the_values(component: Component) -> None:
    bounds = component.constant("RANGE")
    for module, shape in real_layers(component):
        x = 100 * torch.randn(8, *shape)
        out = outputs(component, module.eval(), x)
        if bounds == "keeps":
            assert out.flatten().sort().values.equal(x.flatten().sort().values)
        elif bounds:
            assert (out.min(), out.max()) == pytest.approx(bounds)
        elif component.constant("KEEPS_STATE"):
            assert out.abs().max() < 1, "what stands behind it is not bounded"
        else:
            assert out.abs().max() > 1.5, "a layer without a RANGE is unbounded"
        if "energy" in component.constant("GIVES", []):
            assert out.max() <= 0


@every_inlined
def test_a_default_that_is_not_printed_is_torchs_own(component: Component, name: str) -> None:
    function, module = component.functions[name], python(component)
    options = {
        key: SIZES.get(key, 0.1) if option.required else option.default
        for key, option in function.options.items()
    }
    code = inline(function, options | {port: Code(port) for port in function.ports})
    printed = eval(code, {**vars(module), **wired(component, name)})
    whole = getattr(module, name)(*wired(component, name).values(), **options)
    assert settings_of(printed) == settings_of(whole)
    for key, option in function.options.items():
        repeats = not option.required and f"{key}={literal(option.default)}" in code
        assert not repeats or component.kind == "conditioning", "the default is printed"


def wired(component: Component, name: str) -> dict[str, Any]:
    """Something real for each port."""
    ports = component.functions[name].ports
    if component.kind == "optimizers":
        return {"parameters": [nn.Parameter(torch.zeros(3))]}
    if component.kind == "reparametrizations":
        return {ports[0]: nn.Linear(3, 3)}
    if name in component.constant("CONDITIONAL", {}).values():
        return {port: nn.Identity() for port in ports}
    if name == head_of(component):
        known = {"in_features": 12, "categorical": (3,), "continuous": 2, **NAMES}
        return {port: known[port] for port in ports}
    shape = next(s for c, n, s in LAYER_CASES if (c, n) == (component, name))
    return dict(zip(ports, arguments(component, name, shape)[1], strict=True))


def settings_of(made: Any) -> Any:
    """What a layer or an optimizer was made with, to compare two of them."""
    if isinstance(made, torch.optim.Optimizer):
        return made.defaults
    plain = {
        key: value
        for key, value in vars(made).items()
        if isinstance(value, int | float | str | tuple | None)
    }
    shapes = {key: tuple(value.shape) for key, value in made.state_dict().items()}
    inside = {key: settings_of(value) for key, value in made.named_children()}
    return type(made).__name__, plain, shapes, inside


# Presets


def preset(name: str) -> Mapping[str, Any]:
    problems = Problems()
    document = load(CATALOGUE.path("presets", name).read_text(encoding="utf-8"), name, problems)
    assert not problems.all
    return document.data


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Dotted paths of all values; a list of choices counts by the names of the choices."""
    if isinstance(value, Mapping) and value:
        for key, inside in value.items():
            yield from leaves(inside, (*path, key))
    elif isinstance(value, list) and value and all(isinstance(x, str | Mapping) for x in value):
        for item in value:
            yield from (
                leaves(item, path) if isinstance(item, Mapping) else [".".join((*path, item))]
            )
    else:
        yield ".".join(path)


@pytest.mark.parametrize("name", PRESETS)
def test_every_value_of_a_preset_has_its_source(name: str) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9-]*@[a-z][a-z0-9-]*", name)
    content = preset(name)
    assert list(content) == ["title", "summary", "spec", "sources"]
    assert re.search(r"(19|20)\d\d", content["title"])
    assert content["summary"].endswith(".")
    assert list(leaves(content["spec"])) == list(content["sources"])
    assert all(isinstance(text, str) and len(text) > 10 for text in content["sources"].values())
    assert not {"name", "gangen", "preset"} & set(content["spec"])
    assert "path" not in content["spec"].get("data", {})


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_compiles_as_it_is(name: str) -> None:
    text = starter(CATALOGUE, name, "spec.yaml", "schema.json")
    compiled = compile_spec(Path("spec.yaml"), CATALOGUE, (), text=text)
    assert not compiled.problems.all
    assert compiled.plan.spec.preset == name
    assert compiled.plan.spec.condition == preset(name)["spec"].get("condition")
    for network in compiled.plan.networks.values():
        assert network.items[-1].after == network.target.shape


def compile_text(catalogue: Catalogue, text: str) -> Compiled:
    return compile_spec(Path("spec.yaml"), catalogue, (), f"gangen: 1\nname: test\n{text}\n")


def test_there_is_a_preset_with_labels() -> None:
    given = {preset(name)["spec"].get("condition") for name in PRESETS}
    assert "labels" in given
    assert given <= {None, "labels", "attributes"}


# A catalogue of one's own


OWN_LOSS = '''"""A loss that is made for this test."""

from torch import Tensor

SCALE = 2.0


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor, *, margin: float = 1.0) -> Tensor:
    """Twice the difference of logits [B].

    Args:
        margin: added to it.
    """
    return SCALE * (fake_logits.mean() - real_logits.mean()) + margin


def generator_loss(fake_logits: Tensor) -> Tensor:
    """Minus the mean of logits [B]."""
    return -fake_logits.mean()
'''
NETWORKS = "generator: {architecture: mlp}\ndiscriminator: {architecture: mlp}\ndata: digits\n"


def compiler_files() -> dict[Path, bytes]:
    folder = Path(__file__).parents[1] / "gangen"
    return {path: path.read_bytes() for path in folder.rglob("*.py")}


def test_a_new_loss_is_one_file(tmp_path: Path) -> None:
    before = compiler_files()
    (tmp_path / "losses").mkdir()
    (tmp_path / "losses" / "doubled.py").write_text(OWN_LOSS)
    catalogue = Catalogue((tmp_path, TEMPLATES))
    assert "doubled" in catalogue.names("losses")
    spec = f"{NETWORKS}objective: {{loss: doubled, margin: 3.5}}"
    files = project_files(compile_text(catalogue, spec), catalogue)
    losses, config = files["losses.py"].decode(), files["config.py"].decode()
    assert "SCALE = 2.0\n" in losses
    assert "return SCALE * (fake_logits.mean() - real_logits.mean()) + margin" in losses
    assert "    margin: float = 3.5  # added to it\n" in config
    assert "margin=config.margin" in files["train.py"].decode()
    with pytest.raises(SpecError):
        compile_text(CATALOGUE, spec)
    assert compiler_files() == before


def test_ones_own_file_comes_before_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "losses").mkdir()
    name = CATALOGUE.names("losses")[0]
    (tmp_path / "losses" / f"{name}.py").write_text(OWN_LOSS)
    catalogue = Catalogue((tmp_path, TEMPLATES))
    assert catalogue.names("losses") == CATALOGUE.names("losses")
    assert catalogue.get("losses", name).summary == "A loss that is made for this test."
    assert catalogue.digest() != CATALOGUE.digest()


def example_of(family: str) -> str:
    """An example's spec without its version, name and family."""
    for path in sorted((TEMPLATES.parent / "examples").glob("*.yaml")):
        spec = load(path.read_text(encoding="utf-8"), path.name, Problems()).data
        if spec.get("family", "noise_to_data") == family and "preset" not in spec:
            return "".join(
                f"{key}: {flow(value)}\n"
                for key, value in spec.items()
                if key not in ("gangen", "name", "family")
            )
    raise LookupError(f"no example has the family {family}")


@pytest.mark.parametrize("family", CATALOGUE.names("families"))
def test_a_new_family_is_one_folder(tmp_path: Path, family: str) -> None:
    before = compiler_files()
    own = tmp_path / "families" / "own_family"
    shutil.copytree(TEMPLATES / "families" / family, own)
    readme = "# {{ plan.name }}: {{ plan.about.title | md }}\n"
    (own / "README.md.jinja").write_text(readme)  # in place of the skeleton's
    (own / "NOTES.md.jinja").write_text("Notes on {{ plan.name }}.\n")  # one more file
    catalogue = Catalogue((tmp_path, TEMPLATES))
    assert set(catalogue.names("families")) == {*CATALOGUE.names("families"), "own_family"}
    text = example_of(family)
    files, shipped_ = (
        project_files(compile_text(known, f"family: {name}\n{text}"), known)
        for known, name in ((catalogue, "own_family"), (CATALOGUE, family))
    )
    assert files.keys() == shipped_.keys() | {"NOTES.md"}
    assert files["README.md"].startswith(b"# test: ")
    assert files["NOTES.md"] == b"Notes on test.\n"
    changed = {path for path in shipped_ if files[path] != shipped_[path]}
    assert changed == {"README.md", "spec.yaml"}
    assert compiler_files() == before


@pytest.mark.parametrize("base", ["own_family", "absent"])
def test_a_family_builds_on_another_or_is_refused(tmp_path: Path, base: str) -> None:
    own = tmp_path / "families" / "own_family"
    own.mkdir(parents=True)
    (own / "family.py").write_text(f'"""F."""\n\nBASE = "{base}"\n')
    with pytest.raises(TemplateError, match=f"BASE '{base}' is no other family"):
        Catalogue((tmp_path, TEMPLATES)).template_folders("own_family")


def test_a_base_gives_what_a_family_lacks(tmp_path: Path) -> None:
    own = tmp_path / "families" / "own_family"
    own.mkdir(parents=True)
    (own / "family.py").write_text(
        '"""F."""\n\nfrom _facts import facts\n\nfrom gangen.contracts import Family\n\n'
        'BASE = "noise_to_data"\n'
        'FAMILY = Family("d", {}, dict, dict, dict, (), facts)\n'
    )
    (own / "defaults.yaml").write_text("training: {ema: 0.5}\n")
    catalogue = Catalogue((tmp_path, TEMPLATES))
    assert catalogue.family("own_family").facts.__module__ == "_facts"
    given = shipped_defaults(catalogue, "own_family").data["training"]
    assert given["ema"] == 0.5
    assert (
        given["optimizer"]
        == shipped_defaults(catalogue, "noise_to_data").data["training"]["optimizer"]
    )
    folders = catalogue.template_folders("own_family")
    assert folders.index(own) < folders.index(TEMPLATES / "families" / "noise_to_data")


def test_a_preset_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "presets").mkdir()
    content = {
        "title": "T",
        "summary": "S.",
        "spec": {"training": {"batch_size": 7}},
        "sources": {},
    }
    (tmp_path / "presets" / "own@me.yaml").write_text(yaml.safe_dump(content))
    catalogue = Catalogue((tmp_path, TEMPLATES))
    compiled = compile_text(catalogue, f"preset: own@me\n{NETWORKS}")
    assert compiled.plan.spec.training.batch_size == 7


OWN_MEMORY = '''"""Moves with the logits."""

import torch
from torch import Tensor, nn


class Level(nn.Module):
    """The mean of all logits so far."""

    mean: Tensor

    def __init__(self, *, decay: float = 0.9) -> None:
        """Start at zero.

        Args:
            decay: weight of what was before.
        """
        super().__init__()
        self.decay = decay
        self.register_buffer("mean", torch.zeros(()))

    def metrics(self) -> dict[str, Tensor]:
        """The mean."""
        return {"level": self.mean.clone()}


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor, level: Level) -> Tensor:
    """The difference of logits [B] from the mean of all of them."""
    return (fake_logits - level.mean).mean() - (real_logits - level.mean).mean()


def generator_loss(fake_logits: Tensor) -> Tensor:
    """Minus the mean of logits [B]."""
    return -fake_logits.mean()


def after_discriminator_step(level: Level, real_logits: Tensor) -> None:
    """Bring the mean up to date."""
    level.mean.lerp_(real_logits.detach().mean(), 1 - level.decay)
'''
OWN_PENALTY = '''"""A penalty on both networks."""

from torch import Tensor

WHERE = {"judged": ["discriminator_loss", "generator_loss"]}


def judged(fake_logits: Tensor, *, weight: float = 1.0) -> Tensor:
    """weight * the mean square of logits [B].

    Args:
        weight: factor on it.
    """
    return weight * fake_logits.square().mean()
'''
OWN_TEST = '''"""Its test."""


def test_nothing_of_nothing() -> None:
    pass
'''
OWN_AUGMENTATION = '''"""Turns the sign of samples round."""

from torch import Tensor


def negate(x: Tensor) -> Tensor:
    """x [B, ...] -> -x."""
    return -x
'''


def own(folder: Path, **texts: str) -> Catalogue:
    """The shipped catalogue with files of one's own in front, `kind__name`."""
    for name, text in texts.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Catalogue((folder, TEMPLATES))


def test_a_loss_with_a_memory_is_one_file(tmp_path: Path) -> None:
    catalogue = own(tmp_path, losses__level=OWN_MEMORY)
    spec = f"{NETWORKS}objective: {{loss: level, decay: 0.5}}"
    files = project_files(compile_text(catalogue, spec), catalogue)
    train = files["train.py"].decode()
    assert "level = Level(decay=config.decay)" in train
    assert "after_discriminator_step(level, real_logits.float())" in train
    assert '"level": level' in train
    assert "**level.metrics()" in train
    assert "    decay: float = 0.5  # weight of what was before\n" in files["config.py"].decode()


def test_a_penalty_and_an_augmentation_are_one_file_each(tmp_path: Path) -> None:
    catalogue = own(
        tmp_path,
        penalties__judged=OWN_PENALTY,
        penalties__tests__judged=OWN_TEST,
        augmentations__negate=OWN_AUGMENTATION,
    )
    spec = f"{NETWORKS}penalties: [{{judged: {{weight: 2}}}}]\naugment: [negate]"
    files = project_files(compile_text(catalogue, spec), catalogue)
    train = files["train.py"].decode()
    assert train.count("judged(fake_logits.float(), weight=config.judged_weight)") == 2
    assert "def negate(x: Tensor) -> Tensor:" in files["augment.py"].decode()
    assert "negate(x)" in train


@pytest.mark.parametrize(
    ("files", "spec", "words"),
    [
        (
            {"losses__own": OWN_LOSS.replace("fake_logits: Tensor) ", "fake_logit: Tensor) ")},
            "objective: own",
            r"own\.py: nothing is called 'fake_logit' .*generator_loss.* fake_logits",
        ),
        (
            {
                "penalties__judged": OWN_PENALTY.replace("(fake_logits", "(fake_logit"),
                "penalties__tests__judged": OWN_TEST,
            },
            "penalties: [judged]",
            r"judged\.py: nothing is called 'fake_logit' .*discriminator_loss",
        ),
        (
            {"penalties__judged": OWN_PENALTY.replace('["discriminator_loss"', '["critic_loss"')},
            "penalties: [judged]",
            r"judged\.py: WHERE says judged: critic_loss, and there is no critic_loss, only disc",
        ),
        (
            {"penalties__judged": OWN_PENALTY.replace('{"judged":', '{"judge":')},
            "penalties: [judged]",
            r"judged\.py: WHERE says judge: discriminator_loss, and there is no judge, only judged",
        ),
        (
            {
                "augmentations__negate": OWN_AUGMENTATION.replace(
                    "(x: Tensor", "(x: Tensor, stp: int"
                )
            },
            "augment: [negate]",
            r"negate\.py: nothing is called 'stp'",
        ),
    ],
    ids=["port of a loss", "port of a penalty", "slot", "function", "port of an augmentation"],
)
def test_what_its_author_misspelt_is_named(
    tmp_path: Path, files: dict[str, str], spec: str, words: str
) -> None:
    catalogue = own(tmp_path, **files)
    with pytest.raises(TemplateError, match=words):
        project_files(compile_text(catalogue, f"{NETWORKS}{spec}"), catalogue)


def test_a_file_that_is_broken_is_named(tmp_path: Path) -> None:
    (tmp_path / "losses").mkdir()
    (tmp_path / "losses" / "broken.py").write_text("def discriminator_loss(:\n")
    catalogue = Catalogue((tmp_path, TEMPLATES))
    with pytest.raises(TemplateError, match=r"broken\.py"):
        catalogue.get("losses", "broken")

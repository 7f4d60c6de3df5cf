"""Every member of the catalogue keeps the contract of its kind; all are found by walking it."""

from __future__ import annotations

import ast
import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import black
import pytest
import torch
import yaml
from pydantic import TypeAdapter
from torch import nn

from gangen.build import project_files
from gangen.catalogue import KINDS, Catalogue, Component, shipped
from gangen.compose import Compiled, compile_spec
from gangen.errors import Problems, SpecError, TemplateError
from gangen.expressions import inline
from gangen.load import load
from gangen.shapes import Rule, Shape, evaluate
from gangen.text import Code, literal

TEMPLATES = shipped()
CATALOGUE = Catalogue((TEMPLATES,))
COMPONENTS = [component for kind in KINDS for component in CATALOGUE.all(kind)]
SPOKEN = tuple(kind for kind in KINDS if kind != "pictures")  # those that a spec can name
INLINED = ("blocks", "conditioning", "reparametrizations", "optimizers")
LIBRARIES = [path for kind in KINDS for path in sorted(TEMPLATES.glob(f"{kind}/_*.py"))]
FAMILIES = [CATALOGUE.family(name) for name in CATALOGUE.names("families")]
ROLES = {name for family in FAMILIES for name in family.roles}
LAYER_WORDS = {"batch_statistics", "lipschitz", "weight"}
SUBJECT_WORDS = {role: {"bounded_output", *LAYER_WORDS} for role in ROLES} | {"data": {"labels"}}
PRESETS = CATALOGUE.names("presets")
MODE = black.Mode(line_length=100, target_versions={black.TargetVersion.PY310})


def ids(component: Component) -> str:
    return f"{component.kind}/{component.name}"


def of(*kinds: str) -> list[Component]:
    return [component for component in COMPONENTS if component.kind in kinds]


def every_component(*kinds: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("component", of(*(kinds or KINDS)), ids=ids)


every_spoken = every_component(*SPOKEN)


@pytest.fixture(autouse=True)
def _private_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in KINDS:
        monkeypatch.syspath_prepend(str(TEMPLATES / kind))


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
        described = set(re.findall(r"^        (\w+): ", arguments_of(function.node), re.M))
        assert described == set(function.options)
        assert all(
            arg.annotation for arg in [*function.node.args.args, *function.node.args.kwonlyargs]
        )
        assert function.node.returns is not None
        assert not function.node.args.defaults, "ports have no defaults"


def arguments_of(node: ast.FunctionDef) -> str:
    """The `Args:` of its docstring, as indented in the file."""
    doc = ast.get_docstring(node, clean=False) or ""
    return doc.partition("Args:\n")[2].partition("\n\n")[0]


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
def test_it_imports_only_what_a_project_has(component: Component) -> None:
    runs_here = component.kind == "architectures"
    known = (
        {"annotated_types", "gangen"} if runs_here else {"annotated_types", "numpy", "PIL", "torch"}
    )
    for node in component.module.tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None) or node.names[0].name
            root = module.split(".")[0]
            assert root in {*known, *sys.stdlib_module_names} or root.startswith("_")
            assert root != "gangen" or module == "gangen.contracts"
            assert module != "__future__", "the projects gather definitions, not files"


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
            assert component.kind in ("blocks", "reparametrizations", "conditioning")
            assert subject in LAYER_WORDS, capability
        else:
            assert word in SUBJECT_WORDS[subject], capability
    for constant in ("NEEDS", "FORBIDS"):
        for reason in component.constant(constant, {}).values():
            assert reason[0].islower()
            assert not reason.endswith(".")


def test_what_is_needed_or_forbidden_is_given_somewhere() -> None:
    found = [(name, text) for component in COMPONENTS for name, text in capabilities(component)]
    given = {text.rpartition(":")[2] for name, text in found if name == "GIVES"}
    wanted = {text.rpartition(":")[2] for name, text in found if name != "GIVES"}
    assert wanted <= given | {"bounded_output", "labels"}


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


@every_component("losses")
def test_losses(component: Component) -> None:
    assert list(component.functions) == ["discriminator_loss", "generator_loss"]
    assert component.functions["discriminator_loss"].ports == ("real_logits", "fake_logits")
    assert component.functions["generator_loss"].ports == ("fake_logits",)
    first, second = (component.options(name) for name in component.functions)
    assert not first.keys() & second.keys(), "their options become knobs of one name"


@every_component("penalties")
def test_penalties(component: Component) -> None:
    (function,) = component.functions.values()
    assert function.name == component.name
    slots = {slot for family in FAMILIES for slot in family.slots}
    wires = {name for family in FAMILIES for name in family.wires}
    assert component.constant("WHERE") in slots
    assert set(function.ports) <= wires
    assert component.constant("LAZY", False) in (True, False)
    assert "every" not in function.options


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
    assert evaluate(str(component.constant("RANGE")), options) in (None, (-1.0, 1.0))
    for asset in component.constant("ASSETS", []):
        assert (TEMPLATES / "data" / "assets" / asset).is_file()
    stand_in = TEMPLATES / "data" / "stand_in" / f"{component.name}.py"
    assert stand_in.is_file() == ("path" in component.options())


EXAMPLES = {"path": "data", "image_size": (8, 12), "shape": (3, 8, 12)}


@every_component("pictures")
def test_pictures(component: Component) -> None:
    function = component.module.definitions["save_picture"]
    assert isinstance(function, ast.FunctionDef)
    assert [argument.arg for argument in function.args.args] == ["samples", "path"]


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
    rules = component.constant("SHAPES") or {component.name: component.constant("SHAPE")}
    assert set(rules) == set(component.functions)
    assert all(map(Rule.parse, rules.values()))
    functions = list(component.functions.values())
    assert all(function.options.keys() == functions[0].options.keys() for function in functions)
    for function in functions:
        assert {n: o.default for n, o in function.options.items()} == {
            n: o.default for n, o in functions[0].options.items()
        }
    bounds = component.constant("RANGE")
    assert bounds is None or bounds == "keeps" or bounds[0] < bounds[1]


@every_component("reparametrizations")
def test_reparametrizations(component: Component) -> None:
    (function,) = component.functions.values()
    assert len(function.ports) == 1
    assert not any(option.required for option in function.options.values())
    for found, instead in component.constant("HELPERS", {}).items():
        for name in (found, instead):
            assert (TEMPLATES / "initializers" / f"{name}.py").is_file()


@every_component(*INLINED)
def test_inlined_functions_are_one_return_of_a_call(component: Component) -> None:
    for function in component.functions.values():
        assert isinstance(function.call, ast.Call)
        read = {node.id for node in ast.walk(function.call) if isinstance(node, ast.Name)}
        wired = {*function.ports, *function.options}
        assert wired <= read, "an option that changes nothing"
        assert not function.node.decorator_list


def test_names_do_not_meet() -> None:
    """A network's section holds its options and the reparametrizations as keys of equal rank."""
    keys = {"architecture", "layers", "init", "conditioning"}
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


SHAPES: list[Shape] = [(16,), (16, 6, 8)]
SIZES = {"channels": 12, "features": 12, "shape": (4, 2, 2), "kernel": 3, "embedding_dim": 5}


def python(component: Component) -> ModuleType:
    """The component's file, run."""
    spec = importlib.util.spec_from_file_location(f"tested_{component.name}", component.path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def layer_cases() -> Iterator[tuple[Component, str, Shape]]:
    for component in of("blocks", "conditioning"):
        rules = component.constant("SHAPES") or {component.name: component.constant("SHAPE")}
        for name, text in rules.items():
            for shape in SHAPES:
                if Rule.parse(text).bind(shape) is not None:
                    yield component, name, shape


def arguments(component: Component, name: str, shape: Shape) -> tuple[dict[str, Any], list[Any]]:
    """Options (required ones by example) and ports of a layer on a shape."""
    options = {
        key: SIZES[key] if option.required else option.default
        for key, option in component.options(name).items()
    }
    children = component.constant("CHILDREN", [])
    ports = [
        nn.Identity() if port in children else 7 if port == "num_classes" else shape[0]
        for port in component.functions[name].ports
    ]
    return options, ports


def variations(
    component: Component, name: str, options: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """The options; then each true or false one turned round, each size one larger."""
    yield options
    for key, value in options.items():
        if isinstance(value, bool):
            yield {**options, key: not value}
        elif key in ("kernel", "channels", "features", "embedding_dim"):
            yield {**options, key: value + 4}
            if "tuple" in component.options(name)[key].annotation:
                yield {**options, key: (2, 5)}


@pytest.mark.parametrize(
    ("component", "name", "shape"),
    list(layer_cases()),
    ids=[f"{c.name}.{name}.{len(shape)}" for c, name, shape in layer_cases()],
)
def test_parameters_are_those_of_the_real_module(
    component: Component, name: str, shape: Shape
) -> None:
    text = (component.constant("SHAPES") or {name: component.constant("SHAPE")})[name]
    sizes = Rule.parse(text).bind(shape)
    assert sizes is not None
    options, ports = arguments(component, name, shape)
    for said in variations(component, name, options):
        module = getattr(python(component), name)(*ports, **said)
        scope = {**said, "num_classes": 7, **sizes}
        expected = int(evaluate(component.constant("PARAMETERS", "0"), scope))
        assert sum(p.numel() for p in module.parameters()) == expected, said


@every_component("reparametrizations")
def test_reparametrizations_add_no_parameters(component: Component) -> None:
    (function,) = component.functions.values()
    wrap = getattr(python(component), function.name)
    for block in of("blocks"):
        if "weight" not in block.constant("GIVES", []):
            continue
        (name,) = block.functions
        options, ports = arguments(block, name, (16, 6, 8))
        plain = getattr(python(block), name)(*ports, **options)
        parameters = sum(p.numel() for p in plain.parameters())
        wrapped = wrap(plain, **{n: o.default for n, o in function.options.items()})
        assert sum(p.numel() for p in wrapped.parameters()) == parameters


@every_component("blocks")
def test_what_needs_the_batch_is_declared(component: Component) -> None:
    """Samples are independent of each other unless a layer GIVES batch_statistics."""
    torch.manual_seed(0)
    for name, shape in ((n, s) for c, n, s in layer_cases() if c is component):
        options, ports = arguments(component, name, shape)
        if "p" in options:
            options["p"] = 0.0  # dropout draws for every sample
        if name in ("unflatten", "reshape"):
            options["shape"] = (*shape[1:], shape[0])
        module = getattr(python(component), name)(*ports, **options)
        x = torch.randn(4, *shape)
        alone = torch.cat([module(x[:2]), module(x[2:])])
        depends = not torch.allclose(alone, module(x), atol=1e-5)
        assert depends == ("batch_statistics" in component.constant("GIVES", []))


@every_component("blocks")
def test_ranges_are_those_of_the_values(component: Component) -> None:
    bounds = component.constant("RANGE")
    for name, shape in ((n, s) for c, n, s in layer_cases() if c is component):
        options, ports = arguments(component, name, shape)
        if name in ("unflatten", "reshape"):
            options["shape"] = (*shape[1:], shape[0])
        if "groups" in options:
            options["groups"] = 1  # of two values each is 1 or -1
        module = getattr(python(component), name)(*ports, **options).eval()
        x = 100 * torch.randn(8, *shape)
        out = module(x)
        if bounds == "keeps":
            assert out.flatten().sort().values.equal(x.flatten().sort().values)
        elif bounds:
            assert (out.min(), out.max()) == pytest.approx(bounds)
        else:
            assert out.max() > 1.5, "a layer without a RANGE is unbounded"


INLINED_FUNCTIONS = [
    (component, name) for component in of(*INLINED) for name in component.functions
]


@pytest.mark.parametrize(
    ("component", "name"),
    INLINED_FUNCTIONS,
    ids=[f"{c.name}.{name}" for c, name in INLINED_FUNCTIONS],
)
def test_a_default_that_is_not_printed_is_torchs_own(component: Component, name: str) -> None:
    function, module = component.functions[name], python(component)
    options = {
        key: SIZES.get(key, 0.1) if option.required else option.default
        for key, option in function.options.items()
    }
    code = inline(function, options | {port: Code(port) for port in function.ports})
    printed = eval(code, vars(module) | wired(component, name))
    whole = getattr(module, name)(*wired(component, name).values(), **options)
    assert settings_of(printed) == settings_of(whole)
    for key, option in function.options.items():
        repeats = not option.required and f"{key}={literal(option.default)}" in code
        assert not repeats, "the default is printed"


def wired(component: Component, name: str) -> dict[str, Any]:
    """Something real for each port."""
    if component.kind == "optimizers":
        return {"parameters": [nn.Parameter(torch.zeros(3))]}
    if component.kind == "reparametrizations":
        return {component.functions[name].ports[0]: nn.Linear(3, 3)}
    shape = next(s for c, n, s in layer_cases() if (c, n) == (component, name))
    return dict(
        zip(component.functions[name].ports, arguments(component, name, shape)[1], strict=True)
    )


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
    compiled = compile_text(CATALOGUE, f"preset: {name}\n{data_for(name)}")
    assert not compiled.problems.all
    assert compiled.plan.spec.preset == name
    assert (compiled.plan.spec.condition == "labels") == ("condition" in preset(name)["spec"])
    for network in compiled.plan.networks.values():
        assert network.items[-1].after == network.target.shape


def data_for(name: str) -> str:
    """Digits for images, points of a plane for a generator that starts from two numbers."""
    plane = preset(name)["spec"]["latent"]["dim"] == 2
    return "data: grid" if plane else "data: {source: digits, image_size: [32, 32]}"


def compile_text(catalogue: Catalogue, text: str) -> Compiled:
    return compile_spec(Path("spec.yaml"), catalogue, (), f"gangen: 1\nname: test\n{text}\n")


def test_there_is_a_preset_with_labels() -> None:
    conditional = [name for name in PRESETS if "condition" in preset(name)["spec"]]
    assert conditional
    assert all(preset(name)["spec"]["condition"] == "labels" for name in conditional)


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


@pytest.mark.parametrize("family", CATALOGUE.names("families"))
def test_a_new_family_is_one_folder(tmp_path: Path, family: str) -> None:
    before = compiler_files()
    own = tmp_path / "families" / "own_family"
    shutil.copytree(TEMPLATES / "families" / family, own)
    readme = "# {{ plan.name }}: {{ plan.title | md }}\n"
    (own / "README.md.jinja").write_text(readme)  # in place of the skeleton's
    (own / "NOTES.md.jinja").write_text("Notes on {{ plan.name }}.\n")  # one more file
    catalogue = Catalogue((tmp_path, TEMPLATES))
    assert catalogue.names("families") == sorted([*CATALOGUE.names("families"), "own_family"])
    files = project_files(compile_text(catalogue, f"family: own_family\n{NETWORKS}"), catalogue)
    shipped_ = project_files(compile_text(CATALOGUE, f"family: {family}\n{NETWORKS}"), CATALOGUE)
    assert files.keys() == shipped_.keys() | {"NOTES.md"}
    assert files["README.md"].startswith(b"# test: ")
    assert files["NOTES.md"] == b"Notes on test.\n"
    changed = {path for path in shipped_ if files[path] != shipped_[path]}
    assert changed == {"README.md", "spec.yaml"}
    assert compiler_files() == before


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


def test_a_file_that_is_broken_is_named(tmp_path: Path) -> None:
    (tmp_path / "losses").mkdir()
    (tmp_path / "losses" / "broken.py").write_text("def discriminator_loss(:\n")
    catalogue = Catalogue((tmp_path, TEMPLATES))
    with pytest.raises(TemplateError, match=r"broken\.py"):
        catalogue.get("losses", "broken")

"""Inferred shapes and parameter counts against PyTorch's meta device, as printed.

An oracle calls the catalogue's real functions and runs what they return; gangen, which never
imports torch, must say the same, or refuse where torch refuses. The printed code is run as well.
"""

from __future__ import annotations

import importlib.util
import re
import types
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from math import prod
from types import SimpleNamespace
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
import torch
from annotated_types import Ge, Gt, Le, Lt
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from gangen.catalogue import Catalogue, Component, shipped
from gangen.contracts import Family, Port, Role
from gangen.errors import Place, Problem, Problems, Source
from gangen.fold import container, containers, expression, fold
from gangen.lower import Lowering
from gangen.marks import Mark, Marks
from gangen.pieces import Collection
from gangen.plan import Group, Network
from gangen.resolve import Resolver
from gangen.shapes import Rule, Shape, Unfit, evaluate
from gangen.sizes import area, chunk, conv, conv_transpose, divides, grouped, interpolated

CATALOGUE = Catalogue((shipped(),))
CONDITIONINGS = list(CATALOGUE.all("conditioning"))
# Layers that see the network's input, read tokens or keep a state do not stand in a row.
BLOCKS = [
    block.name
    for block in CATALOGUE.all("blocks")
    if not (block.constant("SEES_INPUT") or block.constant("KEEPS_STATE"))
    and not any("vocabulary" in function.ports for function in block.functions.values())
]
NESTS = [name for name in BLOCKS if CATALOGUE.get("blocks", name).constant("CHILDREN")]
BATCH = 2
deterministic = settings(derandomize=True, deadline=None, database=None)


class Refused(Exception):
    """What torch, or the documented rank of a layer, does not allow."""


# The oracle: real functions, run on the meta device


@cache
def python(component: Component) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(f"shapes_{component.name}", component.path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        for kind in ("conditioning", "blocks"):  # where their private libraries are
            patch.syspath_prepend(str(shipped() / kind))
        spec.loader.exec_module(loaded)
    return loaded


@cache
def documented(component: Component) -> dict[str, tuple[int, bool]]:
    """Rank that each function's docstring states, and whether more axes may follow."""
    result = {}
    for name, function in component.functions.items():
        found = re.match(r"x \[B, ([^]]+)\]", function.summary)
        assert found, f"{component.name}.{name} must start with `x [B, ...]`"
        axes = found[1].split(", ")
        result[name] = (len(axes) - (axes[-1] == "..."), axes[-1] == "...")
    return result


def variant(component: Component, shape: Shape) -> str:
    for name, (rank, more) in documented(component).items():
        if len(shape) == rank or (more and len(shape) >= rank):
            return name
    raise Refused


def torch_layer(entry: Any, shape: Shape) -> tuple[nn.Module, Shape]:
    """The module of one layer of a spec, and the shape behind it."""
    ((name, said),) = entry.items() if isinstance(entry, dict) else ((entry, {}),)
    component = CATALOGUE.get("blocks", name)
    chosen = variant(component, shape)
    children = {
        child: torch_layers(said.get(child, []), shape)
        for child in component.constant("CHILDREN", [])
    }
    if "shortcut" in children and len({after for _, after in children.values()}) > 1:
        raise Refused  # torch would broadcast
    options = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in said.items()
        if key not in children
    }
    for key, value in options.items():
        if key in PER_AXIS and isinstance(value, tuple) and len(value) != len(shape) - 1:
            raise Refused  # torch would repeat the number of a list of one
    sizes = rules(component)[chosen].bind(shape) or {}  # a layer of sequences has features last
    ports = [
        children[port][0] if port in children else sizes.get(port, shape[0])
        for port in component.functions[chosen].ports
    ]
    try:
        with torch.device("meta"):
            module = getattr(python(component), chosen)(*ports, **options)
            after = module(torch.empty(BATCH, *shape)).shape
        if isinstance(module, TRANSPOSED):
            try_on_cpu(module, shape)
    except (RuntimeError, ValueError, TypeError, IndexError, AssertionError) as error:
        raise Refused from error
    assert after[0] == BATCH
    if 0 in after:
        raise Refused  # torch allows a map without values
    return module, tuple(after[1:])


PER_AXIS = ("kernel", "stride", "padding", "output_padding")
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


def try_on_cpu(module: Any, shape: Shape) -> None:
    """Meta tensors let pass an output padding that the CPU and CUDA refuse."""
    sizes = (module.kernel_size, module.stride, module.padding, module.output_padding)
    type(module)(1, 1, *sizes)(torch.zeros(1, 1, *(min(side, 40) for side in shape[1:])))


def torch_layers(entries: Sequence[Any], shape: Shape) -> tuple[nn.Module, Shape]:
    modules = []
    for entry in entries:
        module, shape = torch_layer(entry, shape)
        modules.append(module)
    return nn.Sequential(*modules), shape


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


# gangen's answer


def family(source: str, target: str, builder: str) -> Family:
    role = Role(f"{source} -> {target}", builder, argument="x", prefix="n", doc="")
    no_wires: Any = dict
    return Family("", {"network": role}, object, dict, no_wires, (), dict)


BUILDERS = {"data": "generator", "logits": "discriminator"}


def infer(
    section: Mapping[str, Any],
    source: Port,
    target: Port,
    condition: str | None = None,
    classes: int = 0,
    attributes: int = 0,
) -> tuple[Network | None, tuple[Problem, ...]]:
    """A network's section, resolved and lowered; None when gangen refuses it."""
    here = Place(Source("spec.yaml", ""), 1, 1)
    marks, problems = Marks(here.source, Mark(here, here)), Problems()
    builder = "translator" if source.name == "source" else BUILDERS[target.name]
    said = Resolver(CATALOGUE, marks, problems).network(builder, section, ("network",))
    if said is None:
        return None, problems.errors
    spec: Any = SimpleNamespace(network=said, condition=condition, objective=None, penalties=None)
    own = family(source.name, target.name, builder)
    lowering = Lowering(spec, own, CATALOGUE, marks, problems, classes, attributes)
    network = lowering.network("network", {source.name: source, target.name: target}, ())
    return network, problems.errors


class Printed(nn.Module):
    """A network as its printed code makes it, repeated blocks through their factories."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        flow = network.conditioning.flow if network.conditioning else ""
        namespace = definitions(network)
        (stage,) = (stage for stage in network.stages)
        self.chunked = flow == "chunks"
        self.conditional = any(layer.conditional for layer in stage.layers)
        row = container(stage.layers, chunked=self.chunked)
        with torch.device("meta"):
            self.before = eval(expression(network.before), namespace) if network.before else None
            self.row = eval(f"{row}({', '.join(lines(network))})", namespace)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        given: Any = condition
        if self.before is not None:
            x = self.before(x, condition)
        if self.chunked:
            x, given = x
        out: Tensor = self.row(x, given) if self.conditional else self.row(x)
        return out


def definitions(network: Network) -> dict[str, Any]:
    """What models.py defines and imports for a network, run."""
    pieces = Collection()
    for layer in (inside for outer in network.layers for inside in outer.walk()):
        pieces.add_expression(layer.component, layer.function.call)
        for wrapper in layer.wrappers:
            pieces.add_expression(
                wrapper.component, next(iter(wrapper.component.functions.values())).call
            )
    for name in containers(network):
        pieces.add_from(CATALOGUE.find("blocks/_conditional.py"), name)
    functions = [
        f"def {factory.name}({', '.join(factory.parameters)}):\n"
        f"    return {container(factory.layers)}({', '.join(factory.lines())})"
        for factory in fold([network]).values()
    ]
    source = [*IMPORTS, pieces.import_lines, pieces.code, *functions]
    namespace: dict[str, Any] = {}
    exec("\n".join(source), namespace)
    return namespace


def lines(network: Network) -> list[str]:
    factories = fold([network])
    result: list[str] = []
    for item in network.items:
        if isinstance(item, Group) and item.name in factories:
            result.append(factories[item.name].call(item))
        else:
            layers = item.layers if isinstance(item, Group) else (item,)
            result += [expression(layer) for layer in layers]
    return result


IMPORTS = ["import torch", "from torch import Tensor, nn"]


def shape_after(module: nn.Module, shape: Shape, *condition: Tensor) -> Shape:
    with torch.device("meta"):
        out: Tensor = module(torch.empty(BATCH, *shape), *condition)
    assert out.device.type == "meta"
    return tuple(out.shape[1:])


# Strategies, made from the components' own signatures


def values(annotation: Any, shape: Shape) -> st.SearchStrategy[Any]:
    """Legal values of an option, small ones, some of which suit a shape."""
    bounds: list[Any] = []
    if get_origin(annotation) is Annotated:
        annotation, *bounds = get_args(annotation)
    origin, inside = get_origin(annotation), get_args(annotation)
    if annotation is bool:
        return st.booleans()
    if annotation is int:
        low = next((bound.ge for bound in bounds if isinstance(bound, Ge)), 0)
        return st.integers(low, low + 5)
    if annotation is float:
        return st.sampled_from([x for x in (0.1, 0.2, 0.5) if within(x, bounds)])
    if origin is Literal:
        return st.sampled_from(inside)
    if origin is tuple:
        if Ellipsis not in inside:
            return st.tuples(*(values(x, shape) for x in inside))
        lengths = st.sampled_from([*[max(len(shape) - 1, 1)] * 6, 1, 2, 3])
        lists = lengths.flatmap(
            lambda n: st.lists(values(inside[0], shape), min_size=n, max_size=n)
        )
        suiting = [[prod(shape)], [prod(shape), 1, 1], [1, prod(shape)], list(shape[::-1])]
        return st.one_of(lists, st.sampled_from(suiting)) if bounds else lists
    assert origin in (Union, types.UnionType), annotation
    return st.one_of([values(x, shape) for x in inside if x is not type(None)])


def within(value: float, bounds: Sequence[Any]) -> bool:
    checks = {
        Ge: lambda b: value >= b.ge,
        Gt: lambda b: value > b.gt,
        Le: lambda b: value <= b.le,
        Lt: lambda b: value < b.lt,
    }
    return all(checks[type(bound)](bound) for bound in bounds)


@st.composite
def layer(draw: st.DrawFn, name: str, shape: Shape, depth: int) -> Any:
    """One layer of a spec, options given at random or left to their defaults."""
    component = CATALOGUE.get("blocks", name)
    said = {
        option.name: draw(values(option.type, shape))
        for option in component.options().values()
        if option.required or draw(st.booleans())
    }
    for number, child in enumerate(component.constant("CHILDREN", [])):
        if number == 0 or draw(st.booleans()):  # the first one is required
            said[child] = draw(chain(shape, depth - 1))
    return {name: said} if said else name


@st.composite
def chain(draw: st.DrawFn, shape: Shape, depth: int, last: str = "") -> list[Any]:
    """Layers that fit, and one at the end, a given one or any, that may not."""
    entries = []
    for _ in range(draw(st.integers(0, 3 if last else 2))):
        entry = draw(layer(draw(names(depth)), shape, depth))
        try:
            _, shape = torch_layer(entry, shape)
        except Refused:
            continue
        entries.append(entry)
    return [*entries, draw(layer(last or draw(names(depth)), shape, depth))]


def names(depth: int) -> st.SearchStrategy[str]:
    return st.sampled_from([*(x for x in BLOCKS if depth or x not in NESTS), *WEIGHTED, *WEIGHTED])


# Most layers leave the shape alone; these are the ones that inference is about.
WEIGHTED = [x for x in BLOCKS if CATALOGUE.get("blocks", x).constant("SHAPE") != "*size -> *size"]
WEIGHTED = [x for x in WEIGHTED if x not in NESTS]
DEPTH = 2  # of layers in layers
SIZES = st.integers(1, 17)
MAPS = st.tuples(st.integers(1, 12), SIZES, SIZES)
SIGNALS = st.tuples(st.integers(1, 12), SIZES)
VOLUMES = st.tuples(st.integers(1, 6), *[st.integers(1, 6)] * 3)
HIGHER = st.tuples(*[st.integers(1, 3)] * 5)
ROWS = st.tuples(st.integers(1, 300))
SHAPES = st.one_of(MAPS, ROWS, SIGNALS, VOLUMES, HIGHER)


def shapes_for(name: str) -> st.SearchStrategy[Shape]:
    """Mostly of a rank that the block takes."""
    ranks = [rank for rank, more in documented(CATALOGUE.get("blocks", name)).values() if not more]
    usual = {1: ROWS, 2: SIGNALS, 3: MAPS, 4: VOLUMES}
    fitting = [usual[rank] for rank in ranks if rank in usual] or [MAPS, ROWS, SIGNALS, VOLUMES]
    return st.sampled_from([*fitting * 4, MAPS, SHAPES]).flatmap(lambda kind: kind)


# Lists of layers


@pytest.mark.parametrize("name", BLOCKS)
@settings(deterministic, max_examples=50)
@given(data=st.data(), wrap=st.booleans())
def test_gangen_says_what_torch_says(name: str, data: st.DataObject, wrap: bool) -> None:
    shape = data.draw(shapes_for(name))
    entries = data.draw(chain(shape, DEPTH, name))
    section = {"layers": entries} | ({"spectral_norm": True} if wrap else {})
    network, problems = infer(section, Port("data", shape), Port("logits", (1,)))
    try:
        module, after = torch_layers(entries, shape)
    except Refused:
        assert network is None, "torch refuses this"
        assert all(problem.message for problem in problems)
        return
    assert network is not None, (problems, "but torch takes this")
    assert network.items[-1].after == after
    assert network.parameters == count(module)
    code = Printed(network)
    assert shape_after(code, shape) == after
    assert count(code) == network.parameters


@pytest.mark.parametrize("name", BLOCKS)
def test_the_rule_and_the_docstring_agree_on_ranks(name: str) -> None:
    component = CATALOGUE.get("blocks", name)
    rules = component.constant("SHAPES") or {
        next(iter(component.functions)): component.constant("SHAPE")
    }
    for function, text in rules.items():
        rule = Rule.parse(text)
        rank, more = documented(component)[function]
        assert [rule.bind((2,) * n) is not None for n in range(rank, 6)] == [
            n == rank or more for n in range(rank, 6)
        ]


RULES = ("SHAPES", "VECTOR_SHAPES", "LAYER_SHAPES")
WIRED = {"num_classes", "condition_dim", "chunks"}


def rules(component: Component) -> dict[str, Rule]:
    """Every rule of a component by the function it is about."""
    found = {k: v for name in RULES for k, v in component.constant(name, {}).items()}
    if component.constant("SHAPE"):
        found[next(iter(component.functions))] = component.constant("SHAPE")
    return {name: Rule.parse(text) for name, text in found.items()}


@pytest.mark.parametrize("kind", ["blocks", "conditioning"])
def test_ports_are_sizes_of_the_rule(kind: str) -> None:
    for component in CATALOGUE.all(kind):
        children = component.constant("CHILDREN", [])
        for name, rule in rules(component).items():
            known = {*rule.pattern, *children, *WIRED, "vocabulary"}
            assert set(component.functions[name].ports) <= known


# Conditions


CONDITIONAL = [(c, name) for c in CONDITIONINGS for name in rules(c)]


@pytest.mark.parametrize(
    ("component", "name"), CONDITIONAL, ids=[f"{c.name}.{name}" for c, name in CONDITIONAL]
)
@settings(deterministic, max_examples=15)
@given(data=st.data())
def test_conditioning(component: Component, name: str, data: st.DataObject) -> None:
    """Every function: the module takes input and condition; shape and size are as the rules say."""
    function, rule = component.functions[name], rules(component)[name]
    kinds = st.sampled_from([ROWS, SIGNALS, MAPS, VOLUMES]).flatmap(lambda kind: kind)
    shape = data.draw(kinds.filter(lambda shape: rule.bind(shape) is not None))
    said = {o.name: data.draw(values(o.type, shape)) for o in function.options.values()}
    wired = {key: data.draw(st.integers(1, 6), label=key) for key in sorted(WIRED)}
    if name in component.constant("SHAPES", {}) and wired["chunks"] and "chunks" in function.ports:
        shape = (shape[0] * (wired["chunks"] + 1),)
    sizes = rule.bind(shape)
    assert sizes is not None
    scope = {**said, **wired, **sizes}
    given_ports = [scope[port] for port in function.ports]
    with torch.device("meta"):
        module = getattr(python(component), name)(*given_ports, **said)
        out = module(torch.empty(BATCH, *shape), condition_for(component, name, wired))
    parameters = component.constant("PARAMETERS", "0")
    expected = parameters if isinstance(parameters, str) else parameters.get(name, "0")
    assert count(module) == evaluate(expected, scope)
    if isinstance(out, tuple):
        first, conditions = out
        assert len(conditions) == wired["chunks"]
        dim = evaluate(component.constant("CONDITION_DIM"), scope)
        assert {tuple(x.shape) for x in conditions} == {(BATCH, dim)}
        out = first
    after = tuple(out.shape[1:]) or (1,)
    assert after == rule.apply(shape, scope)


def condition_for(component: Component, name: str, wired: Mapping[str, int]) -> Tensor:
    """Labels, or a vector for functions that are for vectors."""
    if name in component.constant("VECTOR_SHAPES", {}) or name in component.constant(
        "LAYER_SHAPES", {}
    ):
        return torch.empty(BATCH, wired["condition_dim"], device="meta")
    return torch.zeros(BATCH, dtype=torch.int64, device="meta")


@st.composite
def normed(draw: st.DrawFn) -> tuple[list[Any], int]:
    """Layers of which some are a norm, some inside others, and how many of the row have one."""
    norm: list[Any] = ["batch_norm"]
    inside = st.sampled_from([norm, ["relu", "batch_norm"], ["batch_norm", "relu", "batch_norm"]])
    both = st.fixed_dictionaries({"layers": inside}, optional={"shortcut": inside})
    deep = both.map(lambda children: {"residual": {"layers": ["relu", {"residual": children}]}})
    residuals = st.one_of(both.map(lambda children: {"residual": children}), deep)
    kinds = st.one_of(st.just("relu"), st.just("batch_norm"), residuals)
    row = draw(st.lists(kinds, min_size=0, max_size=4))
    row.insert(draw(st.integers(0, len(row))), draw(st.one_of(st.just("batch_norm"), residuals)))
    inside = sum(isinstance(entry, dict) for entry in row)  # then a norm beside them has none
    return row, inside or row.count("batch_norm")


@pytest.mark.parametrize("component", CONDITIONINGS, ids=[c.name for c in CONDITIONINGS])
@pytest.mark.parametrize("kind", ["labels", "attributes"])
@settings(deterministic, max_examples=30)
@given(data=st.data())
def test_conditional_networks(component: Component, kind: str, data: st.DataObject) -> None:
    """A printed network hands the condition to the layers that take it, at any depth."""
    flow = component.constant("FLOW")
    if flow in ("logits", "head") or (kind == "attributes" and not rules_for(component, kind)):
        return
    if flow == "layers" and "batch_norm" not in component.constant("REPLACES"):
        return
    ranks = {1: ROWS, 2: SIGNALS, 3: MAPS, 4: VOLUMES}
    fitting = [
        shapes
        for rank, shapes in ranks.items()
        if flow != "input" or any(r.bind((2,) * rank) for r in rules_for(component, kind))
    ]
    shape = data.draw(ROWS if flow == "chunks" else st.one_of(fitting))
    layers, conditional = data.draw(normed())
    section = {"layers": layers, "conditioning": component.name}
    classes, attributes = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 9))
    sizes = {"classes": classes, "attributes": attributes}
    source, target = Port("data", shape), Port("logits", (1,))
    network, problems = infer(section, source, target, kind, **sizes)
    if flow == "chunks" and shape[0] % (conditional + 1):
        assert network is None
        found = [
            re.search(r"nearest legal dim of the latent is (\d+)", p.help or "") for p in problems
        ]
        (legal,) = {int(match[1]) for match in found if match}
        shape = (legal,)
        network, problems = infer(section, Port("data", shape), target, kind, **sizes)
    assert network is not None, problems
    code = Printed(network)
    with torch.device("meta"):
        condition = torch.zeros(BATCH, dtype=torch.int64)
        condition = condition if kind == "labels" else torch.empty(BATCH, attributes)
    assert shape_after(code, shape, condition) == network.items[-1].after
    assert count(code) == network.parameters


@pytest.mark.parametrize("sample", [(1, 32), (3, 16, 24), (1, 8, 8, 8)])
@pytest.mark.parametrize("component", CONDITIONINGS, ids=[c.name for c in CONDITIONINGS])
@pytest.mark.parametrize("kind", ["labels", "attributes"])
def test_an_architecture_takes_the_condition(
    component: Component, kind: str, sample: Shape
) -> None:
    """Repeated blocks with norms inside become functions whose layers are given the condition."""
    flow = component.constant("FLOW")
    if flow in ("logits", "head") or (kind == "attributes" and not rules_for(component, kind)):
        return
    section = {"architecture": "dcgan", "depth": 2, "width": 4, "extra_layers": 1}
    source, target = ports("generator", sample, 12, (-1.0, 1.0))
    elsewhere = flow == "layers" and "batch_norm" not in component.constant("REPLACES")
    if elsewhere or (
        flow == "input" and not any(r.bind((12,)) for r in rules_for(component, kind))
    ):
        return
    section["conditioning"] = component.name
    network, problems = infer(section, source, target, kind, classes=7, attributes=5)
    assert network is not None, problems
    code = Printed(network)
    with torch.device("meta"):
        condition = torch.zeros(BATCH, dtype=torch.int64)
        condition = condition if kind == "labels" else torch.empty(BATCH, 5)
    assert shape_after(code, source.shape, condition) == sample
    assert count(code) == network.parameters


@pytest.mark.parametrize("kind", ["labels", "attributes"])
def test_a_condition_joins_maps_where_there_is_a_place(kind: str) -> None:
    layers = [{"conv": {"channels": 6}}, "concat_point", {"conv": {"channels": 2}}]
    section = {"layers": layers, "conditioning": {"concat_inside": {"dim": 5}}}
    source, target = Port("data", (3, 9, 8)), Port("logits", (2, 5, 4))
    network, problems = infer(section, source, target, kind, classes=7, attributes=4)
    assert network is not None, problems
    assert [layer.after for layer in network.main_layers] == [(6, 7, 6), (11, 7, 6), (2, 5, 4)]
    with torch.device("meta"):
        labels = torch.zeros(BATCH, dtype=torch.int64)
        condition = labels if kind == "labels" else torch.empty(BATCH, 4)
    assert shape_after(Printed(network), source.shape, condition) == (2, 5, 4)


def rules_for(component: Component, kind: str) -> list[Rule]:
    constant = "SHAPES" if kind == "labels" else "VECTOR_SHAPES"
    return [Rule.parse(text) for text in component.constant(constant, {}).values()]


# Architectures


SIDES = st.one_of(st.integers(1, 130), st.sampled_from([192, 255, 256, 300, 512, 600]))
IMAGES = st.tuples(st.integers(1, 12), SIDES, SIDES)
SMALL = st.integers(1, 40)
OTHER_MAPS = st.one_of(
    st.tuples(st.integers(1, 9), SIDES), st.tuples(st.integers(1, 3), SMALL, SMALL, SMALL)
)
VECTORS = st.one_of(st.tuples(st.integers(1, 130)), st.tuples(st.integers(1, 9), SIDES))
WIDTHS = st.one_of(st.integers(1, 70), st.sampled_from([96, 128, 512, 1000, 4096]))
LOGITS = Port("logits", (1,))
SPECIAL = {
    "width": WIDTHS,
    "max_width": WIDTHS,
    "depth": st.one_of(st.none(), st.integers(0, 16)),
    "extra_layers": st.one_of(st.integers(0, 4), st.integers(0, 17)),
    "hidden": st.lists(WIDTHS, min_size=1, max_size=5),
}


@st.composite
def architecture(draw: st.DrawFn, name: str, builder: str) -> dict[str, Any]:
    options = CATALOGUE.get("architectures", name).options(builder)
    given_ = {
        option.name: draw(
            SPECIAL[option.name] if option.name in SPECIAL else values(option.type, (1,))
        )
        for option in options.values()
        if draw(st.booleans())
    }
    return {"architecture": name, **given_}


def ports(builder: str, sample: Shape, latent: int, bounds: Any) -> tuple[Port, Port]:
    data = Port("data", sample, bounds)
    if builder == "translator":
        return Port("source", sample, bounds), data
    return (Port("latent", (latent,)), data) if builder == "generator" else (data, LOGITS)


def repaired(section: dict[str, Any], source: Port, target: Port) -> tuple[Network, dict[str, Any]]:
    """The network, after the help of every refusal is followed; each names a value, once."""
    blamed: list[str] = []
    while True:
        network, problems = infer(section, source, target)
        if network is not None:
            assert not problems
            return network, section
        (problem,) = problems
        found = re.search(r"the nearest legal (\w+) is (\w+)", problem.help or "")
        assert found, (problem.message, problem.help)
        option, legal = found[1], int(found[2]) if found[2].isdigit() else found[2]
        assert option not in blamed, (section, problem)
        assert section.get(option) != legal
        blamed.append(option)
        section = {**section, option: legal}


def check_network(network: Network, source: Port, target: Port) -> None:
    """The printed network goes from port to port with the planned shapes and parameters."""
    assert network.items[-1].after == target.shape
    assert network.output_range == (target.range if target.name == "data" else None) or (
        network.output_range is None
    )
    code = Printed(network)
    assert shape_after(code, source.shape) == target.shape
    assert count(code) == network.parameters


@pytest.mark.parametrize("builder", ["generator", "discriminator"])
@settings(deterministic, max_examples=150)
@given(data=st.data())
def test_dcgan_fits_every_map_or_says_what_does(builder: str, data: st.DataObject) -> None:
    section = data.draw(architecture("dcgan", builder))
    sample = data.draw(st.one_of(IMAGES, IMAGES, OTHER_MAPS))
    latent = data.draw(st.integers(1, 200))
    bounds = data.draw(st.sampled_from([(-1.0, 1.0), None]))
    source, target = ports(builder, sample, latent, bounds)
    network, fixed = repaired(section, source, target)
    assert set(fixed) - set(section) <= {"depth", "width", "max_width", "norm", "extra_layers"}
    check_network(network, source, target)


@pytest.mark.parametrize("builder", ["generator", "discriminator"])
@settings(deterministic, max_examples=60)
@given(data=st.data())
def test_mlp_fits_everything(builder: str, data: st.DataObject) -> None:
    section = data.draw(architecture("mlp", builder))
    sample, latent = data.draw(st.one_of(IMAGES, VECTORS)), data.draw(st.integers(1, 200))
    bounds = data.draw(st.sampled_from([(-1.0, 1.0), None]))
    source, target = ports(builder, sample, latent, bounds)
    network, problems = infer(section, source, target)
    assert network is not None, problems
    check_network(network, source, target)


@pytest.mark.parametrize("name", CATALOGUE.names("architectures"))
def test_every_architecture_makes_an_ordinary_image_by_default(name: str) -> None:
    known = {"generator", "discriminator", "translator"}  # others are for what is no image
    for builder in known & CATALOGUE.get("architectures", name).functions.keys():
        source, target = ports(builder, (3, 32, 32), 120, (-1.0, 1.0))
        target = replace(target, patches=target is LOGITS)
        network, problems = infer({"architecture": name}, source, target)
        assert network is not None, problems
        assert network.items[-1].after == network.target.shape


@pytest.mark.parametrize("builder", ["generator", "discriminator"])
@pytest.mark.parametrize("kernel", [3, 4, 5])
def test_dcgan_by_default_fits_every_size(builder: str, kernel: int) -> None:
    for height in range(1, 131, 3):
        for width in (height, 131 - height, 64, 1):
            source, target = ports(builder, (3, height, width), 8, (-1.0, 1.0))
            section = {"architecture": "dcgan", "kernel": kernel, "width": 8}
            network, problems = infer(section, source, target)
            assert network is not None, problems
            assert network.items[-1].after == target.shape


@pytest.mark.parametrize("builder", ["generator", "discriminator"])
@pytest.mark.parametrize("axes", [1, 3])
def test_dcgan_by_default_fits_every_length(builder: str, axes: int) -> None:
    for side in range(1, 70, 3):
        sample = (2, *[side] * (axes - 1), 70 - side)
        source, target = ports(builder, sample, 8, (-1.0, 1.0))
        network, problems = infer({"architecture": "dcgan", "width": 8}, source, target)
        assert network is not None, problems
        assert network.items[-1].after == target.shape


@pytest.mark.parametrize("sample", [(2,), (1, 2, 3, 4, 5)])
def test_dcgan_refuses_what_is_no_map(sample: Shape) -> None:
    source, target = ports("discriminator", sample, 8, None)
    network, (problem,) = infer({"architecture": "dcgan"}, source, target)
    assert network is None
    assert problem.help is not None
    assert "mlp" in problem.help
    assert infer({"architecture": "mlp"}, source, target)[0] is not None


@pytest.mark.parametrize("norm", ["none", "batch", "instance", "layer", "group"])
def test_dcgan_keeps_its_depth_when_it_can(norm: str) -> None:
    for depth in range(7):
        section = {"architecture": "dcgan", "depth": depth, "norm": norm}
        source, target = ports("generator", (3, 64, 96), 8, (-1.0, 1.0))
        network, _ = infer(section, source, target)
        assert network is not None
        grown = [x for x in network.layers if x.name == "conv_transpose"]
        assert len(grown) == depth


def channels_of(section: Mapping[str, Any], builder: str, sample: Shape) -> list[tuple[str, Shape]]:
    """The convolutions of a network, each with the shape behind it."""
    network, problems = infer(
        {"architecture": "dcgan", **section}, *ports(builder, sample, 128, (-1.0, 1.0))
    )
    assert network is not None, problems
    weighted = [
        layer for layer in network.layers if "weight" in layer.component.constant("GIVES", [])
    ]
    return [(layer.name, layer.after) for layer in weighted]


def test_dcgan_can_be_the_networks_of_sngan() -> None:
    """The convolutions of chainer-gan-lib's SNDCGANDiscriminator and DCGANGenerator (ch=512)."""
    judge = {"width": 64, "max_width": 512, "norm": "none", "extra_layers": 4}
    assert channels_of(judge, "discriminator", (3, 32, 32)) == [
        ("conv", (64, 32, 32)),
        ("conv", (128, 16, 16)),
        ("conv", (128, 16, 16)),
        ("conv", (256, 8, 8)),
        ("conv", (256, 8, 8)),
        ("conv", (512, 4, 4)),
        ("conv", (512, 4, 4)),
        ("conv", (1, 1, 1)),
    ]
    maker = {"width": 64, "max_width": 512, "last": "conv"}
    assert channels_of(maker, "generator", (3, 32, 32)) == [
        ("linear", (8192,)),
        ("conv_transpose", (256, 8, 8)),
        ("conv_transpose", (128, 16, 16)),
        ("conv_transpose", (64, 32, 32)),
        ("conv", (3, 32, 32)),
    ]


def test_dcgan_can_be_the_generator_of_lsgan() -> None:
    """The layers of xudonmao/LSGAN's vgg.py, for LSUN at 112x112."""
    section = {"width": 64, "max_width": 256, "kernel": 3, "last": "conv", "extra_layers": 2}
    assert channels_of(section, "generator", (3, 112, 112)) == [
        ("linear", (7 * 7 * 256,)),
        ("conv_transpose", (256, 14, 14)),
        ("conv", (256, 14, 14)),
        ("conv_transpose", (256, 28, 28)),
        ("conv", (256, 28, 28)),
        ("conv_transpose", (128, 56, 56)),
        ("conv_transpose", (64, 112, 112)),
        ("conv", (3, 112, 112)),
    ]


# Values


def layer_of(name: str, function: str = "", *given_ports: Any, **options: Any) -> nn.Module:
    component = CATALOGUE.get("blocks", name)
    module: nn.Module = getattr(python(component), function or name)(*given_ports, **options)
    return module


def test_moments_are_those_of_the_set() -> None:
    x = torch.tensor([[1.0, 2.0, 3.0, 4.0], [5.0, 5.0, 5.0, 5.0]], requires_grad=True)
    mean, std, skewness, kurtosis = layer_of("moments")(x)[0].tolist()
    assert (mean, std) == pytest.approx((2.5, 1.25**0.5))
    assert skewness == pytest.approx(0, abs=1e-6)
    assert kurtosis == pytest.approx((2 * 1.5**4 + 2 * 0.5**4) / 4 / 1.25**2 - 3, abs=1e-5)
    (gradient,) = torch.autograd.grad(layer_of("moments")(x).sum(), x)
    assert gradient.isfinite().all()


def test_deviations_are_from_the_mean() -> None:
    x = torch.tensor([[1.0, 2.0, 6.0]])
    assert layer_of("deviations")(x).tolist() == [[1, 2, 6, 4, 1, 9]]
    assert layer_of("deviations", exponent=1)(x).tolist() == [[1, 2, 6, -2, -1, 3]]


def test_maxout_takes_the_largest_piece() -> None:
    torch.manual_seed(0)
    module, x = layer_of("maxout", "maxout", 5, features=3, pieces=4), torch.randn(7, 5)
    maps = nn.functional.linear(x, module.weight, module.bias)
    assert module(x).equal(torch.stack([maps[:, 4 * i : 4 * i + 4].amax(1) for i in range(3)], 1))


def test_pixel_norm_has_a_mean_square_of_one() -> None:
    out = layer_of("pixel_norm")(torch.randn(3, 8, 2, 2))
    assert torch.allclose(out.square().mean(1), torch.ones(3, 2, 2), atol=1e-4)


@pytest.mark.parametrize(("batch", "group"), [(8, 4), (6, 4), (7, 4), (1, 4), (6, 6)])
def test_minibatch_stddev_compares_the_samples_of_a_group(batch: int, group: int) -> None:
    x = torch.randn(batch, 3, 2, 2)
    out = layer_of("minibatch_stddev", group=group)(x)
    assert out[:, :3].equal(x)
    size = max(n for n in range(1, group + 1) if batch % n == 0)
    for start in range(batch // size):
        members = x[start :: batch // size]
        wanted = (members.var(0, unbiased=False) + 1e-8).sqrt().mean().expand(size, 2, 2)
        assert torch.allclose(out[start :: batch // size, 3], wanted, atol=1e-5)


def test_minibatch_discrimination_is_as_in_the_paper() -> None:
    torch.manual_seed(0)
    module = layer_of("minibatch_discrimination", "", 4, kernels=3, kernel_dim=2)
    x = torch.randn(5, 4)
    (weight,) = module.parameters()
    rows = (x @ weight.T).reshape(5, 3, 2)
    wanted = torch.zeros(5, 3)
    for i in range(5):
        for j in range(5):
            wanted[i] += (i != j) * (-(rows[i] - rows[j]).abs().sum(1)).exp()
    assert torch.allclose(module(x), torch.cat([x, wanted], 1), atol=1e-6)


@pytest.mark.parametrize("shape", [(4,), (4, 3), (4, 3, 2), (4, 3, 2, 5)])
def test_conditional_norms_start_as_plain_ones(shape: Shape) -> None:
    x = torch.randn(6, *shape)
    plain = (x.flatten(2).transpose(0, 1) if len(shape) > 1 else x.T).flatten(1)
    std, mean = torch.std_mean(plain, dim=1, correction=0)
    bent = [1, -1, *[1] * (len(shape) - 1)]
    wanted = (x - mean.view(bent)) / std.view(bent)
    for kind, condition in (("labels", torch.arange(6) % 3), ("attributes", torch.randn(6, 3))):
        component = CATALOGUE.get("conditioning", "conditional_batch_norm")
        constant = "SHAPES" if kind == "labels" else "VECTOR_SHAPES"
        found = component.constant(constant).items()
        (name,) = (name for name, text in found if Rule.parse(text).bind(shape) is not None)
        module = getattr(python(component), name)(4, 3)
        assert torch.allclose(module(x, condition), wanted, atol=1e-3)
        with torch.no_grad():
            for parameter in module.scale.parameters():
                parameter.fill_(2.0)
        assert not torch.allclose(module(x, condition), wanted, atol=1e-3)


# Rules and their functions


@pytest.mark.parametrize("text", ["", "a, b", "a -> b c", "a -> (", "*size = *size"])
def test_a_rule_that_is_none(text: str) -> None:
    with pytest.raises((ValueError, SyntaxError)):
        Rule.parse(text)


@pytest.mark.parametrize(
    ("text", "shape", "after"),
    [
        ("features -> 2 * features", (3,), (6,)),
        ("c, *size -> c, *size", (3,), (3,)),
        ("c, *size -> c + n, *size", (3, 4, 5), (10, 4, 5)),
        ("*size -> prod(size)", (3, 4, 5), (60,)),
        ("*size -> prod(size)", (), (1,)),
        ("c, h, w -> c, *conv((h, w), 3, 2, 1)", (3, 5, 8), (3, 3, 4)),
    ],
)
def test_rules(text: str, shape: Shape, after: Shape) -> None:
    assert Rule.parse(text).apply(shape, {"n": 7}) == after


@pytest.mark.parametrize(("text", "shape"), [("c, h, w -> c", (3,)), ("a, b, *c -> a", (3,))])
def test_a_rule_refuses_other_ranks(text: str, shape: Shape) -> None:
    with pytest.raises(Unfit, match="takes \\["):
        Rule.parse(text).apply(shape, {})


def test_the_layers_options_do_not_hide_the_sizes() -> None:
    assert Rule.parse("features -> features").apply((3,), {"features": 7}) == (3,)


@deterministic
@given(SIZES, SIZES, st.integers(1, 40), st.integers(1, 4), st.integers(0, 4))
def test_a_kernel_that_is_too_large_is_told_the_largest(
    height: int, width: int, kernel: int, stride: int, padding: int
) -> None:
    largest = min(height, width) + 2 * padding
    assert conv((height, width), min(kernel, largest), stride, padding)
    with pytest.raises(Unfit, match="needs at least") as caught:
        conv((height, width), max(kernel, largest + 1), stride, padding)
    assert caught.value.option == "kernel"
    assert f"at most {largest}," in (caught.value.help or "")


@deterministic
@given(SIZES, st.integers(1, 7), st.integers(1, 4), st.integers(0, 12), st.integers(0, 4))
def test_a_transposed_convolution_is_told_the_largest_paddings(
    side: int, kernel: int, stride: int, padding: int, extra: int
) -> None:
    size, options = (side, side + 1), [kernel, stride, padding, extra]
    for option, index in (("output_padding", 3), ("padding", 2)):
        try:
            conv_transpose(size, *options)
        except Unfit as unfit:
            if unfit.option != option:
                continue
            options[index] = int(re.findall(r"at most (\d+)", unfit.help or "")[0])
    assert min(conv_transpose(size, *options)) >= 1


@deterministic
@given(st.integers(1, 40), st.integers(1, 40))
def test_groups_are_told_the_nearest(groups: int, channels: int) -> None:
    try:
        assert divides(groups, channels) == channels
    except Unfit as unfit:
        legal = int(re.findall(r"is (\d+)", unfit.help or "")[0])
        divisors = [n for n in range(1, channels + 1) if channels % n == 0]
        assert abs(legal - groups) == min(abs(n - groups) for n in divisors)
        assert divides(legal, channels) == channels


@pytest.mark.parametrize("option", ["kernel", "stride", "padding"])
@pytest.mark.parametrize("sizes", [(2,), (2, 2, 2), ()])
def test_a_list_of_the_wrong_length_is_blamed(option: str, sizes: tuple[int, ...]) -> None:
    for function in (conv, conv_transpose):
        with pytest.raises(Unfit, match=option) as caught:
            function((8, 8), **{"kernel": 3, option: sizes})
        assert caught.value.option == option


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_each_number_of_axes_has_its_interpolation(axes: int) -> None:
    size = (2, 3, 4)[:axes]
    names = ("linear", "bilinear", "trilinear")
    for mode in ("nearest", names[axes - 1]):
        assert interpolated(size, 2, mode) == tuple(2 * n for n in size)
    for mode in set(names) - {names[axes - 1]}:
        with pytest.raises(Unfit, match=mode) as caught:
            interpolated(size, 2, mode)
        assert caught.value.option == "mode"
        assert (caught.value.help or "").endswith(f" {names[axes - 1]}")


@deterministic
@given(st.integers(1, 12), st.integers(1, 24), st.integers(1, 24))
def test_groups_split_both_ends_of_a_convolution(groups: int, before: int, after: int) -> None:
    try:
        assert grouped(groups, before, after) == after
        assert before % groups == after % groups == 0
    except Unfit as unfit:
        legal = int(re.findall(r"is (\d+)", unfit.help or "")[0])
        assert before % legal == after % legal == 0
        assert before % groups or after % groups


@deterministic
@given(st.integers(1, 300), st.integers(1, 9))
def test_a_latent_that_does_not_split_is_told_the_nearest_that_does(size: int, parts: int) -> None:
    try:
        assert chunk(size, parts) * parts == size
    except Unfit as unfit:
        legal = int(re.findall(r"is (\d+)", unfit.help or "")[0])
        assert abs(legal - size) == min(abs(n - size) for n in range(parts, size + 10, parts))


def test_area_counts_taps_along_every_axis() -> None:
    assert [area(3, rank) for rank in (1, 2, 3)] == [3, 9, 27]
    assert area((2, 3, 4), 3) == 24

"""Inferred shapes and parameter counts against PyTorch's meta device, as printed.

An oracle calls the catalogue's real functions and runs what they return; gangen, which never
imports torch, must say the same, or refuse where torch refuses. The printed code is run as well.
"""

from __future__ import annotations

import importlib.util
import re
import types
from collections.abc import Mapping, Sequence
from functools import cache
from math import prod
from types import SimpleNamespace
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
import torch
from annotated_types import Ge, Gt, Le, Lt
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from gangen.catalogue import Catalogue, Component, shipped
from gangen.contracts import Family, Port, Role
from gangen.errors import Place, Problem, Problems, Source
from gangen.fold import expression, fold
from gangen.lower import Lowering
from gangen.marks import Mark, Marks
from gangen.pieces import Collection
from gangen.plan import Group, Network
from gangen.resolve import Resolver
from gangen.shapes import Rule, Shape, Unfit, conv, conv_transpose, divides

CATALOGUE = Catalogue((shipped(),))
BLOCKS = CATALOGUE.names("blocks")
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
    if len({after for _, after in children.values()}) > 1:
        raise Refused  # torch would broadcast
    options = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in said.items()
        if key not in children
    }
    for key, value in options.items():
        pair = "[height, width]" in component.options()[key].description
        if pair and isinstance(value, tuple) and len(value) != 2:
            raise Refused  # torch would repeat the number of a list of one
    ports = [
        children[port][0] if port in children else shape[0]
        for port in component.functions[chosen].ports
    ]
    try:
        with torch.device("meta"):
            module = getattr(python(component), chosen)(*ports, **options)
            after = module(torch.empty(BATCH, *shape)).shape
        if isinstance(module, nn.ConvTranspose2d):
            try_on_cpu(module, shape)
    except (RuntimeError, ValueError, TypeError, IndexError, AssertionError) as error:
        raise Refused from error
    assert after[0] == BATCH
    if 0 in after:
        raise Refused  # torch allows a map without values
    return module, tuple(after[1:])


def try_on_cpu(module: nn.ConvTranspose2d, shape: Shape) -> None:
    """Meta tensors let pass an output padding that the CPU and CUDA refuse."""
    sizes = (module.kernel_size, module.stride, module.padding, module.output_padding)
    nn.ConvTranspose2d(1, 1, *sizes)(torch.zeros(1, 1, *(min(side, 40) for side in shape[1:])))


def torch_layers(entries: Sequence[Any], shape: Shape) -> tuple[nn.Module, Shape]:
    modules = []
    for entry in entries:
        module, shape = torch_layer(entry, shape)
        modules.append(module)
    return nn.Sequential(*modules), shape


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


# gangen's answer


def family(source: str, target: str) -> Family:
    role = Role(
        ports=f"{source} -> {target}", builder=BUILDERS[target], argument="x", prefix="n", doc=""
    )
    return Family("", {"network": role}, object, dict, {}, (), dict)


BUILDERS = {"data": "generator", "logits": "discriminator"}


def infer(
    section: Mapping[str, Any], source: Port, target: Port
) -> tuple[Network | None, tuple[Problem, ...]]:
    """A network's section, resolved and lowered; None when gangen refuses it."""
    here = Place(Source("spec.yaml", ""), 1, 1)
    marks, problems = Marks(here.source, Mark(here, here)), Problems()
    said = Resolver(CATALOGUE, marks, problems).network(
        BUILDERS[target.name], section, ("network",)
    )
    if said is None:
        return None, problems.errors
    spec: Any = SimpleNamespace(network=said, condition=None)
    lowering = Lowering(spec, family(source.name, target.name), CATALOGUE, marks, problems)
    network = lowering.network("network", {source.name: source, target.name: target})
    return network, problems.errors


def printed(network: Network) -> nn.Module:
    """The network as its printed code makes it, repeated blocks through their factories."""
    pieces = Collection()
    for layer in (inside for outer in network.layers for inside in outer.walk()):
        pieces.add_expression(layer.component, layer.function.call)
        for wrapper in layer.wrappers:
            pieces.add_expression(
                wrapper.component, next(iter(wrapper.component.functions.values())).call
            )
    factories = fold([network])
    lines: list[str] = []
    for item in network.items:
        if isinstance(item, Group) and item.name in factories:
            lines.append(factories[item.name].call(item))
        else:
            layers = item.layers if isinstance(item, Group) else (item,)
            lines += [expression(layer) for layer in layers]
    functions = [
        f"def {factory.name}({', '.join(factory.parameters)}):\n"
        f"    return nn.Sequential({', '.join(factory.lines())})"
        for factory in factories.values()
    ]
    source = [*IMPORTS, pieces.import_lines, pieces.code, *functions]
    namespace: dict[str, Any] = {}
    exec("\n".join(source), namespace)
    with torch.device("meta"):
        module = eval(f"nn.Sequential({', '.join(lines)})", namespace)
    assert isinstance(module, nn.Sequential)
    return module


IMPORTS = ["import torch", "from torch import Tensor, nn"]


def shape_after(module: nn.Module, shape: Shape) -> Shape:
    with torch.device("meta"):
        out: Tensor = module(torch.empty(BATCH, *shape))
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
        lengths = (
            st.sampled_from([2, 2, 2, 2, 2, 2, 1, 3]) if len(inside) == 2 else st.just(len(inside))
        )
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
    for child in component.constant("CHILDREN", []):
        if child == "layers" or draw(st.booleans()):
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
OTHERS = st.one_of(st.tuples(st.integers(1, 6), SIZES), st.tuples(*[st.integers(1, 4)] * 4))
ROWS = st.tuples(st.integers(1, 300))
SHAPES = st.one_of(MAPS, ROWS, OTHERS)


def shapes_for(name: str) -> st.SearchStrategy[Shape]:
    """Mostly of a rank that the block takes."""
    ranks = [rank for rank, more in documented(CATALOGUE.get("blocks", name)).values() if not more]
    usual = {1: ROWS, 3: MAPS}
    fitting = [usual[rank] for rank in ranks if rank in usual] or [MAPS, ROWS]
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
    code = printed(network)
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


@pytest.mark.parametrize("kind", ["blocks", "conditioning"])
def test_ports_are_sizes_of_the_rule(kind: str) -> None:
    for component in CATALOGUE.all(kind):
        children = component.constant("CHILDREN", [])
        rules = component.constant("SHAPES") or {component.name: component.constant("SHAPE")}
        for name, text in rules.items():
            known = {*Rule.parse(text).pattern, *children, "num_classes"}
            assert set(component.functions[name].ports) <= known


@settings(deterministic, max_examples=60)
@given(st.data())
def test_conditioning(data: st.DataObject) -> None:
    component = CATALOGUE.get(
        "conditioning", data.draw(st.sampled_from(CATALOGUE.names("conditioning")))
    )
    shape = data.draw(SHAPES)
    said = {o.name: data.draw(values(o.type, shape)) for o in component.options().values()}
    classes = data.draw(st.integers(1, 12))
    rules = {name: Rule.parse(text) for name, text in component.constant("SHAPES").items()}
    fitting = [name for name, rule in rules.items() if rule.bind(shape) is not None]
    assume(fitting)
    scope = {**said, "num_classes": classes}
    after = rules[fitting[0]].apply(shape, scope)
    with torch.device("meta"):
        module = getattr(python(component), fitting[0])(classes, **said)
        out = module(torch.empty(BATCH, *shape), torch.zeros(BATCH, dtype=torch.int64))
    assert tuple(out.shape[1:]) == after


# Architectures


SIDES = st.one_of(st.integers(1, 130), st.sampled_from([192, 255, 256, 300, 512, 600]))
IMAGES = st.tuples(st.integers(1, 12), SIDES, SIDES)
VECTORS = st.one_of(st.tuples(st.integers(1, 130)), st.tuples(st.integers(1, 9), SIDES))
WIDTHS = st.one_of(st.integers(1, 70), st.sampled_from([96, 128, 512, 1000, 4096]))
LOGITS = Port("logits", (1,))
SPECIAL = {
    "width": WIDTHS,
    "max_width": WIDTHS,
    "depth": st.one_of(st.none(), st.integers(0, 16)),
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
    code = printed(network)
    assert shape_after(code, source.shape) == target.shape
    assert count(code) == network.parameters


@pytest.mark.parametrize("builder", ["generator", "discriminator"])
@settings(deterministic, max_examples=150)
@given(data=st.data())
def test_dcgan_fits_every_image_or_says_what_does(builder: str, data: st.DataObject) -> None:
    section = data.draw(architecture("dcgan", builder))
    sample, latent = data.draw(IMAGES), data.draw(st.integers(1, 200))
    bounds = data.draw(st.sampled_from([(-1.0, 1.0), None]))
    source, target = ports(builder, sample, latent, bounds)
    network, fixed = repaired(section, source, target)
    assert set(fixed) - set(section) <= {"depth", "width", "max_width", "norm"}
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


def test_every_architecture_is_tested_here() -> None:
    assert CATALOGUE.names("architectures") == ["dcgan", "mlp"]


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


@pytest.mark.parametrize("sample", [(2,), (3, 8), (1, 2, 3, 4)])
def test_dcgan_refuses_what_is_no_image(sample: Shape) -> None:
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

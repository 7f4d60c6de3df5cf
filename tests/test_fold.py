"""Repeated layers are written once: what becomes a parameter and what stays a literal."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from gangen.catalogue import Catalogue, Component, shipped
from gangen.contracts import Port, Role
from gangen.expressions import call, inline
from gangen.fold import Factory, container, containers, expression, fold, sequential
from gangen.plan import Conditioning, Group, Layer, Network, Stage
from gangen.shapes import Shape
from gangen.spec import Chosen
from gangen.text import Code

CATALOGUE = Catalogue((shipped(),))


def layer(name: str, wrappers: Sequence[str] = (), /, function: str = "", **given: Any) -> Layer:
    """A layer of the plan; shapes do not matter here."""
    component = CATALOGUE.get("blocks", name)
    made_by = component.functions[function or next(iter(component.functions))]
    children = {child: given.pop(child) for child in component.constant("CHILDREN", [])}
    values = {key: option.default for key, option in made_by.options.items()} | given
    chosen = tuple(
        Chosen(component, {k: o.default for k, o in component.options().items()}, ())
        for component in (CATALOGUE.get("reparametrizations", name) for name in wrappers)
    )
    return Layer(component, made_by, values, (), (), 0, (), children, chosen)


@dataclass(frozen=True)
class ConditionalNorm:
    """A conditioning, and layers of it."""

    component: Component

    @property
    def chosen(self) -> Chosen:
        """The component with the defaults of its options."""
        return Chosen(self.component, {k: o.default for k, o in self.options.items()}, ())

    @property
    def options(self) -> Mapping[str, Any]:
        """Its options."""
        return self.component.options()

    def layer(self, channels: int) -> Layer:
        """A layer of maps that takes the condition."""
        function = self.component.functions[list(self.component.constant("SHAPES"))[-1]]
        values = {**self.chosen.options, "channels": channels, "num_classes": 7}
        return Layer(self.component, function, values, (), (), 0, (), conditional=True)


def up(before: int, channels: int, kernel: Any = 4, /, **more: Any) -> list[Layer]:
    options = {"stride": 2, "padding": 1, "bias": False} | more
    return [
        layer("conv_transpose", in_channels=before, channels=channels, kernel=kernel, **options),
        layer("batch_norm", function="batch_norm_2d", channels=channels),
        layer("relu"),
    ]


def network(*stages: Sequence[Any], flow: str = "") -> Network:
    shape: Shape = (1,)
    role = Role("data -> data", "generator", "x", "n", "")
    port = Port("data", shape)
    conditioning = Conditioning(conditional().chosen, flow) if flow else None
    named = tuple(Stage(f"stage_{n}", tuple(items)) for n, items in enumerate(stages))
    return Network("network", role, port, port, named, conditioning, False, None, (), None, ())


def folded(*groups: Sequence[Layer], name: str = "up") -> Mapping[str, Factory]:
    return fold([network([Group(name, tuple(layers)) for layers in groups])])


def test_only_what_varies_becomes_a_parameter() -> None:
    groups = [up(512, 256), up(256, 128), up(128, 64)]
    factory = folded(*groups)["up"]
    assert dict(factory.parameters) == {"in_channels": "int", "out_channels": "int"}
    assert factory.lines() == [
        "nn.ConvTranspose2d(in_channels, out_channels, 4, stride=2, padding=1, bias=False)",
        "nn.BatchNorm2d(out_channels)",
        "nn.ReLU()",
    ]
    calls = [factory.call(Group("up", tuple(layers))) for layers in groups]
    assert calls == ["up(512, 256)", "up(256, 128)", "up(128, 64)"]


def test_equal_groups_need_no_parameter() -> None:
    factory = folded(up(64, 64), up(64, 64))["up"]
    assert factory.parameters == {}
    assert factory.lines()[0].startswith("nn.ConvTranspose2d(64, 64, 4")
    assert factory.call(Group("up", tuple(up(64, 64)))) == "up()"


def test_a_group_that_stands_alone_is_not_folded() -> None:
    assert folded(up(64, 32)) == {}
    assert fold([network(up(64, 32))]) == {}
    assert fold([]) == {}


def test_groups_of_several_stages_share_a_factory() -> None:
    first, second = (Group("up", tuple(up(*sizes))) for sizes in ((8, 4), (4, 2)))
    factory = fold([network([first], [layer("relu"), second])])["up"]
    assert factory == fold([network([first, second])])["up"]
    assert factory.call(second) == "up(4, 2)"


def test_groups_of_several_networks_share_a_factory() -> None:
    networks = [network([Group("up", tuple(up(*sizes)))]) for sizes in ((8, 4), (6, 3))]
    assert list(fold(networks)) == ["up"]


def test_each_name_has_its_own_factory() -> None:
    items = [Group(name, tuple(up(*sizes))) for name in "ab" for sizes in ((8, 4), (4, 2))]
    assert list(fold([network(items)])) == ["a", "b"]


def test_arguments_that_agree_share_a_parameter() -> None:
    factory = folded(up(8, 8), up(4, 4))["up"]
    assert dict(factory.parameters) == {"in_channels": "int"}
    assert factory.lines()[0].startswith("nn.ConvTranspose2d(in_channels, in_channels, 4")


def test_arguments_of_another_kind_do_not_share_by_chance() -> None:
    factory = folded(up(9, 4, 4), up(9, 3, 3))["up"]
    assert dict(factory.parameters) == {"out_channels": "int", "kernel": "int"}
    assert factory.lines()[0].startswith("nn.ConvTranspose2d(9, out_channels, kernel, stride=2")
    assert factory.call(Group("up", tuple(up(9, 3, 3)))) == "up(3, 3)"


def test_a_second_width_gets_a_name_of_its_own() -> None:
    groups = [[*up(8, a), *up(a, b)] for a, b in ((6, 5), (4, 2))]
    factory = folded(*groups)["up"]
    assert dict(factory.parameters) == {"out_channels": "int", "out_channels_2": "int"}
    assert factory.lines()[3].startswith("nn.ConvTranspose2d(out_channels, out_channels_2, 4")
    assert factory.call(Group("up", tuple(groups[1]))) == "up(4, 2)"


def test_kernels_that_are_tuples_or_numbers() -> None:
    groups = [up(8, 4, 4), up(4, 2, (4, 3)), up(2, 1, (3, 4))]
    factory = folded(*groups)["up"]
    assert factory.parameters["kernel"] == "int | tuple[int, int]"
    calls = [factory.call(Group("up", tuple(layers))) for layers in groups]
    assert calls == ["up(8, 4, 4)", "up(4, 2, (4, 3))", "up(2, 1, (3, 4))"]
    assert folded(*groups[1:])["up"].parameters["kernel"] == "tuple[int, int]"
    same = folded(up(8, 4, (4, 3)), up(4, 2, (4, 3)))["up"]
    assert "kernel" not in same.parameters
    assert "(4, 3), stride=2" in same.lines()[0]


def test_a_varying_option_is_passed_even_where_it_is_the_default() -> None:
    factory = folded(up(8, 4, bias=True), up(8, 4, bias=False))["up"]
    assert dict(factory.parameters) == {"bias": "bool"}
    assert "bias=bias" in factory.lines()[0]
    assert factory.call(Group("up", tuple(up(8, 4, bias=True)))) == "up(True)"


@pytest.mark.parametrize(
    "other",
    [
        up(4, 2)[:-1],
        [*up(4, 2)[:-1], layer("leaky_relu")],
        [layer("conv_transpose", ["spectral_norm"], in_channels=4, channels=2), *up(4, 2)[1:]],
    ],
    ids=["shorter", "another layer", "wrapped"],
)
def test_groups_of_different_structure_are_not_folded(other: list[Layer]) -> None:
    assert folded(up(8, 4), other) == {}
    assert folded(up(8, 4), up(4, 2), other) == {}


def test_wrapped_layers_are_folded_together() -> None:
    groups = [
        [layer("conv", ["spectral_norm"], in_channels=a, channels=b)] for a, b in ((8, 4), (4, 2))
    ]
    assert folded(*groups)["up"].lines() == [
        "spectral_norm(nn.Conv2d(in_channels, out_channels, 3))"
    ]


def nest(channels: int, bias: bool = True) -> Layer:
    inside = layer("conv", in_channels=channels, channels=channels, padding=1, bias=bias)
    return layer("residual", layers=(layer("relu"), inside), shortcut=())


def test_layers_with_layers_inside() -> None:
    printed = "Residual(nn.Sequential(nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1)), nn.Identity())"
    equal = folded([nest(8), layer("relu")], [nest(8), layer("relu")])["up"]
    assert equal.lines() == [printed, "nn.ReLU()"]
    assert equal.parameters == {}


def test_what_varies_inside_layers_becomes_a_parameter_too() -> None:
    groups = [[nest(8), layer("relu")], [nest(4), layer("relu")]]
    factory = folded(*groups)["up"]
    inside = "nn.Sequential(nn.ReLU(), nn.Conv2d(in_channels, in_channels, 3, padding=1))"
    assert factory.lines() == [f"Residual({inside}, nn.Identity())", "nn.ReLU()"]
    assert factory.call(Group("up", tuple(groups[1]))) == "up(4)"
    assert folded([nest(8)], [nest(4, bias=False)])["up"].parameters == {
        "in_channels": "int",
        "bias": "bool",
    }


def test_other_layers_inside_are_another_structure() -> None:
    shortcut = layer("conv", in_channels=8, channels=8, kernel=1)
    other = layer("residual", layers=nest(8).children["layers"], shortcut=(shortcut,))
    assert folded([nest(8)], [other]) == {}


# Layers that take the condition


def conditional() -> ConditionalNorm:
    """One of the catalogue that takes the place of norms."""
    norms = (c for c in CATALOGUE.all("conditioning") if c.constant("FLOW") == "layers")
    able = (c for c in norms if "batch_norm" in c.constant("REPLACES"))
    return ConditionalNorm(next(able))


def test_a_row_with_a_conditional_layer_hands_the_condition_on() -> None:
    norm = conditional().layer(8)
    assert container([layer("relu")]) == "nn.Sequential"
    assert container([norm, layer("relu")]) == "ConditionalSequential"
    assert container([norm, layer("relu")], chunked=True) == "ChunkedSequential"
    assert sequential([norm, layer("relu")]).startswith("ConditionalSequential(")
    assert sequential([norm]) == expression(norm)


def test_only_the_containers_that_are_used_are_copied() -> None:
    plain, norm = [layer("relu"), layer("tanh")], conditional().layer(8)
    assert containers(network(plain)) == []
    assert containers(network(plain, [norm])) == ["ConditionalSequential"]
    assert containers(network([norm], flow="chunks")) == ["ChunkedSequential"]
    block = layer("residual", layers=(norm, layer("relu")), shortcut=())
    nested = replace(block, conditional=True)
    assert containers(network([nested], flow="chunks")) == [
        "ChunkedSequential",
        "ConditionalSequential",
    ]


def test_groups_of_conditional_layers_are_folded() -> None:
    factory = folded([conditional().layer(8)], [conditional().layer(4)])["up"]
    assert list(factory.parameters) == ["in_channels"]
    assert "(in_channels" in factory.lines()[0]


# Expressions


def test_layers_in_a_row() -> None:
    assert sequential([]) == "nn.Identity()"
    assert sequential([layer("relu")]) == "nn.ReLU()"
    assert sequential([layer("relu"), layer("tanh")]) == "nn.Sequential(nn.ReLU(), nn.Tanh())"


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (layer("linear", in_features=3, features=4), "nn.Linear(3, 4)"),
        (layer("linear", in_features=3, features=4, bias=False), "nn.Linear(3, 4, bias=False)"),
        (layer("linear", in_features=3, features=20_000), "nn.Linear(3, 20_000)"),
        (layer("leaky_relu", slope=0.2), "nn.LeakyReLU(0.2)"),
        (layer("leaky_relu", slope=1e-4), "nn.LeakyReLU(1e-4)"),
        (layer("reshape", shape=(4, 2, 2)), "nn.Unflatten(1, (4, 2, 2))"),
        (layer("reshape", shape=(4,)), "nn.Unflatten(1, (4,))"),
        (layer("upsample"), "nn.Upsample(scale_factor=2)"),
        (layer("upsample", mode="bilinear"), 'nn.Upsample(scale_factor=2, mode="bilinear")'),
        (
            layer("conv", ["spectral_norm"], in_channels=1, channels=2, stride=(1, 2)),
            "spectral_norm(nn.Conv2d(1, 2, 3, stride=(1, 2)))",
        ),
        (layer("group_norm", channels=16), "nn.GroupNorm(8, 16)"),
    ],
)
def test_how_a_layer_is_printed(made: Layer, code: str) -> None:
    assert expression(made) == code
    assert ast.unparse(ast.parse(code, mode="eval")).replace("'", '"') == code.replace(
        "20_000", "20000"
    ).replace("1e-4", "0.0001")


def test_a_call_with_keywords() -> None:
    assert call("f", [], {}) == "f()"
    assert call("f", ["x"], {"a": 1e-4, "b": Code("c"), "d": "e"}) == 'f(x, a=1e-4, b=c, d="e")'


def test_inlining_leaves_the_component_as_it_was() -> None:
    function = CATALOGUE.get("blocks", "linear").functions["linear"]
    before = ast.dump(function.node)
    values = {"in_features": 1, "features": Code("width"), "bias": True}
    assert inline(function, values) == inline(function, values) == "nn.Linear(1, width)"
    assert ast.dump(function.node) == before

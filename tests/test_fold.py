"""Repeated layers are written once: what becomes a parameter and what stays a literal."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from gangen.catalogue import Catalogue, shipped
from gangen.contracts import Port, Role
from gangen.expressions import call, inline
from gangen.fold import Factory, expression, fold, sequential
from gangen.plan import Group, Layer, Network
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


def up(before: int, channels: int, kernel: Any = 4, /, **more: Any) -> list[Layer]:
    options = {"stride": 2, "padding": 1, "bias": False} | more
    return [
        layer("conv_transpose", in_channels=before, channels=channels, kernel=kernel, **options),
        layer("batch_norm", function="batch_norm_2d", channels=channels),
        layer("relu"),
    ]


def network(*items: Any) -> Network:
    shape: Shape = (1,)
    role = Role("data -> data", "generator", "x", "n", "")
    port = Port("data", shape)
    return Network("network", role, port, port, items, None, False, None, (), ())


def folded(*groups: Sequence[Layer], name: str = "up") -> Mapping[str, Factory]:
    return fold([network(*(Group(name, tuple(layers)) for layers in groups))])


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
    assert fold([network(*up(64, 32))]) == {}
    assert fold([]) == {}


def test_groups_of_several_networks_share_a_factory() -> None:
    networks = [network(Group("up", tuple(up(*sizes)))) for sizes in ((8, 4), (6, 3))]
    assert list(fold(networks)) == ["up"]


def test_each_name_has_its_own_factory() -> None:
    items = [Group(name, tuple(up(*sizes))) for name in "ab" for sizes in ((8, 4), (4, 2))]
    assert list(fold([network(*items)])) == ["a", "b"]


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
    assert folded([nest(8)], [nest(4)]) == {}  # their insides differ


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

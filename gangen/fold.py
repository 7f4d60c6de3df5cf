"""Writes repeated layers once: groups of equal structure become one function with parameters.

Arguments that are alike in every group stay literals, the others become parameters; arguments that
always agree with each other share one ("anti-unification", Plotkin 1970).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gangen.expressions import call, inline
from gangen.plan import Group, Layer, Network
from gangen.text import Code, literal

Where = tuple[int | str, ...]  # (0, "layers", 2): third of the `layers` inside the first layer
Slot = tuple[Where, str]  # (layer in the group, argument of its function)

PARAMETER_NAMES = {"channels": "out_channels", "features": "out_features"}
PORT_NAMES = {"channels": "in_channels", "features": "in_features"}


@dataclass(frozen=True)
class Factory:
    """A function of the generated models.py that makes the layers of a group."""

    name: str
    parameters: Mapping[str, str]  # name -> type
    slots: Mapping[Slot, str]
    layers: tuple[Layer, ...]  # of the first group; slots replaced when printed

    def lines(self) -> list[Code]:
        """The layers' calls, with parameters in place of what varies."""
        names = {slot: Code(name) for slot, name in self.slots.items()}
        return [expression(layer, names, (i,)) for i, layer in enumerate(self.layers)]

    def call(self, group: Group) -> Code:
        """How a network calls it for one of its groups."""
        layers = dict(_walk(group.layers))
        values = {name: layers[where].values[key] for (where, key), name in self.slots.items()}
        return call(self.name, [literal(values[name]) for name in self.parameters], {})


def fold(networks: Iterable[Network]) -> dict[str, Factory]:
    """One factory per name of group; groups that stand alone are not folded."""
    groups: dict[str, list[Group]] = {}
    for network in networks:
        for item in network.items:
            if isinstance(item, Group):
                groups.setdefault(item.name, []).append(item)
    return {
        name: _factory(name, found)
        for name, found in groups.items()
        if len(found) > 1 and len({_structure(group) for group in found}) == 1
    }


def expression(layer: Layer, names: Mapping[Slot, Code] | None = None, where: Where = ()) -> Code:
    """The Python expression that makes a layer; `names` stand in place of some arguments."""
    names = names or {}
    children = {
        name: sequential(inside, names, (*where, name)) for name, inside in layer.children.items()
    }
    given = {argument: name for (place, argument), name in names.items() if place == where}
    values = {**layer.values, **children, **given}
    code = inline(layer.function, values)
    for wrapper in layer.wrappers:
        function = next(iter(wrapper.component.functions.values()))
        code = inline(function, {**wrapper.options, function.ports[0]: code})
    return code


def sequential(
    layers: Sequence[Layer], names: Mapping[Slot, Code] | None = None, where: Where = ()
) -> Code:
    """Layers one after the other as one expression."""
    codes = [expression(layer, names, (*where, i)) for i, layer in enumerate(layers)]
    if not codes:
        return Code("nn.Identity()")
    return codes[0] if len(codes) == 1 else Code(f"{container(layers)}({', '.join(codes)})")


def container(layers: Iterable[Layer], *, chunked: bool = False) -> Code:
    """What holds layers in a row: one that hands the condition on where one of them takes it."""
    if not any(layer.conditional for layer in layers):
        return Code("nn.Sequential")
    return Code("ChunkedSequential" if chunked else "ConditionalSequential")


def containers(network: Network) -> list[str]:
    """The containers of a network's layers that are not PyTorch's own."""
    chunked = network.conditioning is not None and network.conditioning.flow == "chunks"
    rows = [(stage.layers, chunked) for stage in network.stages]
    rows += [(item.layers, False) for item in network.items if isinstance(item, Group)]
    for layer in (inside for outer in network.layers for inside in outer.walk()):
        rows += [(layers, False) for layers in layer.children.values() if len(layers) > 1]
    names = [container(layers, chunked=chunked) for layers, chunked in rows]
    return [name for name in dict.fromkeys(names) if name != "nn.Sequential"]


def _structure(group: Group) -> tuple[Any, ...]:
    return tuple(
        (
            where,
            layer.function.name,
            tuple(_arguments(layer)),
            tuple((wrapper.name, tuple(wrapper.options.items())) for wrapper in layer.wrappers),
        )
        for where, layer in _walk(group.layers)
    )


def _walk(layers: Sequence[Layer], where: Where = ()) -> Iterator[tuple[Where, Layer]]:
    """The layers and all layers inside them, each with its place."""
    for index, layer in enumerate(layers):
        yield (*where, index), layer
        for child, inside in layer.children.items():
            yield from _walk(inside, (*where, index, child))


def _arguments(layer: Layer) -> list[str]:
    names = [*layer.function.ports, *layer.function.options]
    return [name for name in names if name not in layer.children]


def _factory(name: str, groups: Sequence[Group]) -> Factory:
    first, everywhere = groups[0], [dict(_walk(group.layers)) for group in groups]
    slots: dict[Slot, str] = {}
    by_values: dict[tuple[Any, ...], str] = {}
    parameters: dict[str, str] = {}
    for where, layer in everywhere[0].items():
        for argument in _arguments(layer):
            values = tuple(layers[where].values[argument] for layers in everywhere)
            if len(set(values)) == 1:
                continue
            is_port = argument in layer.function.ports
            is_width = argument in PARAMETER_NAMES or is_port
            key = ("" if is_width else argument, *values)  # a kernel that happens to agree does not
            if key not in by_values:
                usual = PORT_NAMES if is_port else PARAMETER_NAMES
                by_values[key] = _fresh(usual.get(argument, argument), parameters)
                parameters[by_values[key]] = _type(values)
            slots[where, argument] = by_values[key]
    ordered = dict(sorted(parameters.items(), key=lambda item: not item[0].startswith("in_")))
    return Factory(name, ordered, slots, first.layers)


def _type(values: tuple[Any, ...]) -> str:
    kinds = {
        f"tuple[{', '.join(['int'] * len(v))}]" if isinstance(v, tuple) else type(v).__name__
        for v in values
    }
    return " | ".join(sorted(kinds))


def _fresh(name: str, taken: Mapping[str, Any]) -> str:
    number = 2
    unique = name
    while unique in taken:
        unique, number = f"{name}_{number}", number + 1
    return unique

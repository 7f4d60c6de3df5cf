"""Writes repeated layers once: groups of equal structure become one function with parameters.

Arguments that are alike in every group stay literals, the others become parameters; arguments that
always agree with each other share one ("anti-unification", Plotkin 1970).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gangen.expressions import call, inline
from gangen.plan import Group, Layer, Network
from gangen.text import Code, literal

Slot = tuple[int, str]  # (layer in the group, argument of its function)

PARAMETER_NAMES = {"channels": "out_channels", "features": "out_features"}


@dataclass(frozen=True)
class Factory:
    """A function of the generated models.py that makes the layers of a group."""

    name: str
    parameters: Mapping[str, str]  # name -> type
    slots: Mapping[Slot, str]
    layers: tuple[Layer, ...]  # of the first group; slots replaced when printed

    def lines(self) -> list[Code]:
        """The layers' calls, with parameters in place of what varies."""
        return [
            expression(
                layer, {key: Code(name) for (i, key), name in self.slots.items() if i == index}
            )
            for index, layer in enumerate(self.layers)
        ]

    def call(self, group: Group) -> Code:
        """How a network calls it for one of its groups."""
        values = {name: group.layers[i].values[key] for (i, key), name in self.slots.items()}
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


def expression(layer: Layer, override: Mapping[str, Any] | None = None) -> Code:
    """The Python expression that makes a layer."""
    children = {name: sequential(inside) for name, inside in layer.children.items()}
    values = {**layer.values, **children, **(override or {})}
    code = inline(layer.function, values)
    for wrapper in layer.wrappers:
        function = next(iter(wrapper.component.functions.values()))
        code = inline(function, {**wrapper.options, function.ports[0]: code})
    return code


def sequential(layers: Sequence[Layer]) -> Code:
    """Layers one after the other as one expression."""
    if not layers:
        return Code("nn.Identity()")
    if len(layers) == 1:
        return expression(layers[0])
    return Code(f"{container(layers)}({', '.join(expression(layer) for layer in layers)})")


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
            layer.function.name,
            tuple(_arguments(layer)),
            sequential([inside for child in layer.children.values() for inside in child]),
            tuple((wrapper.name, tuple(wrapper.options.items())) for wrapper in layer.wrappers),
        )
        for layer in group.layers
    )


def _arguments(layer: Layer) -> list[str]:
    names = [*layer.function.ports, *layer.function.options]
    return [name for name in names if name not in layer.children]


def _factory(name: str, groups: Sequence[Group]) -> Factory:
    first = groups[0]
    slots: dict[Slot, str] = {}
    by_values: dict[tuple[Any, ...], str] = {}
    parameters: dict[str, str] = {}
    for index, layer in enumerate(first.layers):
        for argument in _arguments(layer):
            values = tuple(group.layers[index].values[argument] for group in groups)
            if len(set(values)) == 1:
                continue
            is_width = argument in PARAMETER_NAMES or argument in layer.function.ports
            key = ("" if is_width else argument, *values)  # a kernel that happens to agree does not
            if key not in by_values:
                by_values[key] = _fresh(PARAMETER_NAMES.get(argument, argument), parameters)
                parameters[by_values[key]] = _type(values)
            slots[index, argument] = by_values[key]
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

"""The IR: what will be printed, as frozen nouns. Every layer remembers its path in the spec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gangen.catalogue import Component
from gangen.contracts import Family, Port, Role
from gangen.shapes import Shape
from gangen.signature import Function
from gangen.spec import Chosen, CommonSpec, Path


@dataclass(frozen=True)
class Layer:
    """One layer with its shapes known; `values` are the arguments of the function that makes it."""

    component: Component
    function: Function
    values: Mapping[str, Any]
    before: Shape
    after: Shape
    parameters: int
    path: Path
    children: Mapping[str, tuple[Layer, ...]] = field(default_factory=dict)
    wrappers: tuple[Chosen, ...] = ()

    @property
    def name(self) -> str:
        """Name of the layer in a spec."""
        return self.component.name

    def walk(self) -> Iterator[Layer]:
        """The layer and all layers inside it."""
        yield self
        for inside in self.children.values():
            for layer in inside:
                yield from layer.walk()


@dataclass(frozen=True)
class Group:
    """Layers that the generated code writes once, as a function `name`."""

    name: str
    layers: tuple[Layer, ...]

    @property
    def after(self) -> Shape:
        """Shape behind the last layer."""
        return self.layers[-1].after


Item = Layer | Group


@dataclass(frozen=True)
class Network:
    """A network of the family, from port to port."""

    name: str
    role: Role
    source: Port
    target: Port
    items: tuple[Item, ...]
    conditioning: Layer | None
    flat: bool  # the input is flattened before the conditioning
    initializer: Chosen | None
    reparametrizations: tuple[Chosen, ...]
    path: Path

    @property
    def class_name(self) -> str:
        """generator -> Generator."""
        return "".join(word.capitalize() for word in self.name.split("_"))

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers in order, groups opened, conditioning first."""
        first = () if self.conditioning is None else (self.conditioning,)
        return first + tuple(
            layer
            for item in self.items
            for layer in (item.layers if isinstance(item, Group) else (item,))
        )

    @property
    def parameters(self) -> int:
        """Number of trained values."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def output_range(self) -> tuple[float, float] | None:
        """Range of the last layer that computes something; None when it is unbounded."""
        for layer in reversed(self.layers):
            bounds = layer.component.constant("RANGE", ())
            if bounds != "keeps":
                return tuple(bounds) if bounds else None
        return None

    def capabilities(self) -> Iterator[tuple[str, Path]]:
        """What its layers and reparametrizations GIVE, each with the spec path it comes from."""
        for chosen in self.reparametrizations:
            yield from ((word, chosen.path) for word in chosen.component.constant("GIVES", []))
        for layer in (inside for outer in self.layers for inside in outer.walk()):
            yield from ((word, layer.path) for word in layer.component.constant("GIVES", []))


@dataclass(frozen=True)
class Term:
    """A penalty: one more summand of a loss, or something done after an update."""

    chosen: Chosen
    where: str
    every: int


@dataclass(frozen=True)
class Plan:
    """Everything that the templates print."""

    spec: CommonSpec
    family: Family
    data: Chosen
    ports: Mapping[str, Port]
    classes: int
    networks: Mapping[str, Network]
    terms: tuple[Term, ...]

    @property
    def images(self) -> bool:
        """Whether samples are pictures [C, H, W]."""
        return len(self.ports["data"].shape) == 3

    @property
    def conditional(self) -> bool:
        """Whether the networks take labels."""
        return self.spec.condition is not None

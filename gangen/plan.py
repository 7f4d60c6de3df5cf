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
    conditional: bool = False  # it, or a layer inside, takes the condition

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
class Stage:
    """Layers that a network keeps under one name, `self.<name>`."""

    name: str
    items: tuple[Item, ...]
    joins: str = ""  # the earlier stage whose channels it reads too
    adds: str = ""  # the earlier stage that is added to what it reads

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers in order, groups opened."""
        return tuple(
            layer
            for item in self.items
            for layer in (item.layers if isinstance(item, Group) else (item,))
        )

    @property
    def after(self) -> Shape:
        """Shape behind the last layer."""
        return self.items[-1].after


@dataclass(frozen=True)
class Head:
    """A second output of a network, computed from its features; `name` starts its variable."""

    name: str
    layer: Layer


@dataclass(frozen=True)
class Conditioning:
    """How a network takes the condition in: `flow` says where, `layer` what is there.

    "input": a layer before the first stage. "chunks": likewise, and it splits its input.
    "layers": among the layers. "logits": a term of the output, from the features. "head": not at
    all, the network has to tell the condition.
    """

    chosen: Chosen
    flow: str
    layer: Layer | None = None

    @property
    def taken(self) -> bool:
        """Whether the condition is an input of the network."""
        return self.flow != "head"

    @property
    def name(self) -> str:
        """Attribute of the generated network."""
        return str(self.chosen.component.constant("ATTRIBUTE", "condition"))


@dataclass(frozen=True)
class Network:
    """A network of the family, from port to port."""

    name: str
    role: Role
    source: Port
    target: Port
    stages: tuple[Stage, ...]
    conditioning: Conditioning | None
    flat: bool  # the input is flattened before the conditioning
    initializer: Chosen | None
    reparametrizations: tuple[Chosen, ...]
    architecture: Chosen | None  # that wrote its layers, if one did
    path: Path
    heads: tuple[Head, ...] = ()
    gives_features: bool = False  # to the step, beside its output

    @property
    def class_name(self) -> str:
        """generator -> Generator."""
        return class_name(self.name)

    @property
    def key(self) -> str:
        """What the spec and, where a run trains one stage of several, the run calls it."""
        return self.role.key or self.name

    @property
    def items(self) -> tuple[Item, ...]:
        """Layers and groups of all stages."""
        return tuple(item for stage in self.stages for item in stage.items)

    @property
    def before(self) -> Layer | None:
        """What takes in the condition before the first stage."""
        early = self.conditioning is not None and self.conditioning.flow in ("input", "chunks")
        return self.conditioning.layer if self.conditioning and early else None

    @property
    def addend(self) -> Layer | None:
        """What adds the condition's share to the output."""
        late = self.conditioning is not None and self.conditioning.flow == "logits"
        return self.conditioning.layer if self.conditioning and late else None

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers in order, groups opened, conditioning first, heads last."""
        first = () if self.before is None else (self.before,)
        last = () if self.addend is None else (self.addend,)
        inside = tuple(layer for stage in self.stages for layer in stage.layers)
        return first + inside + last + tuple(head.layer for head in self.heads)

    @property
    def main_layers(self) -> tuple[Layer, ...]:
        """The layers from source to target."""
        return tuple(layer for stage in self.stages for layer in stage.layers)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of what it computes: its target, its heads', its features."""
        heads = tuple(f"{head.name}_{self.target.name}" for head in self.heads)
        return (self.target.name, *heads, *(["features"] if self.gives_features else []))

    @property
    def takes_condition(self) -> bool:
        """Whether the condition is an input."""
        return self.conditioning is not None and self.conditioning.taken

    @property
    def parameters(self) -> int:
        """Number of trained values."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def output_range(self) -> tuple[float, float] | None:
        """Range of the last layer that computes something; None when it is unbounded."""
        for layer in reversed(self.main_layers):
            bounds = layer.component.constant("RANGE", ())
            if bounds != "keeps":
                return tuple(bounds) if bounds else None
        return None


@dataclass(frozen=True)
class Term:
    """A function in one place of the step: a summand of a loss, or done after an update."""

    chosen: Chosen
    function: Function
    slot: str
    every: int

    @property
    def subject(self) -> str:
        """The network whose loss it joins."""
        return self.slot.removesuffix("_loss")


@dataclass(frozen=True)
class Plan:
    """Everything that the templates print."""

    spec: CommonSpec
    family: Family
    data: Chosen
    stored: Port  # a sample as it is loaded
    ports: Mapping[str, Port]
    classes: int
    attributes: int
    networks: Mapping[str, Network]
    terms: tuple[Term, ...]
    metrics: tuple[Chosen, ...] = ()
    features: Chosen | None = None  # what the metrics see of a sample, if they look at features

    @property
    def players(self) -> Mapping[str, Network]:
        """A network of each key: the first one."""
        players: dict[str, Network] = {}
        for network in self.networks.values():
            players.setdefault(network.key, network)
        return players

    @property
    def images(self) -> bool:
        """Whether samples are pictures [C, H, W]."""
        return len(self.ports["data"].shape) == 3

    @property
    def vocabulary(self) -> int:
        """How many tokens samples are made of; 0 where they are numbers."""
        return self.ports["data"].vocabulary

    @property
    def loss_functions(self) -> Mapping[str, Function]:
        """The functions of the objective that the family's step calls, and what helps them."""
        functions: Mapping[str, Function] = self.spec.objective.component.functions
        unused = [n for n in functions if n.endswith("_loss") and n not in self.family.losses]
        return {name: f for name, f in functions.items() if name not in unused}

    @property
    def conditional(self) -> bool:
        """Whether the networks take labels or attributes."""
        return self.spec.condition is not None


def class_name(name: str) -> str:
    """What the class of a network is called: generator -> Generator."""
    words = name.split("_")
    return "".join(word.upper() if len(word) < 3 else word.capitalize() for word in words)

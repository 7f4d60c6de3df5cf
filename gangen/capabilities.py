"""Capabilities: what a plan's components give, and whom to blame for one.

A capability reads "<subject>:<word>", e.g. "discriminator:batch_statistics" or "data:labels".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gangen.case import named
from gangen.contracts import QUANTITIES
from gangen.describe import ALL_NAMES, literals
from gangen.errors import Place, dotted, one_of
from gangen.marks import Marks
from gangen.plan import Layer, Network, Plan
from gangen.shapes import Shape
from gangen.spec import Chosen, Path

BOUNDED = "bounded_output"


def components(plan: Plan) -> Iterator[Chosen]:
    """Every component whose NEEDS and FORBIDS count."""
    if plan.spec.objective is not None:
        yield plan.spec.objective
    yield from plan.spec.penalties or ()
    yield from plan.spec.augment or ()
    for network in plan.networks.values():
        yield from network.reparametrizations
        if network.conditioning is not None:
            yield network.conditioning.chosen
    yield from plan.metrics
    if plan.features is not None:
        yield plan.features


@dataclass(frozen=True)
class Given:
    """A value of the spec that gives a capability."""

    name: str
    path: Path


Giver = Chosen | Layer | Given

TOKENS = "data:tokens"
RANKS = dict(enumerate(QUANTITIES, start=1))  # by the number of axes of a sample


def of_data(data: Chosen, shape: Shape, classes: int, attributes: int) -> set[str]:
    """What the data is and what it carries."""
    words = set(data.component.constant("GIVES", []))
    words |= {"data:labels"} if classes else set()
    words |= {"data:attributes"} if attributes else set()
    if data.component.constant("VOCABULARY"):
        return words | {TOKENS}
    words |= {"data:numbers" if shape == (1,) else "data:points"} if len(shape) == 1 else set()
    return words | {RANKS[len(shape)]}


def capabilities(plan: Plan) -> Iterator[tuple[str, Giver]]:
    """Every capability that is given, with what gives it."""
    words = of_data(plan.data, plan.ports["data"].shape, plan.classes, plan.attributes)
    yield from ((word, plan.data) for word in sorted(words))
    for capability, path in plan.family.gives(plan.spec).items():
        yield capability, Given(capability.partition(":")[2], path)
    for chosen in components(plan):
        for capability in chosen.component.constant("GIVES", []):
            if ":" in capability:
                yield capability, chosen
    for network in plan.networks.values():
        name, last = network.key, bounding(network)
        if last is not None:
            yield f"{name}:{BOUNDED}", last
        if network.conditioning is not None:
            yield f"{name}:condition", network.conditioning.chosen
        for wrapper in network.reparametrizations:
            yield from ((f"{name}:{w}", wrapper) for w in wrapper.component.constant("GIVES", []))
        for layer in (inside for outer in network.layers for inside in outer.walk()):
            yield from ((f"{name}:{w}", layer) for w in layer.component.constant("GIVES", []))


def blame(plan: Plan, marks: Marks, giver: Giver) -> tuple[Place, str]:
    """The place to show for a layer or a component, and how to be rid of it.

    A layer that an architecture wrote is blamed on the option that names it.
    """
    path: Path
    if isinstance(giver, Layer):
        owner = next(n for n in plan.networks.values() if n.path == giver.path[: len(n.path)])
        network, chosen = dotted(owner.path), owner.architecture
        if giver.component.kind == "conditioning":
            path = (*owner.path, "conditioning")
            return marks.value(path), f"choose another conditioning of the {network}"
        if chosen is None:
            return marks.key(giver.path), f"take {giver.name} away"
        for name, value in chosen.options.items():
            if isinstance(value, str) and giver.name in (value, f"{value}_{name}"):
                path = (*chosen.path, name)
                fields = chosen.component.model(owner.role.builder).model_fields
                others = [other for other in literals(fields[name].annotation) if other != value]
                return marks.value(path), f"set {dotted(path)} to {one_of(others, ALL_NAMES)}"
        path = (*chosen.path, "architecture")
        return marks.value(path), f"choose another architecture of the {network}"
    if isinstance(giver, Given):
        return marks.value(giver.path), f"change {dotted(giver.path)}"
    if isinstance(giver, Chosen) and giver.component.kind == "conditioning":
        path = giver.path[: giver.path.index("conditioning") + 1]
        return named(marks, giver), f"set {dotted(path)} to null"
    return named(marks, giver), f"take {giver.name} away"


def bounding(network: Network) -> Layer | None:
    """The layer that bounds a network's output, if one does."""
    for layer in reversed(network.main_layers):
        bounds = layer.component.constant("RANGE", ())
        if bounds != "keeps":
            return layer if bounds else None
    return None

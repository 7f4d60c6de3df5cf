"""A network from port to port: its stages, how it takes the condition, its further outputs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from gangen.contracts import Port
from gangen.errors import dotted, one_of
from gangen.layering import Layering, apply, has_weight, parameters_of, wrapped
from gangen.plan import Conditioning, Group, Head, Item, Layer, Network, Stage
from gangen.shapes import Shape, Unfit, evaluate, show
from gangen.spec import Chosen, NetworkSpec

FIRST, LAST = "layers", "head"  # stages of a network whose architecture names none


@dataclass
class Networking:
    """Builds one network of the spec; `heads` are components that want an output of their own."""

    name: str
    said: NetworkSpec
    source: Port
    target: Port
    layering: Layering
    heads: Sequence[Chosen] = ()
    features: bool = False  # whether the step wants them

    def stages(self, builder: str) -> tuple[tuple[Stage, ...], Layer | None, bool] | None:
        """The stages, what takes in the condition before them, whether the input was flattened."""
        chosen = self.said.conditioning if self.layering.condition.kind else None
        flow = chosen.component.constant("FLOW") if chosen else ""
        if chosen is not None and self._is_for_labels(chosen):
            return None
        flat = flow == "input" and _flattens(self.said)
        shape: Shape = (prod(self.source.shape),) if flat else self.source.shape
        before = None
        if chosen is not None and flow in ("layers", "chunks"):
            self.layering.replacing = chosen
        if chosen is not None and flow == "chunks":
            before = self._chunks(chosen, builder, shape)
        elif chosen is not None and flow == "input":
            before = self._early(chosen, shape)
        if before is None and flow in ("input", "chunks"):
            return None
        errors = len(self.layering.problems.errors)
        stages = tuple(self._built(builder, before.after if before else shape))
        if len(self.layering.problems.errors) > errors or not stages:
            return None
        if chosen is not None and self.layering.replacing is chosen and not self.layering.replaced:
            self._nothing_replaced(chosen)
            return None
        return stages, before, flat and len(self.source.shape) > 1

    def _early(self, chosen: Chosen, shape: Shape) -> Layer | None:
        component = chosen.component
        scope = {**chosen.options, **self.layering.condition.names, **self.layering.names}
        try:
            rules = component.constant(self.layering.condition.shapes, {})
            function, sizes, after = apply(component, rules, shape, scope)
            parameters = parameters_of(component, function, {**scope, **sizes})
        except Unfit as unfit:
            what = f"{dotted(self.said.path)}: conditioning {chosen.name}"
            help = f"choose another conditioning for the {self.name}"
            self.layering.unfit(unfit, chosen.path, what, help=help)
            return None
        values = {**scope, **sizes}
        return Layer(component, function, values, shape, after, parameters, chosen.path)

    def _chunks(self, chosen: Chosen, builder: str, shape: Shape) -> Layer | None:
        """The layer that splits the input, once it is known into how many parts."""
        trial = replace(self.layering, names=_chunk_names(chosen, shape, 0))
        stages = list(replace(self, layering=trial)._built(builder, shape))
        count = sum(layer.conditional for stage in stages for layer in stage.layers)
        self.layering.names = _chunk_names(chosen, shape, count)
        return self._early(chosen, shape)

    def _built(self, builder: str, shape: Shape) -> Iterable[Stage]:
        if self.said.architecture is None:
            self.layering.look_through(self.said.layers)
            layers = tuple(self.layering.sequence(self.said.layers, shape, self.name))
            if len(layers) == len(self.said.layers):
                yield Stage(FIRST, layers)
            return
        stages = _staged(self._entries(self.said.architecture, builder, shape))
        for said in stages:
            flat = [x for e in said["layers"] for x in _entries_of(e)]
            self.layering.look_through(self.layering.resolved(flat, self.said.architecture.path))
        ends: dict[str, Shape] = {}
        for said in stages:
            joins, adds = said.get("joins", ""), said.get("adds", "")
            if joins:  # channels behind channels
                shape = (shape[0] + ends[joins][0], *shape[1:])
            assert shape[1:] == ends.get(joins, shape)[1:], "an architecture joins unlike maps"
            assert shape == ends.get(adds, shape), "an architecture adds unlike maps"
            items = tuple(self._items(said["layers"], self.said.architecture, shape))
            if len(items) < len(said["layers"]):
                return
            yield Stage(said["name"], items, joins, adds)
            shape = ends[said["name"]] = items[-1].after

    def _entries(self, chosen: Chosen, builder: str, shape: Shape) -> list[Any]:
        build = getattr(chosen.component.python, builder)
        try:
            return list(build(shape, self.target.shape, self.target.range, **chosen.options))
        except Unfit as unfit:
            self.layering.unfit(unfit, chosen.path, f"{dotted(chosen.path)} ({chosen.name})")
            return []

    def _items(self, entries: Sequence[Any], chosen: Chosen, shape: Shape) -> Iterable[Item]:
        for entry in entries:
            group = entry.get("block") if isinstance(entry, dict) else None
            specs = self.layering.resolved(_entries_of(entry), chosen.path)
            layers = tuple(self.layering.sequence(specs, shape, f"{self.name} ({chosen.name})"))
            if len(layers) < len(specs):
                return
            shape = layers[-1].after
            yield Group(group["name"], layers) if group else layers[0]

    def _nothing_replaced(self, chosen: Chosen) -> None:
        layers = " or ".join(chosen.component.constant("REPLACES"))
        self.layering.problems.add(
            "conditioning",
            f"{chosen.name} takes the place of {layers}, and the {self.name} has none",
            self.layering.marks.value(chosen.path),
            help=f"give the {self.name} {layers}, or choose another conditioning",
        )

    def _is_for_labels(self, chosen: Chosen) -> bool:
        """Report a conditioning that cannot take a vector; a head says itself what it needs."""
        condition, component = self.layering.condition, chosen.component
        if component.constant("FLOW") == "head" or component.constant(condition.shapes):
            return False
        known = self.layering.catalogue.all("conditioning")
        self.layering.problems.add(
            "conflict",
            f"{chosen.name} takes class labels, and the condition is a vector of attributes",
            self.layering.marks.value(chosen.path),
            help=f"choose {one_of(c.name for c in known if c.constant(condition.shapes))}",
        )
        return True

    # ------------------------------------------------------------------ heads

    def network(
        self, role: Any, built: tuple[tuple[Stage, ...], Layer | None, bool]
    ) -> Network | None:
        """The network, with heads and reparametrizations."""
        stages, before, flat = built
        chosen = self.said.conditioning if self.layering.condition.kind else None
        flow = chosen.component.constant("FLOW") if chosen else ""
        if self.heads or self.features or flow == "logits":
            stages = _split(stages)
            if len(stages) < 2:
                self._no_features()
                return None
        seen = (prod(stages[-2].after),) if len(stages) > 1 else ()
        late = self._addend(chosen, seen) if chosen and flow == "logits" else before
        conditioning = Conditioning(chosen, flow, late) if chosen else None
        wrappers = self.said.reparametrizations
        heads = [self._head(chosen, seen) for chosen in self.heads]
        if conditioning is not None and conditioning.layer is not None and flow == "logits":
            conditioning = replace(conditioning, layer=wrapped(conditioning.layer, wrappers))
        return Network(
            name=self.name,
            role=role,
            source=self.source,
            target=self._target(stages[-1].after),
            stages=tuple(_wrapped(stage, wrappers) for stage in stages),
            conditioning=conditioning,
            flat=flat,
            initializer=self.said.initializer,
            reparametrizations=wrappers,
            architecture=self.said.architecture,
            path=self.said.path,
            heads=tuple(replace(h, layer=wrapped(h.layer, wrappers)) for h in heads),
            gives_features=self.features,
        )

    def _target(self, end: Shape) -> Port:
        """What it is to write: where it may, a map of what it is to say of the whole."""
        if self.target.patches and len(end) > 1 and end[:1] == self.target.shape:
            return replace(self.target, shape=end, scalar=False)
        return self.target

    def _no_features(self) -> None:
        self.layering.problems.add(
            "needs",
            f"the {self.name} has one layer with weights, and nothing before it that "
            "a further output could be computed from",
            self.layering.marks.key(self.said.path),
            help="give it one more layer",
        )

    def _addend(self, chosen: Chosen, features: Shape) -> Layer:
        component = chosen.component
        scope = {**chosen.options, **self.layering.condition.names}
        rules = component.constant(self.layering.condition.shapes, {})
        function, sizes, after = apply(component, rules, features, scope)
        parameters = parameters_of(component, function, {**scope, **sizes})
        values = {**scope, **sizes}
        return Layer(component, function, values, features, after, parameters, chosen.path)

    def _head(self, chosen: Chosen, features: Shape) -> Head:
        component = chosen.component
        name = component.constant("HEAD")
        function = component.functions[f"{name}_head"]
        names = {**self.layering.condition.names, **self.layering.names}
        scope = {**chosen.options, **names, "in_features": features[0]}
        parameters = int(evaluate(component.constant("HEAD_PARAMETERS"), scope))
        after = (int(evaluate(component.constant("HEAD_OUTPUTS", "1"), scope)),)
        layer = Layer(component, function, scope, features, after, parameters, chosen.path)
        return Head(name, layer)

    # ------------------------------------------------------------------ its end

    def ends_in(self, network: Network) -> None:
        """The network must end in its target's shape."""
        end, wanted = network.items[-1].after, network.target.shape
        if end == wanted:
            return
        layers = (*([network.before] if network.before else []), *network.main_layers)
        trail = " -> ".join(f"{layer.name} {show(layer.after)}" for layer in layers[-4:])
        trail = f"… -> {trail}" if len(layers) > 4 else trail
        help = f"make the last layer end in {show(wanted)}"
        if prod(end) == prod(wanted):
            help = f"the values are as many: bring them into the shape {show(wanted)}"
        elif network.target.name == "data":
            help += f", or change the data's shape to {show(end)}"
        self.layering.problems.add(
            "shape",
            f"{network.name} ends in {show(end)} but must end in {show(wanted)}, "
            f"the shape of the {network.target.name}",
            self.layering.marks.key(layers[-1].path),
            notes=(f"{network.source.name} {show(network.source.shape)} -> {trail}",),
            help=help,
        )


def _flattens(said: NetworkSpec) -> bool:
    chosen = said.architecture
    return chosen is not None and bool(chosen.component.constant("FLAT_CONDITION"))


def _chunk_names(chosen: Chosen, shape: Shape, count: int) -> dict[str, Any]:
    expression = chosen.component.constant("CONDITION_DIM", "0")
    names = {"chunks": count}
    scope = {**chosen.options, **names, "features": shape[0]}
    return {**names, "condition_dim": int(evaluate(expression, scope))}


def _staged(entries: Sequence[Any]) -> list[dict[str, Any]]:
    """The architecture's stages; one, when it names none."""
    stages = [e["stage"] for e in entries if isinstance(e, dict) and "stage" in e]
    return stages or ([{"name": FIRST, "layers": entries}] if entries else [])


def _entries_of(entry: Any) -> Sequence[Any]:
    """The layers of a block, or the one layer that it is."""
    group = entry.get("block") if isinstance(entry, dict) else None
    return group["layers"] if group else [entry]


def _split(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """The last layer with a weight apart from those before it, whose output are the features."""
    if len(stages) > 1:
        return stages
    items = stages[0].items
    weighted = [i for i, item in enumerate(items) if any(map(has_weight, _inside(item)))]
    cut = weighted[-1] if weighted else 0
    return (Stage(FIRST, items[:cut]), Stage(LAST, items[cut:])) if cut else stages


def _inside(item: Item) -> Iterable[Layer]:
    layers = item.layers if isinstance(item, Group) else (item,)
    return (inside for layer in layers for inside in layer.walk())


def _wrapped(stage: Stage, wrappers: tuple[Chosen, ...]) -> Stage:
    items: list[Item] = []
    for item in stage.items:
        if isinstance(item, Group):
            items.append(replace(item, layers=tuple(wrapped(x, wrappers) for x in item.layers)))
        else:
            items.append(wrapped(item, wrappers))
    return replace(stage, items=tuple(items))

"""Spec → Plan. Shapes are inferred layer by layer; what does not fit is reported at its line."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import prod
from typing import Any

from gangen.catalogue import Catalogue, Component
from gangen.checks import Case, check
from gangen.contracts import Family, Port
from gangen.errors import Problems, TemplateError, dotted
from gangen.marks import Marks
from gangen.plan import Group, Item, Layer, Network, Plan, Term
from gangen.resolve import Resolver
from gangen.shapes import Rule, Shape, Unfit, evaluate, show
from gangen.signature import Function
from gangen.spec import Chosen, CommonSpec, LayerSpec, NetworkSpec, Path


def lower(
    spec: CommonSpec,
    catalogue: Catalogue,
    marks: Marks,
    problems: Problems,
    unread: Container[str] = (),
) -> Plan | None:
    """The plan, or None when there were problems (all of them are in `problems`).

    `unread` names the parts of the spec that are None because of a problem: what does not depend
    on them is looked at all the same.
    """
    family = catalogue.family(spec.family)
    if any(name in unread for name in ("data", "condition", *family.sections)):
        return None
    lowering = Lowering(spec, family, catalogue, marks, problems)
    data = lowering.data_port()
    if data is None:
        return None
    ports = family.ports(data, {name: getattr(spec, name) for name in family.sections})
    networks = {name: lowering.network(name, ports) for name in family.roles}
    plan = Plan(
        spec=spec,
        family=family,
        data=spec.data,
        ports=ports,
        classes=lowering.classes,
        networks={name: network for name, network in networks.items() if network is not None},
        terms=tuple(lowering.term(chosen) for chosen in spec.penalties or ()),
    )
    check(Case(plan, catalogue, marks, problems, complete=not problems.errors))
    return None if problems.errors else plan


@dataclass
class Lowering:
    """The passes; each reads the spec and adds its problems."""

    spec: CommonSpec
    family: Family
    catalogue: Catalogue
    marks: Marks
    problems: Problems
    classes: int = 0

    def data_port(self) -> Port | None:
        """Shape and range of one real sample."""
        data: Chosen = self.spec.data
        constants = {name: data.component.constant(name) for name in ("SHAPE", "CLASSES", "RANGE")}
        try:
            shape = tuple(evaluate(f"({constants['SHAPE']})", data.options))
            bounds = constants["RANGE"]
            bounds = evaluate(bounds, data.options) if isinstance(bounds, str) else bounds
            self.classes = int(evaluate(constants["CLASSES"] or "0", data.options))
        except Unfit as unfit:
            self.unfit(unfit, data.path, f"data ({data.name})")
            return None
        return Port("data", shape, tuple(bounds) if bounds else None)

    def term(self, chosen: Chosen) -> Term:
        """A penalty and the place in the step where it acts."""
        return Term(chosen, chosen.component.constant("WHERE"), chosen.options.get("every", 1))

    def network(self, name: str, ports: Mapping[str, Port]) -> Network | None:
        """A network with every shape inferred, or None."""
        role, said = self.family.roles[name], getattr(self.spec, name)
        if said is None:
            return None
        source, target = ports[role.source], ports[role.target]
        before = len(self.problems.errors)
        flat = self.spec.condition is not None and _flattens(said)
        shape: Shape = (prod(source.shape),) if flat else source.shape
        conditioning = self._conditioning(said, shape)
        shape = conditioning.after if conditioning else shape
        items = tuple(self._items(name, said, shape, target))
        if len(self.problems.errors) > before or not items:
            return None
        network = Network(
            name=name,
            role=role,
            source=source,
            target=target,
            items=tuple(_wrapped(item, said.reparametrizations) for item in items),
            conditioning=conditioning,
            flat=flat and len(source.shape) > 1,
            initializer=said.initializer,
            reparametrizations=said.reparametrizations,
            path=said.path,
        )
        self._ends_in(network, said)
        return network

    def _conditioning(self, said: NetworkSpec, shape: Shape) -> Layer | None:
        if self.spec.condition is None or said.conditioning is None:
            return None
        chosen = said.conditioning
        names = {"num_classes": self.classes}
        return self._layer(
            LayerSpec(chosen, {}), shape, names, f"{dotted(said.path)}: conditioning"
        )

    def _items(self, name: str, said: NetworkSpec, shape: Shape, target: Port) -> Iterable[Item]:
        if said.architecture is None:
            yield from self._sequence(said.layers, shape, name)
            return
        for entry in self._built(said.architecture, self.family.roles[name].builder, shape, target):
            group = entry.get("block") if isinstance(entry, dict) else None
            specs = self._resolved(group["layers"] if group else [entry], said.architecture.path)
            layers = tuple(self._sequence(specs, shape, f"{name} ({said.architecture.name})"))
            if len(layers) < len(specs):
                return
            shape = layers[-1].after
            yield from [Group(group["name"], layers)] if group else layers

    def _built(self, chosen: Chosen, builder: str, shape: Shape, target: Port) -> list[Any]:
        build = getattr(chosen.component.python, builder)
        try:
            return list(build(shape, target.shape, target.range, **chosen.options))
        except Unfit as unfit:
            self.unfit(unfit, chosen.path, f"{dotted(chosen.path)} ({chosen.name})")
            return []

    def _resolved(self, entries: Sequence[Any], path: Path) -> tuple[LayerSpec, ...]:
        own = Problems()
        specs = Resolver(self.catalogue, self.marks, own).layers(entries, path)
        if own.errors:
            raise TemplateError(
                f"{dotted(path)}: the architecture wrote an invalid layer: {own.errors[0].message}"
            )
        return tuple(replace(s, chosen=replace(s.chosen, path=path)) for s in specs)

    def _sequence(self, specs: Sequence[LayerSpec], shape: Shape, owner: str) -> Iterable[Layer]:
        trail = [show(shape)]
        for number, spec in enumerate(specs, 1):
            what = f"{owner} layer {number} ({spec.chosen.name})"
            layer = self._layer(spec, shape, {}, what, trail)
            if layer is None:
                return  # every later shape depends on this one
            trail.append(f"{layer.name} {show(layer.after)}")
            shape = layer.after
            yield layer

    def _layer(
        self,
        spec: LayerSpec,
        shape: Shape,
        names: Mapping[str, Any],
        what: str,
        trail: Sequence[str] = (),
    ) -> Layer | None:
        component, options = spec.chosen.component, spec.chosen.options
        children = {
            child: tuple(self._sequence(spec.children.get(child, ()), shape, f"{what}, `{child}`"))
            for child in component.constant("CHILDREN", [])
        }
        if any(len(children[child]) < len(spec.children.get(child, ())) for child in children):
            return None
        ends = {child: inside[-1].after if inside else shape for child, inside in children.items()}
        scope = {**options, **names, **ends}
        try:
            function, sizes, after = _apply(component, shape, scope)
            parameters = int(evaluate(component.constant("PARAMETERS", "0"), {**scope, **sizes}))
        except Unfit as unfit:
            notes = (f"{' -> '.join(trail[-4:])}",) if trail else ()
            self.unfit(unfit, spec.chosen.path, what, notes, component.constant("HELP"))
            return None
        inside = sum(layer.parameters for layers in children.values() for layer in layers)
        return Layer(
            component,
            function,
            {**scope, **sizes},
            shape,
            after,
            parameters + inside,
            spec.chosen.path,
            children,
        )

    def _ends_in(self, network: Network, said: NetworkSpec) -> None:
        end, wanted = network.items[-1].after, network.target.shape
        if end == wanted:
            return
        last = network.layers[-1]
        trail = " -> ".join(f"{layer.name} {show(layer.after)}" for layer in network.layers[-4:])
        trail = f"… -> {trail}" if len(network.layers) > 4 else trail
        help = f"make the last layer end in {show(wanted)}"
        if prod(end) == prod(wanted):
            help = f"the values are as many: bring them into the shape {show(wanted)}"
        elif network.target.name == "data":
            help += f", or change the data's shape to {show(end)}"
        self.problems.add(
            "shape",
            f"{network.name} ends in {show(end)} but must end in {show(wanted)}, "
            f"the shape of the {network.target.name}",
            self.marks.key(last.path),
            notes=(f"{network.source.name} {show(network.source.shape)} -> {trail}",),
            help=help,
        )

    def unfit(
        self,
        unfit: Unfit,
        path: Path,
        what: str,
        notes: tuple[str, ...] = (),
        help: str | None = None,
    ) -> None:
        """Report that sizes do not fit, at the option to blame."""
        place = self.marks.value((*path, unfit.option)) if unfit.option else self.marks.key(path)
        self.problems.add("shape", f"{what}: {unfit}", place, notes=notes, help=unfit.help or help)


def _flattens(said: NetworkSpec) -> bool:
    chosen = said.architecture
    return chosen is not None and bool(chosen.component.constant("FLAT_CONDITION"))


def _wrapped(item: Item, wrappers: tuple[Chosen, ...]) -> Item:
    if isinstance(item, Group):
        return replace(item, layers=tuple(_wrap(layer, wrappers) for layer in item.layers))
    return _wrap(item, wrappers)


def _wrap(layer: Layer, wrappers: tuple[Chosen, ...]) -> Layer:
    """Reparametrizations apply to every layer that has a weight, also inside others."""
    children = {
        name: tuple(_wrap(x, wrappers) for x in inside) for name, inside in layer.children.items()
    }
    own = wrappers if "weight" in layer.component.constant("GIVES", []) else ()
    return replace(layer, children=children, wrappers=own)


@cache
def _rule(text: str) -> Rule:
    return Rule.parse(text)


def _apply(
    component: Component, shape: Shape, scope: Mapping[str, Any]
) -> tuple[Function, dict[str, Any], Shape]:
    """The variant of a layer for this rank, the sizes by name, and the output shape."""
    shapes = component.constant("SHAPES", {})
    if not shapes:
        shapes = {next(iter(component.functions)): component.constant("SHAPE")}
    rules = {name: _rule(text) for name, text in shapes.items()}
    for name, rule in rules.items():
        sizes = rule.bind(shape)
        if sizes is not None:
            return component.functions[name], sizes, rule.apply(shape, scope)
    takes = " or ".join(rule.describe() for rule in rules.values())
    raise Unfit(f"takes {takes}, got {show(shape)}")

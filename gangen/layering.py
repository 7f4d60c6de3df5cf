"""Layers of a spec → layers of the plan: shapes are inferred one by one, from what goes in.

What does not fit is reported at its line, with the way that led there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from gangen.catalogue import Catalogue, Component
from gangen.errors import Problems, TemplateError, dotted
from gangen.marks import Marks
from gangen.plan import Layer
from gangen.resolve import Resolver
from gangen.shapes import Rule, Shape, Unfit, evaluate, show
from gangen.signature import Function
from gangen.spec import Chosen, LayerSpec, Path

VECTOR = "attributes"  # the kind of condition that is a vector


@dataclass(frozen=True)
class Condition:
    """What networks are conditioned on, as names that the catalogue's expressions use."""

    kind: str | None
    names: Mapping[str, int]

    @property
    def shapes(self) -> str:
        """The constant with a conditioning's shape rules: a vector has other functions."""
        return "VECTOR_SHAPES" if self.kind == VECTOR else "SHAPES"


@dataclass
class Layering:
    """Makes the layers of one network."""

    catalogue: Catalogue
    marks: Marks
    problems: Problems
    condition: Condition
    replacing: Chosen | None = None  # a conditioning that takes the place of some layers
    only_inside: bool = False  # ... of those inside other layers, when there are such
    names: dict[str, Any] = field(default_factory=dict)  # what its rules may use
    replaced: int = 0

    def sequence(
        self, specs: Sequence[LayerSpec], shape: Shape, owner: str, *, inside: bool = False
    ) -> Iterable[Layer]:
        """Layers one after the other, up to the first that does not fit."""
        trail = [show(shape)]
        for number, spec in enumerate(specs, 1):
            what = f"{owner} layer {number} ({spec.chosen.name})"
            layer = self._layer(self._replacement(spec, inside), shape, what, trail)
            if layer is None:
                return  # every later shape depends on this one
            trail.append(f"{layer.name} {show(layer.after)}")
            shape = layer.after
            yield layer

    def resolved(self, entries: Sequence[Any], path: Path) -> tuple[LayerSpec, ...]:
        """The layers that an architecture wrote; all of them stand where it was chosen."""
        own = Problems()
        specs = Resolver(self.catalogue, self.marks, own).layers(entries, path)
        if own.errors:
            raise TemplateError(
                f"{dotted(path)}: the architecture wrote an invalid layer: {own.errors[0].message}"
            )
        return tuple(_placed(spec, path) for spec in specs)

    def _layer(
        self, spec: LayerSpec, shape: Shape, what: str, trail: Sequence[str]
    ) -> Layer | None:
        component, options = spec.chosen.component, spec.chosen.options
        inner = component.constant("CHILDREN", [])
        below = {child: spec.children.get(child, ()) for child in inner}
        children = {
            child: tuple(self.sequence(specs, shape, f"{what}, `{child}`", inside=True))
            for child, specs in below.items()
        }
        if any(len(children[child]) < len(specs) for child, specs in below.items()):
            return None
        ends = {child: inside[-1].after if inside else shape for child, inside in children.items()}
        scope = {**options, **self.condition.names, **self.names, **ends}
        shapes = self._shapes(component)
        try:
            function, sizes, after = apply(component, shapes, shape, scope)
            parameters = parameters_of(component, function, {**scope, **sizes})
        except Unfit as unfit:
            notes = (f"{' -> '.join(trail[-4:])}",) if trail else ()
            self.unfit(unfit, spec.chosen.path, what, notes, component.constant("HELP"))
            return None
        inside = [layer for layers in children.values() for layer in layers]
        conditional = any(layer.conditional for layer in inside)
        return Layer(
            component=component,
            function=_conditional(component, function) if conditional else function,
            values={**scope, **sizes},
            before=shape,
            after=after,
            parameters=parameters + sum(layer.parameters for layer in inside),
            path=spec.chosen.path,
            children=children,
            conditional=conditional or bool(component.constant("TAKES_CONDITION")),
        )

    def look_through(self, specs: Iterable[LayerSpec]) -> None:
        """Note whether layers that are to be replaced stand inside others.

        Then only those are: the last norm of a network of blocks takes no condition.
        """
        below = (x for spec in specs for inside in spec.children.values() for x in inside)
        self.only_inside |= any(self._replaceable(x) for x in below)

    def _replaceable(self, spec: LayerSpec) -> bool:
        names = self.replacing.component.constant("REPLACES", []) if self.replacing else []
        deeper = (x for inside in spec.children.values() for x in inside)
        return spec.chosen.name in names or any(map(self._replaceable, deeper))

    def _replacement(self, spec: LayerSpec, inside: bool) -> LayerSpec:
        chosen = self.replacing
        if chosen is None or spec.chosen.name not in chosen.component.constant("REPLACES", []):
            return spec
        if self.only_inside and not inside:
            return spec
        self.replaced += 1
        known, said = chosen.component.options(), spec.chosen.options
        options = {  # what the layer says counts where the conditioning says nothing
            name: said[name] if name in said and value == known[name].default else value
            for name, value in chosen.options.items()
        }
        return replace(spec, chosen=replace(chosen, options=options, path=spec.chosen.path))

    def _shapes(self, component: Component) -> Mapping[str, str]:
        if self.replacing is not None and component is self.replacing.component:
            rules: Mapping[str, str] = component.constant("LAYER_SHAPES") or component.constant(
                self.condition.shapes
            )
            return rules
        return shape_rules(component)

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


def wrapped(layer: Layer, wrappers: tuple[Chosen, ...]) -> Layer:
    """Reparametrizations apply to every layer that has a weight, also inside others."""
    children = {
        name: tuple(wrapped(x, wrappers) for x in inside) for name, inside in layer.children.items()
    }
    own = wrappers if has_weight(layer) else ()
    return replace(layer, children=children, wrappers=own)


def has_weight(layer: Layer) -> bool:
    """Whether the layer itself has a weight that can be normalised."""
    return "weight" in layer.component.constant("GIVES", [])


def shape_rules(component: Component) -> Mapping[str, str]:
    """A layer's rules by the function that makes it."""
    shapes = component.constant("SHAPES", {})
    return shapes or {next(iter(component.functions)): component.constant("SHAPE")}


def apply(
    component: Component, shapes: Mapping[str, str], shape: Shape, scope: Mapping[str, Any]
) -> tuple[Function, dict[str, Any], Shape]:
    """The variant of a layer for this rank, the sizes by name, and the output shape."""
    rules = {name: _rule(text) for name, text in shapes.items()}
    for name, rule in rules.items():
        sizes = rule.bind(shape)
        if sizes is not None:
            return component.functions[name], sizes, rule.apply(shape, scope)
    takes = " or ".join(rule.describe() for rule in rules.values())
    raise Unfit(f"takes {takes}, got {show(shape)}")


def shape_behind(chosen: Chosen, shape: Shape) -> Shape:
    """Shape of what a component of the spec makes of a sample; Unfit says where it stands."""
    try:
        return apply(chosen.component, shape_rules(chosen.component), shape, chosen.options)[2]
    except Unfit as unfit:
        unfit.path = chosen.path
        raise


def parameters_of(component: Component, function: Function, scope: Mapping[str, Any]) -> int:
    """Number of trained values of a layer."""
    expression = component.constant("PARAMETERS", "0")
    if not isinstance(expression, str):
        expression = expression.get(function.name, "0")
    return int(evaluate(expression, scope))


def _placed(spec: LayerSpec, path: Path) -> LayerSpec:
    children = {
        name: tuple(_placed(inside, path) for inside in below)
        for name, below in spec.children.items()
    }
    return LayerSpec(replace(spec.chosen, path=path), children)


def _conditional(component: Component, function: Function) -> Function:
    """The variant of a layer that hands the condition on to those inside it."""
    variants = component.constant("CONDITIONAL", {})
    if function.name not in variants:
        raise TemplateError(f"{component.path}: cannot hold layers that take a condition")
    return component.functions[variants[function.name]]


@cache
def _rule(text: str) -> Rule:
    return Rule.parse(text)

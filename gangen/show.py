"""`gangen show`: every resolved value with its source, and the networks layer by layer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gangen.catalogue import Catalogue, SpecModel
from gangen.compose import Compiled
from gangen.errors import Place, dotted
from gangen.plan import Layer, Network
from gangen.resolve import NETWORK_KEYS
from gangen.schema import marker_of, ordered
from gangen.shapes import show as shape_text
from gangen.spec import Chosen, LayerSpec, NetworkSpec, Path, Tagged
from gangen.yaml_write import block, flow, written

CITATION = re.compile(r"\(([^()]*?\b(?:19|20)\d\d)\b")


@dataclass(frozen=True)
class Value:
    """One resolved value: its path in the spec's grammar, and where it comes from.

    `origin` is spec, set, preset or default; `reference` the published source that a preset names.
    """

    path: Path
    value: Any
    origin: str
    source: str
    reference: str = ""


@dataclass(frozen=True)
class Shown:
    """A compiled spec as people look at it."""

    compiled: Compiled
    catalogue: Catalogue

    @cached_property
    def values(self) -> tuple[Value, ...]:
        """Every value of the spec, in the order in which people read one."""
        spec = self.compiled.spec
        keys = ordered(self.compiled.plan.family)
        return tuple(value for key in keys for value in self._field(spec, key, (key,)))

    # ---------------------------------------------------------------- walking the spec

    def _field(self, model: SpecModel, key: str, path: Path) -> Iterator[Value]:
        value = getattr(model, key)
        marker = marker_of(type(model).model_fields[key])
        match value:
            case SpecModel():
                # Where epochs say how long a run is, nobody reads its steps.
                unread = {"steps"} if getattr(value, "epochs", None) is not None else set()
                for name in (n for n in type(value).model_fields if n not in unread):
                    yield from self._field(value, name, (*path, name))
            case NetworkSpec():
                yield from self._network(value)
            case Chosen() if isinstance(marker, Tagged):
                yield from self._tagged(value, marker.tag)
            case Chosen():
                yield from self._choice(value, path)
            case tuple() if marker is not None:
                yield from self._items(value, path)
            case Mapping() if marker is not None:
                for role, chosen in value.items():
                    yield from self._choice(chosen, (*path, role))
            case _:
                yield self._value(path, value)

    def _items(self, items: Sequence[Chosen], path: Path) -> Iterator[Value]:
        if not items:
            yield self._value(path, [])
        for at, chosen in enumerate(items):
            yield from self._choice(chosen, (*path, at))

    def _tagged(self, chosen: Chosen, tag: str) -> Iterator[Value]:
        yield self._value((*chosen.path, tag), chosen.name, chosen.path)
        yield from self._options(chosen, chosen.path)

    def _choice(self, chosen: Chosen, path: Path) -> Iterator[Value]:
        yield self._value(path, chosen.name)
        yield from self._options(chosen, (*path, chosen.name))

    def _options(self, chosen: Chosen, path: Path) -> Iterator[Value]:
        for name, value in chosen.options.items():
            yield self._value((*path, name), value)

    def _network(self, network: NetworkSpec) -> Iterator[Value]:
        if network.architecture is not None:
            yield from self._tagged(network.architecture, "architecture")
        yield from self._layers(network.layers, (*network.path, "layers"))
        chosen = {"init": network.initializer, "conditioning": network.conditioning}
        for key in NETWORK_KEYS:
            path = (*network.path, key)
            extra = chosen[key]
            yield from self._choice(extra, path) if extra else [self._value(path, None)]
        wrapped = {wrapper.name: wrapper for wrapper in network.reparametrizations}
        for name in self.catalogue.names("reparametrizations"):
            path = (*network.path, name)
            if name not in wrapped:
                yield self._value(path, False)
            elif options := list(self._options(wrapped[name], path)):
                yield from options
            else:
                yield self._value(path, True)

    def _layers(self, layers: Sequence[LayerSpec], path: Path) -> Iterator[Value]:
        for at, layer in enumerate(layers):
            yield from self._choice(layer.chosen, (*path, at))
            for child, inside in layer.children.items():
                yield from self._layers(inside, (*path, at, layer.chosen.name, child))

    # ---------------------------------------------------------------- where a value comes from

    def _value(self, path: Path, value: Any, fallback: Path = ()) -> Value:
        place = self._place(path) or (self._place(fallback) if fallback else None)
        composed = self.compiled.composed
        if place is None:
            return Value(path, value, "default", "default")
        if place.source == composed.written.source:
            return Value(path, value, "spec", f"{place.source.name}:{place.line}")
        if composed.preset is not None and place.source == composed.preset.source:
            reference = self._reference(path)
            short = f"{place.source.name} ({reference.partition(';')[0]})"
            return Value(
                path, value, "preset", short if reference else place.source.name, reference
            )
        if place.source.name == "--set":
            return Value(path, value, "set", f"--set {place.source.text}")
        return Value(path, value, "default", "default")

    def _place(self, path: Path) -> Place | None:
        """Where the document gives the value; None where it does not."""
        data: Any = self.compiled.composed.document.data
        for part in path:
            if not _has(data, part):
                return None
            data = data[part]
        return self.compiled.composed.document.marks.value(path)

    def _reference(self, path: Path) -> str:
        """What the preset says of its source; `paper` becomes the citation of its title."""
        preset = self.compiled.composed.preset
        data = preset.data if preset else {}
        key = ".".join(part for part in path if isinstance(part, str))
        reference = str(data.get("sources", {}).get(key, ""))
        cited = CITATION.search(str(data.get("title", "")))
        return re.sub(r"^paper\b", cited[1], reference) if cited else reference

    # ---------------------------------------------------------------- forms

    def document(self) -> dict[str, Any]:
        """The resolved spec as a spec that says everything."""
        return nest(self.values)

    def as_yaml(self) -> str:
        """The resolved spec as YAML, each line with its source."""
        by_path = {value.path: value.source for value in self.values}
        return written(list(block(self.document())), lambda line: by_path.get(line.path, ""))

    def as_dict(self) -> dict[str, Any]:
        """Everything as plain data for JSON."""
        plan, composed = self.compiled.plan, self.compiled.composed
        return {
            "spec": composed.written.source.name,
            "preset": self.compiled.spec.preset,
            "values": [
                {
                    "path": dotted(value.path),
                    "value": value.value,
                    "origin": value.origin,
                    "source": value.source,
                    "reference": value.reference or None,
                }
                for value in self.values
            ],
            "networks": [_network_data(network) for network in plan.networks.values()],
            "parameters": sum(network.parameters for network in plan.networks.values()),
            "warnings": [problem.as_dict() for problem in self.compiled.problems.warnings],
        }

    def as_table(self) -> str:
        """Values, then networks, in columns."""
        rows = [(dotted(value.path), flow(value.value), value.source) for value in self.values]
        widths = [min(max(len(row[i]) for row in rows), 56) for i in (0, 1)]
        lines, section = [], ""
        for value, (path, text, source) in zip(self.values, rows, strict=True):
            if value.path[0] != section and len(value.path) > 1:
                lines.append("")
            section = str(value.path[0])
            lines.append(f"{path:<{widths[0]}}  {text:<{widths[1]}}  {source}".rstrip())
        for network in self.compiled.plan.networks.values():
            lines += ["", *_network_table(network)]
        total = sum(network.parameters for network in self.compiled.plan.networks.values())
        return "\n".join([*lines, "", f"{total:,} parameters in all"]) + "\n"


def _has(data: Any, part: str | int) -> bool:
    if isinstance(data, list):
        return part in range(len(data))
    return isinstance(data, Mapping) and part in data


def nest(values: Sequence[Value]) -> dict[str, Any]:
    """Values by path as one document; a choice is its bare name until an option follows."""
    document: dict[str, Any] = {}
    for value in values:
        container: Any = document
        for part, after in zip(value.path, value.path[1:], strict=False):
            if part not in (range(len(container)) if isinstance(container, list) else container):
                fresh: Any = [] if isinstance(after, int) else {}
                _put(container, part, fresh)
            elif isinstance(container[part], str):
                container[part] = {container[part]: {}}
            container = container[part]
        _put(container, value.path[-1], value.value)
    return document


def _put(container: Any, part: Any, value: Any) -> None:
    if isinstance(container, list):
        container.append(value)
    else:
        container[part] = value


def _network_data(network: Network) -> dict[str, Any]:
    return {
        "name": network.name,
        "input": list(network.source.shape),
        "output": list(network.target.shape),
        "parameters": network.parameters,
        "layers": [_layer_data(layer) for layer in network.layers],
    }


def _layer_data(layer: Layer) -> dict[str, Any]:
    inside = {
        child: [_layer_data(deeper) for deeper in layers]
        for child, layers in layer.children.items()
        if layers
    }
    return {
        "name": layer.name,
        "options": {name: layer.values[name] for name in layer.component.options()},
        "wrappers": [wrapper.name for wrapper in layer.wrappers],
        "output": list(layer.after),
        "parameters": layer.parameters,
    } | ({"children": inside} if inside else {})


def _network_table(network: Network) -> list[str]:
    source, target = network.source, network.target
    title = f"{network.name}: {source.name} {shape_text(source.shape)} -> "
    rows = [row for layer in network.layers for row in _layer_rows(layer, "  ")]
    rows = [("  layer", "output", "parameters"), *rows]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = [
        f"{name:<{widths[0]}}  {shape:<{widths[1]}}  {count:>{widths[2]}}".rstrip()
        for name, shape, count in rows
    ]
    summary = f"  {network.parameters:,} parameters"
    return [f"{title}{target.name} {shape_text(target.shape)}", *lines, summary]


def _layer_rows(layer: Layer, margin: str) -> Iterator[tuple[str, str, str]]:
    options = {
        name: layer.values[name]
        for name, option in layer.component.options().items()
        if option.required or layer.values[name] != option.default
    }
    name = f"{layer.name}: {flow(options)}" if options else layer.name
    name += "".join(f", {wrapper.name}" for wrapper in layer.wrappers)
    count = f"{layer.parameters:,}" if layer.parameters else "-"
    yield margin + name, shape_text(layer.after), count
    for child, layers in layer.children.items():
        if layers:
            yield f"{margin}  {child}:", "", ""
        for inside in layers:
            yield from _layer_rows(inside, margin + "    ")

"""The JSON Schema of a spec, from the same models and markers that `resolve.py` reads it with.

It describes the file as a person writes it: whatever a preset or `defaults.yaml` may bring is not
required, unless the spec names no preset. Branches of a union are titled `kind name`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic.fields import FieldInfo

from gangen.catalogue import KINDS, Catalogue, Component, SpecModel
from gangen.compose import shipped_defaults
from gangen.contracts import Family
from gangen.errors import Problems
from gangen.load import load
from gangen.resolve import NETWORK_KEYS
from gangen.spec import (
    Choice,
    CommonSpec,
    Many,
    Marker,
    NetworkSection,
    PerRole,
    Tagged,
    spec_model,
)

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TITLE = "gangen spec"
# `20_000` is a number to gangen and a text to the YAML 1.2 of editors.
LARGE = 1_000
GROUPED = "^[-+]?[0-9]+(_[0-9]+)+$"


def spec_schema(catalogue: Catalogue) -> Schema:
    """JSON Schema (draft 2020-12) of every spec that this catalogue can compile."""
    writer = _Writer(catalogue)
    families = catalogue.names("families")
    usual = defaults(catalogue).get("family", families[0])
    bodies = {name: writer.family(name) for name in families}
    return {
        "$schema": DIALECT,
        "title": TITLE,
        "description": "A GAN and its training, for `gangen build`.",
        **_by_family(bodies, usual, _preset_families(catalogue)),
        "$defs": dict(sorted(writer.definitions.items())),
    }


def defaults(catalogue: Catalogue, family: str | None = None) -> Mapping[str, Any]:
    """What a spec that says nothing means."""
    data: Mapping[str, Any] = shipped_defaults(catalogue, family).data
    return data


def marker_of(field: FieldInfo) -> Marker | None:
    """How a field of a spec is read, when it chooses from the catalogue."""
    return next((item for item in field.metadata if isinstance(item, Marker)), None)


def ordered(family: Family) -> list[str]:
    """The top-level keys in the order in which people read a spec."""
    common = list(CommonSpec.model_fields)
    middle = common.index("objective")
    return [*common[:middle], *family.sections, *family.keys, *common[middle:], "training"]


def nested_model(field: FieldInfo) -> type[SpecModel] | None:
    """The model of a field that is a section."""
    model = field.annotation
    return model if isinstance(model, type) and issubclass(model, SpecModel) else None


@dataclass
class _Writer:
    """Collects definitions that are used more than once."""

    catalogue: Catalogue
    defaults: Mapping[str, Any] = field(default_factory=dict)  # of the family that is written
    definitions: dict[str, Schema] = field(default_factory=dict)

    def family(self, name: str) -> Schema:
        """A whole spec of one family."""
        family = self.catalogue.family(name)
        self.defaults = defaults(self.catalogue, name)
        model = spec_model(family)
        drawn = self._section(model, family)
        properties = drawn["properties"]
        properties = {key: properties[key] for key in ordered(family)}
        properties["family"]["enum"] = self.catalogue.names("families")
        presets = self.catalogue.names("presets")
        properties["preset"] |= {"enum": [*presets, None]}
        properties["preset"].pop("anyOf", None)
        for key, value in self.defaults.items():
            properties[key] = {**properties[key], "default": value}
        given = [key for key, f in model.model_fields.items() if f.is_required()]
        always = [key for key in given if key in ("gangen", "name")]
        return {
            "type": "object",
            "properties": properties,
            "additionalProperties": False,
            "required": always,
            "if": {"properties": {"preset": {"type": "null"}}},
            "then": self._alone(model),
        }

    def _alone(self, model: type[SpecModel]) -> Schema:
        """What must be said when no preset says it."""
        required: list[str] = []
        properties: Schema = {}
        for key, f in model.model_fields.items():
            given = self.defaults.get(key)
            match marker_of(f):
                case Tagged(_, tag) if f.is_required() and tag not in (given or {}):
                    required.append(key)
                    properties[key] = {"anyOf": [{"type": "string"}, {"required": [tag]}]}
                case NetworkSection() if not {"architecture", "layers"} & set(given or {}):
                    required.append(key)
                    either = [{"required": ["architecture"]}, {"required": ["layers"]}]
                    properties[key] = {"anyOf": either}
        return {"required": required, "properties": properties}

    def _section(self, model: type[SpecModel], family: Family) -> Schema:
        plain = model.model_json_schema()["properties"]
        properties: Schema = {}
        for name, f in model.model_fields.items():
            marker, nested = marker_of(f), nested_model(f)
            if marker is not None:
                properties[name] = self._marked(marker, family)
                if f.default is None:  # null: what suits the rest
                    properties[name] = {"anyOf": [{"type": "null"}, properties[name]]}
            elif nested is not None:
                properties[name] = self._section(nested, family)
            else:
                properties[name] = _tidy(plain[name])
            if f.description:
                properties[name]["description"] = f.description
        return _object(properties)

    def _marked(self, marker: Marker, family: Family) -> Schema:
        match marker:
            case Choice(kind):
                return self._choice(kind)
            case Tagged(kind, tag):
                return self._tagged(kind, tag)
            case Many(Choice(kind)):
                return {"type": "array", "items": self._choice(kind), "default": []}
            case PerRole(Choice(kind)):
                return _object({role: self._choice(kind) for role in family.keys})
            case NetworkSection(_, builder):
                return self._network(builder)

    def _choice(self, kind: str) -> Schema:
        """`name` or `{name: {options}}`."""
        return self._defined(f"choice.{kind}", lambda: self._branches(kind))

    def _branches(self, kind: str) -> Schema:
        components = list(self.catalogue.all(kind))
        return {"anyOf": [*_names(components), *map(self._named, components)]}

    def _defined(self, name: str, draw: Callable[[], Schema]) -> Schema:
        """A reference to what is drawn once; it may refer to itself."""
        if name not in self.definitions:
            self.definitions[name] = {}
            self.definitions[name] = draw()
        return {"$ref": f"#/$defs/{name}"}

    def _named(self, component: Component) -> Schema:
        options = self._options(component)
        for child in component.constant("CHILDREN", []):
            options["properties"][child] = self._layers()
        body = {"description": component.summary, **options, "type": ["object", "null"]}
        if component.kind != "blocks":  # an option may come from a preset that makes this choice
            body.pop("required", None)
        elif "required" in body:
            body["type"] = "object"
        return {
            "title": _title(component),
            **_object({component.name: body}),
            "required": [component.name],
        }

    def _tagged(self, kind: str, tag: str) -> Schema:
        """A section that names its component under `tag`, or only the name."""

        def drawn() -> Schema:
            components = list(self.catalogue.all(kind))
            branches = [self._section_of(c, "", tag, {}) for c in components]
            return {"anyOf": [*_names(components), *branches]}

        return self._defined(kind, drawn)

    def _section_of(self, component: Component, function: str, tag: str, also: Schema) -> Schema:
        options = self._options(component, function)
        name = {"const": component.name, "description": component.summary}
        needed = {"dependentRequired": {tag: options["required"]}} if "required" in options else {}
        return {
            "title": _title(component),
            **_object({tag: name, **options["properties"], **also}),
            **needed,
        }

    def _network(self, builder: str) -> Schema:
        return self._defined(f"network.{builder}", lambda: self._drawn_network(builder))

    def _drawn_network(self, builder: str) -> Schema:
        also: Schema = {
            key: {"anyOf": [{"type": "null"}, self._choice(kind)]} | _described(KINDS[kind])
            for key, kind in NETWORK_KEYS.items()
        }
        for component in self.catalogue.all("reparametrizations"):
            options = {"title": _title(component), **self._options(component)}
            also[component.name] = {
                "description": component.summary,
                "default": False,
                "anyOf": [{"type": ["boolean", "null"]}, options],
            }
        architectures = [c for c in self.catalogue.all("architectures") if builder in c.functions]
        branches = [self._section_of(c, builder, "architecture", also) for c in architectures]
        listed = {"title": "layers", **_object({"layers": self._layers(), **also})}
        return {"anyOf": [*branches, {**listed, "required": ["layers"]}]}

    def _layers(self) -> Schema:
        said = "the layers in order, each `name` or `name: {options}`"
        drawn = {"description": said, "type": "array", "minItems": 1}
        return self._defined("layers", lambda: {**drawn, "items": self._branches("blocks")})

    def _options(self, component: Component, function: str = "") -> Schema:
        drawn = component.model(function).model_json_schema()
        body = _object({key: _tidy(value) for key, value in drawn.get("properties", {}).items()})
        return {**body, "required": drawn["required"]} if "required" in drawn else body


def _by_family(bodies: Mapping[str, Schema], usual: str, presets: Mapping[str, str]) -> Schema:
    """The only family's schema, or the one that a spec's `family` (or its preset's) selects."""
    if len(bodies) == 1:
        return next(iter(bodies.values()))
    known: Schema = {"family": {"enum": [*bodies]}, "preset": {"enum": [*presets, None]}}
    cases: list[Schema] = [{"properties": known}]
    for name, body in bodies.items():
        named = {"properties": {"family": {"const": name}}, "required": ["family"]}
        own = [preset for preset, family in presets.items() if (family or usual) == name]
        unsaid = {"family": False, "preset": {"enum": own}}
        either: list[Schema] = [named, {"properties": unsaid, "required": ["preset"]}]
        if name == usual:
            either.append({"properties": {"family": False, "preset": {"type": "null"}}})
        cases.append({"if": {"anyOf": either}, "then": body})
    return {"type": "object", "allOf": cases}


def _preset_families(catalogue: Catalogue) -> dict[str, str]:
    """Presets and the family each of them chooses, if it does."""
    found = {}
    for name in catalogue.names("presets"):
        text = catalogue.path("presets", name).read_text(encoding="utf-8")
        found[name] = load(text, name, Problems()).data.get("spec", {}).get("family", "")
    return found


def _object(properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _names(components: Iterable[Component]) -> list[Schema]:
    """Those that can be chosen by their bare name."""
    names = [component.name for component in components if not _required(component)]
    return [{"enum": names}] if names else []


def _title(component: Component) -> str:
    return f"{KINDS[component.kind]} {component.name}"


def _described(kind: str) -> Schema:
    return {"description": f"the {kind} of this network"}


def _required(component: Component) -> bool:
    return any(option.required for option in component.options().values())


def _tidy(schema: Schema) -> Schema:
    """Pydantic's schema of a field without its titles, and with `20_000` for large numbers."""
    result = copy.deepcopy(schema)
    pending = [result]
    while pending:
        node = pending.pop()
        node.pop("title", None)
        if node.get("type") == "integer" and node.get("maximum", LARGE) >= LARGE:
            node |= {"type": ["integer", "string"], "pattern": GROUPED}
        pending += [*node.get("anyOf", []), *node.get("prefixItems", [])]
        pending += [node["items"]] if isinstance(node.get("items"), dict) else []
    return result

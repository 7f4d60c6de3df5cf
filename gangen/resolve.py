"""Document → Spec: walks the models, resolves the catalogue's names, collects every problem.

Pydantic checks types and bounds; its findings are said in our words (`wording.py`) at the place in
the file. Nothing is raised before everything has been read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gangen.catalogue import SpecModel
from gangen.choices import Choices
from gangen.errors import dotted, one_of
from gangen.spec import (
    Choice,
    Chosen,
    CommonSpec,
    LayerSpec,
    Many,
    Marker,
    NetworkSection,
    NetworkSpec,
    Path,
    PerRole,
    Tagged,
    spec_model,
)
from gangen.wording import Section, subject_of

NETWORK_KEYS = {"init": "initializers", "conditioning": "conditioning"}  # key -> kind


@dataclass
class Resolver(Choices):
    """Reads one document; every method returns None where it added a problem."""

    unread: frozenset[str] = frozenset()  # keys of the spec that had a problem

    def spec(self, data: Mapping[str, Any], family_name: str) -> CommonSpec:
        """The whole spec; after problems what could be read of it, None for `unread`."""
        family = self.catalogue.family(family_name)
        self.roles = list(family.keys)
        model = spec_model(family)
        whole, parts = self._section(model, data, ())
        if whole is None:
            self.unread = frozenset(name for name, part in parts.items() if part is None)
            whole = model.model_construct(**parts)
        spec: CommonSpec = whole
        return spec

    def section(self, model: type[SpecModel], data: Any, path: Path) -> Any:
        """A section with fixed keys."""
        if not isinstance(data, Mapping):
            example = next(iter(model.model_fields))
            help = f"write its keys below it, each with its value: `{example}: …`"
            self.say.wrong_type(path, "a section of keys", data, help)
            return None
        return self._section(model, data, path)[0]

    def _section(
        self, model: type[SpecModel], data: Mapping[str, Any], path: Path
    ) -> tuple[Any, dict[str, Any]]:
        """The section, or None; and its parts, None where one has a problem or is missing."""
        ready: dict[str, Any] = {}
        failed: set[str] = set()
        for key, value in data.items():
            known = model.model_fields.get(key)
            marker = _marker(known.metadata) if known else None
            nested = known.annotation if known else None
            if marker is not None:
                if value is None and known is not None and not known.is_required():
                    continue
                value = self.marked(marker, value, (*path, key))
                failed |= {key} if value is None else set()
            elif isinstance(nested, type) and issubclass(nested, SpecModel):
                value = self.section(nested, value, (*path, key))
                failed |= {key} if value is None else set()
            ready[key] = value
        for name, field in model.model_fields.items():
            marker = _marker(field.metadata)
            if isinstance(marker, Tagged) and name not in data:
                help = self.tag_help(marker.kind, marker.tag, (*path, name))
                self.say.missing(path, name, help)
                failed.add(name)
        wrong: set[str] = set(failed)
        hint = lambda key: self._belongs(model, path, key)  # noqa: E731
        section = Section(model, path, skip=failed, hint=hint)
        whole = self.validate(section, ready, wrong)
        required = {name for name, field in model.model_fields.items() if field.is_required()}
        parts = {k: v for k, v in ready.items() if k in model.model_fields and v is not None}
        parts |= dict.fromkeys(wrong | (required - set(ready)))
        return (None if failed else whole), parts

    def marked(self, marker: Marker, value: Any, path: Path) -> Any:
        """A field that chooses from the catalogue."""
        match marker:
            case Choice(kind):
                return self.choice(kind, value, path)
            case Tagged(kind, tag):
                return self.tagged(kind, tag, value, path)
            case Many(Choice(kind)):
                return self.many(kind, value, path)
            case PerRole(Choice(kind)):
                return self.per_role(kind, value, path)
            case NetworkSection(_, builder):
                return self.network(builder, value, path)

    def network(self, builder: str, value: Any, path: Path) -> NetworkSpec | None:
        """A network's section."""
        if not isinstance(value, Mapping):
            inside = f"architecture: {value}" if isinstance(value, str) else "architecture: …"
            inside = "layers: […]" if isinstance(value, list) else inside
            help = f"write `{dotted(path)}: {{{inside}}}`"
            self.say.wrong_type(path, "a section of keys", value, help)
            return None
        before = len(self.problems.errors)
        rest = dict(value)
        extras = {
            key: None if rest.get(key) is None else self.choice(kind, rest[key], (*path, key))
            for key, kind in NETWORK_KEYS.items()
        }
        rest = {key: option for key, option in rest.items() if key not in NETWORK_KEYS}
        wrapped = tuple(self._reparametrizations(rest, path))
        architecture, layers = self._body(builder, rest, path)
        if len(self.problems.errors) > before:
            return None
        return NetworkSpec(
            path, architecture, layers, extras["init"], extras["conditioning"], wrapped
        )

    def _body(
        self, builder: str, rest: dict[str, Any], path: Path
    ) -> tuple[Chosen | None, tuple[LayerSpec, ...]]:
        extra_keys = [*NETWORK_KEYS, *self.catalogue.names("reparametrizations")]
        if "layers" in rest and "architecture" not in rest:
            layers = self.layers(rest.pop("layers"), (*path, "layers"))
            for key in rest:
                hint = self.elsewhere("architectures", key)
                self.say.unknown_key(path, key, ["layers", *extra_keys], hint=hint)
            return None, layers
        name = rest.pop("architecture", None)
        if "layers" in rest:
            place = self.marks.key((*path, "architecture"))
            self.problems.add(
                "conflict",
                f"{dotted(path)} has both an architecture (line {place.line}) and layers",
                self.marks.key((*path, "layers")),
                help="keep `architecture` for a ready-made network, or `layers` for your own",
            )
        elif name is None:
            self.say.missing(
                path,
                "architecture",
                f"write `{dotted(path)}:` with `architecture:` {one_of(self._able(builder))}, "
                "or with a list of `layers:`",
            )
        elif self._can_play(name, builder, (*path, "architecture")):
            return (
                self.chosen("architectures", name, rest, path, builder, "architecture", extra_keys),
                (),
            )
        return None, ()

    def _able(self, builder: str) -> list[str]:
        """Names of the architectures that can play a role."""
        return [c.name for c in self.catalogue.all("architectures") if builder in c.functions]

    def _can_play(self, name: Any, builder: str, path: Path) -> bool:
        kind = "architectures"
        known = isinstance(name, str) and name in self.catalogue.names(kind)
        if known and builder in self.catalogue.get(kind, name).functions:
            return True  # without reading all the others
        return self.say.is_name("architecture", name, self._able(builder), path)

    def _reparametrizations(self, rest: dict[str, Any], path: Path) -> Iterable[Chosen]:
        for name in self.catalogue.names("reparametrizations"):
            value = rest.pop(name, False)
            if value is True or isinstance(value, Mapping):
                options = {} if value is True else value
                chosen = self.chosen("reparametrizations", name, options, (*path, name))
                if chosen is not None:
                    yield chosen
            elif value not in (False, None):
                self.say.wrong_type(
                    (*path, name),
                    "true, false or a section of options",
                    value,
                    "write true for its usual options, false to leave it out",
                )

    def layers(self, value: Any, path: Path) -> tuple[LayerSpec, ...]:
        """A list of layers; those with problems are left out."""
        if not isinstance(value, Sequence) or isinstance(value, str):
            help = "start each layer on a line of its own with `- `"
            self.say.wrong_type(path, "a list of layers", value, help)
            return ()
        if not value:
            place, help = self.marks.key(path), "list at least one layer, or take the key out"
            self.problems.add("empty", f"{dotted(path)} is empty", place, help=help)
        read = (self._layer(entry, (*path, i)) for i, entry in enumerate(value))
        return tuple(layer for layer in read if layer is not None)

    def _layer(self, entry: Any, path: Path) -> LayerSpec | None:
        name, options = entry, None
        if isinstance(entry, Mapping) and len(entry) == 1:
            ((name, options),) = entry.items()
            path = (*path, name)
        elif isinstance(entry, Mapping):
            help = "start each layer on a line of its own with `- `"
            self.say.wrong_type(path, "one layer", entry, help)
            return None
        component = self.component("blocks", name, path)
        if component is None:
            return None
        if not isinstance(options, Mapping | None):
            self.no_options(component, options, path)
            return None
        inner = component.constant("CHILDREN", [])
        options = dict(options or {})
        children = {
            child: self.layers(options.pop(child), (*path, child))
            for child in inner
            if child in options
        }
        chosen = self.options(component, options, path, also=inner)
        if chosen is not None and inner and inner[0] not in children:
            help = f"add `{inner[0]}:` with a list of layers"
            self.say.missing(path, inner[0], help, f"layer {component.name}")
            return None
        return None if chosen is None else LayerSpec(chosen, children)

    def _belongs(self, model: type[SpecModel], path: Path, key: str) -> str | None:
        """The section in which a key belongs that stands beside it."""
        for name, field in model.model_fields.items():
            nested, marker = field.annotation, _marker(field.metadata)
            keys = [marker.tag] if isinstance(marker, Tagged) else []
            if isinstance(nested, type) and issubclass(nested, SpecModel):
                keys += nested.model_fields
            if key in keys:
                return f"it belongs in {subject_of((*path, name))}: `{name}: {{{key}: …}}`"
            if isinstance(marker, PerRole) and (owner := self.elsewhere(marker.of.kind, key)):
                having = (c for c in self.catalogue.all(marker.of.kind) if key in c.options())
                inside = f"{self.roles[0]}: {{{next(having).name}: {{{key}: …}}}}"
                return f"{owner}: `{name}: {{{inside}}}`"
        return None


def _marker(metadata: Iterable[Any]) -> Marker | None:
    return next((item for item in metadata if isinstance(item, Marker)), None)

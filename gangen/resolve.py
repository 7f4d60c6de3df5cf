"""Document → Spec: walks the models, resolves the catalogue's names, collects every problem.

Pydantic checks types and bounds; its findings are said in our words (`wording.py`) at the place in
the file. Nothing is raised before everything has been read.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from gangen.catalogue import KINDS, Catalogue, Component, SpecModel
from gangen.errors import Problems, did_you_mean, dotted, one_of, shown
from gangen.marks import Marks
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
from gangen.wording import report

NETWORK_KEYS = {"init": "initializers", "conditioning": "conditioning"}  # key -> kind


@dataclass
class Resolver:
    """Reads one document; `read` returns None where it added a problem."""

    catalogue: Catalogue
    marks: Marks
    problems: Problems
    roles: Sequence[str] = ()
    _layer_names: dict[str, Component] = field(default_factory=dict)

    def spec(self, data: Mapping[str, Any], family_name: str) -> CommonSpec | None:
        """The whole spec, or None when there were problems."""
        family = self.catalogue.family(family_name)
        self.roles = list(family.roles)
        return self.section(spec_model(family), data, ())

    def section(self, model: type[SpecModel], data: Any, path: Path) -> Any:
        """A section with fixed keys."""
        if not isinstance(data, Mapping):
            return self._wrong(path, "a section of keys", data)
        ready: dict[str, Any] = {}
        failed: set[str] = set()
        for key, value in data.items():
            known = model.model_fields.get(key)
            marker = _marker(known.metadata) if known else None
            nested = known.annotation if known else None
            if marker is not None and not (value is None and not known.is_required()):
                value = self.marked(marker, value, (*path, key))
                failed |= {key} if value is None else set()
            elif isinstance(nested, type) and issubclass(nested, SpecModel):
                value = self.section(nested, value, (*path, key))
                failed |= {key} if value is None else set()
            ready[key] = value
        result = self._validate(model, ready, path, skip=failed)
        return None if failed else result

    def marked(self, marker: Marker, value: Any, path: Path) -> Any:
        """A field that chooses from the catalogue."""
        match marker:
            case Choice(kind):
                return self.choice(kind, value, path)
            case Tagged(kind, tag):
                return self.tagged(kind, tag, value, path)
            case Many(Choice(kind)):
                return self._many(kind, value, path)
            case PerRole(Choice(kind)):
                return self._per_role(kind, value, path)
            case NetworkSection(_, builder):
                return self.network(builder, value, path)

    def choice(self, kind: str, value: Any, path: Path, function: str = "") -> Chosen | None:
        """`name` or `{name: {options}}`."""
        options: Any = {}
        if isinstance(value, Mapping) and len(value) == 1:
            ((name, options),) = value.items()
            path = (*path, name)
        elif isinstance(value, str):
            name = value
        else:
            what = f"the name of {_a(KINDS[kind])}, or one name with its options"
            self._wrong(path, what, value)
            return None
        return self._chosen(kind, name, {} if options is None else options, path, function)

    def tagged(self, kind: str, tag: str, value: Any, path: Path) -> Chosen | None:
        """A section that names its component under `tag`."""
        if isinstance(value, str):
            value = {tag: value}
        if not isinstance(value, Mapping):
            return self._wrong(path, "a section of keys", value)  # type: ignore[no-any-return]
        if tag not in value:
            self.problems.add(
                "missing-key",
                f"{dotted(path)} does not say its {tag}",
                self.marks.key(path),
                help=f"add `{tag}:` with one of {one_of(self.catalogue.names(kind))}",
            )
            return None
        options = {key: option for key, option in value.items() if key != tag}
        return self._chosen(kind, value[tag], options, path, tag=tag)

    def network(self, builder: str, value: Any, path: Path) -> NetworkSpec | None:
        """A network's section."""
        if not isinstance(value, Mapping):
            return self._wrong(path, "a section of keys", value)  # type: ignore[no-any-return]
        before = len(self.problems.errors)
        rest = dict(value)
        extras = {
            key: (
                self.choice(kind, rest.pop(key), (*path, key))
                if rest.get(key)
                else rest.pop(key, None)
            )
            for key, kind in NETWORK_KEYS.items()
        }
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
            self._unknown(rest, ["layers", *extra_keys], path)
            return None, layers
        names = [c.name for c in self.catalogue.all("architectures") if builder in c.functions]
        name = rest.pop("architecture", None)
        if "layers" in rest:
            self.problems.add(
                "conflict",
                f"{dotted(path)} has both an architecture and layers",
                self.marks.key((*path, "layers")),
                help="keep one of the two",
            )
        elif name is None:
            self.problems.add(
                "missing-key",
                f"{dotted(path)} says neither its architecture nor its layers",
                self.marks.key(path),
                help=f"add `architecture:` with one of {one_of(names)}, or a list of `layers:`",
            )
        elif name not in names:
            self._no_such("architectures", name, names, (*path, "architecture"))
        else:
            return (
                self._chosen(
                    "architectures", name, rest, path, builder, "architecture", extra_keys
                ),
                (),
            )
        return None, ()

    def _reparametrizations(self, rest: dict[str, Any], path: Path) -> Iterable[Chosen]:
        for name in self.catalogue.names("reparametrizations"):
            value = rest.pop(name, False)
            if value is True or isinstance(value, Mapping):
                options = {} if value is True else value
                chosen = self._chosen("reparametrizations", name, options, (*path, name))
                if chosen is not None:
                    yield chosen
            elif value not in (False, None):
                self._wrong((*path, name), "true, false or a section of options", value)

    def layers(self, value: Any, path: Path) -> tuple[LayerSpec, ...]:
        """A list of layers; those with problems are left out."""
        if not isinstance(value, Sequence) or isinstance(value, str):
            self._wrong(path, "a list of layers", value)
            return ()
        if not value:
            self.problems.add("empty", f"{dotted(path)} is empty", self.marks.key(path))
        read = (self._layer(entry, (*path, i)) for i, entry in enumerate(value))
        return tuple(layer for layer in read if layer is not None)

    def _layer(self, entry: Any, path: Path) -> LayerSpec | None:
        name, options = entry, {}
        if isinstance(entry, Mapping) and len(entry) == 1:
            ((name, options),) = entry.items()
            path = (*path, name)
        component = self._component("blocks", name, path)
        if component is None:
            return None
        inner = component.constant("CHILDREN", [])
        options = dict(options) if isinstance(options, Mapping) else options or {}
        if not isinstance(options, dict):
            return self._wrong(path, "a section of options", options)  # type: ignore[no-any-return]
        children = {
            child: self.layers(options.pop(child), (*path, child))
            for child in inner
            if child in options
        }
        chosen = self._options(component, options, path)
        return None if chosen is None else LayerSpec(chosen, children)

    def _many(self, kind: str, value: Any, path: Path) -> tuple[Chosen, ...] | None:
        if not isinstance(value, Sequence) or isinstance(value, str):
            self._wrong(
                path, f"a list, each item the name of {_a(KINDS[kind])} or one with options", value
            )
            return None
        read = [self.choice(kind, item, (*path, i)) for i, item in enumerate(value)]
        return None if None in read else tuple(chosen for chosen in read if chosen)

    def _per_role(self, kind: str, value: Any, path: Path) -> dict[str, Chosen] | None:
        if not isinstance(value, Mapping):
            return self._wrong(path, f"a mapping with {one_of(self.roles)}", value)  # type: ignore[no-any-return]
        unknown = self._unknown(
            {k: v for k, v in value.items() if k not in self.roles}, self.roles, path
        )
        read = {
            role: self.choice(kind, value[role], (*path, role))
            for role in self.roles
            if role in value
        }
        missing = [role for role in self.roles if role not in value]
        for role in missing:
            self.problems.add(
                "missing-key", f"{dotted(path)} says nothing for the {role}", self.marks.key(path)
            )
        if unknown or missing or None in read.values():
            return None
        return {role: chosen for role, chosen in read.items() if chosen}

    # ---------------------------------------------------------------- components and their options

    def _chosen(
        self,
        kind: str,
        name: Any,
        options: Any,
        path: Path,
        function: str = "",
        tag: str = "",
        also: Sequence[str] = (),
    ) -> Chosen | None:
        component = self._component(kind, name, (*path, tag) if tag else path)
        if component is None:
            return None
        if not isinstance(options, Mapping):
            return self._wrong(path, "a section of options", options)  # type: ignore[no-any-return]
        return self._options(component, options, path, function, also)

    def _options(
        self,
        component: Component,
        options: Mapping[str, Any],
        path: Path,
        function: str = "",
        also: Sequence[str] = (),
    ) -> Chosen | None:
        model = component.model(function)
        read = self._validate(
            model, options, path, f"{KINDS[component.kind]} {component.name}", also
        )
        if read is None:
            return None
        return Chosen(component, {name: getattr(read, name) for name in model.model_fields}, path)

    def _component(self, kind: str, name: Any, path: Path) -> Component | None:
        names = self.catalogue.names(kind)
        if not isinstance(name, str):
            return self._wrong(path, f"the name of {_a(KINDS[kind])}", name)  # type: ignore[no-any-return]
        if name not in names:
            self._no_such(kind, name, names, path)
            return None
        return self.catalogue.get(kind, name)

    # ---------------------------------------------------------------- problems

    def _validate(
        self,
        model: type[SpecModel],
        data: Mapping[str, Any],
        path: Path,
        owner: str = "",
        also: Sequence[str] = (),
        skip: Container[str] = (),
    ) -> Any:
        try:
            return model.model_validate(_tuples(data))
        except ValidationError as error:
            report(self.problems, self.marks, error, model, path, owner, also, skip)
            return None

    def _no_such(self, kind: str, name: Any, names: Sequence[str], path: Path) -> None:
        guess = did_you_mean(str(name), names)
        self.problems.add(
            "unknown-name",
            f"there is no {KINDS[kind]} {shown(name)}"
            + (f'; did you mean "{guess}"?' if guess else ""),
            self.marks.value(path),
            help=f"the {KINDS[kind]} is one of {one_of(names)}",
        )

    def _unknown(self, keys: Mapping[str, Any], known: Sequence[str], path: Path) -> bool:
        for key in keys:
            guess = did_you_mean(key, known)
            self.problems.add(
                "unknown-key",
                f'{dotted(path)} has no key "{key}"'
                + (f'; did you mean "{guess}"?' if guess else ""),
                self.marks.key((*path, key)),
                help=None if guess else f"its keys are {one_of(known)}",
            )
        return bool(keys)

    def _wrong(self, path: Path, wanted: str, value: Any) -> None:
        self.problems.add(
            "type", f"{dotted(path)} must be {wanted}, got {shown(value)}", self.marks.value(path)
        )


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def _marker(metadata: Iterable[Any]) -> Marker | None:
    return next((item for item in metadata if isinstance(item, Marker)), None)


def _tuples(value: Any) -> Any:
    """Sequences of a spec are immutable once read."""
    if isinstance(value, list):
        return tuple(_tuples(item) for item in value)
    if type(value) is dict:
        return {key: _tuples(item) for key, item in value.items()}
    return value

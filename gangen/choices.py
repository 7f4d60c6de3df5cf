"""The catalogue's names and options in a spec: `name`, `{name: {options}}`, a section with a tag.

Whatever cannot be read becomes a problem, and None is returned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from gangen.catalogue import KINDS, Catalogue, Component
from gangen.describe import ALL_NAMES
from gangen.errors import Place, Problems, dotted, one_of
from gangen.marks import Marks
from gangen.spec import Chosen, Path
from gangen.wording import Section, Wording, with_article
from gangen.yaml_write import flow


@dataclass
class Choices:
    """Reads the components that one document chooses."""

    catalogue: Catalogue
    marks: Marks
    problems: Problems
    roles: Sequence[str] = ()

    @cached_property
    def say(self) -> Wording:
        """Adds the problems."""
        return Wording(self.marks, self.problems)

    def choice(self, kind: str, value: Any, path: Path, function: str = "") -> Chosen | None:
        """`name` or `{name: {options}}`."""
        options: Any = {}
        if isinstance(value, Mapping) and len(value) == 1:
            ((name, options),) = value.items()
            path = (*path, name)
        elif isinstance(value, str):
            name = value
        else:
            what = f"the name of {with_article(KINDS[kind])}, or one name with its options"
            self.say.wrong_type(path, what, value, self._one_name(kind, value))
            return None
        return self.chosen(kind, name, {} if options is None else options, path, function)

    def tagged(self, kind: str, tag: str, value: Any, path: Path) -> Chosen | None:
        """A section that names its component under `tag`."""
        if isinstance(value, str):
            value = {tag: value}
        help = self.tag_help(kind, tag, path)
        if not isinstance(value, Mapping):
            self.say.wrong_type(path, "a section of keys", value, help)
            return None
        if tag not in value:
            self.say.missing(path, tag, help)
            return None
        options = {key: option for key, option in value.items() if key != tag}
        return self.chosen(kind, value[tag], options, path, tag=tag)

    def tag_help(self, kind: str, tag: str, path: Path) -> str:
        """What to write where nothing is chosen."""
        names = one_of(self.catalogue.names(kind), ALL_NAMES)
        return f"write `{dotted(path)}: {{{tag}: …}}` with one of {names}"

    def many(self, kind: str, value: Any, path: Path) -> tuple[Chosen, ...] | None:
        """A list of choices."""
        if not isinstance(value, Sequence) or isinstance(value, str):
            what = f"a list, each item the name of {with_article(KINDS[kind])} or one with options"
            first = f"{{{next(iter(value))}: …}}" if isinstance(value, Mapping) and value else value
            help = f"write `{dotted(path)}: [{first}]`" if isinstance(first, str) else None
            self.say.wrong_type(path, what, value, help)
            return None
        read = [self.choice(kind, item, (*path, i)) for i, item in enumerate(value)]
        return None if None in read else tuple(chosen for chosen in read if chosen)

    def per_role(self, kind: str, value: Any, path: Path) -> dict[str, Chosen] | None:
        """A choice for each network."""
        both = " and ".join(self.roles)
        if not isinstance(value, Mapping):
            example = value if isinstance(value, str) else "…"
            help = (
                f"write `{path[-1]}: {{{', '.join(f'{role}: {example}' for role in self.roles)}}}`"
            )
            self.say.wrong_type(path, f"a section with the keys {both}", value, help)
            return None
        unknown = [key for key in value if key not in self.roles]
        for key in unknown:
            self.say.unknown_key(path, key, self.roles)
        read = {
            role: self.choice(kind, value[role], (*path, role))
            for role in self.roles
            if role in value
        }
        missing = [role for role in self.roles if role not in value]
        for role in missing:
            self.say.missing(path, role, f"{path[-1]} is set for each network: {both}")
        if unknown or missing or None in read.values():
            return None
        return {role: chosen for role, chosen in read.items() if chosen}

    def chosen(
        self,
        kind: str,
        name: Any,
        options: Any,
        path: Path,
        function: str = "",
        tag: str = "",
        also: Sequence[str] = (),
    ) -> Chosen | None:
        """A component with its options, both at `path`, or its name below that at `tag`."""
        component = self.component(kind, name, (*path, tag) if tag else path)
        if component is None:
            return None
        if not isinstance(options, Mapping):
            self.no_options(component, options, path)
            return None
        return self.options(component, options, path, function, also)

    def options(
        self,
        component: Component,
        options: Mapping[str, Any],
        path: Path,
        function: str = "",
        also: Sequence[str] = (),
    ) -> Chosen | None:
        """A component's options read."""
        known = component.options(function)
        if not options and not any(option.required for option in known.values()):
            defaults = {name: option.default for name, option in known.items()}
            return Chosen(component, defaults, path)  # a model costs more than all the rest
        model = component.model(function)
        owner = f"{KINDS[component.kind]} {component.name}"
        hint = lambda key: self.elsewhere(component.kind, key)  # noqa: E731
        read = self.validate(Section(model, path, owner, also, hint=hint), options)
        if read is None:
            return None
        return Chosen(component, {name: getattr(read, name) for name in model.model_fields}, path)

    def component(self, kind: str, name: Any, path: Path) -> Component | None:
        """A component by its name."""
        names = self.catalogue.names(kind)
        place = self._place(path, name)
        if not self.say.is_name(KINDS[kind], name, names, path, place):
            return None
        return self.catalogue.get(kind, name)

    def validate(
        self, section: Section, data: Mapping[str, Any], wrong: set[str] | None = None
    ) -> Any:
        """The section's model, or None after its problems; their keys go to `wrong`."""
        ready = _tuples(data)
        try:
            return section.model.model_validate(ready)
        except ValidationError as error:
            found = self.say.findings(error, section, ready)
            if wrong is not None:
                wrong |= found
            return None

    def elsewhere(self, kind: str, key: str) -> str | None:
        """Which other components of a kind have an option that this one does not have."""
        owners = [c.name for c in self.catalogue.all(kind) if key in c.options()]
        return f"it is an option of {KINDS[kind]} {one_of(owners)}" if owners else None

    def _one_name(self, kind: str, value: Any) -> str:
        """What to write where one choice was to be made."""
        names = self.catalogue.names(kind)
        keys = [str(key) for key in value] if isinstance(value, Mapping) else []
        found = [key for key in keys if key in names]
        if len(found) > 1:
            return f"keep one of {one_of(found)}"
        options = [key for key in keys if key not in names]
        if found and options:
            return f"options go under the name: `{found[0]}: {{{options[0]}: …}}`"
        named = [str(item) for item in value.values() if item in names] if keys else []
        if named:
            inside = next((key for key in keys if value[key] != named[0]), "")
            return f"options go under the name: `{named[0]}: {{{inside}: …}}`"
        return f"choose {one_of(names, ALL_NAMES)}"

    def no_options(self, component: Component, value: Any, path: Path) -> None:
        """Report a lone value where options were to be; the option that it could be, if one is."""
        options = sorted(component.options().values(), key=lambda option: not option.required)
        simple = isinstance(value, int | float | str) and not isinstance(value, bool)
        inside = f"{options[0].name}: {flow(value) if simple else '…'}" if options else ""
        example = f"{component.name}: {{{inside}}}" if inside else component.name
        self.say.wrong_type(path, "a section of options", value, f"write `{example}`")

    def _place(self, path: Path, name: Any) -> Place:
        """Where a component's name stands: it may be a key with options below it, or a value."""
        return self.marks.key(path) if path[-1] == name else self.marks.value(path)


def _tuples(value: Any) -> Any:
    """Sequences of a spec are immutable once read."""
    if isinstance(value, list):
        return tuple(_tuples(item) for item in value)
    if type(value) is dict:
        return {key: _tuples(item) for key, item in value.items()}
    return value

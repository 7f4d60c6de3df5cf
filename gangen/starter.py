"""`gangen init`: a spec to start from, every value that it does not say in a comment.

It is the smallest spec that compiles, chosen from the catalogue in order, and what `gangen show`
would print of it: lines that come from a preset or a default are commented out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gangen.catalogue import Catalogue
from gangen.compose import Compiled, compile_spec
from gangen.errors import SpecError, TemplateError
from gangen.explain import Keys
from gangen.listing import preset as read_preset
from gangen.schema import defaults, spec_schema
from gangen.show import Shown, Value, nest
from gangen.yaml_write import KeyPath, Line, block, written

HEADER = """\
# yaml-language-server: $schema={schema}
# `gangen schema -o {schema}` writes that schema: editors check and complete this file with it.
# Remove the `# ` in front of a value (and of the keys above it) to change it.
# See also `gangen explain training.steps`, `gangen list` and `gangen show {name}`.
"""
LONGEST = 90  # characters of a comment beside a value
SIDES = (32, 64, 128, 256)
GIVEN = ("spec", "preset")  # origins of what a preset's spec shows


def starter(catalogue: Catalogue, preset: str | None, name: str, schema: str) -> str:
    """Text of a new spec; raises TemplateError when nothing in the catalogue fits together."""
    shown = Shown(_smallest(catalogue, preset), catalogue)
    values = shown.values
    if preset is not None:
        values = tuple(v for v in values if v.origin in GIVEN or v.path[0] == "data")
    keys = Keys(spec_schema(catalogue))
    comments = dict(_comments(values, keys))
    active = {v.path[:n] for v in values if v.origin == "spec" for n in range(len(v.path) + 1)}
    lines = _commented_out(list(block(nest(values))), active)
    text = HEADER.format(schema=schema, name=name)
    section = ""
    for at, line in enumerate(lines):
        if line.path[0] != section:
            opens = at + 1 < len(lines) and len(lines[at + 1].path) > 1
            text += "\n" if opens or at == 0 or len(lines[at - 1].path) > 1 else ""
        section = str(line.path[0])
        text += written([line], lambda line: _short(comments.get(line.path, "")))
    return text


def _smallest(catalogue: Catalogue, preset: str | None) -> Compiled:
    """The first data source and architecture that need no options and fit together."""
    for spec in _candidates(catalogue, preset):
        try:
            text = written(list(block(spec)), lambda line: "")
            return compile_spec(Path("spec.yaml"), catalogue, (), text=text)
        except SpecError:
            continue
    what = f"the preset {preset}" if preset else "any architecture"
    raise TemplateError(f"the catalogue has no data source without options that fits {what}")


def _candidates(catalogue: Catalogue, preset: str | None) -> Iterator[Mapping[str, Any]]:
    head: dict[str, Any] = {"gangen": 1, "name": _project_name(preset)}
    sources = [
        c.name for c in catalogue.all("data") if not any(o.required for o in c.options().values())
    ]
    if preset is not None:
        head["preset"] = preset
        if "data" in read_preset(catalogue, preset)["spec"]:  # type: ignore[operator]
            yield head
        yield from (head | {"data": {"source": source}} for source in sources)
        yield from (head | {"data": data} for data in _pictures(catalogue))
        return
    family = catalogue.family(defaults(catalogue)["family"])
    for source in sources:
        for architecture in catalogue.names("architectures"):
            networks = {role: {"architecture": architecture} for role in family.keys}
            yield head | {"data": {"source": source}} | networks


def _pictures(catalogue: Catalogue) -> Iterator[Mapping[str, Any]]:
    """Sources of pictures at the sides that networks are published for; a path is to be changed."""
    examples: Mapping[str, Any] = {"path": "path/to/pictures", "classes": 10, "attributes": 1024}
    for component in catalogue.all("data"):
        given = {name: value for name, value in examples.items() if name in component.options()}
        for side in SIDES if "image_size" in component.options() else ():
            yield {"source": component.name, **given, "image_size": [side, side]}


def _project_name(preset: str | None) -> str:
    name = re.sub(r"[^a-z0-9_-]", "-", (preset or "").partition("@")[0].lower())
    return name if re.match(r"[a-z]", name) else "my-gan"


def _comments(values: tuple[Value, ...], keys: Keys) -> Iterator[tuple[KeyPath, str]]:
    """Beside a value its published source or what it is; beside a section what that is."""
    chosen = {value.value for value in values if isinstance(value.value, str)}
    said = {value.path: value for value in values}
    paths = {value.path[:n]: None for value in values for n in range(1, len(value.path) + 1)}
    for path in paths:
        value = said.get(path)
        if value is not None and value.origin == "preset":
            yield path, value.reference or value.source
        else:
            yield path, _description(path, chosen, keys)


def _description(path: KeyPath, chosen: set[str], keys: Keys) -> str:
    meanings = keys.find(part for part in path if isinstance(part, str))
    names = [m.schema["const"] for m in meanings if "const" in m.schema]
    if len(names) > 1 and not isinstance(path[-1], int):
        return f"one of {', '.join(names)}"
    # Of components with an equal option, the chosen one describes it.
    meanings.sort(key=lambda meaning: meaning.owner.rpartition(" ")[2] not in chosen)
    return next((keys.description(m) for m in meanings if keys.description(m)), "").rstrip(".")


def _short(comment: str) -> str:
    """Its first clauses, as far as they fit beside a line."""
    while len(comment) > LONGEST and (end := max(map(comment.rfind, (". ", "; ", " (")))) > 0:
        comment = comment[:end]
    return comment


def _commented_out(lines: list[Line], active: set[KeyPath]) -> list[Line]:
    """Lines that say nothing new behind a `# `, at the depth of the outermost such key."""
    depth = {line.path: line.indent for line in lines}
    result = []
    for line in lines:
        prefixes = (line.path[:n] for n in range(1, len(line.path) + 1))
        outermost = next((p for p in prefixes if p not in active and p in depth), None)
        if outermost is not None:
            inner = " " * (line.indent - depth[outermost])
            line = Line(line.path, depth[outermost], f"# {inner}{line.text}")
        result.append(line)
    return result

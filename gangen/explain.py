"""`gangen explain`: what a key of the spec means, found by walking the schema.

A path may name list items (`penalties[0]`) or leave them out; a bare word may also be a component,
a preset or a family.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gangen.catalogue import KINDS, Catalogue, Component
from gangen.errors import UsageError, did_you_mean, one_of, shown
from gangen.listing import preset
from gangen.schema import Schema
from gangen.yaml_write import flow

WIDTH = 96
WIDEST_NAME = 28  # longer ones have a line of their own
FACTS = {"NEEDS": "needs", "FORBIDS": "forbids"}  # constants of a component that give reasons


@dataclass(frozen=True)
class Meaning:
    """One meaning of a path; `owner` is the component that brings the key, if one does."""

    path: tuple[str, ...]
    schema: Schema
    owner: str


class Keys:
    """Every key that a spec can have."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema

    def find(self, path: Iterable[str]) -> list[Meaning]:
        """What a path means; empty when there is no such key."""
        found = [Meaning((), self.schema, "")]
        for part in path:
            found = [deeper for meaning in found for deeper in self._step(meaning, part)]
        return found

    def all(self) -> Iterator[Meaning]:
        """Every key of every section, the layers inside layers once."""
        pending = list(self.below(Meaning((), self.schema, "")))
        while pending:
            meaning = pending.pop(0)
            yield meaning
            again = meaning.schema.get("$ref") == "#/$defs/layers" and len(meaning.path) > 2
            pending += [] if again else self.below(meaning)

    def _step(self, meaning: Meaning, part: str) -> Iterator[Meaning]:
        return (deeper for deeper in self.below(meaning) if deeper.path[-1] == part)

    def below(self, meaning: Meaning) -> Iterator[Meaning]:
        """The keys inside, once for each member of a union."""
        for node, owner in self.parts(meaning.schema, meaning.owner):
            for name, schema in node.get("properties", {}).items():
                yield Meaning((*meaning.path, name), schema, owner)

    def parts(
        self, schema: Schema, owner: str = "", into_lists: bool = True
    ) -> Iterator[tuple[Schema, str]]:
        """The node itself, then whatever it refers to, is a union of, or is a list of."""
        yield schema, owner
        inner = [self._definition(schema["$ref"])] if "$ref" in schema else []
        inner += schema.get("anyOf", [])
        inner += [case["then"] for case in schema.get("allOf", []) if "then" in case]
        inner += [schema["items"]] if into_lists and "items" in schema else []
        for node in inner:
            yield from self.parts(node, node.get("title", owner), into_lists)

    @cached_property
    def places(self) -> dict[str, list[str]]:
        """Paths below which each title may stand, without those in layers that have layers."""
        found: dict[str, dict[str, None]] = {}
        for meaning in [Meaning((), self.schema, ""), *self.all()]:
            if "layers" not in meaning.path[:-1]:
                for node, _ in self.parts(meaning.schema):
                    found.setdefault(node.get("title", ""), {})[".".join(meaning.path)] = None
        return {title: list(paths) for title, paths in found.items()}

    def description(self, meaning: Meaning) -> str:
        """What a key is for; empty when nobody says."""
        nodes = (node for node, _ in self.parts(meaning.schema))
        return next((str(node["description"]) for node in nodes if node.get("description")), "")

    def _definition(self, reference: str) -> Schema:
        found: Schema = self.schema["$defs"][reference.rpartition("/")[2]]
        return found


def explain(path: str, catalogue: Catalogue, keys: Keys) -> str:
    """What a path, a component, a preset or a family is; raises UsageError when nothing is."""
    parts = [part for part in re.split(r"[.\[\]]+", path) if part and not part.isdecimal()]
    texts = _pages(keys, keys.find(parts)) if parts else []
    texts += members(path, catalogue, keys)
    if not texts and len(parts) == 2:
        texts = _pages(keys, [m for m in keys.all() if list(m.path[-2:]) == parts])
    if not texts:
        raise _unknown(path, parts, catalogue, keys)
    return "\n\n".join(dict.fromkeys(texts)) + "\n"


def _unknown(path: str, parts: list[str], catalogue: Catalogue, keys: Keys) -> UsageError:
    paths = list(dict.fromkeys(".".join(meaning.path) for meaning in keys.all()))
    same_end = [p for p in paths if parts and p.rpartition(".")[2] == parts[-1]]
    names = [name for kind in (*KINDS, "presets", "families") for name in catalogue.names(kind)]
    guess = did_you_mean(path, [*paths, *names]) or next(iter(same_end), None)
    return UsageError(
        f"nothing is called {shown(path)}" + (f"; did you mean {guess}?" if guess else ""),
        help="name a key of the spec, like `training.steps`, or a name that `gangen list` shows",
    )


# ------------------------------------------------------------------ types in words


def type_in_words(keys: Keys, schema: Schema) -> str:
    """`whole number, 1 to 4096`, `list of 2, each …`, `one of a, b or c`."""
    words: list[str] = []
    choices: list[str] = []
    for node, _ in keys.parts(schema, into_lists=False):
        if "title" in node and len(node.get("required", ())) == 1:  # {name: {options}}
            choices += node["required"]
        elif word := _node_in_words(keys, node):
            words.append(word)
    if choices and "layers" not in choices:
        words = [word for word in words if not word.startswith("one of")]
        words.append(f"one of {one_of(choices, limit=100)}, as `name` or `{{name: {{options}}}}`")
    between = "; or " if len(words) > 1 and any(" or " in word for word in words) else " or "
    return between.join(dict.fromkeys(words)) or "anything"


def _node_in_words(keys: Keys, node: Schema) -> str:
    if "const" in node:
        return flow(node["const"])
    if "enum" in node:
        names = [flow(name) for name in node["enum"]]
        return "one of " + one_of(names, limit=100) if len(names) > 1 else names[0]
    kinds = node.get("type", ())
    kinds = [kinds] if isinstance(kinds, str) else list(kinds)
    if "integer" in kinds or "number" in kinds:
        return ("whole number" if "integer" in kinds else "number") + _bounds(node)
    if "array" in kinds:
        return _list_in_words(keys, node)
    nouns = {"string": "text", "boolean": "true or false", "null": "null", "object": "section"}
    return nouns[kinds[0]] if kinds else ""


def _list_in_words(keys: Keys, node: Schema) -> str:
    inner = node["prefixItems"][0] if "prefixItems" in node else node.get("items", {})
    least, most = node.get("minItems"), node.get("maxItems")
    count = f" of {least}" if least == most and least else ""
    if not count and least:
        count = f" of at least {least}"
    return f"list{count}, each {type_in_words(keys, inner)}"


def _bounds(node: Schema) -> str:
    low, high = node.get("minimum"), node.get("maximum")
    above, below = node.get("exclusiveMinimum"), node.get("exclusiveMaximum")
    if low is not None and high is not None:
        return f", {low:,} to {high:,}" if low != high else f" {low}"
    words = {"at least": low, "above": above, "at most": high, "below": below}
    said = [f"{word} {bound:,}" for word, bound in words.items() if bound is not None]
    return f", {' and '.join(said)}" if said else ""


# ------------------------------------------------------------------ pages


def _pages(keys: Keys, meanings: list[Meaning]) -> list[str]:
    """A page for each meaning; those that differ only in their owner share one."""
    if meanings and all("const" in meaning.schema for meaning in meanings):
        names = {meaning.schema["const"]: meaning.schema["description"] for meaning in meanings}
        facts = {"type": f"one of {one_of(names, limit=100)}"}
        return [_page(".".join(meanings[0].path), "", facts, names)]
    groups: dict[str, list[Meaning]] = {}
    for meaning in meanings:
        groups.setdefault(json.dumps([meaning.path, meaning.schema]), []).append(meaning)
    return [_key(keys, group) for group in groups.values()]


def _key(keys: Keys, group: list[Meaning]) -> str:
    meaning = group[0]
    owners = dict.fromkeys(other.owner for other in group if other.owner)
    facts = {"type": type_in_words(keys, meaning.schema)}
    if "default" in meaning.schema:
        facts["default"] = flow(meaning.schema["default"])
    elif owners and "section" not in facts["type"] and "null" not in facts["type"]:
        facts["default"] = "none, it must be given"
    if owners:
        facts["allowed by"] = one_of(owners, limit=100)
    inside: dict[str, str] = {}
    for below in keys.below(meaning):
        if below.path[-1] not in inside:
            inside[below.path[-1]] = keys.description(below)
    return _page(".".join(meaning.path), keys.description(meaning), facts, inside)


def members(name: str, catalogue: Catalogue, keys: Keys) -> list[str]:
    """Pages of the components, presets and families of this name."""
    pages = [
        _component(catalogue.get(kind, name), catalogue, keys)
        for kind in KINDS
        if name in catalogue.names(kind)
    ]
    if name in catalogue.names("presets"):
        pages.append(_preset(name, catalogue))
    if name in catalogue.names("families"):
        family = catalogue.family(name)
        roles = {role: f"{it.ports}: {it.doc}" for role, it in family.roles.items()}
        pages.append(_page(f"{name} (family)", family.doc, {}, roles))
    return pages


def _component(component: Component, catalogue: Catalogue, keys: Keys) -> str:
    places = keys.places.get(f"{KINDS[component.kind]} {component.name}", ())
    facts = {"goes under": one_of(places, limit=8)} if places else {}
    if where := component.constant("WHERE"):
        families = [n for n in catalogue.names("families") if where in catalogue.family(n).slots]
        facts["allowed by"] = f"family {one_of(families)}, in {where}"
    if gives := component.constant("GIVES", []):
        facts["gives"] = ", ".join(gives)
    for constant, word in FACTS.items():
        for what, reason in component.constant(constant, {}).items():
            facts[f"{word} {what}"] = str(reason)
    options = {}
    for option in component.options().values() if places else ():
        drawn = component.model().model_json_schema()["properties"][option.name]
        default = "must be given" if option.required else f"default {flow(option.default)}"
        said = f"{type_in_words(keys, drawn)}; {default}"
        options[option.name] = f"{option.description.rstrip('.')} ({said})".strip()
    return _page(f"{component.name} ({KINDS[component.kind]})", component.summary, facts, options)


def _preset(name: str, catalogue: Catalogue) -> str:
    data: Mapping[str, Any] = preset(catalogue, name)
    facts = {"title": data.get("title", ""), "use it": f"preset: {name}"}
    return _page(f"{name} (preset)", data.get("summary", ""), facts, data.get("sources", {}))


def _page(title: str, description: str, facts: Mapping[str, str], inside: Mapping[str, str]) -> str:
    """A title, a sentence, facts and what is inside, as the terminal shows them."""
    lines = [title]
    if description:
        lines += textwrap.wrap(description, WIDTH, initial_indent="  ", subsequent_indent="  ")
    lines += _entries(facts, "  ")
    lines += ["  keys:", *_entries(inside, "    ")] if inside else []
    return "\n".join(lines)


def _entries(entries: Mapping[str, str], margin: str) -> list[str]:
    """Names and texts in two columns."""
    width = min(max(map(len, entries), default=0), WIDEST_NAME)
    rest = margin + " " * (width + 2)
    lines = []
    for name, text in entries.items():
        head = f"{margin}{name:<{width}}  "
        if len(name) > width:
            lines.append(margin + name)
            head = rest
        wrapped = textwrap.wrap(
            text, WIDTH, initial_indent=head, subsequent_indent=rest, break_on_hyphens=False
        )
        lines += wrapped or [head.rstrip()]
    return lines

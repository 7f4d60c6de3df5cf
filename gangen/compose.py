"""Spec file + preset + defaults + `--set` → one document → Spec. Every value keeps its place.

Priority, lowest first: `templates/defaults.yaml`, the family's, the preset, the spec, `--set`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gangen.assign import apply_set
from gangen.catalogue import Catalogue
from gangen.errors import Problems, TemplateError
from gangen.load import load, load_file
from gangen.lower import lower
from gangen.marks import Document, overlay
from gangen.plan import Plan
from gangen.resolve import Resolver
from gangen.spec import CommonSpec
from gangen.wording import Wording

DEFAULTS = "defaults.yaml"


@dataclass(frozen=True)
class Composed:
    """One document, ready to be read; `preset` is the recipe's own document, if there is one."""

    document: Document
    written: Document
    preset: Document | None
    family: str


@dataclass(frozen=True)
class Compiled:
    """A spec that is right, and its plan."""

    composed: Composed
    spec: CommonSpec
    plan: Plan
    problems: Problems


def compile_spec(
    path: Path, catalogue: Catalogue, assignments: Sequence[str] = (), text: str | None = None
) -> Compiled:
    """Read, resolve and lower a spec; raises SpecError with every problem.

    `text` is the spec itself when it does not come from `path` (standard input).
    """
    problems = Problems()
    written = load_file(path, problems) if text is None else load(text, str(path), problems)
    problems.raise_if_any()
    composed = compose(written, catalogue, assignments, problems)
    problems.raise_if_any()
    resolver = Resolver(catalogue, composed.document.marks, problems)
    spec = resolver.spec(composed.document.data, composed.family)
    plan = lower(spec, catalogue, composed.document.marks, problems, resolver.unread)
    problems.raise_if_any()
    assert plan is not None
    return Compiled(composed, spec, plan, problems)


def compose(
    written: Document, catalogue: Catalogue, assignments: Sequence[str], problems: Problems
) -> Composed:
    """Lay the spec over its preset and the defaults, then apply the assignments."""
    preset = _preset(written, catalogue, assignments, problems)
    given = [written] if preset is None else [_part(preset, "spec"), written]
    document = shipped_defaults(catalogue)
    family = _family(_assigned(document, given, assignments), catalogue, problems)
    document = _with_familys(document, catalogue, family)
    for layer in given:
        document = overlay(document, layer, _replaces)
    document = apply_set(document, assignments, problems, _is_choice)
    return Composed(document, written, preset, family)


def shipped_defaults(catalogue: Catalogue, family: str | None = None) -> Document:
    """What a spec that says nothing means: `defaults.yaml`, the family's over that of all."""
    document = _shipped(catalogue.find(DEFAULTS), DEFAULTS)
    return _with_familys(document, catalogue, family) if family else document


def _with_familys(document: Document, catalogue: Catalogue, family: str) -> Document:
    """The defaults of all families under those of one, if it is known, and of what it builds on."""
    for name in reversed(catalogue.lineage(family)) if family else ():
        path = catalogue.path("families", name).parent / DEFAULTS
        if path.is_file():
            document = overlay(document, _shipped(path, DEFAULTS), _replaces)
    return document


def _assigned(first: Document, given: Sequence[Document], assignments: Sequence[str]) -> Document:
    """The layers as far as the family is concerned, whose defaults lie below all of them."""
    for layer in given:
        if "family" in layer.data:
            first = layer
    own = [a for a in assignments if a.startswith("family=")]
    return apply_set(first, own, Problems())


def _preset(
    written: Document, catalogue: Catalogue, assignments: Sequence[str], problems: Problems
) -> Document | None:
    document = apply_set(written, [a for a in assignments if a.startswith("preset=")], problems)
    name = document.data.get("preset")
    if name is None:
        return None
    names = catalogue.names("presets")
    if not Wording(document.marks, problems).is_name("preset", name, names, ("preset",)):
        return None
    return _shipped(catalogue.path("presets", name), f"preset {name}")


def _shipped(path: Path, name: str) -> Document:
    own = Problems()
    document = load(path.read_text(encoding="utf-8"), name, own)
    if own.errors:
        raise TemplateError(f"{path}: {own.errors[0].message}")
    return document


def _part(document: Document, key: str) -> Document:
    """One section of a document as a document."""
    marks = type(document.marks)(document.source, document.marks.root.children[key].copy())
    return Document(document.data[key], marks, document.source)


def _replaces(path: Sequence[str | int], lower: Any, upper: Any) -> bool:
    """Whether a mapping is another choice, not more options of the same one."""
    tags = ("source", "architecture", "loss")
    if any(tag in upper and tag in lower and upper[tag] != lower[tag] for tag in tags):
        return True
    if ("layers" in upper and "architecture" in lower) or (
        "layers" in lower and "architecture" in upper
    ):
        return True
    return _is_choice(path) and set(upper) != set(lower)


def _is_choice(path: Sequence[str | int]) -> bool:
    """Whether a mapping there is one name with its options."""
    per_role = (("training", "optimizer"), ("training", "schedule"))
    alone = ("init", "conditioning", "features", "given")
    return bool(path) and (path[-1] in alone or tuple(path[:-1]) in per_role)


def _family(document: Document, catalogue: Catalogue, problems: Problems) -> str:
    name, names = document.data.get("family"), catalogue.names("families")
    known = Wording(document.marks, problems).is_name("family", name, names, ("family",))
    return str(name) if known else ""

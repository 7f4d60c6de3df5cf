"""What the semantic rules look at."""

from __future__ import annotations

from dataclasses import dataclass

from gangen.catalogue import KINDS, Catalogue
from gangen.errors import Place, Problems, dotted
from gangen.marks import Marks
from gangen.plan import Plan
from gangen.spec import Chosen, Path

DEFAULTS = "defaults.yaml"  # the source of what nobody wrote


@dataclass(frozen=True)
class Case:
    """What the rules look at; `complete` is False when parts of the spec could not be read."""

    plan: Plan
    catalogue: Catalogue
    marks: Marks
    problems: Problems
    complete: bool = True

    def where(self, path: Path) -> str:
        """A place in words, for notes."""
        place = self.marks.key(path)
        if place.source.name == DEFAULTS:
            return "by default"
        return f"{dotted(path)}, line {place.line} of {place.source.name}"


def named(marks: Marks, chosen: Chosen) -> Place:
    """Where a component's name stands: a key, an item of a list, or a value under its tag."""
    if len(chosen.path) == 1:  # a section
        return marks.value((*chosen.path, KINDS[chosen.component.kind]))
    bare = chosen.path[-1] != chosen.name
    return marks.value(chosen.path) if bare else marks.key(chosen.path)

"""Where every key and value of a document stands, and documents laid over one another."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gangen.errors import Place, Source

KeyPath = tuple[str | int, ...]
Replace = Callable[[KeyPath, Any, Any], bool]


class Mark:
    """The places of one key and its value, and the marks below it."""

    __slots__ = ("children", "key", "value")

    def __init__(self, key: Place | None = None, value: Place | None = None) -> None:
        self.key = key
        self.value = value
        self.children: dict[str | int, Mark] = {}

    def copy(self) -> "Mark":
        """A copy that shares the places only."""
        other = Mark(self.key, self.value)
        other.children = {part: child.copy() for part, child in self.children.items()}
        return other


class Marks:
    """Where every key and value of a document stands.

    A path without a place of its own gets that of its nearest ancestor, at last line 1, column 1.
    """

    def __init__(self, source: Source, root: Mark | None = None) -> None:
        self.source = source
        self.root = root or Mark()

    def key(self, path: KeyPath) -> Place:
        """The place of the key at `path`; of the value where no key is, as in a list."""
        mark, _ = self._nearest(path)
        return mark.key or mark.value or Place(self.source, 1, 1)

    def value(self, path: KeyPath) -> Place:
        """The place of the value at `path`; of the nearest key above it when it is missing."""
        mark, found = self._nearest(path)
        return (mark.value if found else None) or self.key(path)

    def set(self, path: KeyPath, key_place: Place | None, value_place: Place | None) -> None:
        """Give `path` these places; those below it stay."""
        mark = self.root
        for part in path:
            mark = mark.children.setdefault(part, Mark())
        mark.key, mark.value = key_place, value_place

    def merged(self, other: "Marks", under: KeyPath = ()) -> "Marks":
        """A copy in which everything at and below `under` is marked as in `other`."""
        result = Marks(self.source if under else other.source, self.root.copy())
        result.set(under, self.key(under) if under else None, None)
        mark = result.root
        for part in under:
            mark = mark.children[part]
        graft = other.root.copy()
        mark.key, mark.value, mark.children = graft.key or mark.key, graft.value, graft.children
        return result

    def _nearest(self, path: KeyPath) -> tuple[Mark, bool]:
        mark = nearest = self.root
        for part in path:
            child = mark.children.get(part)
            if child is None:
                return nearest, False
            mark = child
            if mark.key or mark.value:
                nearest = mark
        return nearest, nearest is mark


@dataclass
class Document:
    """Plain data (dict, list, str, int, float, bool, None) with the places it came from."""

    data: Any
    marks: Marks
    source: Source


def overlay(lower: Document, upper: Document, replace: Replace | None = None) -> Document:
    """`lower` with `upper` on top: mappings merge, all else replaces; each value keeps its place.

    `replace(path, lower_value, upper_value)` tells that one mapping replaces the other one whole.
    """

    def merge(path: KeyPath, below: Any, above: Any, below_mark: Mark, mark: Mark) -> Any:
        both = isinstance(below, dict) and isinstance(above, dict)
        if not both or (path and replace is not None and replace(path, below, above)):
            return copied(above)
        merged = {}
        for part, value in below.items():
            under = below_mark.children.get(part, Mark())
            if part in above:
                child = mark.children.setdefault(part, Mark())
                merged[part] = merge((*path, part), value, above[part], under, child)
            else:
                merged[part], mark.children[part] = copied(value), under.copy()
        return merged | {part: copied(value) for part, value in above.items() if part not in below}

    root = upper.marks.root.copy()
    data = merge((), lower.data, upper.data, lower.marks.root, root)
    return Document(data, Marks(upper.source, root), upper.source)


def copied(data: Any) -> Any:
    """Plain data again, no part of it shared."""
    if isinstance(data, dict):
        return {key: copied(value) for key, value in data.items()}
    return [copied(value) for value in data] if isinstance(data, list) else data

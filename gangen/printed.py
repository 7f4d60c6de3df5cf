"""Pieces of a network as finished lines of code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gangen.contracts import Port
from gangen.fold import Factory, container
from gangen.plan import Layer
from gangen.shapes import Shape
from gangen.text import Code


@dataclass(frozen=True)
class Line:
    """One line of code and the shape it ends in; empty where the shape did not change."""

    code: Code
    shape: Code

    @property
    def note(self) -> Code:
        """The shape as a comment."""
        return Code(f"  # {self.shape}" if self.shape else "")


@dataclass(frozen=True)
class Row:
    """One row of the README's table of a network."""

    layer: Code
    shape: Code
    parameters: Code


@dataclass(frozen=True)
class StageView:
    """Layers of a network under one name."""

    name: Code
    container: Code
    lines: Sequence[Line]
    alone: Line | None = None  # a block that is all there is

    @property
    def single(self) -> bool:
        """Whether it is one layer, which can go without a container."""
        return len(self.lines) == 1


@dataclass(frozen=True)
class Part:
    """A module of a network beside its stages."""

    name: Code
    code: Code
    note: Code


@dataclass(frozen=True)
class FactoryView:
    """A function of models.py that makes a block."""

    name: Code
    parameters: Code
    doc: Code
    returns: Code
    body: Code

    @classmethod
    def of(cls, factory: Factory) -> FactoryView:
        """The printed form of a factory; the last comma makes black put one layer on each line."""
        parameters = ", ".join(f"{name}: {kind}" for name, kind in factory.parameters.items())
        words = ", ".join(_words(layer) for layer in factory.layers)
        row, lines = container(factory.layers), factory.lines()
        alone = len(lines) == 1
        return cls(
            Code(factory.name),
            Code(parameters),
            Code(f"{words[:1].upper()}{words[1:]}."),
            Code("nn.Module") if alone else row,
            lines[0] if alone else Code(f"{row}({', '.join(lines)},)"),
        )


def _words(layer: Layer) -> str:
    """A layer in words, with those inside it."""
    inside = [_words(x) for layers in layer.children.values() for x in layers]
    return layer.name.replace("_", " ") + (f" ({', '.join(inside)})" if inside else "")


def batch(shape: Shape) -> Code:
    """(3, 64, 64) -> "[B, 3, 64, 64]"."""
    return Code("[" + ", ".join(["B", *map(str, shape)]) + "]")


def some(port: Port) -> Code:
    """What three samples could be, in a test."""
    shape = (3, *port.shape)
    random = f"randint({port.vocabulary}, {shape})" if port.vocabulary else f"rand{shape}"
    return Code(f"torch.{random}")

"""Shape algebra: rules such as "c, h, w -> c, 2 * h, 2 * w".

Shapes are those of one sample, without the batch: (channels, height, width) or (features,).
Nothing here needs torch; a test holds every rule of the catalogue against torch's meta device.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import CodeType
from typing import Any

from gangen.sizes import FUNCTIONS, Shape, Unfit, show

__all__ = ["Rule", "Shape", "Unfit", "evaluate", "show"]


@cache
def _compiled(expression: str) -> CodeType:
    return compile(expression, "<rule>", "eval")


def evaluate(expression: str, names: Mapping[str, Any]) -> Any:
    """Value of a catalogue's expression, e.g. "channels * area(kernel)".

    Rules are part of the catalogue, which is code and trusted; text of a spec never comes here.
    """
    scope = {"__builtins__": {}, **FUNCTIONS, **names}
    return eval(_compiled(expression), scope)


@dataclass(frozen=True)
class Rule:
    """How a layer changes a shape: "in_channels, height, width -> channels, 2 * height, 2 * width".

    The left side names the sizes (`*size` takes the rest), the right side computes with those names
    and the layer's options.
    """

    text: str
    pattern: tuple[str, ...]
    result: str

    @classmethod
    def parse(cls, text: str) -> Rule:
        """Read a rule; raises ValueError when it is not one."""
        left, arrow, right = text.partition("->")
        if not arrow:
            raise ValueError(f"a shape rule reads 'in -> out', got {text!r}")
        pattern = tuple(part.strip() for part in left.split(",") if part.strip())
        result = f"({right.strip()},)"
        _compiled(result)  # raises the SyntaxError here
        return cls(text, pattern, result)

    def bind(self, shape: Shape) -> dict[str, Any] | None:
        """The sizes by name, or None when the rank does not fit."""
        if self.pattern and self.pattern[-1].startswith("*"):
            fixed = len(self.pattern) - 1
            if len(shape) < fixed:
                return None
            rest = {self.pattern[-1][1:]: tuple(shape[fixed:])}
            return dict(zip(self.pattern[:fixed], shape[:fixed], strict=True)) | rest
        if len(shape) != len(self.pattern):
            return None
        return dict(zip(self.pattern, shape, strict=True))

    def apply(self, shape: Shape, options: Mapping[str, Any]) -> Shape:
        """Output shape; raises Unfit when the layer does not fit."""
        names = self.bind(shape)
        if names is None:
            raise Unfit(f"takes {self.describe()}, got {show(shape)}")
        return tuple(evaluate(self.result, {**options, **names}))

    def describe(self) -> str:
        """The input in words: "[in_channels, height, width]"."""
        return "[" + ", ".join(self.pattern).replace("*", "...") + "]"

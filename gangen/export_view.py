"""The network that samples come from, as export.py and its tests print it."""

from __future__ import annotations

from dataclasses import dataclass

from gangen.plan import Network, Plan
from gangen.text import Code, literal


@dataclass(frozen=True)
class ExportView:
    """What the templates see as `plan.export`."""

    plan: Plan

    @property
    def _network(self) -> Network:
        return self.plan.networks[self.plan.family.averaged]

    @property
    def shape(self) -> Code:
        """Shape of one sample that it writes, as a tuple."""
        return literal(tuple(self._network.target.shape))

    @property
    def output(self) -> Code:
        """What exported files call that."""
        name = self._network.target.name
        return Code("samples" if name == "data" else name)

    @property
    def noisy(self) -> bool:
        """Whether layers of it draw noise of their own."""
        inside = (layer for outer in self._network.layers for layer in outer.walk())
        return any("noise" in layer.component.constant("GIVES", []) for layer in inside)

    @property
    def bounded(self) -> bool:
        """Whether it ends in [-1, 1]."""
        return self._network.output_range == (-1.0, 1.0)

    @property
    def made(self) -> Code:
        """The call that makes it, before it has its weights."""
        return Code("silent()" if self.noisy else f"{self._network.class_name}()")

    @property
    def made_in_test(self) -> Code:
        """The same from outside of export.py."""
        return Code(f"export.{self.made}" if self.noisy else self.made)

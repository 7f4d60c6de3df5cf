"""The network that samples come from, as export.py and its tests print it."""

from __future__ import annotations

from dataclasses import dataclass

from gangen.plan import Network, Plan, class_name
from gangen.text import Code, literal


@dataclass(frozen=True)
class ExportView:
    """What the templates see as `plan.export`."""

    plan: Plan

    @property
    def _networks(self) -> list[Network]:
        """It, or what its stages consist of."""
        name = self.plan.family.averaged
        return [n for n in self.plan.networks.values() if name in (n.name, n.key)]

    @property
    def shape(self) -> Code:
        """Shape of one sample that it writes, as a tuple."""
        return literal(tuple(self._networks[-1].target.shape))

    @property
    def output(self) -> Code:
        """What exported files call that."""
        name = self._networks[-1].target.name
        return Code("samples" if name == "data" else name)

    @property
    def noisy(self) -> bool:
        """Whether layers of it draw noise of their own."""
        outer = (layer for network in self._networks for layer in network.layers)
        inside = (layer for outer_layer in outer for layer in outer_layer.walk())
        return any("noise" in layer.component.constant("GIVES", []) for layer in inside)

    @property
    def bounded(self) -> bool:
        """Whether it ends in [-1, 1]."""
        return all(network.output_range == (-1.0, 1.0) for network in self._networks)

    @property
    def made(self) -> Code:
        """The call that makes it, before it has its weights."""
        return Code("silent()" if self.noisy else f"{class_name(self.plan.family.averaged)}()")

    @property
    def made_in_test(self) -> Code:
        """The same from outside of export.py."""
        return Code(f"export.{self.made}" if self.noisy else self.made)

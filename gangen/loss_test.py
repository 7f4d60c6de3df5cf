"""The objective as a generated test calls it: with `real`, `fake` and the spec's values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from gangen.errors import TemplateError
from gangen.expressions import call
from gangen.plan import Plan
from gangen.signature import Memory
from gangen.spec import Chosen
from gangen.step_view import changed, held, held_name
from gangen.text import Code


@dataclass(frozen=True)
class LossTest:
    """What the templates see as `plan.loss_test`."""

    plan: Plan

    @property
    def objective(self) -> Chosen:
        """The spec's choice."""
        return self.plan.spec.objective  # type: ignore[no-any-return]

    @property
    def all_losses(self) -> Code:
        """The losses that the family's step calls."""
        return Code(", ".join(c for name, c in self.calls.items() if name.endswith("_loss")))

    @property
    def levels(self) -> Code:
        """Outputs for real samples and fakes from which both can be improved."""
        # A label may be above or below: 0.5 is between 0 and 1. Minus an energy is never positive.
        needs = self.objective.component.constant("NEEDS", {})
        energy = any(capability.endswith(":energy") for capability in needs)
        return Code("(-0.5, -0.1)" if energy else "(0.5, 0.5)")

    @cached_property
    def calls(self) -> Mapping[str, Code]:
        """The objective's functions called with `real` and `fake` and the spec's values."""
        objective = self.objective
        kept = dict.fromkeys(held(objective), held_name(objective))
        wires = {"real_logits": "real", "fake_logits": "fake", **kept}
        self._check_ports(wires)
        return {
            name: call(
                name,
                [wires[port] for port in function.ports],
                changed(objective, function),
            )
            for name, function in self.plan.loss_functions.items()
            if not isinstance(function, Memory)
        }

    def _check_ports(self, known: Mapping[str, str]) -> None:
        component = self.objective.component
        for name, function in component.functions.items():
            for port in () if isinstance(function, Memory) else function.ports:
                if port not in known:
                    raise TemplateError(
                        f"{component.path}: nothing is called {port!r} where {component.name} "
                        f"acts ({name}); there are {', '.join(sorted(known))}"
                    )

    @property
    def update(self) -> Code:
        """How the memory is brought up to date, or nothing."""
        return self.calls.get("after_discriminator_step", Code(""))

    @property
    def generator_remembers(self) -> bool:
        """Whether the generator's loss looks into the objective's memory."""
        return "memory" in self._generator_reads

    @property
    def generator_compares(self) -> bool:
        """Whether the generator's loss looks at real samples too."""
        return "real_logits" in self._generator_reads

    @property
    def _generator_reads(self) -> set[str]:
        objective = self.objective
        kept = set(held(objective))
        reads = [f for name, f in self.plan.loss_functions.items() if name == "generator_loss"]
        ports = [port for function in reads for port in function.ports]
        return {"memory" if port in kept else port for port in ports}

    @property
    def memory(self) -> Code:
        """The objective's memory with the spec's values, or nothing."""
        objective = self.objective
        memory = objective.component.memory
        if memory is None:
            return Code("")
        made = call(memory.name, [], changed(objective, memory))
        return Code(f"{held_name(objective)} = {made}")

    @property
    def sound(self) -> bool:
        """Whether the objective pulls both networks the way it should; some only reproduce."""
        return not self.objective.component.constant("FAITHFUL")

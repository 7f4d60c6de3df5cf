"""Plan → what the templates print: plain nouns whose texts are finished source code.

Python decides order, names, shapes, call strings and defaults here; Jinja only decides where a line
goes. Whatever could carry a spec's text is a `str`, which the templates must pass through a filter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from gangen.catalogue import Catalogue
from gangen.data_view import DataView
from gangen.expressions import call
from gangen.fold import Factory, fold
from gangen.gather import Pieces
from gangen.network_view import FactoryView, NetworkView, only
from gangen.plan import Plan, Term
from gangen.spec import Chosen, Training
from gangen.text import Code, first_clause, literal


@dataclass(frozen=True)
class Knob:
    """A field of the generated Config."""

    name: Code
    type: Code
    default: Code
    comment: str


@dataclass(frozen=True)
class TermView:
    """A penalty as the step prints it; `every` is empty unless it is lazy."""

    call: Code
    every: Code

    @property
    def lazy(self) -> bool:
        """Whether it is applied only every N-th step."""
        return bool(self.every)


@dataclass(frozen=True)
class View:
    """What the templates see as `plan`."""

    plan: Plan
    catalogue: Catalogue

    # ------------------------------------------------------------------ facts

    @property
    def name(self) -> Code:
        """Name of the project; its pattern leaves nothing to escape."""
        return Code(self.plan.spec.name)

    @property
    def description(self) -> str:
        """What the user says of it."""
        return self.plan.spec.description

    @property
    def title(self) -> str:
        """What it is, in one line: networks and loss."""
        spec = self.plan.spec
        networks = [getattr(spec, name).architecture for name in self.plan.networks]
        names = dict.fromkeys(chosen.name if chosen else "own layers" for chosen in networks)
        given = " conditioned on labels" if self.conditional else ""
        parts = f"{', '.join(names)}; {spec.objective.name} loss"
        return f"A GAN ({parts}){given} on {spec.data.name} data"

    @property
    def sources(self) -> list[str]:
        """Titles of the components used: papers and equations."""
        spec = self.plan.spec
        chosen = [getattr(spec, name).architecture for name in self.plan.networks]
        chosen += [spec.objective, *spec.penalties]
        chosen += [x for network in self.plan.networks.values() for x in network.reparametrizations]
        chosen += [*self.training.optimizer.values(), spec.data]
        return list(dict.fromkeys(x.component.summary.rstrip(".") for x in chosen if x))

    @property
    def training(self) -> Training:
        """The spec's training section."""
        return self.plan.spec.training  # type: ignore[attr-defined, no-any-return]

    @cached_property
    def data(self) -> DataView:
        """The real samples."""
        return DataView(self.plan, self.catalogue)

    @cached_property
    def pieces(self) -> Pieces:
        """What the modules take from the catalogue."""
        return Pieces(self.plan, self.catalogue)

    @cached_property
    def family(self) -> SimpleNamespace:
        """What the family adds to the plan."""
        return SimpleNamespace(**self.plan.family.facts(self.plan.spec, self))

    @property
    def conditional(self) -> bool:
        """Whether the networks take labels."""
        return self.plan.conditional

    @property
    def classes(self) -> int:
        """Number of labels that the data carries; 0 = none."""
        return self.plan.classes

    @property
    def images(self) -> bool:
        """Whether samples are pictures [C, H, W]."""
        return self.plan.images

    @property
    def grid_samples(self) -> int:
        """Samples in a picture: ten of each class, or 64; enough points to see a distribution."""
        if not self.images:
            return 2_500
        return min(10 * self.classes, 400) if self.conditional else 64

    # ------------------------------------------------------------------ networks

    @cached_property
    def _factories(self) -> Mapping[str, Factory]:
        return fold(self.plan.networks.values())

    @cached_property
    def factories(self) -> list[FactoryView]:
        """Blocks that models.py writes once."""
        return [FactoryView.of(factory) for factory in self._factories.values()]

    @cached_property
    def networks(self) -> list[NetworkView]:
        """The networks in the family's order."""
        networks = self.plan.networks.values()
        return [NetworkView(network, self._factories, self.training) for network in networks]

    @property
    def network_names(self) -> Code:
        """Their variables: generator, discriminator."""
        return Code(", ".join(network.name for network in self.networks))

    @property
    def model_names(self) -> Code:
        """What train.py imports from models.py; what it does not use is pruned."""
        names = [network.class_name for network in self.networks]
        return Code(", ".join([*names, *self.family.model_functions]))

    @property
    def rate_flags(self) -> Code:
        """The learning rates' flags in words: --g-lr and --d-lr."""
        return Code(" and ".join(f"--{n.rate}".replace("_", "-") for n in self.networks))

    @property
    def scheduled(self) -> list[NetworkView]:
        """The networks whose learning rate changes during the run."""
        return [network for network in self.networks if network.schedule is not None]

    @property
    def unscheduled(self) -> list[NetworkView]:
        """The networks whose learning rate stays as it is."""
        return [network for network in self.networks if network.schedule is None]

    @property
    def averaged(self) -> bool:
        """Whether weights are averaged (EMA)."""
        return bool(self.training.ema)

    @property
    def averaged_network(self) -> Code:
        """The network whose weights are averaged."""
        return Code(self.plan.family.averaged)

    @property
    def sampler(self) -> Code:
        """The network that pictures come from."""
        return Code("ema") if self.averaged else self.averaged_network

    @property
    def state(self) -> Code:
        """Everything that a checkpoint holds, as a dictionary."""
        names = [network.name for network in self.networks] + ["ema"] * self.averaged
        names += [network.optimizer for network in self.networks]
        return Code("{" + ", ".join(f'"{name}": {name}' for name in names) + ",}")

    # ------------------------------------------------------------------ losses and knobs

    @cached_property
    def loss_keywords(self) -> Mapping[str, Code]:
        """What each loss function is passed by keyword, with a leading comma."""
        objective: Chosen = self.plan.spec.objective
        return {
            name: Code("".join(f", {o}=config.{o}" for o in function.options))
            for name, function in objective.component.functions.items()
        }

    @cached_property
    def loss_literals(self) -> Mapping[str, Code]:
        """The same with the spec's values, for tests that have no run."""
        options = self.plan.spec.objective.options
        return {
            name: Code("".join(f", {o}={literal(options[o])}" for o in function.options))
            for name, function in self.plan.spec.objective.component.functions.items()
        }

    @property
    def loss_names(self) -> Code:
        """What train.py imports from losses.py."""
        names = [*self.plan.spec.objective.component.functions]
        names += [only(term.chosen.component).name for term in self.plan.terms]
        return Code(", ".join(names))

    @cached_property
    def terms(self) -> Mapping[str, list[TermView]]:
        """The penalties by the slot of the step where they act."""
        terms: dict[str, list[TermView]] = {slot: [] for slot in self.plan.family.slots}
        for term in self.plan.terms:
            terms[term.where].append(self._term(term))
        return terms

    def _term(self, term: Term) -> TermView:
        chosen, wires = term.chosen, self.plan.family.wires
        function = only(chosen.component)
        conditional = self.conditional
        ports = [wires[p].conditional if conditional else wires[p].plain for p in function.ports]
        keywords = {option: Code(f"config.{chosen.name}_{option}") for option in function.options}
        every = f"config.{chosen.name}_every" if term.every > 1 else ""
        return TermView(call(function.name, ports, keywords), Code(every))

    @cached_property
    def knobs(self) -> list[Knob]:
        """The run knobs that the components bring."""
        knobs = []
        if "path" in self.plan.data.options:
            knobs.append(_option_knob(self.plan.data, "path", "data_path"))
        for network in self.networks:
            rate = self.training.optimizer[network.name].options["lr"]
            comment = f"learning rate of the {network.name}"
            knobs.append(Knob(network.rate, Code("float"), literal(float(rate)), comment))
        objective: Chosen = self.plan.spec.objective
        knobs += [_option_knob(objective, name, name) for name in objective.options]
        for term in self.plan.terms:
            for name, value in term.chosen.options.items():
                if name != "every" or value > 1:
                    knobs.append(_option_knob(term.chosen, name, f"{term.chosen.name}_{name}"))
        return knobs


def _option_knob(chosen: Chosen, option: str, name: str) -> Knob:
    known = chosen.component.options()[option]
    first = first_clause(known.description)
    value: Any = chosen.options[option]
    return Knob(Code(name), Code(known.annotation), literal(value), first)

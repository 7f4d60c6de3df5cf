"""Plan → what the templates print: plain nouns whose texts are finished source code.

Python decides order, names, shapes, call strings and defaults here; Jinja only decides where a line
goes. Whatever could carry a spec's text is a `str`, which the templates must pass through a filter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from gangen.catalogue import Catalogue
from gangen.expressions import call
from gangen.fold import Factory, fold
from gangen.network_view import (
    FactoryView,
    NetworkView,
    batch,
    changed_options,
    only,
    schedule_name,
)
from gangen.pieces import Collection
from gangen.plan import Plan, Term
from gangen.signature import Module
from gangen.spec import Chosen, Training
from gangen.text import Code, literal


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
        return f"A GAN ({', '.join(names)}; {spec.objective.name} loss){given} on {spec.data.name} data"

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
        return len(self.plan.ports["data"].shape) == 3

    @property
    def sample_shape(self) -> Code:
        """Shape of one sample as a tuple."""
        return literal(tuple(self.plan.ports["data"].shape))

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
    def averaged_buffers(self) -> Code:
        """Running statistics are averaged along where there are any."""
        network = self.plan.networks[self.plan.family.averaged]
        buffers = any(word == "buffers" for word, _ in network.capabilities())
        return Code(", use_buffers=True") if buffers else Code("")

    @property
    def sampler(self) -> Code:
        """The network that pictures come from."""
        return Code("ema.module") if self.averaged else self.averaged_network

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

    # ------------------------------------------------------------------ data

    @property
    def data_arguments(self) -> Code:
        """Parameters of load_data."""
        return Code("path: str") if "path" in self.plan.data.options else Code("")

    @property
    def data_values(self) -> Code:
        """What load_data is called with."""
        return Code("config.data_path") if self.data_arguments else Code("")

    @property
    def data_names(self) -> Code:
        """What train.py holds of the data."""
        return Code("samples, labels" if self.conditional else "samples")

    @property
    def data_call(self) -> Code:
        """The loader's call; everything but the path is part of the program."""
        options = changed_options(self.plan.data)
        if self.data_arguments:
            options["path"] = Code("path")
        return call(only(self.plan.data.component).name, [], options)

    @property
    def data_summary(self) -> str:
        """What the data source is."""
        return self.plan.data.component.summary.rstrip(".")

    @property
    def data_unpacked(self) -> Code:
        """What a test unpacks from load_data."""
        return Code("samples, labels" if self.conditional else "samples, _")

    @property
    def test_data_flag(self) -> Code:
        """The data's place on the command line of a test's run."""
        return Code(', "--data-path", config.data_path') if self.stand_in else Code("")

    @cached_property
    def stand_in(self) -> bool:
        """Whether tests need random data in place of the real one."""
        return bool(self.data_arguments)

    @property
    def stand_in_call(self) -> Code:
        """Arguments of write_stand_in: the data's shape."""
        known = Module(self._stand_in_path.read_text(encoding="utf-8"), "stand_in")
        options = known.functions["write_stand_in"].options
        values = {name: self.plan.data.options[name] for name in options}
        return call("", ["path"], values)

    @property
    def _stand_in_path(self) -> Path:
        return self.catalogue.find(f"data/stand_in/{self.plan.data.name}.py")

    @property
    def stored_type(self) -> Code:
        """Type of the samples as they lie in memory."""
        return Code("uint8" if self.images else "float32")

    @property
    def stored_shape(self) -> Code:
        """Type and shape of the samples as they lie in memory."""
        return Code(f"{self.stored_type} {batch(self.plan.ports['data'].shape).replace('B', 'N')}")

    @property
    def batch_note(self) -> Code:
        """Shape and range of a batch."""
        note = batch(self.plan.ports["data"].shape) + (" in [-1, 1]" if self.images else "")
        return Code(note + (", [B]" if self.conditional else ""))

    @property
    def batch_type(self) -> Code:
        """What infinite_batches yields."""
        return Code("tuple[Tensor, Tensor]" if self.conditional else "Tensor")

    # ------------------------------------------------------------------ copied pieces

    @cached_property
    def model_pieces(self) -> Collection:
        """What models.py needs of the catalogue."""
        networks = self.plan.networks.values()
        wrappers = [chosen for network in networks for chosen in network.reparametrizations]
        helpers = [chosen.component.constant("HELPERS", {}) for chosen in wrappers]
        pieces = Collection(helpers={name: to for found in helpers for name, to in found.items()})
        for network in networks:
            for layer in (inside for outer in network.layers for inside in outer.walk()):
                pieces.add_expression(layer.component, layer.function.call)
            for chosen in network.reparametrizations:
                pieces.add_expression(chosen.component, only(chosen.component).call)
            if network.initializer is not None:
                initializer = network.initializer
                pieces.add(initializer.component, initializer.name, f"{initializer.name}_init")
        return pieces

    @cached_property
    def loss_pieces(self) -> Collection:
        """What losses.py is made of."""
        pieces = Collection()
        for name in self.plan.spec.objective.component.functions:
            pieces.add(self.plan.spec.objective.component, name)
        for term in self.plan.terms:
            pieces.add(term.chosen.component, only(term.chosen.component).name)
        return pieces

    @cached_property
    def data_pieces(self) -> Collection:
        """What data.py needs of the catalogue."""
        pieces = Collection()
        pieces.add_from(self.catalogue.find("data/_files.py"), "DataError")
        pieces.add(self.plan.data.component, only(self.plan.data.component).name)
        return pieces

    @cached_property
    def stand_in_pieces(self) -> Collection:
        """What tests/stand_in.py is made of."""
        pieces = Collection()
        pieces.add_from(self._stand_in_path, "write_stand_in")
        return pieces

    @cached_property
    def penalty_tests(self) -> Collection:
        """The tests that the penalties bring along."""
        pieces = Collection()
        for term in self.plan.terms:
            path = self.catalogue.find(f"penalties/tests/{term.chosen.name}.py")
            for name in Module(path.read_text(encoding="utf-8"), str(path)).functions:
                pieces.add_from(path, name)
        return pieces

    @cached_property
    def schedule_pieces(self) -> Collection:
        """The learning-rate schedules of train.py."""
        pieces = Collection()
        for schedule in [network.schedule for network in self.networks]:
            if schedule is not None:
                pieces.add(schedule.component, schedule.name, schedule_name(schedule))
        return pieces

    @cached_property
    def picture_pieces(self) -> Collection:
        """What draws samples."""
        pieces = Collection()
        pieces.add(
            self.catalogue.get("pictures", "images" if self.images else "vectors"), "save_picture"
        )
        return pieces


def _option_knob(chosen: Chosen, option: str, name: str) -> Knob:
    known = chosen.component.options()[option]
    first = known.description.split(". ")[0].split("; ")[0].rstrip(".")
    value: Any = chosen.options[option]
    return Knob(Code(name), Code(known.annotation), literal(value), first)

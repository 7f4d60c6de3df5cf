"""Plan → what the templates print: plain nouns whose texts are finished source code.

Python decides order, names, shapes, call strings and defaults here; Jinja only decides where a line
goes. Whatever could carry a spec's text is a `str`, which the templates must pass through a filter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from types import SimpleNamespace

from gangen.about import About
from gangen.catalogue import Catalogue
from gangen.data_view import DataView
from gangen.evaluation_view import EvaluationView
from gangen.export_view import ExportView
from gangen.fold import Factory, fold
from gangen.gather import Pieces
from gangen.loss_test import LossTest
from gangen.network_view import Given, NetworkView
from gangen.plan import Plan, class_name
from gangen.printed import FactoryView
from gangen.run_view import RunView
from gangen.shapes import evaluate
from gangen.spec import Training
from gangen.step_view import Knob, StepView, option_knob
from gangen.text import Code, literal


@dataclass(frozen=True)
class View:
    """What the templates see as `plan`."""

    plan: Plan
    catalogue: Catalogue

    @property
    def name(self) -> Code:
        """Name of the project; its pattern leaves nothing to escape."""
        return Code(self.plan.spec.name)

    @property
    def description(self) -> str:
        """What the user says of it."""
        return self.plan.spec.description

    @cached_property
    def about(self) -> About:
        """Its title, its sources, its networks as data."""
        return About(self.plan, self.networks)

    @property
    def training(self) -> Training:
        """The spec's training section."""
        return self.plan.spec.training  # type: ignore[attr-defined, no-any-return]

    @cached_property
    def run(self) -> RunView:
        """How long and in which portions a run trains."""
        return RunView(self.training)

    @cached_property
    def evaluation(self) -> EvaluationView:
        """How samples are scored."""
        return EvaluationView(self.plan)

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
    def condition(self) -> Code:
        """What the networks are conditioned on: labels, attributes, or nothing."""
        return Code(self.plan.spec.condition or "")

    @property
    def comma_condition(self) -> Code:
        """The condition behind something else: ", labels", or nothing."""
        return Code(f", {self.condition}" if self.conditional else "")

    @property
    def columns(self) -> Code:
        """How many columns a picture has, as an argument; nothing where it does not matter."""
        codes = getattr(self.family, "first_code", 0)
        number = self.classes if self.labelled else codes
        return Code(f", columns={number}" if number else "")

    @property
    def labelled(self) -> bool:
        """Whether the condition is a class label."""
        return self.plan.spec.condition == "labels"

    @property
    def classes(self) -> int:
        """Number of labels that the data carries; 0 = none."""
        return self.plan.classes

    @property
    def attributes(self) -> int:
        """Length of the vector that the data carries beside each sample; 0 = none."""
        return self.plan.attributes

    @property
    def images(self) -> bool:
        """Whether samples are pictures [C, H, W]."""
        return self.plan.images

    @cached_property
    def export(self) -> ExportView:
        """The network that samples come from, as other programs get it."""
        return ExportView(self.plan)

    @property
    def grid_samples(self) -> int:
        """Samples in a picture: ten of each class, or 64; enough points to see a distribution."""
        if len(self.plan.ports["data"].shape) == 1 and not self.plan.vocabulary:
            return 2_500
        columns = self.classes if self.labelled else getattr(self.family, "first_code", 0)
        usual = int(getattr(self.family, "grid_samples", 64))
        return min(10 * columns, 400) if columns else usual

    @property
    def test_batch(self) -> int:
        """A small batch that splits over two processes, micro-batches and joined samples."""
        joined = [
            int(evaluate(chosen.component.constant("BATCH", "1"), chosen.options))
            for chosen in self.plan.spec.augment
        ]
        return 4 * prod(joined) * self.training.accumulate

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
        return [
            NetworkView(network, self._factories, self.training, Given.of(self.plan, network))
            for network in self.plan.networks.values()
        ]

    @cached_property
    def trained(self) -> list[NetworkView]:
        """The networks of a run; where that is of one stage, any stage's, named as their keys."""
        if self.plan.family.cast is None:
            return self.networks
        return list({view.network.key: view.playing() for view in self.networks}.values())

    @property
    def conditioned_classes(self) -> Code:
        """The classes of networks that take something beside their input."""
        taking = [network for network in self.networks if network.network.takes_condition]
        return Code(", ".join(network.class_name for network in taking))

    @property
    def network_names(self) -> Code:
        """The variables of a run's networks: generator, discriminator."""
        return Code(", ".join(network.name for network in self.trained))

    @property
    def convolving(self) -> Code:
        """Those of them that convolve images."""
        keys = {view.network.key for view in self.networks if view.convolves}
        return Code(", ".join(view.name for view in self.trained if view.network.key in keys))

    @property
    def model_names(self) -> Code:
        """What train.py imports from models.py; what it does not use is pruned."""
        names = [network.class_name for network in self.networks]
        return Code(", ".join([*names, *self.family.model_functions]))

    @property
    def rate_flags(self) -> Code:
        """The learning rates' flags in words: --g-lr and --d-lr."""
        flags = dict.fromkeys(f"--{n.rate}".replace("_", "-") for n in self.trained)
        return Code(" and ".join(flags))

    @property
    def scheduled(self) -> list[NetworkView]:
        """The networks whose learning rate changes during the run."""
        return [network for network in self.trained if network.schedule is not None]

    @property
    def unscheduled(self) -> list[NetworkView]:
        """The networks whose learning rate stays as it is."""
        return [network for network in self.trained if network.schedule is None]

    @property
    def averaged(self) -> bool:
        """Whether weights are averaged (EMA)."""
        return self.training.ema > 0

    @property
    def averaged_network(self) -> Code:
        """The network whose weights are averaged."""
        return Code(self.plan.family.averaged)

    @property
    def averaged_class(self) -> Code:
        """Its class."""
        return Code(class_name(self.averaged_network))

    @property
    def sampler(self) -> Code:
        """The network that pictures come from."""
        return Code("ema") if self.averaged else self.averaged_network

    @property
    def weights(self) -> Code:
        """What an evaluation calls the weights of the sampler."""
        return Code("ema" if self.averaged else "raw")

    @property
    def real_some(self) -> Code:
        """A few real samples as the network that writes samples would write them."""
        return Code("samples[:1000].float() / 127.5 - 1" if self.images else "samples[:1000]")

    @property
    def state(self) -> Code:
        """Everything that a checkpoint holds, as a dictionary."""
        names = [network.name for network in self.trained] + ["ema"] * self.averaged
        names += [memory.name for memory in self.step.memories] + ["progress"]
        names += getattr(self.family, "state", [])  # what the family keeps beside them
        names += [network.optimizer for network in self.trained]
        return Code("{" + ", ".join(f'"{name}": {name}' for name in names) + ",}")

    # ------------------------------------------------------------------ the step and its knobs

    @cached_property
    def step(self) -> StepView:
        """Losses, terms and augmentations."""
        return StepView(self.plan, lambda slot: self.plan.family.wires(self, slot))

    @property
    def loss_test(self) -> LossTest:
        """The objective as a test calls it."""
        return LossTest(self.plan)

    @property
    def loss_names(self) -> Code:
        """What train.py imports from losses.py."""
        return Code(", ".join(self.step.function_names))

    @property
    def augmentation_names(self) -> Code:
        """What train.py imports from augment.py."""
        return Code(", ".join(self.step.augmentation_names))

    @property
    def logged(self) -> Code:
        """The losses of a step as arguments."""
        named = [f"{name}={name}" for name in self.family.losses]
        return Code(", ".join(named) or "**losses")  # which differ from step to step

    @property
    def returned(self) -> Code:
        """The losses of a step as a dictionary."""
        losses = [f'"{name}": {name}.detach()' for name in self.family.losses]
        return Code(f"{{{', '.join(losses)}}}")

    @cached_property
    def knobs(self) -> list[Knob]:
        """The run knobs that the components bring."""
        knobs = []
        if "path" in self.plan.data.options:
            knobs.append(option_knob(self.plan.data, "path", "data_path"))
        if self.data.streams:
            knobs.append(option_knob(self.plan.data, "cache", "cache"))
        for key, role in self.plan.family.keys.items():
            rate = literal(float(self.training.optimizer[key].options["lr"]))
            name = Code(f"{role.family_prefix}_lr")
            knobs.append(Knob(name, Code("float"), rate, f"learning rate of the {key}"))
        return knobs + self.step.knobs

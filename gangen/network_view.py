"""Networks as the templates print them: finished lines of code, each with the shape it ends in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gangen.catalogue import Component
from gangen.expressions import call, inline
from gangen.fold import Factory, expression
from gangen.plan import Group, Item, Network
from gangen.shapes import Shape
from gangen.signature import Function
from gangen.spec import Chosen, Training
from gangen.text import Code, literal


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
class FactoryView:
    """A function of models.py that makes a block."""

    name: Code
    parameters: Code
    doc: Code
    lines: Sequence[Code]

    @property
    def code(self) -> Code:
        """The layers, ready to stand in a call; the last comma makes black put one on each line."""
        return Code(", ".join(self.lines) + ",")

    @classmethod
    def of(cls, factory: Factory) -> FactoryView:
        """The printed form of a factory."""
        parameters = ", ".join(f"{name}: {kind}" for name, kind in factory.parameters.items())
        words = ", ".join(layer.name.replace("_", " ") for layer in factory.layers)
        return cls(
            Code(factory.name),
            Code(parameters),
            Code(f"{words[:1].upper()}{words[1:]}."),
            factory.lines(),
        )


@dataclass(frozen=True)
class NetworkView:
    """A network as models.py and train.py print it."""

    network: Network
    factories: Mapping[str, Factory]
    training: Training

    @property
    def name(self) -> Code:
        """Its variable: generator."""
        return Code(self.network.name)

    @property
    def class_name(self) -> Code:
        """Its class: Generator."""
        return Code(self.network.class_name)

    @property
    def letter(self) -> Code:
        """The wrapped callable, as in papers: G."""
        return Code(self.network.role.prefix.upper())

    @property
    def doc_sentence(self) -> str:
        """What it does, in one sentence."""
        doc = self.network.role.doc
        return f"{doc[0].upper()}{doc[1:]}."

    @property
    def inputs(self) -> Code:
        """Parameters of forward."""
        labels = ", labels: Tensor" if self.network.conditioning else ""
        return Code(f"{self.network.role.argument}: Tensor{labels}")

    @property
    def reads(self) -> Code:
        """Its inputs in words: "z [B, 100], labels [B]"."""
        labels = ", labels [B]" if self.network.conditioning else ""
        return Code(f"{self.network.role.argument} {batch(self.network.source.shape)}{labels}")

    @property
    def writes(self) -> Code:
        """Its output in words: "logits [B]"."""
        shape = () if self.squeezed else self.network.target.shape
        return Code(f"{self.network.target.name} {batch(shape)}")

    @property
    def squeezed(self) -> bool:
        """Whether one number per sample comes out, as a vector [B]."""
        return self.network.target.scalar

    @property
    def forward(self) -> Code:
        """What forward returns."""
        argument = self.network.role.argument + (".flatten(1)" if self.network.flat else "")
        inside = f"self.condition({argument}, labels)" if self.network.conditioning else argument
        return Code(f"self.layers({inside})" + (".squeeze(1)" if self.squeezed else ""))

    @property
    def latent_dim(self) -> int:
        """Length of the noise it reads, or 0."""
        return self.network.source.shape[0] if self.network.source.name == "latent" else 0

    @property
    def condition(self) -> Line | None:
        """What takes in the labels."""
        layer = self.network.conditioning
        return None if layer is None else Line(expression(layer), batch(layer.after))

    @property
    def lines(self) -> list[Line]:
        """One line per block; the shape is given where it differs from the line before."""
        conditioning = self.network.conditioning
        before = batch(conditioning.after if conditioning else self.network.source.shape)
        result = []
        for line in [line for item in self.network.items for line in self._lines(item)]:
            result.append(Line(line.code, Code("") if line.shape == before else line.shape))
            before = line.shape
        return result

    def _lines(self, item: Item) -> list[Line]:
        if isinstance(item, Group) and item.name in self.factories:
            return [Line(self.factories[item.name].call(item), batch(item.after))]
        layers = item.layers if isinstance(item, Group) else (item,)
        return [Line(expression(layer), batch(layer.after)) for layer in layers]

    @property
    def rows(self) -> list[Row]:
        """The README's table."""
        return [
            Row(Code(layer.name), batch(layer.after), Code(f"{layer.parameters:,}"))
            for layer in self.network.layers
        ]

    @property
    def parameters(self) -> int:
        """Number of trained values."""
        return self.network.parameters

    @property
    def parameters_literal(self) -> Code:
        """The same as Python writes it."""
        return literal(self.network.parameters)

    @property
    def parameters_text(self) -> Code:
        """The same with thousands separated."""
        return Code(f"{self.network.parameters:,}")

    @property
    def initializer(self) -> Code:
        """What `self.apply` is given, or nothing."""
        chosen = self.network.initializer
        if chosen is None:
            return Code("")
        changed = changed_options(chosen)
        name = f"{chosen.name}_init"
        return call("partial", [name], changed) if changed else Code(name)

    @property
    def optimizer(self) -> Code:
        """Variable of its optimiser: g_opt."""
        return Code(f"{self.network.role.prefix}_opt")

    @property
    def optimizer_call(self) -> Code:
        """The optimiser; its learning rate is a run knob."""
        chosen: Chosen = self.training.optimizer[self.network.name]
        function = only(chosen.component)
        values = {**chosen.options, "lr": Code(f"config.{self.rate}")}
        return inline(function, {**values, function.ports[0]: Code(f"{self.name}.parameters()")})

    @property
    def rate(self) -> Code:
        """Name of the learning-rate knob: g_lr."""
        return Code(f"{self.network.role.prefix}_lr")

    @property
    def schedule(self) -> Chosen | None:
        """Its learning-rate schedule, when there is one to print."""
        chosen: Chosen = self.training.schedule[self.network.name]
        return None if chosen.component.constant("NEUTRAL", False) else chosen

    @property
    def rate_now(self) -> Code:
        """Its learning rate at a step: the knob, times the schedule's factor."""
        if self.schedule is None:
            return Code(f"config.{self.rate}")
        options = changed_options(self.schedule)
        name = schedule_name(self.schedule)
        return Code(f"config.{self.rate} * {call(name, ['step', 'config.steps'], options)}")


def batch(shape: Shape) -> Code:
    """(3, 64, 64) -> "[B, 3, 64, 64]"."""
    return Code("[" + ", ".join(["B", *map(str, shape)]) + "]")


def only(component: Component) -> Function:
    """The function of a component that has one."""
    return next(iter(component.functions.values()))


def schedule_name(chosen: Chosen) -> str:
    """What a schedule's function is called in the project."""
    return f"{chosen.name}_schedule"


def changed_options(chosen: Chosen) -> dict[str, Any]:
    """Options whose value is not the default: what a call has to say."""
    known = chosen.component.options()
    return {
        name: value
        for name, value in chosen.options.items()
        if known[name].required or known[name].default != value
    }

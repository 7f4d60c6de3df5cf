"""Networks as the templates print them: finished lines of code, each with the shape it ends in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from gangen.catalogue import Component
from gangen.expressions import call, inline
from gangen.fold import Factory, container, expression
from gangen.forward import ERROR, body, sees_input
from gangen.plan import Group, Item, Layer, Network, Plan, Stage
from gangen.printed import Line, Part, Row, StageView, batch, some
from gangen.signature import Function
from gangen.spec import Chosen, Training
from gangen.text import Code, literal


@dataclass(frozen=True)
class Given:
    """What a network takes beside its input: a vector, or one of `count` labels."""

    name: str = ""
    shape: tuple[int, ...] = ()
    count: int = 0

    @classmethod
    def of(cls, plan: Plan, network: Network) -> Given:
        """The network's own second port, or the condition of all."""
        if network.role.second:
            return cls(network.role.given, plan.ports[network.role.second].shape)
        if plan.spec.condition == "labels":
            return cls("labels", (), plan.classes)
        return cls(plan.spec.condition or "", (plan.attributes,))


@dataclass(frozen=True)
class NetworkView:
    """A network as models.py and train.py print it."""

    network: Network
    factories: Mapping[str, Factory]
    training: Training
    given: Given

    def playing(self) -> NetworkView:
        """The network under the name of its key, as a run of one stage knows it."""
        return replace(self, network=replace(self.network, name=self.network.key))

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
        prefix = self.network.role.prefix
        return Code(prefix[0].upper() + prefix[1:])

    @property
    def doc_sentence(self) -> str:
        """What it does, in one sentence."""
        doc = self.network.role.doc
        return f"{doc[0].upper()}{doc[1:]}."

    @property
    def inputs(self) -> Code:
        """Parameters of forward."""
        given = f", {self.given.name}: Tensor" if self.network.takes_condition else ""
        return Code(f"{self.network.role.argument}: Tensor{given}")

    @property
    def passed(self) -> Code:
        """The same without types, as `logits` hands them on."""
        given = f", {self.given.name}" if self.network.takes_condition else ""
        return Code(f"{self.network.role.argument}{given}")

    @property
    def reads(self) -> Code:
        """Its inputs in words: "z [B, 100], labels [B]"."""
        given = f", {self.given.name} {batch(self.given.shape)}"
        given = given if self.network.takes_condition else ""
        return Code(f"{self.network.role.argument} {batch(self.network.source.shape)}{given}")

    @property
    def some_inputs(self) -> Code:
        """What a test gives it for three samples."""
        given: list[str] = [some(self.network.source)]
        if self.network.takes_condition:
            label = f"torch.arange(3) % {self.given.count}"
            given.append(label if self.given.count else f"torch.rand{(3, *self.given.shape)}")
        return Code(", ".join(given))

    @property
    def some_shapes(self) -> Code:
        """The shapes that it gives for them."""
        return Code(repr([(3, *shape) for shape in self._shapes]))

    @property
    def _shapes(self) -> list[tuple[int, ...]]:
        shapes = [() if self.network.target.scalar else self.network.target.shape]
        shapes += [head.layer.after for head in self.network.heads]
        if self.network.gives_features:
            shapes.append((prod(self.network.stages[-2].after),))
        return shapes

    @property
    def writes(self) -> Code:
        """Its outputs in words: "logits [B]"."""
        shapes = self._shapes
        names = [name.replace("_", " ") for name in self.network.outputs]
        return Code(", ".join(f"{n} {batch(s)}" for n, s in zip(names, shapes, strict=True)))

    @property
    def returns(self) -> Code:
        """Type of forward's result."""
        count = len(self.network.outputs)
        return Code("Tensor" if count == 1 else f"tuple[{', '.join(['Tensor'] * count)}]")

    @property
    def keeps_state(self) -> bool:
        """Whether one of its layers keeps a state from place to place of a sequence."""
        return any(layer.component.constant("KEEPS_STATE") for layer in self.network.main_layers)

    @property
    def several(self) -> bool:
        """Whether it has more outputs than one."""
        return len(self.network.outputs) > 1

    @property
    def forward(self) -> list[Code]:
        """Statements of forward."""
        return body(self.network, self.given.name)

    @property
    def latent_dim(self) -> int:
        """Length of the noise it reads, or 0."""
        return self.network.source.shape[0] if self.network.source.name == "latent" else 0

    @property
    def early(self) -> list[Part]:
        """What stands before the stages: it takes in the condition."""
        layer, conditioning = self.network.before, self.network.conditioning
        if layer is None or conditioning is None:
            return []
        note = Line(Code(""), batch(layer.after)).note
        return [Part(Code(conditioning.name), expression(layer), note)]

    @property
    def late(self) -> list[Part]:
        """What stands behind the stages: a term of the output, further outputs."""
        parts = []
        last = self.network.stages[-1].layers[-1]
        if sees_input(last):
            parts.append(Part(Code(ERROR), expression(last), Code("  # [B, 1]")))
        if self.network.addend is not None and self.network.conditioning is not None:
            name = Code(self.network.conditioning.name)
            parts.append(Part(name, expression(self.network.addend), Code("  # [B]")))
        for head in self.network.heads:
            note = Line(Code(""), batch(head.layer.after)).note
            parts.append(Part(Code(f"{head.name}_head"), expression(head.layer), note))
        return parts

    @property
    def stages(self) -> list[StageView]:
        """Its stages; a shape is given where it differs from the line before."""
        layer = self.network.before
        before = batch(layer.after if layer else self.network.source.shape)
        result = []
        for stage in self.network.stages:
            lines = []
            for line in [line for item in _printed(stage) for line in self._lines(item)]:
                lines.append(Line(line.code, Code("") if line.shape == before else line.shape))
                before = line.shape
            folded = stage.items[0].name in self.factories and len(lines) == 1
            alone = lines[0] if folded else None
            result.append(StageView(Code(stage.name), self._container(stage), lines, alone))
        return result

    def _container(self, stage: Stage) -> Code:
        chunked = (
            self.network.conditioning is not None and self.network.conditioning.flow == "chunks"
        )
        return container(stage.layers, chunked=chunked)

    def _lines(self, item: Item) -> list[Line]:
        if isinstance(item, Group) and item.name in self.factories:
            return [Line(self.factories[item.name].call(item), batch(item.after))]
        layers = item.layers if isinstance(item, Group) else (item,)
        return [Line(expression(layer), batch(layer.after)) for layer in layers]

    @property
    def convolves(self) -> bool:
        """Whether it has weights between maps of two dimensions."""
        return any(
            len(layer.before) == len(layer.after) == 3
            and "weight" in layer.component.constant("GIVES", [])
            for outer in self.network.main_layers
            for layer in outer.walk()
        )

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
        chosen: Chosen = self.training.optimizer[self.network.key]
        function = only(chosen.component)
        values = {**chosen.options, "lr": Code(f"config.{self.rate}")}
        return inline(function, {**values, function.ports[0]: Code(f"{self.name}.parameters()")})

    @property
    def rate(self) -> Code:
        """Name of the learning-rate knob: g_lr."""
        return Code(f"{self.network.role.family_prefix}_lr")

    @property
    def schedule(self) -> Chosen | None:
        """Its learning-rate schedule, when there is one to print."""
        chosen: Chosen = self.training.schedule[self.network.key]
        return None if chosen.component.constant("NEUTRAL", False) else chosen

    @property
    def rate_now(self) -> Code:
        """Its learning rate at a step: the knob, times the schedule's factor."""
        if self.schedule is None:
            return Code(f"config.{self.rate}")
        options = changed_options(self.schedule)
        name = schedule_name(self.schedule)
        return Code(f"config.{self.rate} * {call(name, ['step', 'config.steps'], options)}")


def _printed(stage: Stage) -> Sequence[Item]:
    """A last layer that sees the network's input cannot stand in a row with the others."""
    last = stage.items[-1]
    return stage.items[:-1] if isinstance(last, Layer) and sees_input(last) else stage.items


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

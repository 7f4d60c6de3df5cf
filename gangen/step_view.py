"""The training step as the templates print it: losses, terms and augmentations as finished calls.

Every component names what it needs by its parameters ("ports"); the family says how its step spells
each of them, in each slot.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gangen.catalogue import ANNEAL, EVERY
from gangen.errors import TemplateError
from gangen.expressions import call
from gangen.plan import Plan, Term
from gangen.signature import Function, Memory, Option
from gangen.spec import Chosen
from gangen.text import Code, first_clause, literal

NOTHING: Mapping[str, str] = {}
SIMPLE = ("int", "float", "bool", "str")


@dataclass(frozen=True)
class Knob:
    """A field of the generated Config."""

    name: Code
    type: Code
    default: Code
    comment: str


@dataclass(frozen=True)
class TermView:
    """A term as the step prints it; `every` is empty unless it is lazy."""

    call: Code
    every: Code
    loss: Code  # the variable that it is added to

    @property
    def lazy(self) -> bool:
        """Whether it is applied only every N-th step."""
        return bool(self.every)


@dataclass(frozen=True)
class MemoryView:
    """An object that train.py keeps from step to step, and in checkpoints."""

    name: Code
    code: Code
    has_metrics: bool


@dataclass(frozen=True)
class Augmented:
    """One line of what samples go through before they are judged."""

    call: Code
    update: Code  # after a discriminator step; empty when there is nothing to do


@dataclass(frozen=True)
class StepView:
    """What the templates see as `plan.step`."""

    plan: Plan
    wires: Callable[[str], Mapping[str, str]]  # slot -> port -> spelling

    # ------------------------------------------------------------------ calls

    @cached_property
    def losses(self) -> Mapping[str, Code]:
        """The loss functions' calls by their names."""
        functions = self.plan.loss_functions
        return {name: self.loss(name, name) for name in functions if name.endswith("_loss")}

    def loss(self, name: str, slot: str) -> Code:
        """One loss function's call, its ports spelt as in a slot."""
        objective: Chosen = self.plan.spec.objective
        return self._call(objective, objective.component.functions[name], slot, "")

    @cached_property
    def terms(self) -> Mapping[str, list[TermView]]:
        """What acts beside the losses, by the slot of the step."""
        terms: dict[str, list[TermView]] = {slot: [] for slot in self.plan.family.slots}
        for term in self.plan.terms:
            terms[term.slot].append(self._term(term))
        return terms

    def _term(self, term: Term) -> TermView:
        prefix = "" if term.chosen is self.plan.spec.objective else f"{term.chosen.name}_"
        every = f"config.{prefix}{EVERY.name}" if term.every > 1 else ""
        role = self.plan.family.keys.get(term.subject)
        loss = f"{role.family_prefix}_loss" if role else ""
        return TermView(
            self._call(term.chosen, term.function, term.slot, prefix), Code(every), Code(loss)
        )

    def _call(self, chosen: Chosen, function: Function, slot: str, prefix: str) -> Code:
        memory = function if isinstance(function, Memory) else None
        own = dict.fromkeys(held(chosen), held_name(chosen))
        ports = self._wired(chosen, function.ports, slot, own)
        if memory is not None:
            return call(held_name(chosen), ports, {})
        return call(function.name, ports, _keywords(chosen, function, prefix))

    def _wired(
        self, chosen: Chosen, ports: Iterable[str], slot: str, own: Mapping[str, str] = NOTHING
    ) -> list[str]:
        """How the step spells what a component is given."""
        known = {**self.wires(slot), **own}
        unknown = [port for port in ports if port not in known]
        if unknown:
            raise TemplateError(
                f"{chosen.component.path}: nothing is called {unknown[0]!r} where {chosen.name} "
                f"acts ({slot or 'before training'}); there are {', '.join(sorted(known))}"
            )
        return [known[port] for port in ports]

    @property
    def kind(self) -> Code:
        """What Python decides about a step: which lazy terms it has."""
        lazy = [term.every for terms in self.terms.values() for term in terms if term.lazy]
        return Code("".join(f"step % {every} == 0, " for every in dict.fromkeys(lazy)))

    @cached_property
    def asked(self) -> Mapping[str, set[str]]:
        """The ports that are used in each slot."""
        asked: dict[str, set[str]] = {slot: set() for slot in self.plan.family.slots}
        for name, function in self.plan.loss_functions.items():
            if name in asked:
                asked[name] |= set(function.ports)
        for term in self.plan.terms:
            asked[term.slot] |= set(term.function.ports)
        return asked

    # ------------------------------------------------------------------ what is kept

    @cached_property
    def memories(self) -> list[MemoryView]:
        """Objects with a state, in the order in which they are made."""
        found = []
        for chosen, prefix in self._components():
            memory = chosen.component.memory
            if memory is not None:
                slot = next((t.slot for t in self.plan.terms if t.chosen is chosen), "")
                setup = self._wired(chosen, memory.setup, slot)
                keywords = _keywords(chosen, memory, prefix)
                name = Code(held_name(chosen))
                code = call(memory.name, setup, keywords)
                found.append(MemoryView(name, code, memory.has("metrics")))
        return found

    @property
    def metrics(self) -> Code:
        """What they have to say, behind the losses in the meter."""
        return Code("".join(f", **{m.name}.metrics()" for m in self.memories if m.has_metrics))

    @cached_property
    def augmented(self) -> list[Augmented]:
        """What every sample goes through, in order."""
        lines = []
        for chosen in self.plan.spec.augment:
            memory = chosen.component.memory
            function = memory or next(iter(chosen.component.functions.values()))
            ports = ["x", *self._wired(chosen, function.ports[1:], "augment")]
            update = memory is not None and memory.has("update")
            name = held_name(chosen)
            if memory is not None:
                code = call(name, ports, {})
            else:
                code = call(function.name, ports, _keywords(chosen, function, f"{chosen.name}_"))
            lines.append(Augmented(code, Code(f"{name}.update(real_logits)" if update else "")))
        return lines

    @property
    def function_names(self) -> list[str]:
        """What train.py imports for its losses and terms."""
        names = [*self.plan.loss_functions, *(term.function.name for term in self.plan.terms)]
        return list(dict.fromkeys(names))

    @property
    def augmentation_names(self) -> list[str]:
        """What train.py imports for its augmentations."""
        return [next(iter(c.component.functions.values())).name for c in self.plan.spec.augment]

    # ------------------------------------------------------------------ knobs

    def _components(self) -> Iterable[tuple[Chosen, str]]:
        """Everything of the step that has options, with what starts its knobs' names."""
        yield self.plan.spec.objective, ""
        terms = [t.chosen for t in self.plan.terms if t.chosen is not self.plan.spec.objective]
        for chosen in {id(c): c for c in [*terms, *self.plan.spec.augment]}.values():
            yield chosen, f"{chosen.name}_"

    @cached_property
    def knobs(self) -> list[Knob]:
        """The run knobs of objective, terms and augmentations."""
        knobs = []
        for chosen, prefix in self._components():
            for name, option in self._options(chosen).items():
                if is_knob(chosen, option):
                    knobs.append(option_knob(chosen, name, f"{prefix}{name}"))
            for compiled in (EVERY.name, ANNEAL.name):
                if chosen.options.get(compiled, 1) != 1:
                    knobs.append(option_knob(chosen, compiled, f"{prefix}{compiled}"))
        return knobs

    def _options(self, chosen: Chosen) -> Mapping[str, Option]:
        functions: list[Function] = [t.function for t in self.plan.terms if t.chosen is chosen]
        if not functions:
            functions = list(chosen.component.functions.values())
        memory = chosen.component.memory
        functions += [memory] if memory is not None else []
        return {name: option for f in functions for name, option in f.options.items()}


def is_knob(chosen: Chosen, option: Option) -> bool:
    """Whether an option can change from run to run: a plain value that no shape depends on."""
    # A loss is its formula: only what the spec changes about it is worth a knob.
    formula = chosen.component.kind == "losses" and chosen.component.memory is None
    if formula and not option.required and chosen.options[option.name] == option.default:
        return False
    shaping = bool(chosen.component.constant("SHAPE") or chosen.component.constant("SHAPES"))
    simple = option.annotation in SIMPLE or option.annotation.startswith("Literal[")
    return simple and not (shaping and chosen.component.kind == "augmentations")


def option_knob(chosen: Chosen, option: str, name: str) -> Knob:
    """The knob that a component's option becomes."""
    known = chosen.component.options()[option]
    first = first_clause(known.description)
    value: Any = chosen.options[option]
    return Knob(Code(name), Code(known.annotation), literal(value), first)


def changed(chosen: Chosen, function: Function) -> dict[str, Any]:
    """The options of a function whose values are not its defaults."""
    return {
        name: chosen.options[name]
        for name, option in function.options.items()
        if option.required or chosen.options[name] != option.default
    }


def _keywords(chosen: Chosen, function: Function, prefix: str) -> dict[str, Any]:
    """The options of a call: knobs, or the spec's values where they cannot be knobs."""
    keywords: dict[str, Any] = {
        name: Code(f"config.{prefix}{name}") if is_knob(chosen, option) else chosen.options[name]
        for name, option in function.options.items()
        if is_knob(chosen, option) or name in changed(chosen, function)
    }
    if chosen.options.get(ANNEAL.name, 1) != 1 and "weight" in keywords:
        factor = f"annealed(config.{prefix}{ANNEAL.name}, step, config.steps)"
        keywords["weight"] = Code(f"{keywords['weight']} * {factor}")
    return keywords


def held(chosen: Chosen) -> list[str]:
    """Parameters of a component's functions that are its own memory."""
    memory = chosen.component.memory
    if memory is None:
        return []
    return [
        argument.arg
        for function in chosen.component.functions.values()
        for argument in function.node.args.args
        if isinstance(argument.annotation, ast.Name) and argument.annotation.id == memory.name
    ]


def held_name(chosen: Chosen) -> str:
    """The variable that holds a component's memory."""
    return next(iter(held(chosen)), chosen.name)

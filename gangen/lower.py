"""Spec → Plan: data, networks, the terms of the step. What does not fit is blamed on its line."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from typing import Any

from gangen import evaluation
from gangen.capabilities import of_data
from gangen.case import Case
from gangen.catalogue import NETWORK_LOSS, Catalogue
from gangen.checks import check
from gangen.contracts import Family, Port, Role
from gangen.errors import Problems, TemplateError, dotted, one_of, shown
from gangen.layering import VECTOR, Condition, Layering, apply, shape_rules
from gangen.marks import Marks
from gangen.networks import Networking
from gangen.plan import Network, Plan, Term
from gangen.shapes import Unfit, evaluate
from gangen.spec import Chosen, CommonSpec, NetworkSpec

SEEN = "seen"  # the port of samples as they are judged, after the augmentations
FEATURES = ("real_features", "fake_features")


def lower(
    spec: CommonSpec,
    catalogue: Catalogue,
    marks: Marks,
    problems: Problems,
    unread: Container[str] = (),
) -> Plan | None:
    """The plan, or None when there were problems (all of them are in `problems`).

    `unread` names the parts of the spec that are None because of a problem: what does not depend
    on them is looked at all the same.
    """
    family = catalogue.family(spec.family)
    if any(name in unread for name in ("data", "condition", "augment", *family.sections)):
        return None
    lowering = Lowering(spec, family, catalogue, marks, problems)
    data = lowering.data_port()
    ports = lowering.ports(data) if data else None
    if data is None or ports is None:
        return None
    terms = tuple(lowering.terms())
    networks = lowering.networks(ports, terms)
    metrics = lowering.metrics(data)
    plan = Plan(
        spec=spec,
        family=family,
        data=spec.data,
        stored=data,
        ports=ports,
        classes=lowering.classes,
        attributes=lowering.attributes,
        networks=networks,
        terms=terms,
        metrics=metrics,
        features=lowering.features(data, metrics),
    )
    check(Case(plan, catalogue, marks, problems, complete=not problems.errors))
    return None if problems.errors else plan


@dataclass
class Lowering:
    """The passes; each reads the spec and adds its problems."""

    spec: CommonSpec
    family: Family
    catalogue: Catalogue
    marks: Marks
    problems: Problems
    classes: int = 0
    attributes: int = 0
    vocabulary: int = 0

    @property
    def sections(self) -> Mapping[str, Any]:
        """The sections that the family adds."""
        return {name: getattr(self.spec, name) for name in self.family.sections}

    @cached_property
    def described(self) -> Mapping[str, Role]:
        """The networks to build, by name: one for each key, or those of all stages."""
        return self.family.cast(self.sections) if self.family.cast else self.family.keys

    def said(self, name: str) -> NetworkSpec | None:
        """What the spec says of a network."""
        spec: Any = self.spec
        said: NetworkSpec | None = reduce(getattr, self.described[name].section or (name,), spec)
        return said

    def data_port(self) -> Port | None:
        """Shape and range of one real sample."""
        data: Chosen = self.spec.data

        def value(constant: str, default: str) -> Any:
            return evaluate(data.component.constant(constant) or default, data.options)

        try:
            shape = tuple(evaluate(f"({data.component.constant('SHAPE')})", data.options))
            bounds = data.component.constant("RANGE")
            bounds = evaluate(bounds, data.options) if isinstance(bounds, str) else bounds
            self.classes, self.attributes, self.vocabulary = (
                int(value(constant, "0")) for constant in ("CLASSES", "ATTRIBUTES", "VOCABULARY")
            )
        except Unfit as unfit:
            self._layering().unfit(unfit, data.path, f"data ({data.name})")
            return None
        port = Port("data", shape, tuple(bounds) if bounds else None, vocabulary=self.vocabulary)
        return port if self._takes(port) else None

    def _takes(self, data: Port) -> bool:
        """Whether the family works on data of this kind; reports it if not."""
        words = self._words(data)
        if words & set(self.family.takes):
            return True
        kinds = [word.removeprefix("data:") for word in self.family.takes]
        self.problems.add(
            "conflict",
            f"family {self.spec.family} works on {one_of(kinds)}, and data source "
            f"{self.spec.data.name} gives {'tokens' if data.vocabulary else 'numbers'}",
            self.marks.value((*self.spec.data.path, "source")),
            help="choose another data source, or another family",
        )
        return False

    def seen_port(self, data: Port) -> Port | None:
        """What the augmentations make of a sample."""
        shape = data.shape
        for chosen in self.spec.augment or ():
            if chosen.component.constant("SHAPE") or chosen.component.constant("SHAPES"):
                try:
                    rules = shape_rules(chosen.component)
                    shape = apply(chosen.component, rules, shape, chosen.options)[2]
                except Unfit as unfit:
                    self._layering().unfit(unfit, chosen.path, f"augment ({chosen.name})")
                    return None
        return Port("data", shape, data.range, vocabulary=data.vocabulary)

    def ports(self, data: Port) -> Mapping[str, Port] | None:
        """What flows between the networks; the family may find that its sections do not fit."""
        seen = self.seen_port(data)
        try:
            return {SEEN: seen, **self.family.ports(data, self.sections)} if seen else None
        except Unfit as unfit:
            self._layering().unfit(unfit, unfit.path, dotted(unfit.path))
            return None

    def metrics(self, data: Port) -> tuple[Chosen, ...]:
        """What is measured."""
        said = self.spec.evaluation
        return evaluation.metrics(said, self.catalogue, self._words(data)) if said else ()

    def features(self, data: Port, metrics: tuple[Chosen, ...]) -> Chosen | None:
        """What the metrics see of a sample."""
        said, words = self.spec.evaluation, self._words(data)
        return evaluation.features(said, self.catalogue, words, metrics) if said else None

    def _words(self, data: Port) -> set[str]:
        words = of_data(self.spec.data, data.shape, self.classes, self.attributes)
        return words | set(self.family.gives(self.spec))

    def terms(self) -> Iterator[Term]:
        """What acts in the step: penalties, and what objective and conditionings bring along."""
        slots = set(self.family.slots)
        for name in self.spec.objective.component.functions if self.spec.objective else ():
            if name in slots and not name.endswith("_loss"):
                functions = self.spec.objective.component.functions
                yield Term(self.spec.objective, functions[name], name, 1)
        for chosen in [*self._conditionings().values(), *(self.spec.penalties or ())]:
            for name, places in chosen.component.slots.items():
                for slot in places:
                    slot = self._joined(chosen) if slot == NETWORK_LOSS else slot
                    if slot:
                        _check_where(chosen, name, slot, self.family.slots)
                        every = chosen.options.get("every", 1)
                        yield Term(chosen, chosen.component.functions[name], slot, every)

    def _joined(self, chosen: Chosen) -> str:
        slot = f"{chosen.options['network']}_loss"
        if slot in self.family.slots:
            return slot
        path = (*chosen.path, "network")
        networks = [s.removesuffix("_loss") for s in self.family.slots if s.endswith("_loss")]
        self.problems.add(
            "unknown-value",
            f"{dotted(path)} must be {one_of(networks)}, got {shown(chosen.options['network'])}",
            self.marks.value(path),
            help=f"{chosen.name} joins the loss of that network",
        )
        return ""

    def networks(self, ports: Mapping[str, Port], terms: tuple[Term, ...]) -> Mapping[str, Network]:
        """The networks that can be built; roles of one section have the same."""
        built = {name: self.network(name, ports, terms) for name in self.described}
        roles = self.described if self.family.cast else self.family.roles
        return {
            name: replace(network, name=name, role=role)
            for name, role in roles.items()
            if (network := built.get(name) or built.get(role.key)) is not None
        }

    def network(
        self, name: str, ports: Mapping[str, Port], terms: tuple[Term, ...]
    ) -> Network | None:
        """A network with every shape inferred, or None."""
        role, said = self.described[name], self.said(name)
        if said is None:
            return None
        before = len(self.problems.errors)
        target = ports[role.target]
        networking = Networking(
            name,
            said,
            ports[role.source],
            target,
            self._layering(ports[role.second] if role.second else None),
            heads=self._heads(name) if target.scalar else (),
            features=target.scalar and any(p in FEATURES for p in self._asked(terms)),
        )
        built = networking.stages(role.builder)
        if built is None or len(self.problems.errors) > before:
            return None
        network = networking.network(role, built)
        if network is not None:
            networking.ends_in(network)
        return network

    def _layering(self, second: Port | None = None) -> Layering:
        names = {"num_classes": self.classes, "condition_dim": self.attributes}
        names |= {"vocabulary": self.vocabulary} if self.vocabulary else {}
        condition = Condition(self.spec.condition, names)
        if second is not None:  # this network takes a vector, whatever the others take
            condition = Condition(VECTOR, {**names, "condition_dim": second.shape[0]})
        own = dict(self.family.names(self.sections))
        return Layering(self.catalogue, self.marks, self.problems, condition, names=own)

    def _conditionings(self) -> Mapping[str, Chosen]:
        """How each network takes the condition, when there is one."""
        roles = self.described
        taking = [n for n in roles if self.spec.condition is not None or roles[n].second]
        said = {name: self.said(name) for name in taking}
        return {name: s.conditioning for name, s in said.items() if s and s.conditioning}

    def _heads(self, network: str) -> list[Chosen]:
        conditioning = self._conditionings().get(network)
        own = [conditioning] if conditioning is not None else []
        return [c for c in [*own, *(self.spec.penalties or ())] if c.component.constant("HEAD")]

    def _asked(self, terms: tuple[Term, ...]) -> set[str]:
        """Every port that the objective and the terms are given."""
        objective = self.spec.objective
        functions = [*objective.component.functions.values()] if objective else []
        return {port for f in [*functions, *(t.function for t in terms)] for port in f.ports}


def _check_where(chosen: Chosen, name: str, slot: str, slots: Sequence[str]) -> None:
    """A component that says wrongly where it acts is its author's mistake."""
    component = chosen.component
    for what, known in ((name, component.functions), (slot, slots)):
        if what not in known:
            raise TemplateError(
                f"{component.path}: WHERE says {name}: {slot}, "
                f"and there is no {what}, only {one_of(known)}"
            )

"""Semantic rules: what each component needs, gives and forbids, held against the whole plan.

A capability reads "<subject>:<word>", e.g. "discriminator:batch_statistics" or "data:labels". The
sets are written in the components; here they are only intersected, and the YAML line is blamed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from gangen.catalogue import KINDS, Catalogue, Component
from gangen.describe import ALL_NAMES, literals
from gangen.errors import Place, Problems, did_you_mean, dotted, one_of
from gangen.marks import Marks
from gangen.plan import Layer, Network, Plan
from gangen.spec import Chosen, Path

BOUNDED = "bounded_output"
CONDITIONS = ("labels",)  # what data can carry beside its samples
WORDS = {
    BOUNDED: "a bounded output",
    "batch_statistics": "statistics over the batch",
    "lipschitz": "a Lipschitz bound",
    "labels": "labels",
}


@dataclass(frozen=True)
class Case:
    """What the rules look at; `complete` is False when parts of the spec could not be read."""

    plan: Plan
    catalogue: Catalogue
    marks: Marks
    problems: Problems
    complete: bool = True

    def where(self, path: Path) -> str:
        """A place in words, for notes."""
        place = self.marks.key(path)
        if place.source.name == "defaults.yaml":
            return "by default"
        return f"{dotted(path)}, line {place.line} of {place.source.name}"


def check(case: Case) -> None:
    """Run every rule; all findings are reported together."""
    for rule in RULES:
        rule(case)


def condition_is_there(case: Case) -> None:
    """A condition must be something that the data carries."""
    plan, wanted = case.plan, case.plan.spec.condition
    place = case.marks.value(("condition",))
    if wanted is not None and wanted not in CONDITIONS:
        guess = did_you_mean(wanted, CONDITIONS)
        case.problems.add(
            "unknown-name",
            f'there is no condition "{wanted}"' + (f'; did you mean "{guess}"?' if guess else ""),
            place,
            help=None if guess else f"write {one_of(CONDITIONS)}, or take the key out",
        )
    elif wanted is not None and not plan.classes:
        case.problems.add(
            "condition",
            f"the networks are to see {wanted}, but data source {plan.data.name} has none",
            place,
            notes=(f"{plan.data.name} ({case.where(plan.data.path)})",),
            help=_labels_help(plan.data),
        )


def needs_are_met(case: Case) -> None:
    """What a component NEEDS must be given by some other."""
    given = {capability for capability, _ in capabilities(case.plan)}
    for chosen in components(case.plan) if case.complete else ():
        for capability, reason in chosen.component.constant("NEEDS", {}).items():
            if capability in given or not _known(case.plan, capability):
                continue
            subject, _, word = capability.partition(":")
            case.problems.add(
                "needs",
                f"{chosen.name} needs {_words(word)} of the {subject}: {reason}",
                _named(case.marks, chosen),
                help=_givers(case.catalogue, subject, word),
            )


def forbidden_is_absent(case: Case) -> None:
    """What a component FORBIDS must not be given by any other."""
    given = list(capabilities(case.plan))
    once = {id(chosen.component): chosen for chosen in reversed(list(components(case.plan)))}
    for chosen in once.values():
        for capability, reason in chosen.component.constant("FORBIDS", {}).items():
            for layer in [giver for found, giver in given if found == capability][:1]:
                subject, _, word = capability.partition(":")
                place, advice = blame(case.plan, case.marks, layer)
                case.problems.add(
                    "conflict",
                    f"{chosen.name} forbids {_words(word)} ({layer.name}) in the {subject}: "
                    f"{reason}",
                    place,
                    notes=(f"{chosen.name} ({case.where(chosen.path)})",),
                    help=f"{advice}, or choose something else than {chosen.name}",
                )


def output_covers_data(case: Case) -> None:
    """A network that writes data must be able to reach all of its values."""
    for network in case.plan.networks.values():
        bounds, wanted = network.output_range, network.target.range
        last = _bounding(network)
        if last is None or network.target.name != "data" or bounds == wanted:
            continue
        place, advice = blame(case.plan, case.marks, last)
        case.problems.add(
            "range",
            f"the {network.name} ends in {last.name}, values {_interval(bounds)}, "
            f"but the data is {_interval(wanted)}",
            place,
            notes=(f"{case.plan.data.name} ({case.where(case.plan.data.path)})",),
            help=(
                advice if wanted is None else f"end it in values {_interval(wanted)}, or unbounded"
            ),
        )


def terms_are_distinct(case: Case) -> None:
    """The same penalty twice would overwrite its own knobs."""
    seen: dict[str, Path] = {}
    for term in case.plan.terms:
        name = term.chosen.name
        if name in seen:
            case.problems.add(
                "duplicate",
                f"penalty {name} is given twice (first at {case.where(seen[name])})",
                _named(case.marks, term.chosen),
                help="keep one of them",
            )
        seen.setdefault(name, term.chosen.path)


RULES: Sequence[Callable[[Case], None]] = (
    condition_is_there,
    needs_are_met,
    forbidden_is_absent,
    output_covers_data,
    terms_are_distinct,
)


def components(plan: Plan) -> Iterator[Chosen]:
    """Every component whose NEEDS and FORBIDS count."""
    if plan.spec.objective is not None:
        yield plan.spec.objective
    yield from (term.chosen for term in plan.terms)
    for network in plan.networks.values():
        yield from network.reparametrizations


def capabilities(plan: Plan) -> Iterator[tuple[str, Chosen | Layer]]:
    """Every capability that is given, with what gives it."""
    if plan.classes:
        yield "data:labels", plan.data
    for chosen in components(plan):
        for capability in chosen.component.constant("GIVES", []):
            if ":" in capability:
                yield capability, chosen
    for name, network in plan.networks.items():
        last = _bounding(network)
        if last is not None:
            yield f"{name}:{BOUNDED}", last
        for wrapper in network.reparametrizations:
            yield from ((f"{name}:{w}", wrapper) for w in wrapper.component.constant("GIVES", []))
        for layer in (inside for outer in network.layers for inside in outer.walk()):
            yield from ((f"{name}:{w}", layer) for w in layer.component.constant("GIVES", []))


def blame(plan: Plan, marks: Marks, giver: Chosen | Layer) -> tuple[Place, str]:
    """The place to show for a layer or a component, and how to be rid of it.

    A layer that an architecture wrote is blamed on the option that names it.
    """
    if isinstance(giver, Layer):
        network = str(giver.path[0])
        chosen = getattr(plan.spec, network).architecture
        for name, value in chosen.options.items() if chosen is not None else ():
            if isinstance(value, str) and giver.name in (value, f"{value}_{name}"):
                path = (*chosen.path, name)
                fields = chosen.component.model(plan.family.roles[network].builder).model_fields
                others = [other for other in literals(fields[name].annotation) if other != value]
                return marks.value(path), f"set {dotted(path)} to {one_of(others, ALL_NAMES)}"
    return marks.key(giver.path), f"take {giver.name} away"


def _bounding(network: Network) -> Layer | None:
    """The layer that bounds a network's output, if one does."""
    for layer in reversed(network.layers):
        bounds = layer.component.constant("RANGE", ())
        if bounds != "keeps":
            return layer if bounds else None
    return None


def _givers(catalogue: Catalogue, subject: str, word: str) -> str | None:
    """Every component that gives a capability, by kind."""
    found = {
        kind: [c.name for c in catalogue.all(kind) if {f"{subject}:{word}", word} & _gives(c)]
        for kind in ("penalties", "reparametrizations")
    }
    texts = [f"the {KINDS[kind]} {one_of(names)}" for kind, names in found.items() if names]
    return f"add {', or '.join(texts)}" if texts else None


def _gives(component: Component) -> set[str]:
    return set(component.constant("GIVES", []))


def _named(marks: Marks, chosen: Chosen) -> Place:
    """Where a component's name stands: a key, an item of a list, or a value under its tag."""
    tag = KINDS[chosen.component.kind]
    tagged = len(chosen.path) == 1  # a section
    return marks.value((*chosen.path, tag)) if tagged else marks.key(chosen.path)


def _known(plan: Plan, capability: str) -> bool:
    """False when the network in question is missing because of an earlier problem."""
    subject = capability.partition(":")[0]
    return subject == "data" or subject in plan.networks


def _words(word: str) -> str:
    return WORDS.get(word, word.replace("_", " "))


def _interval(bounds: tuple[float, float] | None) -> str:
    return "unbounded" if bounds is None else f"in [{bounds[0]:g}, {bounds[1]:g}]"


def _labels_help(data: Chosen) -> str:
    if "classes" in data.options:
        return f"say how many classes there are: `{dotted((*data.path, 'classes'))}: …`"
    return "take `condition` out, or choose a data source with labels"
